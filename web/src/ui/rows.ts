// What stands in the list of messages, from top to bottom: days, the unread divider, messages, and what is not sent yet.

import type { Pending } from '../lib/outbox';
import { same_day } from '../lib/time';
import type { Loaded } from '../lib/window';
import { box_of } from '../lib/picture';

export type Row =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'divider'; key: string }
  | { kind: 'message'; key: string; message: Loaded; pending: null; first: boolean; last: boolean }
  | { kind: 'message'; key: string; message: null; pending: Pending; first: boolean; last: boolean };

export type MessageRow = Extract<Row, { kind: 'message' }>;

const TOGETHER_MS = 5 * 60_000;

/** A message keeps its row from the moment it is written: the row is named after its client key. */
const key_of = (m: Loaded, me: number): string => (m.author.id === me && m.key ? 'k' + m.key : 'm' + m.id);

/** Under whose name a message stands: a webhook speaks by its own, not by that of the person who made it. */
const voice = (author: number): string => 'a' + author;
const voice_of = (m: Loaded): string => (m.webhook ? 'h' + m.webhook.name : voice(m.author.id));

export function make_rows(messages: Loaded[], pending: Pending[], divider: number | null, me: number): Row[] {
  const rows: Row[] = [];
  const keys = new Set<string>();
  let day = '';
  let before: { author: string; at: string } | null = null;
  let divided = divider === null;

  const begin_day = (at: string): void => {
    if (day !== '' && same_day(day, at)) return;
    rows.push({ kind: 'day', key: 'd' + new Date(at).toDateString(), at });
    day = at;
    before = null;
  };
  const push = (author: string, at: string, row: MessageRow): void => {
    begin_day(at);
    const together = before?.author === author && Date.parse(at) - Date.parse(before.at) < TOGETHER_MS;
    const above = rows.at(-1);
    if (together && above?.kind === 'message') above.last = false;
    row.first = !together;
    rows.push(row);
    before = { author, at };
  };

  for (const m of messages) {
    if (!divided && m.seq > (divider as number) && m.author.id !== me) {
      divided = true;
      begin_day(m.created_at);
      before = null;
      rows.push({ kind: 'divider', key: 'divider' });
    }
    const key = key_of(m, me);
    if (keys.has(key)) continue;
    keys.add(key);
    push(voice_of(m), m.created_at, { kind: 'message', key, message: m, pending: null, first: true, last: true });
  }
  for (const p of pending) {
    if (keys.has('k' + p.key)) continue;
    push(voice(me), p.created_at, { kind: 'message', key: 'k' + p.key, message: null, pending: p, first: true, last: true });
  }
  return rows;
}

/** About how high a row will be, so that the first drawing is nearly right. */
export function guess_height(row: Row, width_px: number, named: boolean): number {
  if (row.kind === 'day') return 50;
  if (row.kind === 'divider') return 42;
  const text = row.pending?.text ?? row.message?.text ?? '';
  const per_line = Math.max(20, Math.min(width_px * 0.78, 600) / 8);
  let lines = 0;
  for (const line of text.slice(0, 4000).split('\n')) lines += Math.max(1, Math.ceil((line.length + 8) / per_line));
  const head = row.first ? 9 + (named ? 20 : 0) : 2;
  const files = row.message?.files?.reduce((px, f) => px + (f.width ? box_of(f.width, f.height ?? f.width).height : 58), 0) ?? 0;
  const extra = (row.message?.reply_to ?? row.pending?.reply_to ? 52 : 0) + (row.message?.reactions.length ? 33 : 0);
  return head + 12 + Math.min(lines, 24) * 21.75 + extra + files;
}
