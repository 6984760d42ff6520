// What the world sends on a bad day. For each a clear 4xx or a closed connection, memory bounded, and the others unharmed: a well-behaved
// person talks through the whole story.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import { after, before, test } from 'node:test';
import zlib from 'node:zlib';
import { patience, Server, sleep, until } from '../lib/server.mjs';
import { Api, Person } from '../lib/native.mjs';
import { Raw, RawWebSocket, binary, close, deflated, exchange, frame, text } from '../lib/raw.mjs';

let server, api, ali, room, witness, slow;
before(async () => {
    server = await Server.start();
    api = new Api(server.url);
    ali = await Person.register(server, 'ali');
    room = await ali.group('calm');
    witness = await ali.gateway();
    slow = startSlowOnes(); // these take their time: they run beside everything else
});
after(async () => {
    await witness.close();
    await server.stop();
});

/** The well-behaved person is served. */
async function unharmed() {
    const said = `still here ${crypto.randomUUID()}`;
    await witness.op('send', { room: room.id, text: said, key: crypto.randomUUID(), reply_to: null });
    await witness.event('message_posted', (e) => e.message.text === said);
    assert.equal((await api.get('/health')).status, 'OK');
    assert.deepEqual(witness.wrong, []);
}

/** Refused with a 4xx (or 501, 505), then closed; nothing after it was taken for a request. */
async function refuses(name, bytes, statuses = [400]) {
    const got = await exchange(server, bytes, { linger: patience });
    assert.ok(statuses.includes(got.status), `${name}: ${got.status} ${got.body.slice(0, 200)}`);
    assert.ok(got.ended, `${name}: the connection stays open`);
    assert.doesNotMatch(got.rest, /HTTP\/1\.1 200/, `${name}: a second request was answered`);
}

const inner = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n';
const post = (headers, body = '') => `POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}\r\n${body}`;

