// The console's words, in the language of the page: d() and dn() as t() and tn() elsewhere.

import { to_cyrillic } from '../../lib/cyrillic';
import { fill, language, type Params } from '../../lib/i18n.svelte';
import { plural_rules } from '../../lib/intl';
import { desk_en } from '../../i18n/desk.en';
import type { Language, PartOf } from '../../i18n/shape';

type Words = PartOf<typeof desk_en>;
type PluralKey = { [K in keyof Words]: (typeof desk_en)[K] extends string ? never : K }[keyof Words];
type PlainKey = Exclude<keyof Words, PluralKey>;
export type { PlainKey as DeskKey };

const load: Record<Language, () => Promise<Words>> = {
  uz: async () => (await import('../../i18n/desk.uz')).desk_uz,
  'uz-Cyrl': async () => cyrillic((await import('../../i18n/desk.uz')).desk_uz),
  uk: async () => (await import('../../i18n/desk.uk')).desk_uk,
  ru: async () => (await import('../../i18n/desk.ru')).desk_ru,
  en: async () => desk_en,
};

function cyrillic(latin: Words): Words {
  const turn = (v: string | object): unknown => (typeof v === 'string' ? to_cyrillic(v) : Object.fromEntries(Object.entries(v).map(([k, w]) => [k, to_cyrillic(w)])));
  return Object.fromEntries(Object.entries(latin).map(([key, v]) => [key, turn(v)])) as Words;
}

let words = $state.raw<Words>(desk_en);

export async function follow_language(l: Language): Promise<void> {
  const found = await load[l]();
  if (l === language()) words = found;
}

export const d = (key: PlainKey, params: Params = {}): string => fill(words[key] as string, params);

export function dn(key: PluralKey, n: number, params: Params = {}): string {
  const forms = words[key] as { other: string } & Partial<Record<string, string>>;
  return fill(forms[plural_rules(language()).select(n)] ?? forms.other, { n, ...params });
}
