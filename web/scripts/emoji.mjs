// Emoji for the picker and for ":name": cut from the emojibase-data package at build time, so that the page reads a small piece of it, from
// its own server, when somebody first wants an emoji. `virtual:emoji` holds [emoji, group, names, English words, may have a skin tone];
// `virtual:emoji-LANGUAGE` the words of that language, in the same order.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const read = (path) => JSON.parse(fs.readFileSync(require.resolve(`emojibase-data/${path}`), 'utf8'));
const COMPONENT = 2;
const NEWEST = 15.1; // what the systems people have can draw

function kept() {
  return read('en/data.json')
    .filter((e) => e.group !== undefined && e.group !== COMPONENT && e.version <= NEWEST)
    .sort((a, b) => a.order - b.order);
}

const words_of = (e) => [...new Set([e.label, ...(e.tags ?? [])].join(' ').toLowerCase().split(/[\s:,()]+/))].filter((w) => w.length > 1).join(' ');

function base() {
  const github = read('en/shortcodes/github.json');
  const own = read('en/shortcodes/emojibase.json');
  const names = (hex) => [...new Set([github[hex], own[hex]].flat().filter(Boolean))].slice(0, 3).join(' ');
  return kept().map((e) => [e.emoji, e.group, names(e.hexcode), words_of(e), e.skins?.length === 5 ? 1 : 0]);
}

function language(name) {
  const there = new Map(read(`${name}/data.json`).map((e) => [e.hexcode, words_of(e)]));
  return kept().map((e) => there.get(e.hexcode) ?? '');
}

const prefix = 'virtual:emoji';

export function emoji() {
  return {
    name: 'emoji',
    resolveId: (id) => (id.startsWith(prefix) ? '\0' + id : null),
    load(id) {
      if (!id.startsWith('\0' + prefix)) return null;
      const of = id.slice(prefix.length + 2);
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(of ? language(of) : base()))})`;
    },
  };
}
