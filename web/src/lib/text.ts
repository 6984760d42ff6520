// Small questions about text.

import { letters_of } from './intl';

export interface Piece {
  text: string;
  href: string | null;
}

const LINK = /https?:\/\/[^\s<>"]+/g;

/** Splits a message into plain runs and links. Punctuation that ends a sentence does not belong to the link. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    const url = trim_link(match[0]);
    if (!URL.canParse(url)) continue;
    if (match.index > at) out.push({ text: text.slice(at, match.index), href: null });
    out.push({ text: url, href: url });
    at = match.index + url.length;
  }
  if (at < text.length) out.push({ text: text.slice(at), href: null });
  return out;
}

function trim_link(url: string): string {
  let end = url.length;
  while (end > 0 && /[.,;:!?'”»’)\]]/.test(url[end - 1])) {
    if (url[end - 1] === ')' && url.slice(0, end).includes('(')) break;
    end--;
  }
  return url.slice(0, end);
}

export const n_points = (text: string): number => Array.from(text).length;
export const n_bytes = (text: string): number => new TextEncoder().encode(text).length;

/** One emoji, as a reader sees it, at most 32 bytes. */
export function is_emoji(text: string): boolean {
  if (text === '' || n_bytes(text) > 32) return false;
  const letters = letters_of(text);
  return letters.length === 1 && /^(\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3)/u.test(text);
}

/** Only a few emoji and nothing else: shown large. */
export function is_only_emoji(text: string): boolean {
  if (text.length > 40 || /\p{L}/u.test(text)) return false;
  const letters = letters_of(text.replace(/\s/g, ''));
  return letters.length > 0 && letters.length <= 3 && letters.every(is_emoji);
}

export const initial = (name: string): string =>
  Array.from(name.replace(/^[^\p{L}\p{N}]+/u, ''))[0]?.toUpperCase() ?? '#';
