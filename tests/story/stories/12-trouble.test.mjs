// When the machine misbehaves: the disk is full, the database is locked or gone, the clock jumps, everybody comes back at once. What was acknowledged
// stays, what was not is said, and repeating with the same key does it once.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Server, sleep, temporaryDirectory, until, within } from '../lib/server.mjs';
import { Gateway, Person, password } from '../lib/native.mjs';
import { Road } from '../lib/proxy.mjs';

const onPostgres = !!process.env.DATABASE_URL;
const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const honest = ['unavailable', 'busy', 'uncertain'];

/** The texts of the room, all of it. */
async function texts(person, room) {
    const all = [];
    let after = 0, more = true;
    while (more) {
        const page = await person.history(room, `?after=${after}&limit=200`);
        all.push(...page.messages.map((m) => m.text));
        after = page.messages.at(-1)?.seq ?? after;
        more = page.more;
    }
    return all;
}

/** Sends over HTTP; true when acknowledged, the error's word otherwise. */
async function attempt(person, room, text, key) {
    const answer = await person.api.call('POST', `/rooms/${room.id}/messages`, { text, key });
    if (answer.status < 300) return true;
    assert.ok(honest.includes(answer.body?.error), `${answer.status} ${answer.text}`);
    assert.ok([503, 504].includes(answer.status), answer.text);
    return answer.body.error;
}

function mount() {
    if (onPostgres) return { why: 'SQLite only' };
    if (process.getuid() !== 0) return { why: 'mounting a small disk needs root' };
    const dir = temporaryDirectory();
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', dir]);
    if (mounted.status === 0) return { dir };
    fs.rmdirSync(dir);
    return { why: 'no right to mount here' };
}

test('the disk is full: sends are refused honestly, reading goes on, and room on the disk heals it', { timeout: 300_000 }, async (t) => {
    const { dir, why } = mount();
    if (!dir) return t.skip(why);
    const server = new Server({ data: path.join(dir, 'data') });
    try {
        await server.start();
        const ali = await Person.register(server, 'ali');
        const room = await ali.group('full');
        const gateway = await ali.gateway();
        fs.writeFileSync(path.join(dir, 'ballast'), Buffer.alloc(4 << 20));
        const rest = fs.statfsSync ? fs.statfsSync(dir) : { bavail: 0, bsize: 1 };
        fs.writeFileSync(path.join(dir, 'ballast2'), Buffer.alloc(Math.max(0, rest.bavail * rest.bsize - (2 << 20))));
        const acked = [];
        const text = (i) => `${i} ${'x'.repeat(3900)}`;
        let refused = null;
        for (let i = 0; i < 4000 && !refused; i++) {
            const got = await attempt(ali, room, text(i), `full-${i}`);
            if (got === true) acked.push(text(i));
            else refused = i;
        }
        assert.ok(refused !== null, 'the disk never filled');
        assert.equal((await fetch(`${server.url}/health`)).status, 200);
        assert.equal((await ali.history(room, '?limit=1')).messages[0].text, acked.at(-1), 'reading goes on');
        await assert.rejects(gateway.op('send', { room: room.id, text: text(refused), key: `full-${refused}`, reply_to: null }), (e) => honest.includes(e.frame?.error));
        fs.rmSync(path.join(dir, 'ballast2'));
        await until(async () => (await attempt(ali, room, text(refused), `full-${refused}`)) === true, { every: 200, what: 'a send after room was made' });
        acked.push(text(refused));
        await gateway.event('message_posted', (e) => e.message.text === text(refused));
        assert.deepEqual(gateway.wrong, []);
        await server.restart();
        assert.deepEqual(await texts(ali, room), acked);
        await gateway.close();
    } finally {
        await server.stop();
        spawnSync('umount', [dir]);
        fs.rmdirSync(dir);
        fs.rmSync(server.logFile, { force: true });
    }
});

