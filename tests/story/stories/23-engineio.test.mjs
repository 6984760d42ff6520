// Engine.IO 4 and Socket.IO 5 on the wire, by hand: handshakes, packets, heartbeats, upgrades and what is refused; against the fixture of
// `serve --conformance`. Every request comes on a connection of its own, so with several loops it comes to any of them. The clients that people use: 23-socketio.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, Polling, separator, Socket } from '../lib/engineio.mjs';
import { Server, sleep, until } from '../lib/server.mjs';

let server, engine, socketio;
before(async () => {
    server = await Server.start({ args: ['--conformance'], loops: 4 });
    engine = `${server.url}/engine.io/`;
    socketio = `${server.url}/socket.io/`;
});
after(() => server.stop());

const pingMs = 300, pongMs = 200, connectMs = 1000, maxPayload = 1_000_000;
const opened = { upgrades: ['websocket'], pingInterval: pingMs, pingTimeout: pongMs, maxPayload };

async function refusedSocket(url, query) {
    const error = await Socket.open(url, { query }).then((s) => { s.destroy(); return null; }, (e) => e);
    assert.ok(error, `${query}: accepted`);
    return error;
}

// Handshake

test('handshake: polling opens with all that a client must know', async () => {
    for (const url of [engine, socketio]) {
        const { answer, open, sid } = await Polling.open(url);
        assert.match(answer.type, /^text\/plain; *charset=utf-8$/i);
        assert.match(answer.headers['cache-control'], /no-store/);
        assert.match(sid, /^[A-Za-z0-9_-]{20}$/);
        assert.deepEqual(open, { sid, ...opened });
    }
});

test('handshake: a WebSocket opens without upgrades to offer', async () => {
    for (const url of [engine, socketio]) {
        const socket = await Socket.open(url);
        const first = await socket.next();
        assert.equal(first[0], '0');
        const { sid, ...rest } = JSON.parse(first.slice(1));
        assert.match(sid, /^[A-Za-z0-9_-]{20}$/);
        assert.deepEqual(rest, { ...opened, upgrades: [] });
        socket.destroy();
    }
});

test('handshake: ids are not to be guessed', async () => {
    const sids = (await Promise.all(Array.from({ length: 200 }, () => Polling.open(engine)))).map((p) => p.sid);
    assert.equal(new Set(sids).size, 200);
    const varied = Array.from({ length: 20 }, (_, at) => new Set(sids.map((s) => s[at])).size).filter((n) => n > 40).length;
    assert.ok(varied >= 15, `only ${varied} characters vary`);
});

test('handshake: what is refused over polling, and in which words', async () => {
    const refused = [
        ['', 'GET', 0, 'Transport unknown'],
        ['?EIO=4', 'GET', 0, 'Transport unknown'],
        ['?EIO=4&transport=abc', 'GET', 0, 'Transport unknown'],
        ['?EIO=4&transport=polling&sid=abc', 'GET', 1, 'Session ID unknown'],
        ['?EIO=4&transport=polling&sid=abc', 'POST', 1, 'Session ID unknown'],
        [`?EIO=4&transport=polling&sid=${'A'.repeat(20)}`, 'GET', 1, 'Session ID unknown'],
        ['?EIO=4&transport=polling', 'POST', 2, 'Bad handshake method'],
        ['?EIO=4&transport=polling', 'PUT', 2, 'Bad handshake method'],
        ['?EIO=3&transport=polling', 'GET', 5, 'Unsupported protocol version'],
        ['?EIO=abc&transport=polling', 'GET', 5, 'Unsupported protocol version'],
        ['?transport=polling', 'GET', 5, 'Unsupported protocol version'],
    ];
    for (const url of [engine, socketio]) {
        for (const [query, method, code, message] of refused) {
            const answer = await ask(url + query, { method, ...(method === 'GET' ? {} : { body: '' }) });
            assert.equal(answer.status, 400, `${method} ${query}`);
            assert.match(answer.type, /^application\/json/);
            assert.deepEqual(JSON.parse(answer.body), { code, message }, `${method} ${query}`);
        }
    }
});

