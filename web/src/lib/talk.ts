// What one can do with a message beyond writing it: look who read it, what it said before, pin it, take part of it away.

import type { Chat } from './chat.svelte';
import { at_least } from './names';
import type { Mark, RoomState } from './room_state.svelte';
import type { Message, Person } from './types';

export interface Version {
  text: string;
  at: string;
}

const path = (m: Message): string => `/rooms/${m.room}/messages/${m.id}`;

/** The earlier texts, oldest first. */
export async function read_versions(chat: Chat, m: Message): Promise<Version[]> {
  const { versions } = await chat.api.get<{ versions: Version[] }>(`${path(m)}/versions`);
  return versions.slice(0, -1);
}

export async function read_readers(chat: Chat, m: Message, after = 0): Promise<{ readers: Person[]; more: boolean }> {
  const page = await chat.api.get<{ readers: { account: Person; read: number }[]; more: boolean }>(`/rooms/${m.room}/readers?seq=${m.seq}&after=${after}&limit=100`);
  return { readers: page.readers.map((r) => r.account).filter((p) => p.id !== m.author.id), more: page.more };
}

export async function read_reacted(chat: Chat, m: Message, emoji: string, after = 0): Promise<{ people: Person[]; more: boolean }> {
  const page = await chat.api.get<{ people: { account: Person }[]; more: boolean }>(`${path(m)}/reactions/${encodeURIComponent(emoji)}?after=${after}&limit=100`);
  return { people: page.people.map((p) => p.account), more: page.more };
}

export async function read_pins(chat: Chat, room: RoomState): Promise<Message[]> {
  const { messages } = await chat.api.get<{ messages: Message[] }>(`/rooms/${room.id}/pins`);
  return messages;
}

export const pin = (chat: Chat, m: Message, on: boolean): Promise<unknown> => chat.api.call(on ? 'PUT' : 'DELETE', `/rooms/${m.room}/pins/${m.id}`);

/** Everything from this message on is new again, here and on one's other devices. */
export async function unread_from(chat: Chat, room: RoomState, m: Message): Promise<void> {
  room.kept_unread = true;
  const answer = await chat.api.call<Mark>('PUT', `/rooms/${room.id}/unread`, { from: m.seq });
  room.put_mark(answer);
  room.divider = answer.read;
}

/** All rooms at once. */
export async function read_all(chat: Chat): Promise<void> {
  await chat.api.post('/me/read-all', {});
  for (const room of chat.rooms) {
    room.kept_unread = false;
    if (room.info.unread > 0) room.mark_read(room.info.head, 0, chat.account.id);
  }
}

export const remove_part = (chat: Chat, m: Message, part: 'text' | 'files' | 'all', file?: number): Promise<unknown> =>
  chat.api.call('DELETE', `${path(m)}?part=${part}${file === undefined ? '' : `&file=${file}`}`);

export function may_pin(room: RoomState): boolean {
  switch (room.info.kind) {
    case 'direct':
      return !room.info.blocked;
    case 'group':
      return at_least(room.info, 'admin');
    default:
      return at_least(room.info, 'moderator');
  }
}

export function may_remove(chat: Chat, room: RoomState, m: Message): boolean {
  if (m.author.id === chat.account.id && !m.webhook) return true;
  if (room.info.kind === 'direct') return false;
  return at_least(room.info, 'moderator') || (chat.account.site_admin && room.info.public);
}
