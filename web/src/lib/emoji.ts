// Finding an emoji by name or word, in the reader's language and in English. The data is a piece of the page of its own, read once.

import { language } from './i18n.svelte';

export interface Emoji {
  emoji: string;
  group: number;
  names: string[];
  words: string;
  tones: boolean;
}

let all: Promise<Emoji[]> | null = null;
let read_for = '';

async function words_of(lang: string): Promise<string[] | null> {
  if (lang.startsWith('ru')) return (await import('virtual:emoji-ru')).default;
  if (lang.startsWith('uk')) return (await import('virtual:emoji-uk')).default;
  return null;
}

async function read(lang: string): Promise<Emoji[]> {
  const [{ default: base }, more] = await Promise.all([import('virtual:emoji'), words_of(lang)]);
  return base.map(([emoji, group, names, words, tones], i) => ({
    emoji,
    group,
    names: names.split(' '),
    words: ` ${names.replaceAll('_', ' ')} ${words} ${more?.[i] ?? ''}`,
    tones: tones === 1,
  }));
}

export function all_emoji(): Promise<Emoji[]> {
  const lang = language();
  if (!all || read_for !== lang) {
    read_for = lang;
    all = read(lang);
    all.catch(() => (all = null));
  }
  return all;
}

/** Names that begin so first, then words that begin so, then words that hold it. */
export function find_emoji(list: Emoji[], asked: string, most: number): Emoji[] {
  const words = asked.toLowerCase().replaceAll('_', ' ').trim();
  const name = asked.toLowerCase().trim();
  if (words === '') return list.slice(0, most);
  const ranks: Emoji[][] = [[], [], [], []];
  for (const e of list) {
    const rank = e.names.includes(name) ? 0 : e.names.some((n) => n.startsWith(name)) ? 1 : e.words.includes(' ' + words) ? 2 : e.words.includes(words) ? 3 : -1;
    if (rank >= 0) ranks[rank].push(e);
  }
  const length = (e: Emoji): number => Math.min(...e.names.filter((n) => n.startsWith(name)).map((n) => n.length));
  ranks[1].sort((a, b) => length(a) - length(b));
  return ranks.flat().slice(0, most);
}

const TONES = ['', '\u{1F3FB}', '\u{1F3FC}', '\u{1F3FD}', '\u{1F3FE}', '\u{1F3FF}'];

/** The emoji in a skin tone, 1 to 5; 0 leaves it yellow. */
export function toned(e: Emoji, tone: number): string {
  if (!e.tones || tone === 0) return e.emoji;
  const [first, ...rest] = Array.from(e.emoji);
  return first + TONES[tone] + rest.filter((c, i) => !(i === 0 && c === '\uFE0F')).join('');
}

const RECENT = 'suhbat.emoji';

export function recent_emoji(): string[] {
  try {
    const kept = JSON.parse(localStorage.getItem(RECENT) ?? '[]') as unknown;
    return Array.isArray(kept) ? kept.filter((e): e is string => typeof e === 'string').slice(0, 24) : [];
  } catch {
    return [];
  }
}

export function used_emoji(emoji: string): void {
  try {
    localStorage.setItem(RECENT, JSON.stringify([emoji, ...recent_emoji().filter((e) => e !== emoji)].slice(0, 24)));
  } catch {
    // Then it is not remembered.
  }
}
