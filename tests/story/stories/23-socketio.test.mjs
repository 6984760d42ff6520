// Socket.IO as people use it: the real clients of JavaScript (4, 3, and 2, which is refused), of Python, and curl, over polling, WebSocket and the way from
// one to the other; several loops, kills, stops, and the exact times of the heart. Against the fixture of `serve --conformance`.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { io as io4 } from 'socket.io-client';
import io2 from 'socket.io-client-2';
import { io as io3 } from 'socket.io-client-3';
import { ask, Polling, Socket } from '../lib/engineio.mjs';
import { patience, root, Server, sleep, until, within } from '../lib/server.mjs';

const call = promisify(execFile);
const python = process.env.PYTHON ?? '/usr/bin/python3';

let server;
before(async () => { server = await Server.start({ args: ['--conformance'], loops: 4 }); });
after(() => server.stop());

const clients = { 4: io4, 3: io3 };
const ways = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] };
const open = new Set();
after(() => open.forEach((s) => s.close()));

/** A client that remembers the events that came. */
function connect(io, { namespace = '', on = server, ...options } = {}) {
    const socket = io(on.url + namespace, { forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 300, ...options });
    open.add(socket);
    return remembering(socket);
}

/** The fixture greets a moment after it has accepted, so `auth` may come after the first answers: it is kept apart. */
function remembering(socket) {
    socket.seen = [];
    socket.auths = [];
    socket.on('auth', (auth) => socket.auths.push(auth));
    socket.on('message-back', (...args) => socket.seen.push(args));
    return socket;
}

/** The arguments of the event when it comes. */
async function heard(emitter, name, ms = patience) {
    const args = await within(new Promise((done) => emitter.once(name, (...a) => done(a))), ms);
    assert.ok(args, `${name} did not come`);
    return args;
}

/** Connected, at the first attempt or a later one: the fixture's 200 ms for a pong can be too short for a busy machine. */
async function ready(io, options) {
    const socket = connect(io, { ...options, reconnection: true }), errors = [];
    socket.on('connect_error', (error) => errors.push(error.message));
    const came = await within(new Promise((done) => socket.once('connect', () => done(true))));
    assert.ok(came, `not connected: ${errors}`);
    if (options.reconnection === false) socket.io.reconnection(false);
    return socket;
}

const seen = (socket, n) => until(() => socket.seen.length >= n && socket.seen, { what: `${n} events` });
const greeted = (socket) => until(() => socket.auths.length && socket.auths, { what: 'auth' });
const acknowledged = (socket, ...args) => within(new Promise((done) => socket.emit('message-with-ack', ...args, (...back) => done(back))));
const transport = (socket) => socket.io.engine.transport.name;

