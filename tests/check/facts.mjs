#!/usr/bin/env node
// Every wire fact that a dialect (or docs/socketio.md) says it keeps is cited by a transcript test, and no test cites a fact that is not written down.
import { complain, end, files, read } from './lib/tree.mjs';

const written = new Set(), cited = new Set();
for (const page of [...files('src/dialect', /README\.md$/), 'docs/socketio.md']) for (const [, id] of read(page).matchAll(/^\| ([A-Z]-\d+) \|/gm)) written.add(id);
for (const story of files('tests/story/stories', /\.mjs$/))
    for (const [, title] of read(story).matchAll(/^ *test\([`'"](.*)/gm))
        for (const [id] of title.matchAll(/\b[A-Z]-\d+\b/g)) cited.add(id);
for (const id of written) if (!cited.has(id)) complain(id, 'no story proves it');
for (const id of cited) if (!written.has(id)) complain(id, 'is cited by a story, but no dialect has it');
end(written.size > 20);
