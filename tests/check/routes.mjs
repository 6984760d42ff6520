#!/usr/bin/env node
// Every route that a dialect offers stands in openapi.yaml, so that /docs tells of all doors and the strangers' table (story 10) has a row for it. Left out are
// WebSockets, and the rows around the routes: slashes, preflights, refusals.
import { complain, end, files, read } from './lib/tree.mjs';

const around = /^(add_slash|without_slash|not_found|\w+_only|devtools|preflight|cors_preflight|handle_options|knock)$/;
const plain = (path) => path.replace(/\{\w+(:int)?\}/g, '{}');
const documented = new Set();
let path = '';
for (const line of read('openapi.yaml').split('\n')) {
    path = /^  (\/\S*):/.exec(line)?.[1] ?? path;
    const method = /^    (get|post|put|patch|delete|head):/.exec(line)?.[1];
    if (method) documented.add(`${method.toUpperCase()} ${plain(path)}`);
}
let n = 0;
for (const file of files('src/dialect', /\.c$/)) {
    const text = read(file).replace(/([A-Z]\w*_PATH) "/g, (_, name) => `"${constant(file, name)}`);
    for (const [, method, route, handler, flags] of text.matchAll(/\{ "([A-Z]+)", "(\/[^"]*)", (\w+)([^}]*)\}/g)) {
        if (around.test(handler) || method === 'OPTIONS' || /route_websocket/.test(flags) || /\*\}/.test(route)) continue;
        n++;
        if (!documented.has(`${method} ${plain(route)}`)) complain(file, `${method} ${route} is not in openapi.yaml`);
    }
}
end(n > 5);

/** The text of a #define of the file's folder. */
function constant(file, name) {
    const folder = file.slice(0, file.lastIndexOf('/'));
    const headers = files(folder, /\.h$/).map((header) => new RegExp(`#define ${name} "([^"]*)"`).exec(read(header))?.[1]);
    return headers.find(Boolean) ?? complain(file, `${name} is not known`) ?? '';
}