test('handshake: what is refused over a WebSocket', async () => {
    for (const url of [engine, socketio]) {
        assert.equal((await refusedSocket(url, 'EIO=4&transport=abc')).status, 400);
        assert.equal((await refusedSocket(url, 'EIO=4&transport=websocket&sid=abc')).status, 400);
        const old = await refusedSocket(url, 'EIO=3&transport=websocket');
        assert.equal(old.status, 400);
        assert.equal(old.body, 'Unsupported protocol version');
        assert.match(old.type, /^text\/html/);
        assert.equal((await refusedSocket(url, 'transport=websocket')).status, 400);
    }
});

// Messages

test('polling: a message comes back, and posting answers ok', async () => {
    const session = await Polling.open(engine);
    const posted = await session.post('4hello');
    assert.deepEqual([posted.status, posted.body], [200, 'ok']);
    assert.equal(await session.next(), '4hello');
    await session.post('4Хабар 💬 ‘o‘');
    assert.equal(await session.next(), '4Хабар 💬 ‘o‘');
});

test('polling: a poll waits until there is something to say', async () => {
    const session = await Polling.open(engine);
    const from = performance.now(), poll = session.poll();
    await sleep(100);
    await session.post('4late');
    const answer = await poll;
    assert.equal(answer.body, '4late');
    assert.ok(performance.now() - from >= 95, 'it did not wait');
});

test('polling: many packets in one body, in order', async () => {
    const session = await Polling.open(engine);
    const many = Array.from({ length: 500 }, (_, i) => `4number ${i}`);
    assert.equal((await session.post(many.join(separator))).status, 200);
    for (const packet of many) assert.equal(await session.next(), packet);
});

test('polling: binary travels as base64', async () => {
    const session = await Polling.open(engine);
    await session.post(['bAQIDBA==', '4between', `b${Buffer.from([0, 255, 254]).toString('base64')}`, 'b'].join(separator));
    assert.equal(await session.next(), 'bAQIDBA==');
    assert.equal(await session.next(), '4between');
    assert.equal(await session.next(), 'bAP/+');
    assert.equal(await session.next(), 'b');
});

test('polling: what is no packet ends the session', async () => {
    for (const bad of ['abc', '9', 'b!!!', `4good${separator}x`]) {
        const session = await Polling.open(engine);
        const posted = await session.post(bad);
        assert.equal(posted.status, 400, bad);
        assert.equal((await session.poll()).status, 400, bad);
    }
});

test('polling: a body up to maxPayload is taken, one byte more is not', async () => {
    const session = await Polling.open(engine);
    const most = `4${'x'.repeat(maxPayload - 1)}`;
    assert.equal((await session.post(most)).status, 200);
    assert.equal(await session.next(), most);
    const over = await Polling.open(engine);
    const answer = await over.post(`${most}y`).catch((e) => ({ status: e.code }));
    assert.ok([413, 'ECONNRESET', 'EPIPE'].includes(answer.status), `${answer.status}`);
});

test('polling: two polls at once end the session', async () => {
    for (let i = 0; i < 20; i++) {
        const session = await Polling.open(engine);
        const answers = await Promise.all([session.poll(), sleep(i % 4 * 5).then(() => session.poll())]);
        assert.ok(answers.some((a) => a.status === 400), `${answers.map((a) => `${a.status} ${a.body}`)}`);
        assert.equal((await session.poll()).status, 400, 'the session goes on');
        assert.equal((await session.post('4x')).status, 400);
    }
});

test('polling: a client that says goodbye is let go, and its poll is answered', async () => {
    const session = await Polling.open(engine);
    const poll = session.poll();
    await sleep(20);
    assert.equal((await session.post('1')).status, 200);
    assert.equal((await poll).body, '6');
    assert.equal((await session.poll()).status, 400);
});

test('polling: a client that hangs up its poll is gone', async () => {
    const session = await Polling.open(engine);
    const leave = new AbortController();
    const poll = session.poll({ signal: leave.signal }).catch(() => null);
    await sleep(30);
    leave.abort();
    await poll;
    await until(async () => (await session.post('4x')).status === 400, 400);
});

test('polling: other methods and other transports of a session are refused', async () => {
    const session = await Polling.open(engine);
    assert.equal((await ask(session.url, { method: 'PUT', body: '4x' })).status, 400);
    assert.equal((await ask(`${engine}?EIO=4&transport=websocket&sid=${session.sid}`)).status, 400);
});

