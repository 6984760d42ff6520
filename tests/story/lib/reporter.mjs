// Few lines: one per story, the failures whole, node's own summary at the end.
import path from 'node:path';

const name = (file) => path.basename(file ?? '').replace(/\.test\.mjs$/, '');

export default async function* (source) {
    const stories = new Map();
    const story = (file) => {
        if (!stories.has(file)) stories.set(file, { passed: 0, failed: 0, skipped: 0, ms: 0 });
        return stories.get(file);
    };
    let current = null;
    const line = (file) => {
        const s = stories.get(file);
        return s ? `${s.failed ? 'FAILED' : 'ok'}  ${name(file)}: ${s.passed} passed, ${s.failed} failed, ${s.skipped} skipped, ${(s.ms / 1000).toFixed(1)} s\n` : '';
    };
    const summary = [];
    for await (const { type, data } of source) {
        if (type === 'test:diagnostic' && data.nesting === 0 && /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message)) {
            summary.push(`# ${data.message}\n`);
        } else if (type === 'test:stderr' || type === 'test:stdout') {
            const said = String(data.message);
            if (!/^(TAP version|# Subtest|ok |1\.\.)/.test(said) && /\S/.test(said)) yield said;
        } else if (type === 'test:pass' || type === 'test:fail') {
            if (data.details?.type === 'suite' || data.name === data.file) continue;
            if (data.file && data.file !== current) {
                if (current) yield line(current);
                current = data.file;
            }
            const s = story(data.file);
            if (data.nesting === 0) s.ms += data.details?.duration_ms ?? 0;
            if (data.skip !== undefined) {
                s.skipped++;
                yield `skipped  ${name(data.file)}: ${data.name}: ${data.skip}\n`;
            } else if (type === 'test:pass') s.passed++;
            else {
                s.failed++;
                const error = data.details.error;
                if (error?.failureType !== 'subtestsFailed') yield `not ok  ${name(data.file)}: ${data.name}\n${explain(error)}\n`;
            }
        }
    }
    if (current) yield line(current);
    yield summary.join('');
}

function explain(error) {
    const cause = error?.cause ?? error;
    const said = typeof cause === 'object' ? (cause.stack ?? cause.message ?? String(cause)) : String(cause);
    return said.split('\n').filter((l) => !/node:internal/.test(l)).slice(0, 25).map((l) => `        ${l}`).join('\n');
}
