// In which order chats stand, and how long a time is in short. Pure.

import type { DeskChat } from '../../lib/desk_types';

/** Who has waited longest first; equal times as they came. */
export const in_queue = (a: DeskChat, b: DeskChat): number => {
  const [x, y] = [a.waiting_since ?? '', b.waiting_since ?? ''];
  return x === y ? a.id - b.id : x < y ? -1 : 1;
};

export const newest_first = (a: DeskChat, b: DeskChat): number => (a.last_at === b.last_at ? b.id - a.id : a.last_at < b.last_at ? 1 : -1);

export const customer_name = (c: Pick<DeskChat, 'customer'>): string => c.customer.name || c.customer.external_id || '…';

export interface Span {
  s: number;
  min: number;
  h: number;
  days: number;
}

export function span_of(seconds: number): Span {
  const s = Math.max(0, Math.floor(seconds));
  return { s, min: Math.floor(s / 60), h: Math.floor(s / 3600), days: Math.floor(s / 86_400) };
}

export interface Sum {
  taken: number;
  closed: number;
  messages: number;
  first_answer_s: number | null;
  rating: number | null;
}

/** Figures of several days together; averages are weighed by the chats they come from. */
export function sum_of(figures: { taken: number; closed: number; messages: number; first_answer_s: number | null; rating: number | null; n_ratings: number }[]): Sum {
  const mean = (of: (f: (typeof figures)[0]) => number | null, weight: (f: (typeof figures)[0]) => number): number | null => {
    const given = figures.filter((f) => of(f) !== null);
    const n = given.reduce((sum, f) => sum + Math.max(1, weight(f)), 0);
    return n === 0 ? null : given.reduce((sum, f) => sum + (of(f) as number) * Math.max(1, weight(f)), 0) / n;
  };
  const add = (of: (f: (typeof figures)[0]) => number): number => figures.reduce((sum, f) => sum + of(f), 0);
  return {
    taken: add((f) => f.taken),
    closed: add((f) => f.closed),
    messages: add((f) => f.messages),
    first_answer_s: mean((f) => f.first_answer_s, (f) => f.taken),
    rating: mean((f) => f.rating, (f) => f.n_ratings),
  };
}
