// What stands in the conversation, from top to bottom: days, what happened, messages, and what is not sent yet. Pure.

import { same_day } from './clock';
import type { DeskMessage } from './door';

/** Something that happened and is no message: told by an event, kept by the browser. */
export interface Note {
  at: string;
  kind: 'joined' | 'changed' | 'ended';
  name: string;
}

export interface Pending {
  key: string;
  chat: string;
  text: string;
  at: string;
  state: 'waiting' | 'sending' | 'failed';
  file?: { file: File; sent: number; url: string | null; stop: AbortController };
}

export type Entry =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'note'; key: string; note: Note }
  | { kind: 'message'; key: string; message: DeskMessage; first: boolean }
  | { kind: 'pending'; key: string; pending: Pending; first: boolean };

const TOGETHER_MS = 5 * 60_000;

export const key_of = (m: DeskMessage): string => m.clientKey || m._id;

/** Every message once, oldest first; what came later wins (it may be read by now). */
export function merge(known: DeskMessage[], more: DeskMessage[]): DeskMessage[] {
  const all = new Map(known.map((m) => [m._id, m]));
  for (const m of more) {
    const before = all.get(m._id);
    all.set(m._id, before ? { ...m, clientKey: m.clientKey ?? before.clientKey, isRead: m.isRead || before.isRead } : m);
  }
  return [...all.values()].sort((a, b) => (a.createdAt === b.createdAt ? (a._id < b._id ? -1 : 1) : a.createdAt < b.createdAt ? -1 : 1));
}

export function make_entries(messages: DeskMessage[], notes: Note[], pending: Pending[]): Entry[] {
  const out: Entry[] = [];
  const said = new Set(messages.map(key_of));
  let day = '';
  let before = { who: '', at: '' };
  const begin = (at: string): void => {
    if (day === '' || !same_day(day, at)) {
      out.push({ kind: 'day', key: 'd' + new Date(at).toDateString(), at });
      before = { who: '', at };
    }
    day = at;
  };
  const first = (who: string, at: string): boolean => {
    const is_first = before.who !== who || Date.parse(at) - Date.parse(before.at) > TOGETHER_MS;
    before = { who, at };
    return is_first;
  };
  const waiting = [...notes];
  const tell = (until: string): void => {
    while (waiting.length > 0 && waiting[0].at <= until) {
      const note = waiting.shift() as Note;
      begin(note.at);
      before = { who: '', at: note.at };
      out.push({ kind: 'note', key: note.kind + note.at, note });
    }
  };
  // Older events than the oldest message we hold belong to what is not shown.
  if (messages.length > 0) while (waiting.length > 1 && waiting[0].at < messages[0].createdAt) waiting.shift();
  for (const message of messages) {
    tell(message.createdAt);
    begin(message.createdAt);
    out.push({ kind: 'message', key: key_of(message), message, first: first(message.senderType + message.senderId, message.createdAt) });
  }
  tell('9');
  for (const p of pending) {
    if (said.has(p.key)) continue;
    begin(p.at);
    out.push({ kind: 'pending', key: p.key, pending: p, first: first('pending', p.at) });
  }
  return out;
}
