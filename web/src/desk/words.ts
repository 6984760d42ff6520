// The widget's words in four languages. They all come with the script: another request would cost more than they do.

import { en } from './words/en';
import { ru } from './words/ru';
import { uk } from './words/uk';
import { uz } from './words/uz';

export type Forms = { other: string } & Partial<Record<'one' | 'few' | 'many', string>>;
export type Words = { [K in keyof typeof en]: (typeof en)[K] extends string ? string : Forms };
export type Tongue = 'uz' | 'uk' | 'ru' | 'en';

export const all_words: Record<Tongue, Words> = { uz, uk, ru, en };

/** The first of the wished languages that there is. */
export function choose(wanted: readonly string[]): Tongue {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0];
    if (base in all_words) return base as Tongue;
  }
  return 'en';
}

export function fill(text: string, params: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));
}

export function count(forms: Forms, n: number, tongue: Tongue): string {
  const category = new Intl.PluralRules(tongue).select(n) as keyof Forms;
  return fill(forms[category] ?? forms.other, { n });
}
