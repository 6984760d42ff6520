// docs/socketio.md, fact by fact, on the wire: plain requests and plain WebSockets against the fixture of --conformance on several loops, and against the desk where the fixture has no say.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { Server, sleep, within } from '../lib/server.mjs';

let server, desk, hasDesk, hasPage;
before(async () => {
    server = await Server.start({ args: ['--conformance'], loops: 3 });
    desk = await Server.start({ env: { SUHBAT_ORIGINS: 'https://shop.example', SUHBAT_SOCKET_PING_MS: '400', SUHBAT_SOCKET_PONG_MS: '5000' } });
    hasDesk = (await fetch(`${desk.url}/socket.io/?EIO=4&transport=polling`)).status === 200;
    hasPage = (await fetch(desk.url, { headers: { accept: 'text/html' } })).status === 200;
});
after(() => Promise.all([server.stop(), desk.stop()]));

const raw = '/engine.io/', io = '/socket.io/';

/** A session over polling. Every request of fetch may come over another connection, and so to another loop. */
class Poller {
    static async open(path, on = server) {
        const p = Object.assign(new Poller(), { on, path });
        const answer = await fetch(`${on.url}${path}?EIO=4&transport=polling`);
        assert.equal(answer.status, 200);
        p.headers = answer.headers;
        p.opening = await answer.text();
        assert.equal(p.opening[0], '0');
        p.open = JSON.parse(p.opening.slice(1));
        return p;
    }
    get url() { return `${this.on.url}${this.path}?EIO=4&transport=polling&sid=${this.open.sid}`; }
    get(options) { return fetch(this.url, options); }
    post(body, headers) { return fetch(this.url, { method: 'POST', body, headers }); }
    async text() { return (await this.get()).text(); }
    /** The next answer without pings, which come in between on a busy machine. */
    async said() {
        for (;;) {
            const packets = (await this.text()).split('\x1e'), rest = packets.filter((p) => p !== '2');
            if (rest.length < packets.length) await this.post('3');
            if (rest.length) return rest.join('\x1e');
        }
    }
    async isGone() { return (await this.get()).status === 400; }
}

/** A WebSocket whose messages are read one by one: text as it is, binary as a Buffer. */
class Line {
    static async open(path, { sid, on = server, query } = {}) {
        const l = new Line();
        l.got = [], l.wanted = [];
        l.ws = new WebSocket(`${on.wsUrl}${path}${query ?? `?EIO=4&transport=websocket${sid ? `&sid=${sid}` : ''}`}`);
        l.closed = new Promise((done) => l.ws.on('close', (code) => done(code)));
        l.refused = new Promise((done) => l.ws.on('unexpected-response', (request, response) => {
            let body = '';
            response.on('data', (bytes) => { body += bytes; }).on('end', () => done({ status: response.statusCode, type: response.headers['content-type'], body }));
        }));
        l.ws.on('error', () => {});
        l.ws.on('message', (data, binary) => {
            const message = binary ? data : data.toString();
            if (l.wanted.length) l.wanted.shift()(message);
            else l.got.push(message);
        });
        await within(Promise.race([new Promise((done) => l.ws.on('open', done)), l.refused]));
        return l;
    }
    next() { return within(this.got.length ? Promise.resolve(this.got.shift()) : new Promise((done) => this.wanted.push(done)), 10_000); }
    /** The next one that is no ping. */
    async said() {
        for (;;) {
            const message = await this.next();
            if (message !== '2') return message;
            this.ws.send('3');
        }
    }
    async end() { const code = await within(this.closed, 10_000); assert.ok(code, 'it stays open'); return code; }
}

