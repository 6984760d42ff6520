// The console's parts that need no page: the order of the queue, figures put together, answers after a slash, and its words.
import { describe, expect, test } from 'vitest';
import { readdirSync, readFileSync } from 'node:fs';
import { desk_en } from '../src/i18n/desk.en';
import { desk_ru } from '../src/i18n/desk.ru';
import { desk_uk } from '../src/i18n/desk.uk';
import { desk_uz } from '../src/i18n/desk.uz';
import type { DeskChat } from '../src/lib/desk_types';
import { wanted_at } from '../src/lib/compose';
import { in_queue, newest_first, span_of, sum_of } from '../src/ui/desk/order';

const chat = (id: number, waiting_since: string, last_at = waiting_since): DeskChat => ({ id, waiting_since, last_at }) as DeskChat;

test('who waits longest is first, also after a return; talks stand newest first', () => {
  const [a, b, c] = [chat(3, '2026-06-01T10:00:00Z', '2026-06-01T12:00:00Z'), chat(1, '2026-06-01T10:05:00Z'), chat(2, '2026-06-01T10:05:00Z')];
  expect([c, b, a].sort(in_queue).map((x) => x.id)).toEqual([3, 1, 2]);
  expect([b, a, c].sort(newest_first).map((x) => x.id)).toEqual([3, 2, 1]);
});

test('spans do not go below nothing: clocks differ', () => {
  expect(span_of(-5)).toEqual({ s: 0, min: 0, h: 0, days: 0 });
  expect(span_of(3_725)).toEqual({ s: 3725, min: 62, h: 1, days: 0 });
});

test('averages of days are weighed by what they stand for; days without any do not count', () => {
  const sum = sum_of([
    { taken: 9, closed: 3, messages: 10, first_answer_s: 10, rating: 5, n_ratings: 3 },
    { taken: 1, closed: 1, messages: 2, first_answer_s: 110, rating: 1, n_ratings: 1 },
    { taken: 0, closed: 0, messages: 0, first_answer_s: null, rating: null, n_ratings: 0 },
  ]);
  expect(sum).toEqual({ taken: 10, closed: 4, messages: 12, first_answer_s: 20, rating: 4 });
  expect(sum_of([]).rating).toBeNull();
});

test('a slash asks for an answer only where there are answers, and only at the beginning of a word', () => {
  expect(wanted_at('/he', 3, true)).toEqual({ sign: '/', word: 'he', from: 0 });
  expect(wanted_at('/he', 3)).toBeNull();
  expect(wanted_at('and/or', 6, true)).toBeNull();
});

describe('words', () => {
  const all = { uz: desk_uz, uk: desk_uk, ru: desk_ru, en: desk_en };
  const texts = (v: string | object): string[] => (typeof v === 'string' ? [v] : Object.values(v));
  const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

  test.each(Object.keys(all) as (keyof typeof all)[])('%s has every word, with the same places, in every number', (l) => {
    const categories = new Intl.PluralRules(l).resolvedOptions().pluralCategories;
    for (const [key, english] of Object.entries(desk_en)) {
      const own = all[l][key as keyof typeof desk_en] as string | object;
      if (typeof own === 'object') expect(Object.keys(own).sort(), key).toEqual([...categories].sort());
      for (const text of texts(own)) expect(places(text), key).toEqual(places(texts(english)[0]));
      if (l === 'uz') for (const text of texts(own)) expect(/[а-я]/i.test(text), key).toBe(false);
      if (l === 'uk' || l === 'ru') for (const text of texts(own)) expect(/[а-яіїє]/i.test(text) || /^\W*\{/.test(text), key).toBe(true);
    }
  });

  test('every word is used', () => {
    const sources = readdirSync('src/ui/desk').map((f) => readFileSync('src/ui/desk/' + f, 'utf8')).join('\n');
    for (const key of Object.keys(desk_en)) if (!key.startsWith('state_')) expect(sources.includes(`'${key}'`), key).toBe(true);
    for (const [, key] of sources.matchAll(/\bdn?\('(\w+)'/g)) expect(key in desk_en, key).toBe(true);
  });
});
