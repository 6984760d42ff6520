// Adds to dist the browser's library of Socket.IO as its npm package has it, under the names that pages of the old desk load it by.

import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const web = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const from = path.join(web, 'node_modules/socket.io-client/dist');
const to = path.join(web, 'dist/socket.io');
const wanted = ['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js', 'socket.io.msgpack.min.js'].flatMap((name) => [name, `${name}.map`]);
const there = readdirSync(from);
const missing = wanted.filter((name) => !there.includes(name));
if (missing.length) throw new Error(`socket.io-client has no ${missing.join(', ')}`);
mkdirSync(to, { recursive: true });
for (const name of wanted) copyFileSync(path.join(from, name), path.join(to, name));