/** Connected to the first namespace; what it greets with has been read. */
async function connected() {
    const l = await Line.open(io);
    assert.match(await l.said(), /^0{/);
    l.ws.send('40');
    assert.match(await l.said(), /^40{"sid":"[\w-]{20}"}$/);
    assert.equal(await l.said(), '42["auth",{}]');
    return l;
}

const keys = ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades'];

test('I-01 how a session opens', async () => {
    const p = await Poller.open(raw), l = await Line.open(raw);
    assert.equal(p.headers.get('content-type'), 'text/plain; charset=UTF-8');
    assert.equal(p.headers.get('cache-control'), 'no-store');
    assert.deepEqual(Object.keys(p.open).sort(), keys);
    const { sid, ...rest } = p.open;
    assert.deepEqual(rest, { upgrades: ['websocket'], pingInterval: 300, pingTimeout: 200, maxPayload: 1000000 });
    const first = JSON.parse((await l.next()).slice(1));
    assert.deepEqual(Object.keys(first).sort(), keys);
    assert.deepEqual(first.upgrades, []);
    l.ws.close();
});

test('I-02 ids are 20 characters, and no two are alike', async () => {
    const ids = (await Promise.all(Array.from({ length: 30 }, () => Poller.open(io)))).map((p) => p.open.sid);
    for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{20}$/);
    assert.equal(new Set(ids.map((id) => id.slice(4))).size, 30);
    const known = ids[0];
    for (const at of [1, 4, 19]) {
        const other = known.slice(0, at) + (known[at] === 'A' ? 'B' : 'A') + known.slice(at + 1);
        assert.equal((await fetch(`${server.url}${io}?EIO=4&transport=polling&sid=${other}`)).status, 400);
    }
});

const words = ['Transport unknown', 'Session ID unknown', 'Bad handshake method', 'Bad request', 'Forbidden', 'Unsupported protocol version'];
async function refused(query, code, method = 'GET') {
    const answer = await fetch(`${server.url}${io}${query}`, { method });
    assert.equal(answer.status, 400, query);
    assert.match(answer.headers.get('content-type'), /^application\/json/);
    assert.deepEqual(await answer.json(), { code, message: words[code] }, query);
}

test('I-03, I-05 refusals over polling, in their order', async () => {
    const { open: { sid } } = await Poller.open(io);
    await refused('', 0);
    await refused('?EIO=4&transport=abc', 0, 'POST');
    await refused('?EIO=3&transport=polling&sid=nobody', 1);
    await refused(`?EIO=4&transport=websocket&sid=${sid}`, 3);
    for (const method of ['POST', 'PUT', 'DELETE']) await refused('?EIO=3&transport=polling', 2, method);
    await refused('?EIO=4&transport=websocket', 3);
    for (const version of ['', '&EIO=3', '&EIO=abc', '&EIO=5']) await refused(`?transport=polling${version}`, 5);
    await refused('?EIO=4&transport=polling&j=0', 3);
    await refused(`?EIO=4&transport=polling&sid=${sid}`, 3, 'PUT');
});

test('I-04 refusals of an upgrade', async () => {
    for (const [query, code] of [['?EIO=4', 0], ['?EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAAAAAA', 1], ['?EIO=3&transport=websocket', 5], ['?transport=websocket', 5]]) {
        const l = await Line.open(io, { query });
        assert.deepEqual(await within(l.refused), { status: 400, type: 'text/html', body: words[code] });
    }
});

test('I-06 pages of other origins', async (t) => {
    if (!hasDesk) return t.skip('a program without the desk');
    const ask = (origin, method = 'GET') => fetch(`${desk.url}${io}?EIO=4&transport=polling`, { method, headers: { origin, 'access-control-request-headers': 'x-shop' } });
    const [ours, others, before_, wrong] = [await ask('https://shop.example'), await ask('https://other.example'), await ask('https://shop.example', 'OPTIONS'),
        await fetch(`${desk.url}${io}`, { headers: { origin: 'https://shop.example' } })];
    assert.equal(ours.headers.get('access-control-allow-origin'), 'https://shop.example');
    assert.equal(ours.headers.get('access-control-allow-credentials'), 'true');
    assert.equal(others.headers.get('access-control-allow-origin'), null);
    assert.equal(before_.status, 204);
    assert.equal(before_.headers.get('access-control-allow-methods'), 'GET,POST');
    assert.equal(before_.headers.get('access-control-allow-headers'), 'x-shop');
    assert.equal(wrong.status, 400);
    assert.equal(wrong.headers.get('access-control-allow-origin'), 'https://shop.example');
});

test('I-10 a poll waits, and takes all there is', async () => {
    const p = await Poller.open(raw);
    const waiting = p.said();
    await sleep(30);
    assert.equal(await (await p.post('4late')).text(), 'ok');
    assert.equal(await waiting, '4late');
    const row = '4one\x1ebAQIDBA==\x1e4\u{1f600}';
    await p.post(row);
    assert.equal(await p.said(), row);
});