test('requests that two servers could read in two ways are refused', async () => {
    const shapes = {
        'length and chunked': post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${inner}`),
        'chunked and length': post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `0\r\n\r\n${inner}`),
        'two lengths': post('Content-Length: 0\r\nContent-Length: 46\r\n', inner),
        'two equal lengths as a list': post('Content-Length: 2, 2\r\n', '{}'),
        'a signed length': post('Content-Length: +2\r\n', '{}'),
        'a negative length': post('Content-Length: -1\r\n', '{}'),
        'a hexadecimal length': post('Content-Length: 0x2\r\n', '{}'),
        'an enormous length': post('Content-Length: 18446744073709551618\r\n', '{}'),
        'an unknown coding': post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${inner}`),
        'chunked twice': post('Transfer-Encoding: chunked, chunked\r\n', `0\r\n\r\n${inner}`),
        'chunked not last': post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${inner}`),
        'chunked with a tab in the name': post('Transfer-Encoding\t: chunked\r\n', `0\r\n\r\n${inner}`),
        'a space before the colon': post('Content-Length : 2\r\n', '{}'),
        'a folded header': post('X-Folded: a\r\n b\r\nContent-Length: 2\r\n', '{}'),
        'a bare line feed': post('X-Bare: a\nContent-Length: 46\r\n', inner),
        'a bare carriage return': post('X-Bare: a\rb\r\nContent-Length: 2\r\n', '{}'),
        'a NUL in a header': post('X-Nul: a\0b\r\nContent-Length: 2\r\n', '{}'),
        'a chunk size that overflows': post('Transfer-Encoding: chunked\r\n', `FFFFFFFFFFFFFFFFF\r\n${inner}`),
        'a negative chunk size': post('Transfer-Encoding: chunked\r\n', `-1\r\n${inner}`),
        'a chunk size with a bare line feed': post('Transfer-Encoding: chunked\r\n', `2\n{}\r\n0\r\n\r\n`),
        'a chunk longer than it says': post('Transfer-Encoding: chunked\r\n', `2\r\n{}xx\r\n0\r\n\r\n`),
        'no host': 'GET /health HTTP/1.1\r\n\r\n',
        'two hosts': 'GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    };
    for (const [name, bytes] of Object.entries(shapes)) await refuses(name, bytes, [400, 411, 413, 501]);
    await unharmed();
});

test('what is not HTTP is refused', async () => {
    const shapes = {
        'random bytes': crypto.randomBytes(2000),
        'a TLS hello': Buffer.from('16030100a5010000a10303', 'hex'),
        'HTTP/0.9': 'GET /\r\n\r\n',
        'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        'HTTP/9.9': 'GET / HTTP/9.9\r\nHost: x\r\n\r\n',
        'no method': '/ HTTP/1.1\r\nHost: x\r\n\r\n',
        'an unknown method': 'DANCE / HTTP/1.1\r\nHost: x\r\n\r\n',
        'a lower-case method': 'get / HTTP/1.1\r\nHost: x\r\n\r\n',
        'a path with a space': 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n',
        'a path with raw bytes': Buffer.from('GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n', 'latin1'),
        'a redis command': '*1\r\n$4\r\nPING\r\n',
        'only line feeds': '\n'.repeat(5000),
    };
    for (const [name, bytes] of Object.entries(shapes)) {
        const raw = await Raw.connect(server);
        raw.write(bytes);
        const answer = await raw.answer(1500);
        assert.ok(!answer || (answer.status >= 400 && answer.status < 600), `${name}: ${answer?.head}`);
        if (answer) assert.ok(await raw.end(), `${name}: the connection stays open`);
        raw.destroy();
    }
    await unharmed();
});

test('methods that are not for a path are refused by name', async () => {
    for (const [method, path, statuses] of [['TRACE', '/health', [400, 405, 501]], ['PUT', '/api/v1/rooms', [405]], ['DELETE', '/health', [405]], ['CONNECT', 'localhost:22', [400, 404, 405, 501]],
        ['PROPFIND', '/', [400, 404, 405, 501]], ['POST', '/api/v1/me', [405]]]) {
        const got = await exchange(server, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
        assert.ok(statuses.includes(got.status), `${method} ${path}: ${got.status}`);
    }
});

test('over-long heads are refused before they fill the memory', async () => {
    const before_ = server.memory();
    await refuses('a long path', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, [400, 414, 431]);
    await refuses('a long query', `GET /health?${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, [400, 414, 431]);
    await refuses('a long header', `GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(100_000)}\r\n\r\n`, [400, 431]);
    await refuses('a long header name', `GET /health HTTP/1.1\r\nHost: x\r\n${'a'.repeat(100_000)}: x\r\n\r\n`, [400, 431]);
    await refuses('many headers', `GET /health HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(2000)}\r\n`, [400, 431]);
    const endless = await Raw.connect(server);
    endless.write('GET /health HTTP/1.1\r\nHost: x\r\n');
    for (let i = 0; i < 400 && !endless.ended; i++) {
        endless.write(`X-${i}: ${'y'.repeat(2000)}\r\n`);
        await sleep(0);
    }
    assert.ok(await endless.end(), 'a head without end is cut');
    assert.ok(server.memory() - before_ < 32 << 20);
    await unharmed();
});

test('over-long bodies are refused, whether they say so or not', async () => {
    await refuses('a length of ten gigabytes', post('Content-Length: 10000000000\r\n', '{'), [413]);
    const got = await exchange(server, post(`Content-Length: 200000\r\n`, 'x'.repeat(200_000)));
    assert.equal(got.status, 413);
    const raw = await Raw.connect(server);
    raw.write(post('Transfer-Encoding: chunked\r\n'));
    for (let i = 0; i < 200 && !raw.ended; i++) {
        raw.write(`1000\r\n${'x'.repeat(4096)}\r\n`);
        await sleep(0);
    }
    assert.equal((await raw.answer(3000))?.status, 413);
    assert.ok(await raw.end());
    const zipped = zlib.gzipSync(Buffer.alloc(50 << 20));
    const bomb = await api.call('POST', '/api/v1/sessions', zipped, { 'content-encoding': 'gzip' });
    assert.ok([400, 413, 415].includes(bomb.status), `a compressed body: ${bomb.status}`);
    await unharmed();
});

