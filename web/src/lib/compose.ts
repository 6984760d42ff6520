// Small work on the text that is being written. Pure functions over the text and the caret.

export interface Wanted {
  sign: '@' | '#' | ':' | '/';
  /** What was typed after the sign. */
  word: string;
  /** Where the sign stands; the caret ends the word. */
  from: number;
}

const WORD_BEFORE_CARET = /(^|[\s([{"'«“])([@#:/])([\p{L}\p{M}\p{N}_.+-]{0,32})$/u;

/** Is a name being typed at the caret? For emoji at least two letters: a colon is too common a sign. A slash only where
    there is something to be offered for it. */
export function wanted_at(text: string, caret: number, slash = false): Wanted | null {
  const found = WORD_BEFORE_CARET.exec(text.slice(Math.max(0, caret - 40), caret));
  if (!found || in_code(text, caret)) return null;
  const [, , sign, word] = found;
  if ((sign === ':' && word.length < 2) || (sign === '/' && !slash)) return null;
  return { sign: sign as Wanted['sign'], word, from: caret - word.length - 1 };
}

function in_code(text: string, caret: number): boolean {
  const before = text.slice(0, caret);
  if ((before.match(/```/g)?.length ?? 0) % 2 === 1) return true;
  const line = before.slice(before.lastIndexOf('\n') + 1).replaceAll('```', '');
  return (line.match(/`/g)?.length ?? 0) % 2 === 1;
}

export interface Change {
  from: number;
  to: number;
  text: string;
  /** The selection afterwards. */
  start: number;
  end: number;
}

/** Puts marks around what is selected, or takes them away when they are there. */
export function toggle_mark(text: string, start: number, end: number, mark: string): Change {
  while (start < end && /\s/.test(text[start])) start++;
  while (end > start && /\s/.test(text[end - 1])) end--;
  const n = mark.length;
  const inner = text.slice(start, end);
  const outside = text.slice(start - n, start) === mark && text.slice(end, end + n) === mark && !(n === 1 && text[start - 2] === mark && text[start - 3] !== mark);
  if (outside) return { from: start - n, to: end + n, text: inner, start: start - n, end: end - n };
  if (inner.length > 2 * n && inner.startsWith(mark) && inner.endsWith(mark) && !(n === 1 && inner[1] === mark))
    return { from: start, to: end, text: inner.slice(n, -n), start, end: end - 2 * n };
  return { from: start, to: end, text: mark + inner + mark, start: start + n, end: end + n };
}

/** Code: between backticks, or between fences when it has several lines. */
export function toggle_code(text: string, start: number, end: number): Change {
  const inner = text.slice(start, end);
  if (!inner.includes('\n')) return toggle_mark(text, start, end, '`');
  const head = start > 0 && text[start - 1] !== '\n' ? '\n```\n' : '```\n';
  const foot = end < text.length && text[end] !== '\n' ? '\n```\n' : '\n```';
  return { from: start, to: end, text: head + inner + foot, start: start + head.length, end: start + head.length + inner.length };
}