test('I-11 what may be posted', async () => {
    const p = await Poller.open(raw), answer = await p.post('4fine');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'text/html');
    assert.equal(await answer.text(), 'ok');
    for (const body of ['abc', '', '4a\x1e', 'bA', '4a\x1e9', Buffer.from([0x34, 0xff])]) {
        const bad = await Poller.open(raw);
        assert.equal((await bad.post(body)).status, 400, String(body));
        assert.ok(await bad.isGone(), String(body));
    }
    const stream = await Poller.open(raw);
    assert.equal((await stream.post('4a', { 'content-type': 'application/octet-stream' })).status, 400);
});

test('I-12 a body over maxPayload is refused, the session goes on', async () => {
    const p = await Poller.open(raw), most = `4${'x'.repeat(999_999)}`;
    assert.equal((await p.post(most)).status, 200);
    assert.equal(await p.said(), most);
    const over = await p.post(`${most}x`).catch(() => ({ status: 413 })); // the connection may end before all was taken
    assert.equal(over.status, 413);
    assert.equal((await p.post('3')).status, 200);
});

test('I-13 two polls at once end the session', async () => {
    for (let i = 0; i < 3; i++) await fetch(`${server.url}/health`); // a client that is warm
    const p = await Poller.open(raw);
    const first = p.get();
    await sleep(60);
    assert.equal((await p.get()).status, 400);
    const answer = await first;
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), '1');
    assert.ok(await p.isGone());
});

test('I-14 a client that says goodbye is let go, in whichever order its two requests come', async () => {
    const p = await Poller.open(raw), waiting = p.text();
    await sleep(60);
    assert.equal((await p.post('1')).status, 200);
    assert.equal(await waiting, '6');
    assert.ok(await p.isGone());
    const late = await Poller.open(raw);
    await late.post('1');
    assert.equal(await late.text(), '6');
    assert.ok(await late.isGone());
});

test('I-15 a client that gives up its poll has left', async () => {
    const p = await Poller.open(raw), control = new AbortController();
    const given = p.get({ signal: control.signal }).catch(() => 'aborted');
    await sleep(60);
    control.abort();
    assert.equal(await given, 'aborted');
    assert.ok(await p.isGone());
});

test('I-16 a client that never polls has a ceiling', async () => {
    const p = await Poller.open(raw), piece = `4${'x'.repeat(900_000)}`;
    let n = 0;
    while (n < 10 && (await p.post(piece)).status === 200) n++;
    assert.ok(n >= 2 && n < 5, `${n} taken`);
});

