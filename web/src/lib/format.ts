// Formatting: what a message's text means. One reader for both places that show it: the message drops the marks (asterisks,
// backticks), the composer shows them faintly. Pure; the runs of a text, put together, are always the text itself.

export interface Run {
  text: string;
  /** A sign that only says how to read its neighbours. */
  mark?: true;
  b?: true;
  i?: true;
  s?: true;
  code?: true;
  /** A line of its own between fences, with the name of its language. */
  block?: string;
  href?: string;
  /** A name after @ or #, without the sign. */
  mention?: string;
  channel?: string;
}

type Style = Pick<Run, 'b' | 'i' | 's'>;

const FENCE = /```([\p{L}\p{N}+#.-]{0,20})[^\S\n]*\n([\s\S]*?)\n?```|```([^`\n]+)```/gu;
const LINK = /https?:\/\/[^\s<>"]+/y;
const NAME = /[@#][\p{L}\p{M}\p{N}_][^\s@#*`~<>()[\]{},;:!?"“”«»]*/uy;
const WORD = /[\p{L}\p{N}_]/u;

export function read_format(text: string): Run[] {
  const out: Run[] = [];
  let at = 0;
  for (const fence of text.matchAll(FENCE)) {
    inline(text.slice(at, fence.index), {}, out);
    const body = fence[2] ?? fence[3];
    const before = fence[0].indexOf(body, 3 + (fence[1]?.length ?? 0));
    out.push({ text: fence[0].slice(0, before), mark: true });
    if (body !== '') out.push({ text: body, block: fence[1] ?? '' });
    out.push({ text: fence[0].slice(before + body.length), mark: true });
    at = fence.index + fence[0].length;
  }
  inline(text.slice(at), {}, out);
  return out;
}

/** What is left when the marks are gone: for previews, notifications and quotes. */
export const plain = (text: string): string =>
  read_format(text)
    .filter((r) => !r.mark)
    .map((r) => r.text)
    .join('');

/** What is shown of it: without marks, and without the line ends that only set a block of code apart. */
export function shown_format(text: string): Run[] {
  const runs = read_format(text).filter((r) => !r.mark);
  return runs
    .map((r, i) => {
      if (r.block !== undefined) return r;
      let words = r.text;
      if (runs[i - 1]?.block !== undefined) words = words.replace(/^\n/, '');
      if (runs[i + 1]?.block !== undefined) words = words.replace(/\n$/, '');
      return words === r.text ? r : { ...r, text: words };
    })
    .filter((r) => r.text !== '');
}

function inline(text: string, style: Style, out: Run[]): void {
  let from = 0;
  let at = 0;
  const flush = (to: number): void => {
    if (to > from) out.push({ text: text.slice(from, to), ...style });
  };
  while (at < text.length) {
    const end = special(text, at, style, out, flush);
    if (end === at) {
      at++;
      continue;
    }
    at = from = end;
  }
  flush(text.length);
}

/** Reads what begins at this place, after flushing the plain text before it; gives the place after it, or `at` when nothing begins here. */
function special(text: string, at: number, style: Style, out: Run[], flush: (to: number) => void): number {
  switch (text[at]) {
    case '\\':
      if (!/[*`~]/.test(text[at + 1] ?? '')) return at;
      flush(at);
      out.push({ text: '\\', mark: true }, { text: text[at + 1], ...style });
      return at + 2;
    case '`':
      return code(text, at, style, out, flush);
    case '*':
      return text[at + 1] === '*' ? around(text, at, '**', { ...style, b: true }, out, flush) : around(text, at, '*', { ...style, i: true }, out, flush);
    case '~':
      return around(text, at, '~~', { ...style, s: true }, out, flush);
    case 'h':
      return link(text, at, style, out, flush);
    case '@':
    case '#':
      return name(text, at, style, out, flush);
    default:
      return at;
  }
}

function code(text: string, at: number, style: Style, out: Run[], flush: (to: number) => void): number {
  const end = text.indexOf('`', at + 1);
  if (end <= at + 1 || text.slice(at, end).includes('\n')) return at;
  flush(at);
  out.push({ text: '`', mark: true }, { text: text.slice(at + 1, end), ...style, code: true }, { text: '`', mark: true });
  return end + 1;
}

/** Text between two equal marks that touch it, on one line. A single asterisk also wants no letter on its outer sides: 2*3*4 stays. */
function around(text: string, at: number, mark: string, style: Style, out: Run[], flush: (to: number) => void): number {
  const n = mark.length;
  if (!text.startsWith(mark, at) || !/\S/.test(text[at + n] ?? ' ') || text[at + n] === mark[0]) return at;
  if (n === 1 && WORD.test(text[at - 1] ?? ' ')) return at;
  const line_end = text.indexOf('\n', at);
  const limit = line_end < 0 ? text.length : line_end;
  for (let end = text.indexOf(mark, at + n + 1); end > 0 && end + n <= limit; end = text.indexOf(mark, end + 1)) {
    if (/\s/.test(text[end - 1]) || text[end - 1] === '\\') continue;
    if (n === 1 && (text[end + 1] === '*' || text[end - 1] === '*' || WORD.test(text[end + 1] ?? ' '))) {
      if (text[end + 1] === '*') end++;
      continue;
    }
    if (n === 2 && text[end + 2] === mark[0]) continue;
    flush(at);
    out.push({ text: mark, mark: true });
    inline(text.slice(at + n, end), style, out);
    out.push({ text: mark, mark: true });
    return end + n;
  }
  return at;
}

function link(text: string, at: number, style: Style, out: Run[], flush: (to: number) => void): number {
  LINK.lastIndex = at;
  const found = LINK.exec(text);
  if (!found || WORD.test(text[at - 1] ?? ' ')) return at;
  const url = trim_link(found[0]);
  if (!URL.canParse(url)) return at;
  flush(at);
  out.push({ text: url, ...style, href: url });
  return at + url.length;
}

/** Punctuation that ends a sentence, or marks that end a bold passage, do not belong to the link. */
function trim_link(url: string): string {
  const marks = url.search(/\*\*|~~|`/);
  if (marks > 0) url = url.slice(0, marks);
  let end = url.length;
  while (end > 0 && /[.,;:!?'”»’)\]*]/.test(url[end - 1])) {
    if (url[end - 1] === ')' && url.slice(0, end).includes('(')) break;
    end--;
  }
  return url.slice(0, end);
}

function name(text: string, at: number, style: Style, out: Run[], flush: (to: number) => void): number {
  NAME.lastIndex = at;
  const found = NAME.exec(text);
  if (!found || WORD.test(text[at - 1] ?? ' ') || text[at - 1] === '/') return at;
  const whole = found[0].replace(/[.'’-]+$/u, '');
  if (whole.length < 2) return at;
  flush(at);
  const word = whole.slice(1);
  out.push({ text: whole, ...style, ...(text[at] === '@' ? { mention: word } : { channel: word }) });
  return at + whole.length;
}