for (const [version, io] of Object.entries(clients)) {
    for (const [way, transports] of Object.entries(ways)) {
        test(`client ${version}, ${way}: connects, sends, hears, is acknowledged, binary too`, async () => {
            const socket = await ready(io, { transports, auth: { token: 'салом' } });
            assert.equal(socket.id.length, 20);
            assert.deepEqual(await greeted(socket), [{ token: 'салом' }]);
            if (way === 'upgrade') await until(() => transport(socket) === 'websocket', { what: 'the upgrade' });
            assert.equal(transport(socket), way === 'polling' ? 'polling' : 'websocket');

            socket.emit('message', 1, '2', { 3: [true] });
            assert.deepEqual((await seen(socket, 1))[0], [1, '2', { 3: [true] }]);
            assert.deepEqual(await acknowledged(socket, 'x', null, [1]), ['x', null, [1]]);

            const small = Buffer.from([0, 1, 254, 255]), large = Buffer.alloc(200_000, 7);
            socket.emit('message', small, { deep: [large] });
            const [first, { deep: [second] }] = (await seen(socket, 2))[1];
            assert.ok(Buffer.from(first).equals(small) && Buffer.from(second).equals(large));
            const [back] = await acknowledged(socket, large);
            assert.ok(Buffer.from(back).equals(large));

            await sleep(1200);
            assert.ok(socket.connected, 'it lost the connection');
            assert.equal(transport(socket), way === 'polling' ? 'polling' : 'websocket');
            const session = socket.io.engine.id, url = `${server.url}/socket.io/?EIO=4&transport=polling&sid=${session}`;
            socket.disconnect();
            await until(async () => (await ask(url, { method: 'POST', body: '3' })).status === 400, { what: 'the end of the session' });
        });
    }

    test(`client ${version}: a thousand events in order, through an upgrade and in every size`, { timeout: 6 * patience }, async () => {
        for (let n = 1000; n > 100; n = n * 0.7 | 0) { // the fixture waits 200 ms for a pong: a busy machine gets another chance, with fewer
            const socket = await ready(io, {});
            let lost = false;
            socket.once('disconnect', () => { lost = true; });
            for (let i = 0; i < n; i++) socket.emit('message', i, 'x'.repeat(i * 7 % 3000));
            await until(() => lost || socket.seen.length >= n, { what: `${n} events` });
            socket.disconnect();
            socket.seen.forEach(([i, text], at) => assert.ok(i === at && text.length === at * 7 % 3000, `${at}: ${i}`));
            if (socket.seen.length === n) return;
        }
        assert.fail('the connection is lost every time');
    });

    test(`client ${version}: two namespaces share a connection, each with its own auth`, async () => {
        const manager = { transports: ['websocket'] };
        const first = connect(io, { ...manager, forceNew: false, auth: { n: 1 } });
        const custom = remembering(first.io.socket('/custom', { auth: { n: 2 } }));
        custom.connect();
        assert.deepEqual(await greeted(first), [{ n: 1 }]);
        assert.deepEqual(await greeted(custom), [{ n: 2 }]);
        assert.notEqual(first.id, custom.id);
        custom.emit('message', 'only here');
        assert.deepEqual((await seen(custom, 1))[0], ['only here']);
        assert.equal(first.seen.length, 0);
        custom.disconnect();
        assert.deepEqual(await acknowledged(first, 'goes on'), ['goes on']);
        first.disconnect();
        first.io.engine?.close();
    });

    test(`client ${version}: an unknown namespace is refused in words`, async () => {
        const socket = connect(io, { namespace: '/nowhere', transports: ['websocket'], reconnection: false });
        const [error] = await heard(socket, 'connect_error');
        assert.equal(error.message, 'Invalid namespace');
        socket.close();
        socket.io.engine?.close();
    });

    test(`client ${version}: finds its way back after kill -9, over each transport`, async () => {
        const own = await Server.start({ args: ['--conformance'], loops: 2 });
        try {
            const sockets = await Promise.all(Object.values(ways).map((transports) => ready(io, { on: own, transports })));
            const ids = sockets.map((s) => s.id);
            const lost = sockets.map((s) => heard(s, 'disconnect'));
            await own.kill9();
            for (const [reason] of await Promise.all(lost)) assert.match(reason, /transport (close|error)|ping timeout/);
            await own.start();
            await until(() => sockets.every((s) => s.connected), { what: 'all back' });
            sockets.forEach((s, i) => assert.notEqual(s.id, ids[i]));
            for (const [i, s] of sockets.entries()) assert.deepEqual(await acknowledged(s, 'back', i), ['back', i]);
            sockets.forEach((s) => s.disconnect());
        } finally {
            await own.stop();
        }
    });

    test(`client ${version}: what is over maxPayload ends the connection, and the client comes back`, async () => {
        for (const transports of [ways.websocket, ways.polling]) {
            const socket = await ready(io, { transports });
            const fits = 'x'.repeat(900_000);
            assert.equal((await acknowledged(socket, fits))[0].length, fits.length);
            const gone = heard(socket, 'disconnect');
            socket.emit('message', 'x'.repeat(1_100_000));
            assert.match((await gone)[0], /transport (close|error)|ping timeout/);
            await heard(socket, 'connect');
            assert.deepEqual(await acknowledged(socket, 1), [1]);
            socket.disconnect();
        }
    });
}

test('client 2 is refused with the reason, over both transports', async () => {
    const answer = await ask(`${server.url}/socket.io/?EIO=3&transport=polling&t=x&b64=1`);
    assert.equal(answer.status, 400);
    assert.deepEqual(JSON.parse(answer.body), { code: 5, message: 'Unsupported protocol version' });
    for (const transports of [['polling'], ['websocket']]) {
        const socket = io2(server.url, { transports, reconnection: false, forceNew: true });
        open.add(socket);
        socket.on('connect', () => assert.fail('it connected'));
        const [error] = await heard(socket, 'connect_error');
        assert.match(String(error.message ?? error), /error/);
        if (transports[0] === 'polling') assert.equal(error.description, 400);
        socket.close();
    }
});