test('I-20 over WebSocket', async () => {
    const l = await Line.open(raw);
    assert.match(await l.said(), /^0{/);
    assert.equal(l.ws.extensions, '');
    l.ws.send('4hello');
    assert.equal(await l.said(), '4hello');
    l.ws.send(Buffer.from([1, 2, 3]));
    assert.deepEqual([...await l.said()], [1, 2, 3]);
    l.ws.send('bAQID');
    assert.deepEqual([...await l.said()], [1, 2, 3]);
    l.ws.send(`4${'x'.repeat(999_999)}`);
    assert.equal((await l.said()).length, 1_000_000);
    l.ws.send(`4${'x'.repeat(1_000_000)}`);
    assert.equal(await l.end(), 1009);
    for (const bad of ['abc', '', '9', 'b!']) {
        const other = await Line.open(raw);
        other.ws.send(bad);
        await other.end();
    }
});

async function upgraded(p) {
    const l = await Line.open(p.path, { sid: p.open.sid });
    l.ws.send('2probe');
    assert.equal(await l.said(), '3probe');
    l.ws.send('5');
    return l;
}

test('I-21 an upgrade loses nothing and doubles nothing', async () => {
    const p = await Poller.open(raw);
    await p.post('4a\x1e4b');
    const l = await Line.open(raw, { sid: p.open.sid });
    l.ws.send('2probe');
    assert.equal(await l.said(), '3probe');
    assert.equal(await p.said(), '4a\x1e4b');
    assert.equal(await p.said(), '6');
    await p.post('4c');
    l.ws.send('5');
    l.ws.send('4d');
    assert.equal(await l.said(), '4c');
    assert.equal(await l.said(), '4d');
    const waiting = await Poller.open(raw), poll = waiting.text(), second = await upgraded(waiting);
    assert.equal(await poll, '6');
    l.ws.close(), second.ws.close();
});

test('I-22, I-24 after an upgrade the old ways are closed, on every loop at once', async () => {
    await Promise.all(Array.from({ length: 12 }, async () => {
        const p = await Poller.open(raw), l = await Line.open(raw, { sid: p.open.sid });
        l.ws.send('2probe');
        l.ws.send('5');
        const [poll, other] = await Promise.all([p.get(), Line.open(raw, { sid: p.open.sid })]);
        assert.deepEqual(await poll.json(), { code: 3, message: words[3] });
        await other.end();
        assert.equal(await l.said(), '3probe');
        l.ws.send('4on');
        assert.equal(await l.said(), '4on');
        l.ws.close();
    }));
});

test('I-23 a probe that fails leaves the session as it was', async () => {
    const p = await Poller.open(raw), l = await Line.open(raw, { sid: p.open.sid }), second = await Line.open(raw, { sid: p.open.sid });
    await second.end();
    l.ws.send('4no probe');
    await l.end();
    await p.post('4on');
    assert.equal(await p.said(), '4on');
});

test('I-30 pings from the handshake and from each pong; without a pong it is over', async () => {
    const l = await Line.open(raw);
    assert.match(await l.next(), /^0{/);
    for (let i = 0; i < 2; i++) {
        const from = performance.now();
        assert.equal(await l.next(), '2');
        assert.ok(performance.now() - from > 240);
        l.ws.send('3');
    }
    const from = performance.now();
    await l.end();
    assert.ok(performance.now() - from > 490);
    const p = await Poller.open(raw);
    await sleep(500);
    assert.ok(await p.isGone());
});

test('I-31 a ping from the client ends it', async () => {
    const l = await Line.open(raw), from = performance.now();
    l.ws.send('2');
    assert.equal(await l.end(), 1000);
    assert.ok(performance.now() - from < 290, 'it ended by time');
});

test('I-32 who connects no namespace is let go', async () => {
    const from = performance.now(), l = await Line.open(io);
    l.ws.on('message', (data) => { if (data.toString() === '2') l.ws.send('3'); });
    assert.equal(await l.end(), 1000);
    const took = performance.now() - from;
    assert.ok(took >= 995 && took < 3000, `${took}`);
});

test('I-33 the times are settings', async (t) => {
    if (!hasDesk) return t.skip('a program without the desk');
    const { open: { pingInterval, pingTimeout } } = await Poller.open(io, desk);
    assert.deepEqual([pingInterval, pingTimeout], [400, 5000]);
});

test('I-34 a server that stops lets go of all', async () => {
    const own = await Server.start({ args: ['--conformance'], loops: 2 });
    try {
        const p = await Poller.open(raw, own), l = await Line.open(raw, { on: own }), waiting = p.text();
        await sleep(60);
        const { code } = await own.term();
        assert.equal(code, 0);
        assert.equal(await waiting, '1');
        assert.equal(await l.end(), 1001);
    } finally {
        await own.stop();
    }
});

test('I-40, I-41, I-43 namespaces come and go on one session', async () => {
    const l = await Line.open(io), { sid } = JSON.parse((await l.said()).slice(1));
    l.ws.send('40{"token":"123"}');
    const first = JSON.parse((await l.said()).slice(2));
    assert.deepEqual(Object.keys(first), ['sid']);
    assert.notEqual(first.sid, sid);
    assert.equal(await l.said(), '42["auth",{"token":"123"}]');
    l.ws.send('40/random,');
    assert.equal(await l.said(), '44/random,{"message":"Invalid namespace"}');
    l.ws.send('40/custom,');
    assert.match(await l.said(), /^40\/custom,{"sid":"[\w-]{20}"}$/);
    assert.equal(await l.said(), '42/custom,["auth",{}]');
    l.ws.send('41');
    l.ws.send('42/custom,["message","still"]');
    assert.equal(await l.said(), '42/custom,["message-back","still"]');
    l.ws.send('40');
    assert.match(await l.said(), /^40{/);
    l.ws.close();
});

test('I-42 a second CONNECT, and what is meant for nobody, end the session', async () => {
    for (const packet of ['40', '42/custom,["message"]', '41/custom', '44{"message":"x"}']) {
        const l = await connected(), from = performance.now();
        l.ws.send(packet);
        assert.equal(await l.end(), 1000);
        assert.ok(performance.now() - from < 190, `${packet}: it ended by time`);
    }
});

test('I-44 arguments and acknowledgements', async () => {
    const l = await connected();
    l.ws.send('42["message",1,"2",{"3":[true]},null,-1.5,"\u00e9\\u0000"]');
    assert.equal(await l.said(), '42["message-back",1,"2",{"3":[true]},null,-1.5,"\u00e9\\u0000"]');
    l.ws.send('42456["message-with-ack",1,"2",{"3":[false]}]');
    assert.equal(await l.said(), '43456[1,"2",{"3":[false]}]');
    l.ws.send('42["message"]');
    assert.equal(await l.said(), '42["message-back"]');
    l.ws.send('420["message-with-ack"]');
    assert.equal(await l.said(), '430[]');
    l.ws.close();
});

test('I-45 binary arguments', async () => {
    const l = await connected(), places = '{"_placeholder":true,"num":0},{"deep":[{"_placeholder":true,"num":1}]}';
    for (const [sent, back] of [[`452-["message",${places}]`, `452-["message-back",${places}]`], [`452-7["message-with-ack",${places}]`, `462-7[${places}]`]]) {
        l.ws.send(sent);
        l.ws.send(Buffer.from([1, 2, 3]));
        l.ws.send(Buffer.alloc(0));
        assert.equal(await l.said(), back);
        assert.deepEqual([...await l.said()], [1, 2, 3]);
        assert.equal((await l.said()).length, 0);
    }
    l.ws.close();
    const p = await Poller.open(io);
    await p.post('40\x1e451-["message",{"_placeholder":true,"num":0}]\x1ebAQID');
    assert.match(await p.said(), /^40{"sid":"[\w-]{20}"}\x1e(42\["auth",{}\]\x1e)?451-\["message-back",{"_placeholder":true,"num":0}\]\x1ebAQID(\x1e42\["auth",{}\])?$/);
});

test('I-46 what breaks the protocol ends the session', async () => {
    const deep = `42["message",${'['.repeat(40)}${']'.repeat(40)}]`;
    for (const packet of ['4abc', '4', '42{}', '42[]', '42[{}]', '42abc["message"]', '42["disconnect"]', '43{}', '451-["message",{"_placeholder":true,"num":1}]',
        '4565-["message"]', '4299999999999999999["message"]', deep]) {
        const l = await connected(), from = performance.now();
        l.ws.send(packet);
        assert.equal(await l.end(), 1000, packet);
        assert.ok(performance.now() - from < 190, `${packet}: it ended by time`);
    }
    for (const packets of [[Buffer.from([1])], ['451-["message"]', '42["message"]']]) {
        const l = await connected(), from = performance.now();
        for (const packet of packets) l.ws.send(packet);
        assert.equal(await l.end(), 1000);
        assert.ok(performance.now() - from < 190, 'it ended by time');
    }
});

test('I-50 the browser\'s library', async (t) => {
    if (!hasPage) return t.skip('a program without its page');
    for (const name of ['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js', 'socket.io.msgpack.min.js']) {
        const url = `${desk.url}/socket.io/${name}`, answer = await fetch(url, { headers: { origin: 'https://shop.example' } });
        assert.equal(answer.status, 200, name);
        assert.match(answer.headers.get('content-type'), /^text\/javascript/);
        assert.equal(answer.headers.get('cache-control'), 'public, max-age=3600');
        assert.equal(answer.headers.get('access-control-allow-origin'), 'https://shop.example');
        assert.match(await answer.text(), /Socket\.IO v4\./);
        assert.equal((await fetch(url, { headers: { 'if-none-match': answer.headers.get('etag') } })).status, 304);
        assert.equal((await fetch(`${url}.map`)).headers.get('content-type'), 'application/json');
    }
    assert.equal((await fetch(`${desk.url}/socket.io/other.js`)).status, 404);
});