test('websocket: text and binary come back, of every size', async () => {
    const socket = await Socket.open(engine);
    await socket.next();
    for (const n of [0, 1, 124, 125, 126, 65534, 65535, 65536, 300_000]) {
        const packet = `4${'*'.repeat(n)}`, bytes = Buffer.alloc(n, n % 251);
        assert.equal(await socket.send(packet).next(), packet);
        assert.ok((await socket.send(bytes).next((f) => typeof f !== 'string')).equals(bytes), `${n} bytes`);
    }
    socket.destroy();
});

test('websocket: maxPayload is the limit there too', async () => {
    const socket = await Socket.open(engine);
    await socket.next();
    const most = `4${'x'.repeat(maxPayload - 1)}`;
    assert.equal(await socket.send(most).next(), most);
    socket.send(`${most}yy`);
    assert.equal((await socket.end()).code, 1009);
});

test('websocket: what is no packet ends it', async () => {
    for (const bad of ['abc', '9']) {
        const socket = await Socket.open(engine);
        await socket.next();
        assert.ok(await socket.send(bad).end(), bad);
    }
});

test('websocket: a client that says goodbye is let go', async () => {
    const socket = await Socket.open(engine);
    await socket.next();
    assert.ok(await socket.send('1').end());
});

// Heartbeat

test('heartbeat: a polling client that does not answer is let go', async () => {
    const session = await Polling.open(engine);
    assert.equal(await session.next((p) => p === '2', { pongs: false }), '2');
    await sleep(pongMs + 60);
    assert.equal((await session.poll()).status, 400);
});

test('heartbeat: a polling client that answers stays', async () => {
    const session = await Polling.open(engine);
    for (let i = 0; i < 4; i++) assert.equal(await session.next((p) => p === '2'), '2');
    await session.post('4still here');
    assert.equal(await session.next(), '4still here');
});

test('heartbeat: a poll that waits ends with the session', async () => {
    const session = await Polling.open(engine);
    await session.next((p) => p === '2', { pongs: false });
    const answer = await session.poll();
    assert.ok(performance.now() - session.opened < pingMs + pongMs + 1000);
    assert.ok(answer.status === 400 || ['1', '6'].includes(answer.body), `${answer.status} ${answer.body}`);
});

test('heartbeat: a socket that does not answer is let go, one that does stays', async () => {
    const quiet = await Socket.open(engine, { pongs: false }), lively = await Socket.open(engine);
    await quiet.next((f) => f === '2');
    assert.ok(await quiet.end(pongMs + 1000));
    for (let i = 0; i < 4; i++) await lively.next((f) => f === '2');
    assert.equal(lively.ended, null);
    lively.destroy();
});

// Upgrade

async function upgrade(url, session) {
    const socket = await Socket.open(url, { query: `EIO=4&transport=websocket&sid=${session.sid}` });
    assert.equal(await socket.send('2probe').next((f) => f === '3probe'), '3probe');
    return socket;
}

test('upgrade: from polling to a WebSocket, with nothing lost and nothing twice', async () => {
    for (let round = 0; round < 10; round++) {
        const session = await Polling.open(engine);
        await session.post('4before');
        assert.equal(await session.next(), '4before');
        const socket = await upgrade(engine, session);
        const poll = session.poll(), posted = session.post('4on the way');
        assert.equal((await posted).status, 200);
        const seen = (await poll).body.split(separator);
        socket.send('5');
        socket.send('4after');
        const rest = [];
        while (!rest.includes('4after')) rest.push(await socket.next((f) => f[0] === '4'));
        assert.deepEqual([...seen.filter((p) => p[0] === '4'), ...rest], ['4on the way', '4after']);
        assert.equal((await session.poll()).status, 400, 'polling goes on');
        socket.destroy();
    }
});

test('upgrade: a poll that waits is released', async () => {
    const session = await Polling.open(engine);
    const poll = session.poll();
    const socket = await upgrade(engine, session);
    const { status, body } = await poll;
    assert.deepEqual([status, body], [200, '6']);
    socket.send('5').send('4hello');
    assert.equal(await socket.next(), '4hello');
    socket.destroy();
});

test('upgrade: every loop knows of it at once', async () => {
    for (let round = 0; round < 30; round++) {
        const session = await Polling.open(engine);
        const socket = await upgrade(engine, session);
        socket.send('5').send('4now');
        assert.equal(await socket.next(), '4now');
        const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => i % 2 ? session.poll() : session.post('4again')));
        assert.deepEqual([...new Set(answers.map((a) => a.status))], [400]);
        await refusedSocket(engine, `EIO=4&transport=websocket&sid=${session.sid}`).catch(() => null);
        socket.destroy();
    }
});