test('JSON that is deep, long, broken or not UTF-8 is refused', async () => {
    const shapes = {
        deep: `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
        'deep objects': `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
        'deep inside a field': `{"username":${'['.repeat(20_000)}${']'.repeat(20_000)},"password":"x"}`,
        'bad UTF-8': Buffer.from('{"username":"\xff\xfe","password":"x"}', 'latin1'),
        'an over-long encoding': Buffer.from('{"username":"\xc0\xaf","password":"x"}', 'latin1'),
        'a raw surrogate': Buffer.from('{"username":"\xed\xa0\x80","password":"x"}', 'latin1'),
        'a lone surrogate escape': '{"username":"\\ud800","password":"x"}',
        'UTF-16': Buffer.from('{"username":"a","password":"x"}', 'utf16le'),
        'a huge number': `{"username":${'9'.repeat(10_000)},"password":"x"}`,
        'trailing text': '{"username":"a","password":"x"} x',
        comments: '{/* */"username":"a","password":"x"}',
        'a byte order mark': '\ufeff{"username":"a","password":"x"}',
        'one brace': '{', nothing: '', 'NUL bytes': '\0\0\0', infinity: '{"username":Infinity,"password":"x"}',
        'many keys': `{${Array.from({ length: 5000 }, (_, i) => `"k${i}":1`).join()}}`,
    };
    for (const [name, bytes] of Object.entries(shapes)) {
        const answer = await api.call('POST', '/api/v1/sessions', bytes);
        assert.equal(answer.status, 400, `${name}: ${answer.status} ${answer.text.slice(0, 100)}`);
        assert.equal(answer.body.error, 'invalid', name);
        const lobby = await api.call('POST', '/auth/login', bytes);
        assert.ok([400, 401, 422].includes(lobby.status), `lobby, ${name}: ${lobby.status}`);
    }
    await unharmed();
});

