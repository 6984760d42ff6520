#!/usr/bin/env node
// docs/settings.md names every setting and every old name of src/app/settings.def, with its flag and its standard, and no other.
import { complain, end, read } from './lib/tree.mjs';

const def = read('src/app/settings.def'), page = read('docs/settings.md');
const rows = [...def.matchAll(/^SETTING\(\w+, "(\w+)", (NULL|"[\w-]+"), (?:NULL|"[^"]*"), (NULL|"[^"]*"),/gm)]
    .map(([, name, flag, standard]) => ({ name: `SUHBAT_${name}`, flag: flag.replaceAll('"', ''), standard: standard.replaceAll('"', '') }));
const old = [...def.matchAll(/^OLD_NAME\(\w+, "(\w+)"\)/gm)].map((m) => m[1]);
const lines = page.split('\n').filter((line) => line.startsWith('|'));

for (const { name, flag, standard } of rows) {
    const line = lines.find((l) => l.split('|')[1].includes(`\`${name}\``));
    if (!line) complain('docs/settings.md', `${name} is missing`);
    else if (flag !== 'NULL' && !line.includes(`\`--${flag}\``)) complain('docs/settings.md', `${name}: the flag --${flag} is missing`);
    else if (standard !== 'NULL' && standard && !line.split('|')[3].includes(`\`${standard}\``)) complain('docs/settings.md', `${name}: the standard is ${standard}`);
}
for (const name of old) if (!lines.some((l) => l.split('|')[1].includes(`\`${name}\``))) complain('docs/settings.md', `the old name ${name} is missing`);
for (const [, name] of page.matchAll(/`(SUHBAT_[A-Z_]+)`/g))
    if (!/^SUHBAT_(TEST_)?$/.test(name) && !rows.some((row) => row.name === name)) complain('docs/settings.md', `${name} is no setting`);
end(rows.length > 15 && old.length > 4);