test('upgrade: a probe that is given up leaves the session as it was', async () => {
    const session = await Polling.open(engine);
    const socket = await upgrade(engine, session);
    socket.destroy();
    await sleep(50);
    await session.post('4still polling');
    assert.equal(await session.next(), '4still polling');
});

test('upgrade: a WebSocket that opened as one is not to be taken over', async () => {
    const socket = await Socket.open(engine);
    const { sid } = JSON.parse((await socket.next()).slice(1));
    const other = await Socket.open(engine, { query: `EIO=4&transport=websocket&sid=${sid}` }).catch(() => null);
    if (other) {
        other.send('2probe');
        assert.ok(await other.end());
    }
    assert.equal(await socket.send('4mine').next(), '4mine');
    socket.destroy();
});

// Socket.IO

async function connected(namespace = '', auth = '') {
    const socket = await Socket.open(socketio);
    await socket.next();
    socket.send(`40${namespace}${namespace && auth ? `,${auth}` : namespace ? ',' : auth}`);
    const answer = await socket.next((f) => typeof f === 'string' && f.startsWith('40'));
    assert.match(answer, namespace ? new RegExp(`^40${namespace},{"sid":"[A-Za-z0-9_-]{20}"}$`) : /^40{"sid":"[A-Za-z0-9_-]{20}"}$/);
    return socket;
}

test('connect: to the first namespace and to others, with and without auth', async () => {
    const plain = await connected();
    assert.equal(await plain.next(), '42["auth",{}]');
    const proven = await connected('', '{"token":"123"}');
    assert.equal(await proven.next(), '42["auth",{"token":"123"}]');
    const custom = await connected('/custom');
    assert.equal(await custom.next(), '42/custom,["auth",{}]');
    const both = await connected('/custom', '{"token":"abc"}');
    assert.equal(await both.next(), '42/custom,["auth",{"token":"abc"}]');
    for (const s of [plain, proven, custom, both]) s.destroy();
});

test('connect: over polling', async () => {
    const session = await Polling.open(socketio);
    await session.post('40');
    assert.match(await session.next(), /^40{"sid":"[A-Za-z0-9_-]{20}"}$/);
    assert.equal(await session.next(), '42["auth",{}]');
    await session.post('42["message","тест"]');
    assert.equal(await session.next(), '42["message-back","тест"]');
});

test('connect: ids of session and of sockets are all different', async () => {
    const socket = await Socket.open(socketio);
    const { sid } = JSON.parse((await socket.next()).slice(1));
    socket.send('40').send('40/custom,');
    const ids = [sid];
    for (const start of ['40{', '40/custom,{']) ids.push(JSON.parse((await socket.next((f) => f.startsWith(start))).slice(start.length - 1)).sid);
    assert.equal(new Set(ids).size, 3);
    socket.destroy();
});