test('paths and queries with bad escapes are refused', async () => {
    for (const path of ['/api/v1/accounts?prefix=%ff', '/api/v1/accounts?prefix=%zz', '/api/v1/accounts?prefix=%', '/api/v1/rooms/%ff', '/ws/%ff', '/ws/%', '/%00', '/../../etc/passwd',
        '/assets/../../../etc/passwd', '/assets/%2e%2e/%2e%2e/etc/passwd', '/static/..%2f..%2fetc/passwd', '/%c0%ae%c0%ae/etc/passwd']) {
        const got = await exchange(server, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ali.token}\r\nConnection: close\r\n\r\n`);
        assert.ok(got.status >= 400 && got.status < 500 || (got.status === 200 && /text\/html/.test(got.head)), `${path}: ${got.status}`);
        assert.ok(!got.body.includes('root:'), path);
    }
});

test('pipelined requests are answered in order', async () => {
    const raw = await Raw.connect(server);
    raw.write('GET /api/v1/nothing1 HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /api/v1/me HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.deepEqual([(await raw.answer())?.status, (await raw.answer())?.status, (await raw.answer())?.status], [404, 200, 401]);
    raw.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500));
    for (let i = 0; i < 500; i++) assert.equal((await raw.answer())?.status, 200, `request ${i}`);
    raw.destroy();
});

test('a request that arrives byte by byte is the same request', async () => {
    const raw = await Raw.connect(server);
    for (const byte of `GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ali.token}\r\n\r\n`) {
        raw.write(byte);
        await new Promise(setImmediate);
    }
    const answer = await raw.answer();
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.body).username, 'ali');
    raw.destroy();
});

test('upgrades that are not well made are refused', async () => {
    const good = { Host: 'localhost', Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' };
    const open = (change) => {
        const headers = { ...good, ...change };
        const lines = Object.entries(headers).filter(([, v]) => v !== undefined).map(([k, v]) => `${k}: ${v}\r\n`).join('');
        return exchange(server, `GET /api/v1/gateway?token=${ali.token} HTTP/1.1\r\n${lines}\r\n`, { linger: 20 });
    };
    const ok = await open({});
    assert.equal(ok.status, 101);
    assert.match(ok.head, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i);
    for (const [name, change, statuses] of [['an old version', { 'Sec-WebSocket-Version': '8' }, [400, 426]], ['no version', { 'Sec-WebSocket-Version': undefined }, [400, 426]],
        ['no key', { 'Sec-WebSocket-Key': undefined }, [400]], ['a short key', { 'Sec-WebSocket-Key': 'abcd' }, [400]], ['a key that is no base64', { 'Sec-WebSocket-Key': '!'.repeat(24) }, [400]],
        ['no connection header', { Connection: 'keep-alive' }, [400, 426]], ['another protocol', { Upgrade: 'h2c' }, [400, 426]]]) {
        const got = await open(change);
        assert.ok(statuses.includes(got.status), `${name}: ${got.status}`);
    }
    const many = await open({ Connection: 'keep-alive, Upgrade', Upgrade: 'WebSocket' });
    assert.equal(many.status, 101, 'header values are compared without case, in lists');
});

test('frames that bend the protocol close the gateway, and only that one', async () => {
    const cases = {
        'an unmasked frame': [frame(text, '{"op":"ping"}', { mask: false }), 1002],
        'reserved bits': [frame(text, '{"op":"ping"}', { rsv: 2 }), 1002],
        'an unknown opcode': [frame(3, 'x'), 1002],
        'bad UTF-8': [frame(text, Buffer.from([0xff, 0xfe])), 1007],
        'a fragment out of nowhere': [frame(0, 'x'), 1002],
        'a length of 2^63': [Buffer.from('81ffffffffffffffffff00000000', 'hex'), [1002, 1009]],
        'a length of a gigabyte': [Buffer.from('81ff000000004000000000000000', 'hex'), 1009],
        'a ping of 126 bytes': [frame(9, 'x'.repeat(126)), 1002],
    };
    for (const [name, [bytes, code]] of Object.entries(cases)) {
        const ws = await RawWebSocket.open(server, `/api/v1/gateway?token=${ali.token}`);
        ws.write(bytes);
        const got = await ws.closeCode();
        assert.ok([code].flat().includes(got), `${name}: ${got}`);
        assert.ok(await ws.raw.end(), `${name}: the connection stays open`);
        ws.destroy();
    }
    await unharmed();
});

test('a compression bomb is cut at the limit, in bounded memory', async () => {
    const before_ = server.memory();
    const bomb = deflated(Buffer.alloc(200 << 20), { level: 9 });
    assert.ok(bomb.length < 300_000);
    for (let i = 0; i < 5; i++) {
        const ws = await RawWebSocket.open(server, `/api/v1/gateway?token=${ali.token}`, { extensions: 'permessage-deflate; client_no_context_takeover; server_no_context_takeover' });
        assert.match(ws.head, /permessage-deflate/i);
        ws.write(frame(text, bomb.subarray(0, 60_000), { rsv: 4 }));
        assert.ok([1002, 1007, 1009].includes(await ws.closeCode()));
        ws.destroy();
    }
    for (const junk of [crypto.randomBytes(500), Buffer.alloc(0), Buffer.from([0x02]), Buffer.from([0xff, 0xff])]) {
        const ws = await RawWebSocket.open(server, `/api/v1/gateway?token=${ali.token}`, { extensions: 'permessage-deflate' });
        ws.write(frame(text, junk, { rsv: 4 }));
        const code = await ws.closeCode();
        assert.ok([1002, 1007, 1009, 4400].includes(code), `${junk.toString('hex').slice(0, 16)}: ${code}`);
        ws.destroy();
    }
    assert.ok(server.memory() - before_ < 32 << 20, `${(server.memory() - before_) >> 20} MiB`);
    await unharmed();
});

test('a message in ten thousand fragments and a flood of pings do no harm', async () => {
    const ws = await RawWebSocket.open(server, `/api/v1/gateway?token=${ali.token}`);
    const hello = await ws.next();
    assert.equal(hello.opcode, text);
    ws.write(Buffer.concat([frame(text, '{"op":"resume","id":1,"rooms":{', { fin: false }), ...Array.from({ length: 10_000 }, () => frame(0, ' ', { fin: false })), frame(0, '}}')]));
    const ready = await ws.next();
    assert.equal(JSON.parse(ready.payload).op, 'ready');
    ws.write(Buffer.concat(Array.from({ length: 20_000 }, (_, i) => frame(9, String(i)))));
    let pongs = 0;
    for (;;) {
        const got = await ws.next();
        if (!got || got.opcode === close) break;
        if (got.opcode === 10) pongs++;
        if (pongs === 20_000) break;
    }
    assert.ok(pongs > 0);
    ws.destroy();
    await unharmed();
});

test('people who connect and vanish in every way leave nothing behind', async () => {
    const files = server.openFiles();
    for (let i = 0; i < 300; i++) {
        const raw = await Raw.connect(server);
        if (i % 5 === 0) raw.destroy();
        else if (i % 5 === 1) raw.write('GET /hea').destroy();
        else if (i % 5 === 2) raw.write(inner).destroy();
        else if (i % 5 === 3) { // with an answer unread the kernel resets the connection
            raw.socket.pause();
            raw.write(inner);
            setTimeout(() => raw.destroy(), 20);
        }
        else {
            raw.write(`GET /api/v1/gateway?token=${ali.token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
            setTimeout(() => raw.destroy(), 5);
        }
    }
    await until(() => server.openFiles() <= files + 2, { what: 'the files of the gone' });
    await unharmed();
});

