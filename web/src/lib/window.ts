// The window: the run of messages of one room that the page holds, oldest first, without holes. Pure functions.
// Each message remembers the sequence its state was true at (as_of), so an event that is older than what we read is not applied twice.

import type { LastingEvent, Message, Reaction } from './types';

export interface Loaded extends Message {
  as_of: number;
}

export const as_of = (message: Message, seq: number): Loaded => ({ ...message, as_of: seq });

/** Both runs together; of two states of one message the later one stays. */
export function merge(have: Loaded[], more: Loaded[]): Loaded[] {
  if (more.length === 0) return have;
  const all = new Map(have.map((m) => [m.id, m]));
  for (const m of more) {
    const old = all.get(m.id);
    if (!old || old.as_of <= m.as_of) all.set(m.id, m);
  }
  return [...all.values()].sort((a, b) => a.seq - b.seq);
}

/** The window after a lasting event of its room. The same array when nothing in it changed. */
export function apply(have: Loaded[], event: LastingEvent, reaches_newest: boolean): Loaded[] {
  switch (event.t) {
    case 'message_posted':
      return reaches_newest || have.some((m) => m.id === event.message.id) ? merge(have, [as_of(event.message, event.seq)]) : have;
    case 'message_edited':
    case 'message_deleted':
      return requote(change(have, event.message.id, event.seq, () => event.message), event.message);
    case 'message_pinned':
    case 'message_unpinned':
      return change(have, event.message_id ?? event.message?.id, event.seq, (m) => ({ ...m, pinned: event.t === 'message_pinned' }));
    case 'reaction_added':
    case 'reaction_removed':
      return change(have, event.message_id, event.seq, (m) => ({
        ...m,
        reactions: with_reaction(m.reactions, event.emoji, event.by.id, event.t === 'reaction_added'),
      }));
    default:
      return have;
  }
}

function change(have: Loaded[], id: number, seq: number, work: (m: Loaded) => Message): Loaded[] {
  const at = have.findIndex((m) => m.id === id && m.as_of < seq);
  if (at < 0) return have;
  const next = have.slice();
  next[at] = as_of(work(have[at]), seq);
  return next;
}

const QUOTE_POINTS = 140;

/** Quotes show what the quoted message says now. */
function requote(have: Loaded[], quoted: Message): Loaded[] {
  if (!have.some((m) => m.reply_to?.id === quoted.id)) return have;
  const text = Array.from(quoted.text).slice(0, QUOTE_POINTS).join('');
  const has_file = (quoted.files ?? []).length > 0;
  return have.map((m) => (m.reply_to?.id === quoted.id ? { ...m, reply_to: { ...m.reply_to, text, has_file } } : m));
}

export function with_reaction(reactions: Reaction[], emoji: string, by: number, on: boolean): Reaction[] {
  const old = reactions.find((r) => r.emoji === emoji);
  if (!old) return on ? [...reactions, { emoji, count: 1, by: [by] }] : reactions;
  // `by` names at most 20 people; whoever is not named may still be among the count.
  if (on ? old.by.includes(by) : !old.by.includes(by) && old.count === old.by.length) return reactions;
  const count = old.count + (on ? 1 : -1);
  const people = on ? [...old.by, by].slice(0, 20) : old.by.filter((id) => id !== by);
  if (count <= 0) return reactions.filter((r) => r.emoji !== emoji);
  return reactions.map((r) => (r.emoji === emoji ? { emoji, count, by: people } : r));
}

/** How many messages of others stand above the mark; null when the window does not reach down to it. */
export function unread_above(have: Loaded[], mark: number, me: number, whole: boolean): number | null {
  if (!whole && (have.length === 0 || have[0].seq > mark)) return null;
  return have.filter((m) => m.seq > mark && m.author.id !== me).length;
}
