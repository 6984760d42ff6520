// The pieces that scripts/emoji.mjs makes.

declare module 'virtual:emoji' {
  const all: [emoji: string, group: number, names: string, words: string, tones: 0 | 1][];
  export default all;
}

declare module 'virtual:emoji-ru' {
  const words: string[];
  export default words;
}

declare module 'virtual:emoji-uk' {
  const words: string[];
  export default words;
}
