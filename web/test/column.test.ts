import { expect, test } from 'vitest';
import { Column } from '../src/lib/column';

const keys = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => 'm' + (from + i));

test('tops, rows and ranges follow guesses and then measures', () => {
  const c = new Column();
  c.lay(keys(0, 10), () => 50);
  expect([c.total, c.row_at(0), c.row_at(49), c.row_at(50), c.row_at(9999)]).toEqual([500, 0, 0, 1, 9]);
  expect(c.measure([['m2', 80], ['m9', 50], ['unknown', 7]])).toBe(true);
  expect(c.measure([['m2', 80]])).toBe(false);
  expect([c.total, c.top(3)]).toEqual([530, 180]);
  expect(c.range(100, 180)).toEqual([2, 4]);
  expect(c.range(-500, 10)).toEqual([0, 1]);
});

test('the row under the eye keeps its place when rows come and go around it', () => {
  const c = new Column();
  c.lay(keys(100, 200), () => 40);
  const eye = c.anchor(c.row_at(1010), 1010);
  expect(eye).toEqual({ key: 'm125', lower: false, offset: -10 });
  c.measure([['m110', 300], ['m130', 10]]);
  expect(c.depth_of(eye)).toBe(1270);
  c.lay(keys(0, 180), () => 40);
  expect(c.depth_of(eye)).toBe(125 * 40 + 260 + 10);
  c.lay(keys(130, 180), () => 40);
  expect(c.depth_of(eye)).toBe(null);
});

test('a row whose upper part goes keeps its lower edge', () => {
  const c = new Column();
  c.lay(keys(100, 150), () => 40);
  c.measure([['m100', 67]]);
  const eye = c.anchor(0, 30, true);
  expect(eye).toEqual({ key: 'm100', lower: true, offset: 37 });
  c.lay(keys(50, 150), () => 40);
  c.measure([['m100', 40]]);
  expect(c.depth_of(eye)).toBe(51 * 40 - 37);
});

test('nothing at all is no trouble', () => {
  const c = new Column();
  c.lay([], () => 0);
  expect([c.total, c.range(0, 100)]).toEqual([0, [0, 0]]);
});

test('measures of rows long gone are not kept for ever', () => {
  const c = new Column();
  for (let n = 0; n < 100; n++) {
    c.lay(keys(n * 100, n * 100 + 100), () => 40);
    c.measure(keys(n * 100, n * 100 + 100).map((k): [string, number] => [k, 41]));
  }
  expect((c as unknown as { measured: Map<string, number> }).measured.size).toBeLessThan(1700);
});
