#!/usr/bin/env node
// ARCHITECTURE.md, src/rooms and the tree say the same; no include leaves its room's permissions; each law of the page holds.
import fs from 'node:fs';
import path from 'node:path';
import { codeOf, complain, each, end, files, read, root, roomOf, rooms, sources } from './lib/tree.mjs';

const allowed = rooms();
const names = Object.keys(allowed);

function tableOfPage() {
    const rows = [...read('ARCHITECTURE.md').matchAll(/^\| `([a-z/]+)` \| [^|]+ \| ([^|]+) \|$/gm)];
    return Object.fromEntries(rows.map(([, room, sees]) => [room, sees.trim() === '–' ? [] : sees.trim().split(/\s+/)]));
}

function comparePage() {
    const page = tableOfPage();
    for (const room of new Set([...names, ...Object.keys(page)])) {
        const [a, b] = [allowed[room]?.join(' '), page[room]?.join(' ')];
        if (a !== b) complain('ARCHITECTURE.md', `${room}: the page says "${b ?? 'nothing'}", src/rooms says "${a ?? 'nothing'}"`);
    }
}

function compareTree() {
    const folders = files('src', /./).map((file) => path.dirname(file)).filter((folder) => folder !== 'src');
    for (const folder of new Set(folders))
        if (!roomOf(`${folder}/`, names)) complain(folder, 'is no room of src/rooms');
    for (const room of names)
        if (!fs.existsSync(path.join(root, 'src', room))) complain('src/rooms', `${room} has no folder`);
    const built = [...read('src/meson.build').matchAll(/^ {4}'([a-z/]+)':/gm)].map((m) => m[1]);
    for (const room of names.filter((name) => name !== 'app'))
        if (!built.includes(room)) complain('src/meson.build', `${room} is not built as a library`);
}

function checkIncludes(file) {
    const room = roomOf(file, names);
    each(codeOf(read(file)), /^\s*#\s*include\s+"([^"]+)"/g, (line, [, included]) => {
        const target = roomOf(included, names);
        if (included.includes('..')) complain(`${file}:${line}`, `includes "${included}": say the room`);
        else if (!target) complain(`${file}:${line}`, `includes "${included}", which is in no room`);
        else if (target !== room && !allowed[room].includes(target)) complain(`${file}:${line}`, `${room} may not include ${target}`);
    });
}

// What stands where. A pattern, the rooms that may have it, and the words for a complaint.
const laws = [
    [/\bpthread_\w+|<pthread\.h>|\b(thrd|mtx|cnd)_\w+/g, ['loop', 'work', 'app'], 'threads meet only in'],
    [/\buv_\w+|<uv\.h>/g, ['loop'], 'libuv stays in'],
    [/\byyjson_\w+|<yyjson\.h>/g, ['wire', 'door', 'dialect/'], 'JSON stays in'],
    [/\bsqlite3_\w+|\bPQ[a-z]\w+|<sqlite3\.h>|<libpq-fe\.h>/g, ['store'], 'database libraries stay in'],
    [/"\s*SELECT\s/g, ['store', 'import/source_'], 'SQL stays in'],
    [/"\s*(INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|INDEX)|BEGIN\b|COMMIT\b|PRAGMA\s)/g, ['store'], 'SQL stays in'],
    [/<uthash\.h>/g, ['base'], 'the unkeyed hash table stays behind base/hash.h in'],
];

function checkLaws(file) {
    const room = roomOf(file, names);
    const code = codeOf(read(file));
    for (const [pattern, where, words] of laws) {
        if (where.some((name) => room === name || (/[/_]$/.test(name) && file.startsWith(`src/${name}`)))) continue;
        each(code, pattern, (line, [found]) => complain(`${file}:${line}`, `${found.trim()}: ${words} ${where.join(', ')}`));
    }
}

comparePage();
compareTree();
for (const file of sources()) {
    if (!roomOf(file, names)) continue;
    checkIncludes(file);
    checkLaws(file);
}
end(sources().length > 50);
