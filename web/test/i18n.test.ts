import { expect, test } from 'vitest';
import { en } from '../src/i18n/en';
import { ru } from '../src/i18n/ru';
import { languages, type Dictionary, type Language } from '../src/i18n/shape';
import { uk } from '../src/i18n/uk';
import { uz } from '../src/i18n/uz';
import { to_cyrillic } from '../src/lib/cyrillic';
import { choose_language, dictionary_of, fill } from '../src/lib/i18n.svelte';
import { readdirSync, readFileSync } from 'node:fs';

const all: Record<Language, Dictionary> = { uz, 'uz-Cyrl': await dictionary_of('uz-Cyrl'), uk, ru, en };
const names = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
const texts = (v: string | object): string[] => (typeof v === 'string' ? [v] : Object.values(v));

test.each(languages)('%s has every key, no other, none empty', (l) => {
  expect(Object.keys(all[l]).sort()).toEqual(Object.keys(en).sort());
  for (const [key, value] of Object.entries(all[l])) for (const text of texts(value)) expect(text.trim(), key).not.toBe('');
});

test.each(languages)('%s fills the same places as English', (l) => {
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    const want = names(texts(en[key])[0]);
    for (const text of texts(all[l][key])) expect(names(text), key).toEqual(want);
  }
});

test.each(languages)('%s has a form for every plural category of the language', (l) => {
  const categories = new Intl.PluralRules(l).resolvedOptions().pluralCategories;
  for (const [key, value] of Object.entries(all[l])) {
    if (typeof value === 'object') expect(Object.keys(value).sort(), key).toEqual([...categories].sort());
  }
});

test('the Cyrillic languages are not English, and Uzbek is written in Latin letters', () => {
  for (const l of ['uk', 'ru'] as const)
    for (const [key, value] of Object.entries(all[l]))
      for (const text of texts(value)) expect(/[а-яіїєґё]/i.test(text) || /^\W*\{/.test(text), `${l} ${key}`).toBe(true);
  for (const [key, value] of Object.entries(uz)) for (const text of texts(value)) expect(/[а-яё]/i.test(text), key).toBe(false);
});

test('every key is used, and every used key exists', () => {
  const walk = (dir: string): string[] => readdirSync(dir, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? walk(`${dir}/${e.name}`) : [`${dir}/${e.name}`]));
  const sources = ['src/ui', 'src/lib'].flatMap(walk).map((file) => readFileSync(file, 'utf8')).join('\n');
  for (const [, key] of sources.matchAll(/\btn?\('(\w+)'/g)) expect(key in en, key).toBe(true);
  for (const key of Object.keys(en)) {
    if (key.startsWith('fault_')) continue;
    expect(sources.includes(`'${key}'`), key).toBe(true);
  }
});

test('the language is chosen among those the reader knows', () => {
  expect(choose_language(['de-DE', 'uk-UA', 'en'])).toBe('uk');
  expect(choose_language(['uz-Latn-UZ'])).toBe('uz');
  expect(choose_language(['uz-Cyrl-UZ'])).toBe('uz-Cyrl');
  expect(choose_language(['fr'])).toBe('en');
  expect(choose_language([])).toBe('en');
});

test('places are filled once, and text that looks like a place is left alone', () => {
  expect(fill('{name} and {other}', { name: '{other}', other: 'B' })).toBe('{other} and B');
  expect(fill('{unknown}', {})).toBe('{unknown}');
});

test('Uzbek is turned into Cyrillic letters by its rules', () => {
  const pairs = {
    'Oʻzbekcha yoʻq gʻisht': 'Ўзбекча йўқ ғишт',
    'Eslatma: yetti yoshli Shahlo chiqdi': 'Эслатма: етти ёшли Шаҳло чиқди',
    'maʼlumot, aʼzo': 'маълумот, аъзо',
    '{name} guruhdan chiqarilsinmi?': '{name} гуруҳдан чиқарилсинми?',
    '5-oktabr, emojilar': '5-октябрь, эмодзилар',
    'Enter yuboradi': 'Enter юборади',
    'havola https:// bilan': 'ҳавола https:// билан',
  };
  for (const [latin, cyrillic] of Object.entries(pairs)) expect(to_cyrillic(latin)).toBe(cyrillic);
});

test('nothing of the Cyrillic Uzbek is left in Latin letters but names', () => {
  const names_kept = /\{\w+\}|https?(:\S*)?|Enter|Shift|Slack|JPEG|PNG|WebP|GIF|MB/g;
  for (const [key, value] of Object.entries(all['uz-Cyrl'])) for (const text of texts(value)) expect(/[a-z]/i.test(text.replace(names_kept, '')), `${key}: ${text}`).toBe(false);
});
