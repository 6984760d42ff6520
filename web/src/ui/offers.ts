// What is offered for a name that is being typed: people and "everyone" after @, channels after #, emoji after a colon.

import type { Chat } from '../lib/chat.svelte';
import type { Wanted } from '../lib/compose';
import { all_emoji, find_emoji, used_emoji } from '../lib/emoji';
import { t } from '../lib/i18n.svelte';
import { at_least, room_name } from '../lib/names';
import { called } from '../lib/people.svelte';
import type { RoomState } from '../lib/room_state.svelte';
import type { Person } from '../lib/types';

export interface Offer {
  key: string;
  sign: string;
  name: string;
  more: string;
  insert: string;
  taken?: () => void;
}

const MOST = 8;
/** Above this many members only those who keep order may call everybody. */
const SMALL_ROOM = 50;

/** Gives what is known at once, and again when more has been found. */
export async function offers_for(chat: Chat, room: RoomState, wanted: Wanted, give: (offers: Offer[]) => void): Promise<void> {
  if (wanted.sign === '@') await people(chat, room, wanted.word, give);
  else if (wanted.sign === '#') give(channels(chat, room, wanted.word));
  else give(await emoji(wanted.word));
}

const starts = (text: string | null, word: string): boolean => text !== null && text.toLowerCase().startsWith(word.toLowerCase());
const matches = (p: Person, word: string): boolean => starts(p.username, word) || (p.name ?? '').split(/\s+/).some((part) => starts(part, word));

const offer_person = (p: Person): Offer => ({ key: 'p' + p.id, sign: '@', name: called(p), more: p.name ? '@' + p.username : '', insert: '@' + p.username });

function everybody(room: RoomState, word: string): Offer[] {
  if (room.info.kind === 'direct' || !(at_least(room.info, 'moderator') || (room.info.kind !== 'channel' && room.info.n_members <= SMALL_ROOM))) return [];
  return [
    { key: 'everyone', sign: '@', name: 'everyone', more: t('call_everyone'), insert: '@everyone' },
    { key: 'here', sign: '@', name: 'here', more: t('call_here'), insert: '@here' },
  ].filter((o) => starts(o.name, word));
}

async function people(chat: Chat, room: RoomState, word: string, give: (offers: Offer[]) => void): Promise<void> {
  const known = new Map<number, Person>();
  for (const m of [...room.messages].reverse()) if (!m.webhook && !m.deleted) known.set(m.author.id, m.author);
  for (const m of room.members) known.set(m.account.id, m.account);
  known.delete(chat.account.id);
  const here = [...known.values()].filter((p) => matches(p, word)).slice(0, MOST);
  give([...here.map(offer_person), ...everybody(room, word)].slice(0, MOST));
  if (!room.more_members || word === '' || here.length >= MOST) return;
  const found = await chat.find_people(word).catch(() => []);
  const more = found.filter((p) => !here.some((h) => h.id === p.id));
  if (more.length > 0) give([...here.map(offer_person), ...more.map(offer_person), ...everybody(room, word)].slice(0, MOST));
}

function channels(chat: Chat, room: RoomState, word: string): Offer[] {
  const all = room.info.guild ? chat.channels_of(room.info.guild) : chat.talks.filter((r) => r.info.kind !== 'direct' && r.info.name);
  const wanted = word.toLowerCase();
  return all
    .filter((r) => (r.info.name ?? '').toLowerCase().includes(wanted))
    .sort((a, b) => Number(starts(b.info.name, word)) - Number(starts(a.info.name, word)))
    .slice(0, MOST)
    .map((r) => ({ key: 'r' + r.id, sign: '#', name: room_name(r.info), more: r.info.topic ?? '', insert: '#' + r.info.name }));
}

async function emoji(word: string): Promise<Offer[]> {
  const all = await all_emoji().catch(() => []);
  return find_emoji(all, word, MOST).map((e) => ({
    key: e.emoji,
    sign: e.emoji,
    name: `:${e.names[0]}:`,
    more: '',
    insert: e.emoji,
    taken: () => used_emoji(e.emoji),
  }));
}