test('the database is locked for a while by somebody else', { timeout: 300_000 }, async (t) => {
    if (onPostgres) return t.skip('SQLite only');
    if (!has('sqlite3')) return t.skip('no sqlite3');
    const server = await Server.start();
    try {
        const ali = await Person.register(server, 'ali');
        const room = await ali.group('locked');
        assert.equal(await attempt(ali, room, 'before', 'before'), true);
        const file = fs.readdirSync(server.data).find((name) => name.endsWith('.db'));
        const locker = spawn('sqlite3', [path.join(server.data, file)], { stdio: ['pipe', 'pipe', 'inherit'] });
        locker.stdin.write('PRAGMA busy_timeout=5000;\nBEGIN IMMEDIATE;\nSELECT \'locked\';\n');
        let said = '';
        locker.stdout.on('data', (d) => (said += d));
        await until(() => /locked/.test(said), { what: 'the lock' });
        const during = attempt(ali, room, 'during', 'during');
        assert.equal((await ali.history(room)).messages.at(-1).text, 'before', 'reading goes on');
        const early = await Promise.race([during, sleep(500).then(() => 'waits')]);
        assert.notEqual(early, true, 'nothing is acknowledged while somebody else holds the lock');
        await sleep(2500);
        locker.stdin.end('COMMIT;\n.quit\n');
        await new Promise((done) => locker.once('exit', done));
        await during;
        await until(async () => (await attempt(ali, room, 'during', 'during')) === true, { every: 100, what: 'a send after the lock' });
        assert.deepEqual(await texts(ali, room), ['before', 'during']);
    } finally {
        await server.stop();
    }
});

for (const [how, away, back] of [['closed', (road) => road.close(), (road) => road.reopen()], ['blocked', (road) => road.block(true), (road) => road.block(false)]]) {
    test(`PostgreSQL is gone for a while: the road to it is ${how}`, { timeout: 300_000 }, async (t) => {
        if (!onPostgres) return t.skip('PostgreSQL only');
        const server = new Server();
        const road = await Road.open(server.database);
        const real = server.database;
        server.database = road.url;
        let acked = 0, stop = false, over = false;
        try {
            await server.start();
            const ali = await Person.register(server, 'ali');
            const room = await ali.group('gone');
            const gateway = await ali.gateway();
            const wanted = [];
            const writer = (async () => {
                for (let i = 0; !stop; i++) {
                    wanted.push(`n ${i}`);
                    while (!over && (await attempt(ali, room, `n ${i}`, `gone-${i}`)) !== true) await sleep(50);
                    acked++;
                }
            })();
            await until(() => acked > 20, { what: 'the first sends' });
            await away(road);
            await sleep(3000);
            assert.equal((await fetch(`${server.url}/health`)).status, 200, 'the server itself lives');
            const before = acked;
            await back(road);
            await until(() => acked > before + 20, { what: 'sends after PostgreSQL came back' });
            stop = true;
            await writer;
            assert.deepEqual(await texts(ali, room), wanted);
            await gateway.event('message_posted', (e) => e.message.text === wanted.at(-1));
            assert.deepEqual(gateway.wrong, []);
            await gateway.close();
        } finally {
            stop = over = true;
            if (how === 'blocked') road.block(false);
            server.database = real;
            await server.stop();
            await road.close().catch(() => {});
        }
    });
}

test('the clock jumps back an hour: nobody is logged out, order stays order', { timeout: 300_000 }, async (t) => {
    const cc = ['cc', 'gcc', 'clang'].find(has);
    if (!cc) return t.skip('no C compiler');
    const dir = temporaryDirectory();
    const library = path.join(dir, 'clock.so'), offset = path.join(dir, 'offset');
    const source = fileURLToPath(new URL('../lib/clock.c', import.meta.url));
    assert.equal(spawnSync(cc, ['-shared', '-fPIC', '-o', library, source, '-ldl'], { stdio: 'inherit' }).status, 0);
    fs.writeFileSync(offset, '0');
    const server = new Server({ env: { LD_PRELOAD: library, CLOCK_OFFSET_FILE: offset, ASAN_OPTIONS: 'verify_asan_link_order=0' } });
    const serverNow = async () => Date.parse((await (await fetch(`${server.url}/health`)).json()).timestamp);
    try {
        await server.start();
        const ali = await Person.register(server, 'ali');
        const room = await ali.group('clock');
        const gateway = await ali.gateway();
        await ali.say(room, 'before');
        fs.writeFileSync(offset, '-3600');
        // The server's own clock does not follow: it stands still until the time has come round again.
        await until(async () => {
            const then = await serverNow();
            await sleep(20);
            return then === await serverNow();
        }, { what: 'the jump' });
        await ali.say(room, 'after the jump', { key: 'jump' });
        await gateway.op('send', { room: room.id, text: 'after the jump, over the socket', key: 'jump-2', reply_to: null });
        const fresh = await Person.logIn(server, 'ali');
        await fresh.say(room, 'with a new token');
        const again = await ali.gateway({ [room.id]: 0 });
        const { head } = await ali.api.get(`/rooms/${room.id}`);
        await again.next(() => again.known.get(room.id) === head);
        assert.deepEqual(await texts(ali, room), ['before', 'after the jump', 'after the jump, over the socket', 'with a new token']);
        fs.writeFileSync(offset, '0');
        await until(async () => Date.now() - await serverNow() < 60_000, { what: 'the jump forward' });
        await fresh.say(room, 'forward again');
        await sleep(1200);
        await gateway.op('ping');
        assert.deepEqual([...gateway.wrong, ...again.wrong], []);
        await Promise.all([gateway.close(), again.close()]);
    } finally {
        await server.stop();
        fs.rmSync(dir, { recursive: true });
    }
});

