// Adds the service worker to dist: it must know the names of all files of this build.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const web = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(web, 'dist');
const assets = readdirSync(path.join(dist, 'assets')).sort();
const files = ['/', '/favicon.svg', '/manifest.webmanifest', '/icon-192.png', '/badge.png', ...assets.map((name) => `/assets/${name}`)];
const template = readFileSync(path.join(web, 'scripts/sw.template.js'), 'utf8');
const version = createHash('sha256').update(template).update(readFileSync(path.join(dist, 'index.html'))).update(files.join()).digest('hex').slice(0, 12);
writeFileSync(path.join(dist, 'sw.js'), template.replace('__VERSION__', version).replace('__FILES__', JSON.stringify(files)));
