#!/usr/bin/env node
// Links between the pages of the project lead somewhere, and so do the paths that the pages name.
import fs from 'node:fs';
import path from 'node:path';
import { complain, end, read, root, tracked } from './lib/tree.mjs';

const pages = tracked().filter((file) => file.endsWith('.md'));
for (const page of pages) {
    for (const [, target] of read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g))
        if (!/^[a-z]+:/.test(target) && !fs.existsSync(path.join(root, path.dirname(page), target))) complain(page, `leads to ${target}, which is not there`);
    for (const [, named] of read(page).matchAll(/`((?:src|tests|tools|docs|web|bench|packaging)\/[\w./-]+)`/g))
        if (!/(^(docs\/performance\.md|web\/dist)|NAME)/.test(named) && ![named, `${named}.c`].some((name) => fs.existsSync(path.join(root, name)))) complain(page, `names ${named}, which is not there`);
}
end(pages.length > 5);
