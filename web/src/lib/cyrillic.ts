// Uzbek written in Latin letters, turned into Cyrillic ones. The page keeps one Uzbek dictionary, in Latin; this makes the other
// out of it. Names of keys, programs and standards stay as they are, and so does what stands in braces.

const kept_words = new Set(
  ('enter shift esc end ctrl alt cmd web push smtp url http https html css json csv svg png jpeg jpg webp gif exif gb mb kb ip id pwa ios android ' +
    'slack sqlite postgresql linux windows macos safari chrome firefox bearer authorization webhook bot_').split(' '),
);

/** Beginnings of words whose Cyrillic spelling does not follow from the Latin one. */
const special: [string, string][] = [
  ['yanvar', 'январь'], ['fevral', 'февраль'], ['aprel', 'апрель'], ['iyun', 'июнь'], ['iyul', 'июль'], ['sentabr', 'сентябрь'], ['oktabr', 'октябрь'],
  ['noyabr', 'ноябрь'], ['dekabr', 'декабрь'], ['emoji', 'эмодзи'], ['albom', 'альбом'],
].map(([a, b]) => [a, b]);

const pairs: [RegExp, string][] = [
  [/yo[ʻʼ']/g, 'йў'], [/o[ʻʼ']/g, 'ў'], [/g[ʻʼ']/g, 'ғ'], [/sh/g, 'ш'], [/ch/g, 'ч'], [/yo/g, 'ё'], [/yu/g, 'ю'], [/ya/g, 'я'], [/ye/g, 'е'],
  [/(^|[aeiouўэяюё])e/g, '$1э'], [/ʼ/g, 'ъ'],
];

const single: Record<string, string> = {
  a: 'а', b: 'б', c: 'к', d: 'д', e: 'е', f: 'ф', g: 'г', h: 'ҳ', i: 'и', j: 'ж', k: 'к', l: 'л', m: 'м', n: 'н', o: 'о', p: 'п', q: 'қ', r: 'р', s: 'с',
  t: 'т', u: 'у', v: 'в', w: 'в', x: 'х', y: 'й', z: 'з',
};

function small_word(word: string): string {
  for (const [from, to] of special) if (word.startsWith(from)) return to + rest_of(word.slice(from.length));
  return rest_of(word, true);
}

function rest_of(text: string, begins = false): string {
  let out = begins ? text : ' ' + text;
  for (const [from, to] of pairs) out = out.replace(from, to);
  out = Array.from(out, (c) => single[c] ?? c).join('');
  return begins ? out : out.slice(1);
}

function word_to_cyrillic(word: string): string {
  const small = word.toLowerCase();
  if (kept_words.has(small)) return word;
  const turned = small_word(small);
  if (word === small) return turned;
  if (word.length > 1 && word === word.toUpperCase()) return turned.toUpperCase();
  return turned[0].toUpperCase() + turned.slice(1);
}

/** Left as they are: {places}, addresses, @names. */
const whole = /(\{\w+\}|https?:\S+|\S*@\S+|\bbot_\S*)|([A-Za-zʻʼ]+)/g;

export function to_cyrillic(text: string): string {
  return text.replace(whole, (_, leave: string | undefined, word: string | undefined) => leave ?? word_to_cyrillic(word as string));
}