test('thousands of clients come back at once after kill -9, and none misses anything', { timeout: 300_000 }, async () => {
    const limit = Number(spawnSync('sh', ['-c', 'ulimit -n']).stdout.toString().trim()) || 1024;
    const n = Math.min(Number(process.env.STORY_CROWD ?? 10_000), Math.floor(limit * 0.5));
    const each = 10; // sockets of one person
    const server = await Server.start();
    try {
        const people = [];
        for (let i = 0; i * each < n; i += 25) people.push(...await Promise.all(Array.from({ length: 25 }, (_, k) => Person.register(server, `crowd${i + k}`))));
        const lobby = await people[0].lobby();
        let crowd = [];
        const join = async (i, known, tries = 0) => {
            const gateway = new Gateway(server.wsUrl, people[Math.floor(i / each)].token, { known });
            try {
                return await gateway.open();
            } catch (error) {
                gateway.ws?.terminate();
                if (tries > 40) throw error;
                await sleep(50 + Math.random() * 250);
                return join(i, known, tries + 1);
            }
        };
        for (let i = 0; i < n; i += 200) crowd.push(...await Promise.all(Array.from({ length: Math.min(200, n - i) }, (_, k) => join(i + k, {}))));
        await people[0].say(lobby, 'everybody hears this');
        await Promise.all(crowd.map((g) => g.event('message_posted', () => true)));
        const known = crowd.map((g) => Object.fromEntries(g.known));
        await server.kill9();
        await Promise.all(crowd.map((g) => g.closed));
        await server.start();
        const sent = people[0].say(lobby, 'while everybody comes back');
        crowd = await Promise.all(known.map((seen, i) => join(i, seen)));
        const { seq } = await sent;
        await Promise.all(crowd.map((g) => g.next(() => g.known.get(lobby.id) >= seq)));
        assert.deepEqual(crowd.flatMap((g) => g.wrong), []);
        assert.ok(crowd.every((g) => g.events.filter((e) => e.message?.text === 'while everybody comes back').length <= 1));
        assert.ok(server.memory() / n < 100_000, `${Math.round(server.memory() / n)} bytes each`);
        assert.ok(await within(people[0].api.get('/me')), 'the server answers others meanwhile');
        crowd.forEach((g) => g.cut());
    } finally {
        await server.stop();
    }
});

test('SIGTERM while HTTP writes are under way: what was answered is kept, what was not is not half done', { timeout: 300_000 }, async () => {
    const server = await Server.start();
    try {
        const ali = await Person.register(server, 'ali');
        const room = await ali.group('stopping');
        let stop = false;
        const acked = [];
        const writers = Array.from({ length: 8 }, async (_, w) => {
            for (let i = 0; !stop; i++) {
                const got = await ali.api.call('POST', `/rooms/${room.id}/messages`, { text: `w${w} ${i}`, key: `w${w}-${i}` }).catch(() => null);
                if (!got) return;
                if (got.status === 201) acked.push(`w${w} ${i}`);
                else assert.equal(got.status, 503, got.text);
            }
        });
        await until(() => acked.length > 100);
        const end = await server.term();
        stop = true;
        await Promise.all(writers);
        assert.equal(end.code, 0);
        await server.start();
        const kept = new Set(await texts(ali, room));
        assert.deepEqual(acked.filter((text) => !kept.has(text)), []);
    } finally {
        await server.stop();
    }
});

test('a second SIGTERM, SIGINT and SIGHUP are taken in their stride', async () => {
    const server = await Server.start();
    try {
        await Person.register(server, 'ali');
        server.child.kill('SIGHUP');
        await sleep(100);
        await Person.logIn(server, 'ali', password);
        server.child.kill('SIGINT');
        server.child.kill('SIGTERM');
        assert.equal((await server.exited).code, 0);
    } finally {
        await server.stop();
    }
});
