// Files: brought whole, in forms and in pieces; seen by those who may; cleaned, measured, made small; and gone when nobody shows them, whatever was cut or killed.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Server, sleep } from '../lib/server.mjs';
import { Person } from '../lib/native.mjs';
import { chunk, picture, png } from '../lib/pictures.mjs';

let server, ali, vali, gani, room;
before(async () => {
    server = await Server.start({ env: { SUHBAT_MAX_FILE_MB: '20', SUHBAT_QUOTA_MB: '200' } });
    [ali, vali, gani] = await Promise.all(['ali', 'vali', 'gani'].map((name) => Person.register(server, name)));
    room = await ali.group('talk', [vali]);
});
after(() => server.stop());

const tus = { 'tus-resumable': '1.0.0' };
const sum = (bytes, form = 'hex') => crypto.createHash('sha256').update(bytes).digest(form);
const put = (who, name, bytes) => who.api.put(`/files?name=${encodeURIComponent(name)}`, bytes);
const raw = async (who, where, headers = {}, method = 'GET') => {
    const answer = await fetch(`${server.url}/api/v1${where}`, { method, headers: { authorization: `Bearer ${who.token}`, ...headers } });
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
};
const begin = async (n, more = {}) => {
    const answer = await ali.api.call('POST', '/uploads', undefined, { ...tus, 'upload-length': String(n), 'upload-metadata': `filename ${Buffer.from('salom.bin').toString('base64')}`, ...more });
    assert.equal(answer.status, 201, answer.text);
    return answer.headers.get('location').replace('/api/v1', '');
};
const patch = (where, offset, bytes, more = {}) => ali.api.call('PATCH', where, bytes, { ...tus, 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream', ...more });
const offsetOf = async (where) => Number((await raw(ali, where, tus, 'HEAD')).headers.get('upload-offset'));
/** Every file below files/ but the marker of the start. */
const onDisk = () => fs.readdirSync(path.join(server.data, 'files'), { recursive: true, withFileTypes: true }).filter((e) => e.isFile() && e.name !== 'started').map((e) => e.name);
const until = async (what, holds) => {
    for (let i = 0; i < 300; i++, await sleep(100)) if (await holds()) return;
    assert.fail(`waited in vain: ${what}`);
};
/** Sends part of a body and cuts the connection. */
const cut = (method, where, headers, bytes, keep) => new Promise((done) => {
    const request = http.request(`${server.url}/api/v1${where}`, { method, headers: { authorization: `Bearer ${ali.token}`, 'content-length': bytes.length, ...headers } });
    request.on('error', () => done());
    request.write(bytes.subarray(0, keep), () => setTimeout(() => request.destroy(), 300));
});

test('a file is taken whole, sent, and read by those who read the room, and by nobody else', async () => {
    const bytes = crypto.randomBytes(3_000_001);
    const file = await put(ali, 'salom.bin', bytes);
    assert.deepEqual([file.name, file.size, file.sha256, file.state], ['salom.bin', bytes.length, sum(bytes), 'ready']);
    for (const who of [vali, gani]) assert.equal((await raw(who, `/files/${file.id}`)).status, 404, 'while it waits');
    const sent = await ali.say(room, '', { files: [file.id], key: 'f' });
    assert.deepEqual(sent.files, [file]);
    assert.deepEqual((await ali.say(room, '', { files: [file.id], key: 'f' })).id, sent.id, 'the same key, the same message');
    assert.equal((await ali.api.call('POST', `/rooms/${room.id}/messages`, { text: '', files: [file.id], key: 'g' })).status, 404, 'twice');
    assert.deepEqual((await vali.history(room)).messages.at(-1).files, [file]);
    const got = await raw(vali, `/files/${file.id}`);
    assert.ok(got.bytes.equals(bytes));
    assert.equal(got.headers.get('x-content-type-options'), 'nosniff');
    assert.match(got.headers.get('content-security-policy'), /sandbox/);
    assert.match(got.headers.get('content-disposition'), /^attachment/);
    assert.equal((await raw(gani, `/files/${file.id}`)).status, 404);
    assert.equal((await gani.api.call('POST', '/rooms/1/messages', { text: 'mine now', files: [file.id] })).status, 404);
});

test('ranges are answered as the standard has it', async () => {
    const bytes = crypto.randomBytes(100_000);
    const { id } = await put(ali, 'r', bytes);
    const etag = (await raw(ali, `/files/${id}`, {}, 'HEAD')).headers.get('etag');
    const cases = [['bytes=0-99', 206, 0, 100], ['bytes=99999-', 206, 99_999, 100_000], ['bytes=-5', 206, 99_995, 100_000], ['bytes=-200000', 206, 0, 100_000],
        ['bytes=5-1000000', 206, 5, 100_000], ['bytes=0-9,10-19', 206, 0, 20], ['bytes=0-9,50-59', 200, 0, 100_000], ['bytes=9-5', 200, 0, 100_000],
        ['lines=1-2', 200, 0, 100_000], ['bytes=x', 200, 0, 100_000]];
    for (const [range, status, from, to] of cases) {
        const got = await raw(ali, `/files/${id}`, { range });
        assert.equal(got.status, status, range);
        assert.ok(got.bytes.equals(bytes.subarray(from, to)), range);
        if (status === 206) assert.equal(got.headers.get('content-range'), `bytes ${from}-${to - 1}/100000`);
    }
    for (const range of ['bytes=100000-', 'bytes=-0']) {
        const got = await raw(ali, `/files/${id}`, { range });
        assert.deepEqual([got.status, got.headers.get('content-range'), got.bytes.length], [416, 'bytes */100000', 0], range);
    }
    assert.equal((await raw(ali, `/files/${id}`, { range: 'bytes=0-9', 'if-range': etag })).status, 206);
    assert.equal((await raw(ali, `/files/${id}`, { range: 'bytes=0-9', 'if-range': '"other"' })).status, 200);
    assert.equal((await raw(ali, `/files/${id}`, { 'if-none-match': etag })).status, 304);
});

test('hostile names become harmless ones', async () => {
    const names = [['../../etc/passwd', 'passwd'], ['C:\\boot\\x.exe', 'x.exe'], ['a\u0001b\u0007.txt', 'ab.txt'], ['cod\u202Efdp.exe', 'codfdp.exe'], ['...', 'file'], ['/', 'file'],
        ['ўзбек ҳарфлари.txt', 'ўзбек ҳарфлари.txt']];
    for (const [given, kept] of names) assert.equal((await put(ali, given, 'x')).name, kept);
    const long = await put(ali, `${'ш'.repeat(400)}.tar.gz`, 'x');
    assert.ok(Buffer.byteLength(long.name) <= 255 && long.name.endsWith('.gz'), long.name);
    const quoted = await put(ali, 'a"b%\\r.txt', 'x');
    const shown = (await raw(ali, `/files/${quoted.id}`)).headers.get('content-disposition');
    assert.match(shown, /^attachment; filename="[^"\\%]*"; filename\*=UTF-8''[\w.%~-]*$/);
});

test('a form brings up to ten files, and more or worse is refused with nothing kept', async () => {
    const form = (n) => { const f = new FormData(); for (let i = 0; i < n; i++) f.append('file', new Blob([`file ${i}`]), `${i}.txt`); return f; };
    const post = (body) => fetch(`${server.url}/api/v1/files`, { method: 'POST', body, headers: { authorization: `Bearer ${ali.token}` } });
    const { files } = await (await post(form(10))).json();
    assert.deepEqual(files.map((f) => [f.name, f.size, f.type]), Array.from({ length: 10 }, (_, i) => [`${i}.txt`, 6, 'text/plain']));
    const before = new Set(onDisk());
    assert.equal((await post(form(11))).status, 413);
    assert.equal((await post(form(0))).status, 400);
    await until('nothing is left of them', () => onDisk().every((name) => before.has(name)));
});

test('too much is refused before and while it comes', async () => {
    const answer = await ali.api.call('POST', '/uploads', undefined, { ...tus, 'upload-length': String(21 << 20) });
    assert.deepEqual([answer.status, answer.body.detail], [413, 'file']);
    const status = await new Promise((done) => {
        const request = http.request(`${server.url}/api/v1/files?name=x`, { method: 'PUT', headers: { authorization: `Bearer ${ali.token}`, 'content-length': 21 << 20, expect: '100-continue' } }, (r) => done(r.statusCode));
        request.on('continue', () => done('continue'));
        request.on('error', (e) => done(e.code));
        request.flushHeaders();
    });
    assert.equal(status, 413);
    const poor = await Person.register(server, 'poor');
    for (let i = 0; i < 10; i++) await put(poor, 'x', Buffer.alloc(20 << 20, i));
    const more = await poor.api.call('PUT', '/files?name=x', 'x');
    assert.deepEqual([more.status, more.body.detail], [413, 'quota']);
});

test('an upload goes on after a cut, and after the server was killed', async () => {
    const bytes = crypto.randomBytes(12_000_000);
    const where = await begin(bytes.length);
    const headers = { ...tus, 'content-type': 'application/offset+octet-stream' };
    await cut('PATCH', where, { ...headers, 'upload-offset': '0' }, bytes, 5_000_000);
    await until('the cut is noticed', async () => (await patch(where, 999, Buffer.from('x'))).status === 409);
    const at = await offsetOf(where);
    assert.ok(at > 0 && at <= 5_000_000, `${at}`);
    const going = cut('PATCH', where, { ...headers, 'upload-offset': String(at) }, bytes.subarray(at), 4_000_000);
    await sleep(150);
    await server.kill9();
    await going;
    await server.start();
    const then = await offsetOf(where);
    assert.ok(then >= at, `what counted before the kill counts after it: ${then} < ${at}`);
    const last = await patch(where, then, bytes.subarray(then));
    assert.equal(last.status, 204, last.text);
    const file = (await ali.api.get(where)).file;
    assert.equal(String(file.id), last.headers.get('suhbat-file'));
    assert.deepEqual([file.sha256, file.name], [sum(bytes), 'salom.bin']);
    assert.ok((await raw(ali, `/files/${file.id}`)).bytes.equals(bytes));
});

test('a connection that died without a word does not keep its upload from a newer one', async () => {
    const bytes = crypto.randomBytes(3_000_000), where = await begin(bytes.length);
    const hang = (at, until) => new Promise((done, fail) => {
        const request = http.request(`${server.url}/api/v1${where}`, { method: 'PATCH', agent: false, headers: { ...tus, authorization: `Bearer ${ali.token}`, 'content-length': bytes.length - at,
            'content-type': 'application/offset+octet-stream', 'upload-offset': String(at) } });
        const answered = new Promise((told) => request.on('response', (answer) => { answer.resume(); answer.on('end', () => told(answer.statusCode)); }));
        const ended = new Promise((gone) => request.on('close', gone));
        request.on('error', fail);
        request.write(bytes.subarray(at, until), () => done({ answered, ended, request }));
    });
    const first = await hang(0, 1_000_000);
    await until('its bytes are there', async () => await offsetOf(where) === 1_000_000);
    const since = Date.now(), second = await hang(1_000_000, 2_000_000);
    assert.equal(await first.answered, 423);
    await first.ended;
    await until('the newer one writes', async () => await offsetOf(where) === 2_000_000);
    const last = await patch(where, 2_000_000, bytes.subarray(2_000_000));
    assert.equal(last.status, 204, last.text);
    assert.equal(await second.answered, 423);
    assert.ok(Date.now() - since < 20_000, 'nobody waited for a time-out');
    assert.equal((await ali.api.get(where)).file.sha256, sum(bytes));
});

test('many that write to one upload at once leave it whole', async () => {
    const bytes = crypto.randomBytes(2_000_000), where = await begin(bytes.length);
    const statuses = new Set();
    const one = async () => {
        for (let i = 0; i < 200; i++) {
            const at = await offsetOf(where);
            const answer = await patch(where, at, bytes.subarray(at, Math.min(bytes.length, at + 150_000))).catch(() => null);
            if (answer) statuses.add(answer.status);
            if (answer?.headers.get('suhbat-file')) return;
        }
        assert.fail('never whole');
    };
    await Promise.all(Array.from({ length: 6 }, one));
    assert.deepEqual([...statuses].filter((status) => ![204, 409, 423].includes(status)), []);
    assert.equal((await ali.api.get(where)).file.sha256, sum(bytes));
});

test('a checksum that does not fit takes its bytes back, also when the server is killed before it could tell', async () => {
    const bytes = crypto.randomBytes(400_000), where = await begin(bytes.length);
    assert.equal((await patch(where, 0, bytes.subarray(0, 100_000), { 'upload-checksum': `sha256 ${sum('other', 'base64')}` })).status, 460);
    assert.equal(await offsetOf(where), 0);
    const half = bytes.subarray(0, 200_000);
    await cut('PATCH', where, { ...tus, 'content-type': 'application/offset+octet-stream', 'upload-offset': '0', 'upload-checksum': `sha256 ${sum(half, 'base64')}` }, half, 100_000);
    await server.restart();
    assert.equal(await offsetOf(where), 0, 'unproven bytes do not count');
    assert.equal((await patch(where, 0, half, { 'upload-checksum': `sha256 ${sum(half, 'base64')}` })).status, 204);
    assert.equal((await patch(where, 200_000, bytes.subarray(200_000))).status, 204);
    assert.equal((await ali.api.get(where)).file.sha256, sum(bytes));
});

test('the same bytes lie on the disk once, and the last that showed them frees it', async () => {
    const bytes = crypto.randomBytes(50_000), name = sum(bytes), count = () => onDisk().filter((f) => f.startsWith(name)).length;
    const [a, b] = await Promise.all([put(ali, 'a', bytes), put(vali, 'b', bytes)]);
    const sent = await ali.say(room, 'text stays', { files: [a.id] });
    await until('one copy', () => count() === 1);
    await ali.api.delete(`/rooms/${room.id}/messages/${sent.id}?part=files`);
    const left = await ali.api.get(`/rooms/${room.id}/messages/${sent.id}`);
    assert.deepEqual([left.files, left.text, left.deleted], [[], 'text stays', false]);
    await sleep(2500);
    assert.equal(count(), 1, 'somebody has it still');
    assert.ok((await raw(vali, `/files/${b.id}`)).bytes.equals(bytes));
    await vali.api.delete(`/files/${b.id}`);
    await until('the disk is freed', () => count() === 0);
});

test('pictures are measured, made small and freed of what was written beside them', async () => {
    const secret = png(64, 48, { more: [chunk('tEXt', Buffer.from('Comment\0secret place'))] });
    const file = await put(ali, 'p.png', Buffer.concat([secret, Buffer.from('PK\x03\x04<script>alert(1)</script>')]));
    assert.deepEqual([file.type, file.width, file.height, file.has_thumbnail], ['image/png', 64, 48, true]);
    assert.match(file.blurhash, /^L.{27}$/);
    const got = (await raw(ali, `/files/${file.id}`)).bytes;
    assert.equal(sum(got), file.sha256);
    assert.ok(!got.includes('secret') && !got.includes('script'));
    const thumb = await raw(ali, `/files/${file.id}/thumbnail`);
    assert.deepEqual([thumb.headers.get('content-type'), thumb.bytes.subarray(8, 12).toString()], ['image/webp', 'WEBP']);
});

test('what is no picture executes nowhere', async () => {
    for (const [name, bytes] of [['x.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'], ['x.html', '<html><script>alert(1)</script></html>'],
        ['x.js', 'alert(1)'], ['x.png', '<html><script>alert(1)</script>']]) {
        const file = await put(ali, name, bytes);
        assert.deepEqual([file.width, file.has_thumbnail], [null, false], name);
        const got = await raw(ali, `/files/${file.id}`);
        assert.equal(got.headers.get('content-type'), 'application/octet-stream', name);
        assert.match(got.headers.get('content-disposition'), /^attachment/);
        assert.equal((await raw(ali, `/files/${file.id}/thumbnail`)).status, 404);
    }
});

test('bombs and broken pictures are files like others, and the helper dies alone', async () => {
    const bomb = png(30_000, 30_000, { rows: 300, level: 9 });
    for (const bytes of [bomb, png(5000, 5000, { rows: 3 }), picture.subarray(0, picture.length - 20), Buffer.concat([picture.subarray(0, 60), crypto.randomBytes(500)])]) {
        const file = await put(ali, 'bomb.png', bytes);
        assert.equal(file.has_thumbnail && file.width > 5000, false);
        assert.equal((await raw(ali, `/files/${file.id}`)).bytes.length, file.size);
    }
    const helpers = () => execFileSync('ps', ['-o', 'pid=', '--ppid', String(server.pid ?? server.child.pid)], { encoding: 'utf8' }).trim().split(/\s+/).filter(Boolean).map(Number);
    assert.ok(helpers().length > 0);
    for (const pid of helpers()) process.kill(pid, 'SIGKILL');
    await put(ali, 'again.png', picture);
    const file = await put(ali, 'and again.png', picture);
    assert.deepEqual([file.width, file.height, file.has_thumbnail], [40, 30, true]);
});

test('killed in the middle of many uploads: what was acknowledged is there, and nothing else is on the disk', async () => {
    const kept = [], rounds = 4;
    for (let round = 0; round < rounds; round++) {
        let killed = false;
        const one = async () => {
            while (!killed) {
                const bytes = crypto.randomBytes(20_000 + Math.floor(Math.random() * 600_000));
                try {
                    const file = await put(ali, 'k', bytes);
                    if (file.sha256 !== sum(bytes)) throw new Error('other bytes');
                    const sent = await ali.say(room, '', { files: [file.id] });
                    kept.push({ id: file.id, sum: file.sha256, message: sent.id });
                } catch (e) {
                    if (e.message === 'other bytes') throw e;
                    if (!killed) await sleep(20);
                }
            }
        };
        const enough = kept.length + 3, all = Promise.all(Array.from({ length: 8 }, one));
        await until('some were acknowledged', () => kept.length >= enough);
        await sleep(Math.random() * 500);
        killed = true;
        await server.kill9();
        await all;
        await server.start();
    }
    assert.ok(kept.length > 10, `${kept.length}`);
    for (const { id, sum: wanted } of kept) assert.equal(sum((await raw(vali, `/files/${id}`)).bytes), wanted);
    const known = JSON.parse(process.env.DATABASE_URL ? '[]' : execFileSync('sqlite3', ['-json', path.join(server.data, 'suhbat.db'),
        'SELECT name FROM blob UNION ALL SELECT name FROM blob_trash UNION ALL SELECT token FROM upload WHERE file_id IS NULL'], { encoding: 'utf8' }) || '[]').map((r) => path.basename(r.name));
    if (known.length) await until('orphans are swept', () => onDisk().every((name) => known.includes(name.replace(/\.(thumb|square)$/, ''))));
});
