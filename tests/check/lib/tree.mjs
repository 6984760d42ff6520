// What the checks share: the files of src/, C text without comments and strings, and the way to complain.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');

/** Files below a folder whose names fit, sorted; what is built or installed is left out. */
export function files(folder, fits) {
    return fs.readdirSync(path.join(root, folder), { withFileTypes: true })
        .flatMap((entry) => {
            const file = `${folder}/${entry.name}`;
            if (entry.isDirectory()) return /^(node_modules|dist|build)$/.test(entry.name) ? [] : files(file, fits);
            return fits.test(entry.name) ? [file] : [];
        })
        .sort();
}

export const sources = () => files('src', /\.(c|h|def)$/);

/** {room: [what it may include]} from src/rooms. */
export function rooms() {
    const rows = read('src/rooms').split('\n').filter((line) => line && !line.startsWith('#'));
    return Object.fromEntries(rows.map((line) => {
        const [room, sees] = line.split(':');
        return [room, sees.trim().split(/\s+/).filter(Boolean)];
    }));
}

/** The room of "src/dialect/lobby/x.c" or of "dialect/lobby/x.h": the longest name of a room it begins with. */
export function roomOf(file, names) {
    const inside = file.replace(/^src\//, '');
    return names.filter((name) => inside.startsWith(`${name}/`)).sort((a, b) => b.length - a.length)[0];
}

/** The text with comments, and strings too when asked, blanked out; lines keep their numbers. */
export function codeOf(text, { strings = false } = {}) {
    const blank = (s) => s.replace(/[^\n]/g, ' ');
    return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g,
        (s) => (s.startsWith('/') ? blank(s) : strings ? s[0] + blank(s.slice(1, -1)) + s[0] : s));
}

/** Calls complain(line, match) for every place where the pattern stands. */
export function each(text, pattern, found) {
    text.split('\n').forEach((line, i) => {
        for (const match of line.matchAll(pattern)) found(i + 1, match);
    });
}

const complaints = [];
export function complain(where, what) {
    complaints.push(`${where}: ${what}`);
}

/** Ends the check: silence and 0, or the complaints and 1. `looked` guards against a check that sees nothing and so cannot fail. */
export function end(looked) {
    if (!looked) complain('check', 'looked at nothing');
    for (const line of complaints) console.log(line);
    process.exit(complaints.length ? 1 : 0);
}

export const tracked = () => execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