test('thousands of half-open connections are outlived', { timeout: 300_000 }, async () => {
    const limit = Number(spawnSync('sh', ['-c', 'ulimit -n']).stdout.toString().trim()) || 1024;
    const n = Math.min(10_000, Math.floor(limit * 0.5));
    const before_ = server.memory();
    const open = [];
    for (let i = 0; i < n; i += 250) {
        open.push(...await Promise.all(Array.from({ length: Math.min(250, n - i) }, async (_, k) => {
            const raw = await Raw.connect(server, `127.0.0.${2 + ((i + k) % 8)}`);
            if (k % 2) raw.write('GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ');
            return raw;
        })));
    }
    assert.equal(open.length, n);
    await unharmed();
    const each = (server.memory() - before_) / n;
    assert.ok(each < 8192, `${Math.round(each)} bytes for each half-open connection`);
    open.forEach((raw) => raw.destroy());
    await until(async () => server.openFiles() < n / 10, { what: 'the end of the half-open connections' });
    await unharmed();
});

/** Connections that trickle: one byte now and then, for ever. */
function startSlowOnes() {
    const trickle = async (first, byte) => {
        const raw = await Raw.connect(server);
        const from = Date.now();
        raw.write(first);
        const drip = setInterval(() => raw.write(byte), 700);
        const ended = await raw.end(120_000);
        clearInterval(drip);
        const status = Number(raw.bytes.toString('latin1').match(/^HTTP\/1\.1 (\d+)/)?.[1] ?? 0);
        raw.destroy();
        return { ended, status, ms: Date.now() - from };
    };
    const waiting = {
        'a head that never ends': trickle('GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ', 'a'),
        'a body that never ends': trickle(post('Content-Length: 1000\r\n', '{'), ' '),
        'a chunked body that never ends': trickle(post('Transfer-Encoding: chunked\r\n', ''), '1\r\n \r\n'),
        'nothing at all': trickle('', ''),
        'a handshake that never ends': trickle('GET /api/v1/gateway HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n', 'A'),
    };
    Object.values(waiting).forEach((p) => p.catch(() => {}));
    return waiting;
}

test('slow heads and slow bodies are ended in time', { timeout: 300_000 }, async () => {
    for (const [name, promise] of Object.entries(slow)) {
        const { ended, status, ms } = await promise;
        assert.ok(ended, `${name}: still open after ${ms} ms`);
        assert.ok([0, 400, 408].includes(status), `${name}: ${status}`);
    }
    await unharmed();
});

test('after all this the server has kept its memory', async () => {
    assert.ok(server.memory() < 200 << 20, `${server.memory() >> 20} MiB`);
    await unharmed();
});