// Python

for (const flavour of ['threads', 'asyncio']) {
    for (const way of Object.keys(ways)) {
        test(`python-socketio with ${flavour}, ${way}`, async () => {
            const namespace = way === 'upgrade' ? '/custom' : '/';
            const { stdout } = await call(python, [path.join(root, 'tests/story/lib/socketio_client.py'), server.url, flavour, way, namespace], { timeout: 2 * patience });
            const bytes = { bytes: 10240, same: true };
            assert.deepEqual(JSON.parse(stdout), {
                transport: way === 'polling' ? 'polling' : 'websocket', auth: { token: 'ўзбек', n: 7 }, back: [1, 'два', { 3: [true] }],
                binary: [bytes, { deep: bytes }], ack: ['x', bytes], still: true });
        });
    }
}

test('python websockets, frame by frame', async () => {
    const { stdout } = await call(python, [path.join(root, 'tests/story/lib/websockets_client.py'), `${server.wsUrl}/socket.io/`], { timeout: 2 * patience });
    const { open: opened, pings, ...rest } = JSON.parse(stdout);
    assert.deepEqual(opened.upgrades, []);
    assert.ok(pings >= 2);
    assert.deepEqual(rest, { connect: '40', auth: '42["auth",{"who":"websockets"}]', back: '42["message-back","salom",2]', ack: '437[[1]]',
        binary: ['451-["message-back",{"_placeholder":true,"num":0}]', '0001ff'] });
});

// curl

const curl = async (...args) => (await call('curl', ['-sS', '--max-time', '20', ...args], { timeout: patience })).stdout;

