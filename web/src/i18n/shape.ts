// What a dictionary must hold: the keys of English; a plural where English has one, with the categories of the language.

import type { en } from './en';

export type Plural = { other: string } & Partial<Record<'one' | 'few' | 'many', string>>;
export type Key = keyof typeof en;
export type PluralKey = { [K in Key]: (typeof en)[K] extends string ? never : K }[Key];
export type PlainKey = Exclude<Key, PluralKey>;
/** A part of a dictionary, shaped as its English one. */
export type PartOf<E> = { [K in keyof E]: E[K] extends string ? string : Plural };
export type Dictionary = { [K in Key]: (typeof en)[K] extends string ? string : Plural };

export const languages = ['uz', 'uz-Cyrl', 'uk', 'ru', 'en'] as const;
export type Language = (typeof languages)[number];

export const language_names: Record<Language, string> = { uz: 'Oʻzbekcha', 'uz-Cyrl': 'Ўзбекча', uk: 'Українська', ru: 'Русский', en: 'English' };
