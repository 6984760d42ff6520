// Names compared loosely: without case, apostrophes and signs, and with Cyrillic read as Latin, so that "гулнора" finds "Gulnora".

const letters: Record<string, string> = {
  а: 'a', б: 'b', в: 'v', г: 'g', ғ: 'g', ґ: 'g', д: 'd', е: 'e', ё: 'yo', ж: 'j', з: 'z', и: 'i', й: 'y', к: 'k', қ: 'q', л: 'l', м: 'm', н: 'n',
  о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ў: 'o', ф: 'f', х: 'x', ҳ: 'h', ц: 'ts', ч: 'ch', ш: 'sh', щ: 'sh', ъ: '', ы: 'i', ь: '', э: 'e',
  ю: 'yu', я: 'ya', і: 'i', ї: 'i', є: 'e',
};

export function loosely(text: string): string {
  const plain = text.toLowerCase().normalize('NFKC').replace(/[ʻʼ'‘’`´]/g, '');
  return Array.from(plain, (c) => letters[c] ?? c).join('').trim();
}

/** 2: begins so; 1: a word in it begins so; 0: stands somewhere; -1: nowhere. Nothing asked: 0. */
export function rank(name: string, words: string): number {
  if (words === '') return 0;
  const at = name.indexOf(words);
  if (at === 0) return 2;
  if (at > 0 && name[at - 1] === ' ') return 1;
  return at < 0 ? -1 : 0;
}