test('curl: a session of polls, each with a connection of its own', async () => {
    const url = `${server.url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await curl(url)).slice(1));
    const session = Object.assign(new Polling(`${server.url}/socket.io/`, sid), { poll: async () => ({ status: 200, body: await curl(`${url}&sid=${sid}`) }),
        post: async (body) => ({ status: 200, body: await curl('-d', body, '-H', 'Content-Type: text/plain;charset=UTF-8', `${url}&sid=${sid}`) }) });
    assert.equal((await session.post('40{"by":"curl"}')).body, 'ok');
    assert.match(await session.next(), /^40{"sid":"/);
    assert.equal(await session.next(), '42["auth",{"by":"curl"}]');
    await session.post('421["message-with-ack","salom"]');
    assert.equal(await session.next(), '431["salom"]');
});

// Several loops, many clients

/** False: somebody lost the connection. The fixture waits 200 ms for a pong, and a busy machine may need longer: then nothing is proven. */
async function manyTalk(n) {
    const sockets = await Promise.all(Array.from({ length: n }, (_, i) => ready(i % 2 ? io4 : io3, { transports: Object.values(ways)[i % 3], auth: { i } })));
    const lost = Promise.race(sockets.map((s) => new Promise((done) => s.once('disconnect', () => done('lost')))));
    const talked = Promise.all(sockets.map(async (socket, i) => {
        for (let j = 0; j < 20 && socket.connected; j++) {
            assert.deepEqual(await Promise.race([acknowledged(socket, i, j), lost.then(() => [i, j])]), [i, j]);
            socket.emit('message', i, j);
        }
        if (!socket.connected) return;
        await Promise.race([seen(socket, 20), lost]);
        await Promise.race([greeted(socket), lost]);
    })).then(() => 'talked');
    const outcome = await Promise.race([talked, lost]);
    for (const [i, socket] of sockets.entries()) {
        socket.seen.forEach((args, j) => assert.deepEqual(args, [i, j]));
        socket.auths.forEach((auth) => assert.deepEqual(auth, { i }));
        if (outcome === 'talked') assert.equal(socket.seen.length, 20);
    }
    const loops = new Set(sockets.map((s) => s.io.engine.id?.[0]));
    sockets.forEach((s) => s.disconnect());
    await talked.catch(() => {});
    if (outcome === 'talked') assert.ok(loops.size > 1, 'all on one loop');
    return outcome === 'talked';
}

test('many clients of every kind at once, each hears only its own', { timeout: 10 * patience }, async () => {
    for (const n of [60, 36, 24, 12, 12]) if (await manyTalk(n)) return;
    assert.fail('connections are lost even when there are few');
});

test('a server that stops lets every client go at once, polls that wait included', async () => {
    const own = await Server.start({ args: ['--conformance'], loops: 4 });
    try {
        const sockets = await Promise.all(Array.from({ length: 30 }, (_, i) => ready(io4, { on: own, transports: Object.values(ways)[i % 3], reconnection: false })));
        const gone = sockets.map((s) => heard(s, 'disconnect'));
        const { code, ms } = await own.term();
        assert.equal(code, 0);
        assert.ok(ms < 8000, `${ms} ms`);
        for (const [reason] of await Promise.all(gone)) assert.match(reason, /transport|ping timeout|server disconnect/);
    } finally {
        await own.stop();
    }
});

// Times. From before our request to after its answer nothing can be shorter than the server's time, whoever is busy; that it is no longer is measured at the
// median, beside timers of our own: what those are late is this machine's, not the server's.

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** Runs the story and tells by how many milliseconds timers here were late meanwhile, at the median. */
async function beside(story) {
    const late = [];
    let goes = true;
    const watch = (async () => {
        while (goes) {
            const from = performance.now();
            await sleep(20);
            late.push(performance.now() - from - 20);
        }
    })();
    const result = await story();
    goes = false;
    await watch;
    return { result, late: median(late) };
}

/** rows: {whole, took} each: the time on our side of the wire, and as seen between two things that came. */
function exactly(ms, wholeMs, { result: rows, late }, spread = 4) {
    const least = Math.min(...rows.map((r) => r.whole)), middle = median(rows.map((r) => r.took));
    assert.ok(least >= wholeMs - 1, `${least.toFixed(1)} ms: too early`);
    assert.ok(Math.abs(middle - ms) <= spread + 2 * late, `${middle.toFixed(1)} ms at the median, with timers ${late.toFixed(1)} ms late here`);
}

const many = (n, story) => Promise.all(Array.from({ length: n }, (_, i) => sleep(i * 13).then(() => story(i)))).then((r) => r.flat());

test('times: a ping every 300 ms, from the handshake and from each pong', async () => {
    exactly(300, 300, await beside(() => many(12, async () => {
        const rows = [], socket = await Socket.open(`${server.url}/engine.io/`, { pongs: false });
        const open_ = await socket.arrival((f) => f[0] === '0');
        for (let round = 0, from = open_.at, whole = socket.began; round < 10; round++) {
            const ping = await socket.arrival((f) => f === '2');
            rows.push({ whole: ping.at - whole, took: ping.at - from });
            await sleep(round * 7);
            from = whole = performance.now();
            socket.send('3');
        }
        socket.destroy();
        return rows;
    })));
});

test('times: the same over polling', async () => {
    exactly(300, 300, await beside(() => many(8, async () => {
        const began = performance.now(), session = await Polling.open(`${server.url}/engine.io/`), rows = [];
        for (let round = 0, from = session.opened, whole = began; round < 6; round++) {
            await session.next((p) => p === '2', { pongs: false });
            const at = performance.now();
            rows.push({ whole: at - whole, took: at - from });
            from = whole = performance.now();
            await session.post('3');
        }
        return rows;
    })), 12); // a request and an answer stand between
});

test('times: 200 ms for a pong, then it is over', async () => {
    exactly(200, 500, await beside(() => many(40, async () => {
        const socket = await Socket.open(`${server.url}/engine.io/`, { pongs: false });
        const ping = await socket.arrival((f) => f === '2'), { at } = await socket.end();
        return { whole: at - socket.began, took: at - ping.at };
    })));
});

test('times: 1,000 ms to connect to a namespace', async () => {
    exactly(1000, 1000, await beside(() => many(40, async () => {
        const socket = await Socket.open(`${server.url}/socket.io/`);
        const open_ = await socket.arrival((f) => f[0] === '0'), { at } = await socket.end();
        return { whole: at - socket.began, took: at - open_.at };
    })));
});
