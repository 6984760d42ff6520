// Hours and days in the customer's language. Browsers mostly do not know the months of Uzbek, so those are ours.

import type { Tongue, Words } from './words';

const uz_months = ['yanvar', 'fevral', 'mart', 'aprel', 'may', 'iyun', 'iyul', 'avgust', 'sentabr', 'oktabr', 'noyabr', 'dekabr'];
const two = (n: number): string => String(n).padStart(2, '0');

export function hour(iso: string): string {
  const date = new Date(iso);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

export const same_day = (a: string, b: string): boolean => new Date(a).toDateString() === new Date(b).toDateString();

export function day(iso: string, tongue: Tongue, words: Words, now = new Date()): string {
  const date = new Date(iso);
  if (same_day(iso, now.toISOString())) return words.today;
  if (same_day(iso, new Date(now.getTime() - 86_400_000).toISOString())) return words.yesterday;
  if (tongue === 'uz') return `${date.getDate()}-${uz_months[date.getMonth()]}`;
  return new Intl.DateTimeFormat(tongue, { day: 'numeric', month: 'long' }).format(date);
}

export function size(bytes: number): string {
  for (const [unit, n] of [['GB', 1e9], ['MB', 1e6], ['kB', 1e3]] as const) if (bytes >= n) return `${Math.round((bytes / n) * 10) / 10} ${unit}`;
  return `${bytes} B`;
}
