// Which parts of a text are addresses. Only http, https and mail: nothing else becomes a link, and no text becomes markup.

export interface Piece {
  text: string;
  href?: string;
}

const ADDRESS = /https?:\/\/[^\s<>"']+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu;
const TAIL = /[.,;:!?)\]}»”…]+$/u;

/** A bracket that closes one inside of the address belongs to it. */
function without_tail(found: string): string {
  const bare = found.replace(TAIL, '');
  const rest = found.slice(bare.length);
  return rest.startsWith(')') && bare.includes('(') && !bare.includes(')') ? bare + ')' : bare;
}

export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let at = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const link = without_tail(found[0]);
    if (found.index > at) out.push({ text: text.slice(at, found.index) });
    out.push({ text: link, href: /^https?:/i.test(link) ? link : 'mailto:' + link });
    at = found.index + link.length;
  }
  if (at < text.length) out.push({ text: text.slice(at) });
  return out;
}
