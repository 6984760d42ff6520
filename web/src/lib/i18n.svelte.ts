// The words of the page in the language of its reader. One dictionary is loaded at a time; all text is read through
// t() and tn(), which follow a change of language by themselves.

import { to_cyrillic } from './cyrillic';
import { number_format, plural_rules } from './intl';
import type { Dictionary, Language, PlainKey, PluralKey } from '../i18n/shape';
import { languages } from '../i18n/shape';
import { problem_of } from './types';

export type Params = Record<string, string | number>;

const load: Record<Language, () => Promise<Dictionary>> = {
  uz: async () => (await import('../i18n/uz')).uz,
  'uz-Cyrl': async () => cyrillic((await import('../i18n/uz')).uz),
  uk: async () => (await import('../i18n/uk')).uk,
  ru: async () => (await import('../i18n/ru')).ru,
  en: async () => (await import('../i18n/en')).en,
};

function cyrillic(latin: Dictionary): Dictionary {
  const turned = Object.entries(latin).map(([key, text]) => [
    key,
    typeof text === 'string' ? to_cyrillic(text) : Object.fromEntries(Object.entries(text).map(([form, words]) => [form, to_cyrillic(words)])),
  ]);
  return Object.fromEntries(turned) as Dictionary;
}

export const dictionary_of = (l: Language): Promise<Dictionary> => load[l]();

let dictionary = $state.raw({} as Dictionary);
let current = $state<Language>('en');

export function language(): Language {
  return current;
}

export function choose_language(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [base, ...more] = tag.toLowerCase().split('-');
    const wish = base === 'uz' && more.includes('cyrl') ? 'uz-Cyrl' : base;
    const found = languages.find((l) => l === wish);
    if (found) return found;
  }
  return 'en';
}

export async function use_language(next: Language): Promise<void> {
  dictionary = await load[next]();
  current = next;
  document.documentElement.lang = next;
}

export function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));
}

export function t(key: PlainKey, params: Params = {}): string {
  return fill(dictionary[key], params);
}

/** Small numbers are the same in all our languages, and need no formatter. */
const count_text = (n: number): string => (Number.isInteger(n) && n >= 0 && n < 1000 ? String(n) : number_format(current).format(n));

export function tn(key: PluralKey, n: number, params: Params = {}): string {
  const forms = dictionary[key];
  const category = plural_rules(current).select(n) as keyof typeof forms;
  return fill(forms[category] ?? forms.other, { n: count_text(n), ...params });
}

/** What happened and what to do, for a person. `special` names the cases where the place knows better than the word. */
export function explain(error: unknown, special: Partial<Record<string, PlainKey>> = {}): string {
  const p = problem_of(error);
  const key = special[`${p.word}/${p.detail}`] ?? special[p.word] ?? (`fault_${p.word}` as PlainKey);
  if (key in dictionary) return t(key, { n: p.retry_after_s ?? 10 });
  return p.message || t('fault_internal');
}