test('connect: an unknown namespace is refused, the session goes on', async () => {
    const socket = await Socket.open(socketio);
    await socket.next();
    assert.equal(await socket.send('40/random').next(), '44/random,{"message":"Invalid namespace"}');
    assert.match(await socket.send('40').next(), /^40{/);
    socket.destroy();
});

test('connect: whoever does not is let go', async () => {
    const socket = await Socket.open(socketio);
    assert.ok(await socket.end());
    const took = socket.ended.at - socket.opened;
    assert.ok(took > connectMs - 50 && took < connectMs + 1000, `${took} ms`);
});

test('connect: who says anything else first is let go', async () => {
    for (const bad of ['42["message"]', '41', '4abc', '44{}']) {
        const socket = await Socket.open(socketio);
        await socket.next();
        assert.ok(await socket.send(bad).end(), bad);
    }
});

test('disconnect: one namespace goes, the other stays', async () => {
    const socket = await connected();
    await socket.next();
    socket.send('40/custom,');
    await socket.next((f) => f.startsWith('42/custom,["auth"'));
    socket.send('41').send('42/custom,["message","here"]');
    assert.equal(await socket.next((f) => f.startsWith('42')), '42/custom,["message-back","here"]');
    socket.destroy();
});

test('events: arguments of every kind come back unchanged', async () => {
    const socket = await connected();
    await socket.next();
    for (const args of ['', ',1,"2",{"3":[true]}', ',null,-1.5e-7,"\\u0001\\u2028",[],{}', ',"ў \u{1F4AC}",{"a":{"b":[{"c":null}]}}'])
        assert.equal(JSON.stringify(JSON.parse((await socket.send(`42["message"${args}]`).next()).slice(2))), JSON.stringify(JSON.parse(`["message-back"${args}]`)));
    assert.equal(await socket.send('42456["message-with-ack",1,"2",{"3":[false]}]').next(), '43456[1,"2",{"3":[false]}]');
    assert.equal(await socket.send('420["message-with-ack"]').next(), '430[]');
    socket.destroy();
});

test('events: binary arguments come back unchanged', async () => {
    const socket = await connected();
    await socket.next();
    const one = Buffer.from([1, 2, 3]), two = Buffer.from([4, 5, 6]);
    const isBinary = (f) => typeof f !== 'string';
    socket.send('452-["message",{"_placeholder":true,"num":0},{"in":[{"_placeholder":true,"num":1}]}]').send(one).send(two);
    assert.equal(await socket.next(), '452-["message-back",{"_placeholder":true,"num":0},{"in":[{"_placeholder":true,"num":1}]}]');
    assert.ok((await socket.next(isBinary)).equals(one));
    assert.ok((await socket.next(isBinary)).equals(two));
    socket.send('452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]').send(one).send(two);
    assert.equal(await socket.next(), '462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    assert.ok((await socket.next(isBinary)).equals(one));
    assert.ok((await socket.next(isBinary)).equals(two));
    socket.destroy();
});

test('events: what breaks the protocol ends the session', async () => {
    for (const bad of ['4', '4abc', '42{}', '42[]', '42[1', '4a["message"]', '42abc["message"]', '45["message"]', '459', '45999-["message"]', '451-["message",{"_placeholder":true,"num":7}]']) {
        const socket = await connected();
        await socket.next();
        socket.send(bad);
        if (bad.startsWith('451-')) socket.send(Buffer.from('x'));
        assert.ok(await socket.end(2000), `${bad}: goes on`);
    }
});

test('events: binary without an announcement, and text in its place, end the session', async () => {
    const unasked = await connected();
    assert.ok(await unasked.send(Buffer.from('x')).end());
    const broken = await connected();
    broken.send('451-["message",{"_placeholder":true,"num":0}]').send('42["message"]');
    assert.ok(await broken.end());
});

// Several loops

async function talkInPolls(i, n) {
    const session = await Polling.open(socketio);
    await session.post(`40{"n":${i}}`);
    assert.match(await session.next(), /^40{/);
    assert.equal(await session.next(), `42["auth",{"n":${i}}]`);
    for (let j = 0; j < n; j++) {
        await session.post(`42${j}["message-with-ack",${j},"${i}"]`);
        assert.equal(await session.next(), `43${j}[${j},"${i}"]`);
    }
    await session.post('41');
    return session.sid[0];
}

test('loops: a session of polls on fresh connections, and of many at once', async () => {
    const loops = await Promise.all(Array.from({ length: 40 }, async (_, i) => {
        for (let n = 16; ; n >>= 1) { // 200 ms for a pong can be too short for a busy machine: then again, and shorter
            try {
                return await talkInPolls(i, n);
            } catch (error) {
                if (n < 2 || !/Session ID unknown/.test(error.message)) throw error;
            }
        }
    }));
    assert.ok(new Set(loops).size > 1, 'all on one loop');
});

// Ceilings

test('a reader that is too slow is closed, and costs no more than its ceiling', async () => {
    const before_ = server.memory();
    const socket = await Socket.open(engine);
    await socket.next();
    socket.ws.pause();
    const piece = `4${'x'.repeat(100_000)}`;
    for (let i = 0; i < 600 && socket.ws.readyState === 1; i++) {
        socket.send(piece);
        if (i % 20 === 0) await sleep(5);
    }
    await sleep(300);
    assert.ok(server.memory() - before_ < 40 << 20, `${(server.memory() - before_) >> 20} MiB more`);
    socket.ws.resume();
    assert.ok(await socket.end(), 'still open');
    socket.destroy();
});

test('a session that only posts and never polls is let go', async () => {
    const session = await Polling.open(engine);
    const piece = `4${'x'.repeat(900_000)}`;
    let status = 200;
    for (let i = 0; i < 40 && status === 200; i++) status = (await session.post(piece).catch(() => ({ status: 0 }))).status;
    assert.notEqual(status, 200);
});
