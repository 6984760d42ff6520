// The browser's formatters are dear to make and cheap to use, and a page of messages asks for hundreds: each is made once.

const made = new Map<string, unknown>();
const MOST = 64;

function once<T>(key: string, make: () => T): T {
  const have = made.get(key);
  if (have) return have as T;
  if (made.size >= MOST) made.clear();
  const fresh = make();
  made.set(key, fresh);
  return fresh;
}

export const number_format = (lang: string, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat =>
  once(`n${lang}${JSON.stringify(options)}`, () => new Intl.NumberFormat(lang, options));

export const date_format = (lang: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  once(`d${lang}${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(lang, options));

export const plural_rules = (lang: string): Intl.PluralRules => once(`p${lang}`, () => new Intl.PluralRules(lang));

export const letters_of = (text: string): string[] => {
  const segmenter = once('s', () => new Intl.Segmenter(undefined, { granularity: 'grapheme' }));
  return Array.from(segmenter.segment(text), (s) => s.segment);
};
