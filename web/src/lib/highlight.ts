// Colours for code, in a piece of its own. The library tells which words are of which kind; the page draws them itself, so no markup
// of anybody is ever taken over.

import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import kotlin from 'highlight.js/lib/languages/kotlin';
import php from 'highlight.js/lib/languages/php';
import python from 'highlight.js/lib/languages/python';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

export interface Token {
  text: string;
  kind: string;
}

const known = { bash, c, cpp, csharp, css, diff, go, ini, java, javascript, json, kotlin, php, python, ruby, rust, sql, typescript, xml, yaml };
for (const [name, language] of Object.entries(known)) hljs.registerLanguage(name, language);

const kinds: Record<string, string> = {
  keyword: 'keyword', literal: 'keyword', built_in: 'type', type: 'type', class: 'type', string: 'string', regexp: 'string', addition: 'string',
  comment: 'comment', quote: 'comment', number: 'number', symbol: 'number', title: 'title', section: 'title', function: 'title', attr: 'attr',
  attribute: 'attr', name: 'attr', 'selector-class': 'attr', 'selector-tag': 'attr', variable: 'attr', deletion: 'attr', meta: 'comment', tag: '',
};

interface Node {
  scope?: string;
  children: (Node | string)[];
}

/** Null: no such language; nothing is guessed. */
export function highlight(text: string, language: string): Token[] | null {
  if (!language || !hljs.getLanguage(language) || text.length > 20_000) return null;
  const result = hljs.highlight(text, { language, ignoreIllegals: true });
  const root = (result as unknown as { _emitter: { rootNode: Node } })._emitter.rootNode;
  const out: Token[] = [];
  const walk = (node: Node | string, kind: string): void => {
    if (typeof node === 'string') out.push({ text: node, kind });
    else for (const child of node.children) walk(child, (node.scope && kinds[node.scope.split('.')[0]]) ?? kind);
  };
  walk(root, '');
  return out;
}
