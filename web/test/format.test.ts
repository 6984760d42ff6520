import { expect, test } from 'vitest';
import { plain, read_format, type Run } from '../src/lib/format';

const shown = (text: string): Run[] => read_format(text).filter((r) => !r.mark);

test('bold, italic, both, struck, code', () => {
  expect(shown('a **b** *c* ~~d~~ `e`')).toEqual([
    { text: 'a ' },
    { text: 'b', b: true },
    { text: ' ' },
    { text: 'c', i: true },
    { text: ' ' },
    { text: 'd', s: true },
    { text: ' ' },
    { text: 'e', code: true },
  ]);
  expect(shown('**a *b* c**')).toEqual([{ text: 'a ', b: true }, { text: 'b', b: true, i: true }, { text: ' c', b: true }]);
  expect(shown('*a **b** c*')).toEqual([{ text: 'a ', i: true }, { text: 'b', b: true, i: true }, { text: ' c', i: true }]);
});

test('what is not formatting stays as it was written', () => {
  for (const s of ['2*3*4', '* a *', '** a **', 'a * b', '**', '****', '``', 'a*', '~a~', '`a\nb`', '*a\nb*', 'snake_case_name'])
    expect(shown(s), s).toEqual([{ text: s }]);
  expect(plain('\\*a\\* \\o/')).toBe('*a* \\o/');
});

test('inside code nothing is read', () => {
  expect(shown('`**a** @b https://c.uz`')).toEqual([{ text: '**a** @b https://c.uz', code: true }]);
  expect(shown('```js\nlet a = "**";\n```')).toEqual([{ text: 'let a = "**";', block: 'js' }]);
  expect(shown('x\n```\n<b>\n\n  y\n```\nz').map((r) => [r.text, r.block])).toEqual([['x\n', undefined], ['<b>\n\n  y', ''], ['\nz', undefined]]);
});

test('links, without the punctuation that follows; nothing else becomes one', () => {
  const links = (s: string): string[] => read_format(s).flatMap((r) => (r.href ? [r.href] : []));
  expect(links('see https://a.uz/b?c=1, and (http://x.y/z).')).toEqual(['https://a.uz/b?c=1', 'http://x.y/z']);
  expect(links('https://en.wikipedia.org/wiki/A_(b)')).toEqual(['https://en.wikipedia.org/wiki/A_(b)']);
  expect(links('**https://a.uz/b** *https://c.uz*')).toEqual(['https://a.uz/b', 'https://c.uz']);
  expect(links('javascript:alert(1) ftp://x data:text/html,x xhttps://a')).toEqual([]);
});

test('names after @ and #', () => {
  const names = (s: string): (string | undefined)[] => read_format(s).flatMap((r) => (r.mention ? ['@' + r.mention] : r.channel ? ['#' + r.channel] : []));
  expect(names('@ali, salom @vali. (@gul_nora) a@b.uz #umumiy! https://a.uz/#x @ўқтам @')).toEqual(['@ali', '@vali', '@gul_nora', '#umumiy', '@ўқтам']);
  expect(shown('**@ali**')).toEqual([{ text: '@ali', b: true, mention: 'ali' }]);
});

test('the runs together are the text, whatever it is', () => {
  const signs = ['*', '**', '`', '```', '\n', 'a', ' ', '@b', '#c', '~~', '\\', 'https://a.b', '👍', '(', ')', '_', '.'];
  let seed = 7;
  for (let n = 0; n < 4000; n++) {
    let text = '';
    for (let k = 0; k < 14; k++) text += signs[(seed = (seed * 1103515245 + 12345) % 2147483648) % signs.length];
    expect(read_format(text).map((r) => r.text).join('')).toBe(text);
  }
});

test('a hostile text is read in moderate time', () => {
  for (const piece of ['*', '**a', '`', '~~', '*a ', '@', '[(', '**a*']) {
    const begun = performance.now();
    read_format(piece.repeat(4000 / piece.length));
    expect(performance.now() - begun, piece).toBeLessThan(400);
  }
});
