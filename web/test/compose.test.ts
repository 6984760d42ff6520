import { expect, test } from 'vitest';
import { toggle_code, toggle_mark, wanted_at, type Change } from '../src/lib/compose';

const at = (marked: string): ReturnType<typeof wanted_at> => wanted_at(marked.replace('|', ''), marked.indexOf('|'));
const done = (text: string, c: Change): string => {
  const next = text.slice(0, c.from) + c.text + text.slice(c.to);
  return `${next.slice(0, c.start)}[${next.slice(c.start, c.end)}]${next.slice(c.end)}`;
};
const mark = (marked: string, sign: string): string => {
  const [start, end] = [marked.indexOf('['), marked.indexOf(']') - 1];
  const text = marked.replace(/[[\]]/g, '');
  return done(text, sign === '`' ? toggle_code(text, start, end) : toggle_mark(text, start, end, sign));
};

test('a name is wanted after @, #, and : with two letters, at the beginning of a word', () => {
  expect(at('salom @al|')).toEqual({ sign: '@', word: 'al', from: 6 });
  expect(at('@|')).toEqual({ sign: '@', word: '', from: 0 });
  expect(at('(#um|')).toEqual({ sign: '#', word: 'um', from: 1 });
  expect(at(':sm|ile')).toEqual({ sign: ':', word: 'sm', from: 0 });
  expect(at('@гулнора_1|')?.word).toBe('гулнора_1');
  for (const none of ['a@b|', 'http://|', '10:30|', ':s|', '@a b|', '`@a|', '```\n@a|', 'x|']) expect(at(none), none).toBeNull();
});

test('marks are put around and taken away', () => {
  expect(mark('a [b c] d', '**')).toBe('a **[b c]** d');
  expect(mark('a **[b c]** d', '**')).toBe('a [b c] d');
  expect(mark('a [**b c**] d', '**')).toBe('a [b c] d');
  expect(mark('a [b ]c', '*')).toBe('a *[b]* c');
  expect(mark('**[b]**', '*')).toBe('***[b]***');
  expect(mark('[]', '*')).toBe('*[]*');
  expect(mark('x [y] z', '`')).toBe('x `[y]` z');
  expect(mark('[a\nb]', '`')).toBe('```\n[a\nb]\n```');
});
