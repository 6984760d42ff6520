// The promise in short form; `make soak` has the long one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promise } from '../promise.mjs';

const kills = Number(process.env.STORY_KILLS ?? (process.env.DATABASE_URL ? 4 : 10));

test(`nothing acknowledged is lost, doubled or out of order over ${kills} times kill -9`, { timeout: 300_000 }, async () => {
    const report = await promise({ kills });
    assert.deepEqual(report.wrong, [], JSON.stringify(report));
    assert.deepEqual([report.lost, report.doubled, report.out_of_order], [0, 0, 0], JSON.stringify(report));
    assert.equal(report.kills, kills);
    assert.ok(report.files_acked > 0, JSON.stringify(report));
    assert.ok(report.acked > 20 * kills, `only ${report.acked} messages were sent`);
});
