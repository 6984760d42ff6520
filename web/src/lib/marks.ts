// Where the words that were searched for stand in a text, compared as loosely as the search does.

import { loosely } from './loosely';

export interface MarkedPiece {
  text: string;
  hit: boolean;
}

/** The loose form of the text, and for each of its letters the letter of the text it came from. */
function folded(text: string): { loose: string; from: number[] } {
  let loose = '';
  const from: number[] = [];
  let at = 0;
  for (const c of text) {
    const f = /\s/.test(c) ? ' ' : loosely(c);
    for (let i = 0; i < f.length; i++) from.push(at);
    loose += f;
    at += c.length;
  }
  return { loose, from };
}

export function marks(text: string, query: string): MarkedPiece[] {
  const words = query.split(/\s+/).map((w) => loosely(w.replace(/"/g, ''))).filter((w) => w.length > 0);
  const { loose, from } = folded(text);
  const hit = new Array<boolean>(text.length).fill(false);
  for (const word of words) {
    for (let at = loose.indexOf(word); at >= 0; at = loose.indexOf(word, at + word.length)) {
      const end = at + word.length < from.length ? from[at + word.length] : text.length;
      hit.fill(true, from[at], end);
    }
  }
  const out: MarkedPiece[] = [];
  let begin = 0;
  for (let i = 1; i <= text.length; i++) {
    if (i === text.length || hit[i] !== hit[begin]) {
      out.push({ text: text.slice(begin, i), hit: hit[begin] });
      begin = i;
    }
  }
  return out;
}
