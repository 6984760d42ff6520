// RFC 6455 and RFC 7692, in the groups by which WebSocket suites are known: framing, control frames, reserved bits, opcodes, fragmentation, UTF-8, close,
// limits, compression. Against the plain echo that `serve --conformance` offers.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { after, before, test } from 'node:test';
import { Server, until } from '../lib/server.mjs';
import { Raw, RawWebSocket, binary, close, closePayload, continuation, deflated, frame, inflated, ping, pong, text } from '../lib/raw.mjs';

let server;
before(async () => { server = await Server.start({ args: ['--conformance'] }); });
after(() => server.stop());

const open = (options) => RawWebSocket.open(server, '/conformance/echo', options);
const names = { [text]: 'text', [binary]: 'binary' };

/** Reads a whole message, pongs aside. */
async function message(ws, ms) {
    const parts = [];
    let opcode = null;
    for (;;) {
        const got = await ws.next(ms);
        if (!got) return null;
        if (got.opcode === close) return { close: got.payload.length >= 2 ? got.payload.readUInt16BE(0) : 1005 };
        if (got.opcode >= 8) continue;
        if (got.opcode) opcode = got.opcode;
        parts.push(got);
        if (got.fin) return { opcode, payload: Buffer.concat(parts.map((p) => p.payload)), rsv: parts[0].rsv };
    }
}

async function echoes(ws, opcode, payload, bytes = frame(opcode, payload)) {
    ws.write(bytes);
    const got = await message(ws, 20_000);
    assert.ok(got && !got.close, `closed with ${got?.close}`);
    assert.equal(got.opcode, opcode);
    assert.ok(got.payload.equals(Buffer.from(payload)), `${got.payload.length} bytes back for ${payload.length}`);
}

/** The connection is failed with the code, after the server's own close frame, and the TCP connection ends. */
async function fails(bytes, codes, { options, before: first } = {}) {
    const ws = await open(options);
    if (first) await first(ws);
    for (const part of Array.isArray(bytes) ? bytes : [bytes]) ws.write(part);
    const code = await ws.closeCode();
    assert.ok([codes].flat().includes(code), `closed with ${code}, not ${codes}`);
    assert.ok(await ws.raw.end(), 'the connection stays open');
    ws.destroy();
}

async function closesWith(payload, codes) {
    const ws = await open();
    ws.send(close, payload);
    const code = await ws.closeCode();
    assert.ok([codes].flat().includes(code), `${payload.toString('hex')}: closed with ${code}, not ${codes}`);
    assert.ok(await ws.raw.end(), 'the connection stays open');
    ws.destroy();
}

for (const opcode of [text, binary]) {
    test(`1 framing: ${names[opcode]} of every length form comes back`, async () => {
        const ws = await open();
        for (const n of [0, 1, 125, 126, 127, 128, 65535, 65536]) await echoes(ws, opcode, '*'.repeat(n));
        ws.destroy();
    });
}

test('1 framing: in pieces of any size', async () => {
    const ws = await open();
    const payload = '*'.repeat(65536), bytes = frame(text, payload);
    for (let i = 0; i < bytes.length; i += 997) {
        ws.write(bytes.subarray(i, i + 997));
        await new Promise(setImmediate);
    }
    assert.equal((await message(ws)).payload.length, 65536);
    const small = frame(text, 'byte by byte');
    for (const byte of small) {
        ws.write(Buffer.from([byte]));
        await new Promise(setImmediate);
    }
    assert.equal((await message(ws)).payload.toString(), 'byte by byte');
    ws.destroy();
});

test('1 framing: many frames in one piece', async () => {
    const ws = await open();
    ws.write(Buffer.concat(Array.from({ length: 500 }, (_, i) => frame(text, `n ${i}`))));
    for (let i = 0; i < 500; i++) assert.equal((await message(ws)).payload.toString(), `n ${i}`);
    ws.destroy();
});

test('1 framing: a length not in its shortest form is refused', async () => {
    await fails(frame(text, 'x', { lengthBytes: 2 }), 1002);
    await fails(frame(text, 'x'.repeat(200), { lengthBytes: 8 }), 1002);
    await fails(Buffer.from('81ff800000000000000100000000', 'hex'), [1002, 1009]);
});

test('1 framing: an unmasked frame is refused', () => fails(frame(text, 'x', { mask: false }), 1002));

test('2 control frames: pings come back with what they carried', async () => {
    const ws = await open();
    for (const payload of [Buffer.alloc(0), Buffer.from('Hello'), Buffer.from([0, 255, 254, 253, 252, 251, 0, 255]), Buffer.alloc(125, 0xfe)]) {
        ws.send(ping, payload);
        const got = await ws.next();
        assert.equal(got.opcode, pong);
        assert.ok(got.payload.equals(payload));
    }
    ws.destroy();
});

test('2 control frames: unasked pongs are no offence', async () => {
    const ws = await open();
    ws.send(pong).send(pong, 'unasked').send(ping, 'asked');
    const got = await ws.next();
    assert.deepEqual([got.opcode, got.payload.toString()], [pong, 'asked']);
    ws.destroy();
});

test('2 control frames: ten pings are ten pongs, in order, whole or in pieces', async () => {
    const ws = await open();
    const bytes = Buffer.concat(Array.from({ length: 10 }, (_, i) => frame(ping, `payload-${i}`)));
    ws.write(bytes);
    for (let i = 0; i < 10; i++) assert.equal((await ws.next()).payload.toString(), `payload-${i}`);
    for (const byte of bytes) {
        ws.write(Buffer.from([byte]));
        await new Promise(setImmediate);
    }
    for (let i = 0; i < 10; i++) assert.equal((await ws.next()).payload.toString(), `payload-${i}`);
    ws.destroy();
});

test('2 control frames: more than 125 bytes, or in fragments, are refused', async () => {
    await fails(frame(ping, Buffer.alloc(126)), 1002);
    await fails(frame(ping, 'x', { fin: false }), 1002);
    await fails(frame(close, Buffer.alloc(126)), 1002);
});

test('3 reserved bits: each is refused, on each kind of frame', async () => {
    for (const rsv of [1, 2, 3, 4, 5, 6, 7]) {
        await fails(frame(text, 'Hello', { rsv }), 1002);
        await fails(frame(binary, 'Hello', { rsv }), 1002);
        await fails(frame(ping, 'Hello', { rsv }), 1002);
    }
});

test('4 opcodes: those without meaning are refused', async () => {
    for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
        await fails(frame(opcode), 1002);
        await fails(frame(opcode, 'x'), 1002);
    }
    await fails(frame(5, 'x'), 1002, { before: (ws) => echoes(ws, text, 'first') });
});

test('5 fragmentation: a message in two, in many, and with empty parts', async () => {
    const ws = await open();
    const parts = (...list) => Buffer.concat(list.map((p, i) => frame(i ? continuation : text, p, { fin: i === list.length - 1 })));
    await echoes(ws, text, 'fragment1fragment2', parts('fragment1', 'fragment2'));
    await echoes(ws, text, '', parts('', '', ''));
    await echoes(ws, text, 'middle', parts('', 'middle', ''));
    await echoes(ws, text, 'x'.repeat(1000), parts(...'x'.repeat(1000)));
    const bytes = Buffer.concat([frame(binary, 'a', { fin: false }), frame(continuation, 'b')]);
    await echoes(ws, binary, 'ab', bytes);
    ws.destroy();
});

test('5 fragmentation: control frames between the parts are answered at once', async () => {
    const ws = await open();
    ws.send(text, 'fragment1', { fin: false }).send(ping, 'between');
    const between = await ws.next();
    assert.deepEqual([between.opcode, between.payload.toString()], [pong, 'between']);
    ws.send(continuation, 'fragment2');
    assert.equal((await message(ws)).payload.toString(), 'fragment1fragment2');
    ws.destroy();
});

test('5 fragmentation: a continuation of nothing, and a new message inside another, are refused', async () => {
    await fails(frame(continuation, 'x'), 1002);
    await fails(frame(continuation, 'x', { fin: false }), 1002);
    await fails([frame(text, 'a', { fin: false }), frame(text, 'b')], 1002);
    await fails([frame(text, 'a', { fin: false }), frame(binary, 'b')], 1002);
    await fails([frame(text, 'a', { fin: false }), frame(continuation, 'b'), frame(continuation, 'c')], 1002, {});
});

const bytes = (...list) => Buffer.from(list);
const validUtf8 = ['Hello-µ@ßöäüàá-UTF-8!!', 'κόσμε', '\u0000', '\u007f', '\u0080', '\u07ff', '\u0800', '\ud7ff', '\ue000', '\ufffd', '\uffff', '\u{10000}', '\u{10ffff}', '\ufeff', '👩‍👩‍👧'];
const invalidUtf8 = {
    'a lone continuation': bytes(0x80), 'a lone 0xbf': bytes(0xbf), 'all continuations': Buffer.from(Array.from({ length: 64 }, (_, i) => 0x80 + i)),
    'a lonely start of two': bytes(0xc3, 0x20), 'a lonely start of three': bytes(0xe2, 0x20), 'a cut start of three': bytes(0xe2, 0x82), 'a cut start of four': bytes(0xf0, 0x9f, 0x91),
    'over-long slash in two': bytes(0xc0, 0xaf), 'over-long slash in three': bytes(0xe0, 0x80, 0xaf), 'over-long slash in four': bytes(0xf0, 0x80, 0x80, 0xaf),
    'over-long slash in five': bytes(0xf8, 0x80, 0x80, 0x80, 0xaf), 'over-long slash in six': bytes(0xfc, 0x80, 0x80, 0x80, 0x80, 0xaf),
    'over-long NUL': bytes(0xc0, 0x80), 'the highest over-long of two': bytes(0xc1, 0xbf), 'the highest over-long of three': bytes(0xe0, 0x9f, 0xbf), 'the highest over-long of four': bytes(0xf0, 0x8f, 0xbf, 0xbf),
    'a high surrogate': bytes(0xed, 0xa0, 0x80), 'a low surrogate': bytes(0xed, 0xbf, 0xbf), 'a surrogate pair': bytes(0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80),
    'above the last code point': bytes(0xf4, 0x90, 0x80, 0x80), '0xfe': bytes(0xfe), '0xff': bytes(0xff), '0xf5': bytes(0xf5, 0x80, 0x80, 0x80),
    'good text with a bad end': Buffer.concat([Buffer.from('κόσμε'), bytes(0xed, 0xa0, 0x80), Buffer.from('edited')]),
};

test('6 UTF-8: what is valid comes back, cut anywhere', async () => {
    const ws = await open();
    for (const sample of validUtf8) {
        await echoes(ws, text, sample);
        const whole = Buffer.from(sample);
        for (let cut = 0; cut <= whole.length; cut++) {
            await echoes(ws, text, whole, Buffer.concat([frame(text, whole.subarray(0, cut), { fin: false }), frame(continuation, whole.subarray(cut))]));
        }
    }
    ws.destroy();
});

for (const [name, payload] of Object.entries(invalidUtf8)) {
    test(`6 UTF-8: ${name} is refused`, async () => {
        await fails(frame(text, payload), 1007);
        const half = Math.floor(payload.length / 2);
        await fails([frame(text, payload.subarray(0, half), { fin: false }), frame(continuation, payload.subarray(half))], 1007);
        const ws = await open();
        await echoes(ws, binary, payload);
        ws.destroy();
    });
}

test('7 close: the code is echoed, and nothing after it is', async () => {
    for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]) await closesWith(closePayload(code), code);
    await closesWith(closePayload(1000, 'reason'), 1000);
    await closesWith(closePayload(1000, 'x'.repeat(123)), 1000);
    await closesWith(Buffer.alloc(0), [1000, 1005]);
    const ws = await open();
    ws.write(Buffer.concat([frame(close, closePayload(1000)), frame(text, 'too late'), frame(ping, 'too late')]));
    assert.equal(await ws.closeCode(), 1000);
    assert.equal(await ws.next(1000), null);
    ws.destroy();
});

test('7 close: codes that may not be sent are refused', async () => {
    for (const code of [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]) await closesWith(closePayload(code), 1002);
    await closesWith(Buffer.from([3]), 1002);
});

test('7 close: a reason that is not UTF-8 is refused', () => closesWith(Buffer.concat([closePayload(1000), bytes(0xed, 0xa0, 0x80)]), 1007));

test('7 close: in the middle of a fragmented message', async () => {
    const ws = await open();
    ws.send(text, 'unfinished', { fin: false }).send(close, closePayload(1000));
    assert.equal(await ws.closeCode(), 1000);
    ws.destroy();
});

test('7 close: a client that just goes away is forgotten', async () => {
    const files = server.openFiles();
    for (let i = 0; i < 50; i++) (await open()).destroy();
    await until(() => server.openFiles() <= files, { what: 'the files of the gone' });
});

for (const [label, n] of [['1 MiB', 1 << 20], ['4 MiB', 4 << 20], ['16 MiB', 16 << 20]]) {
    test(`9 limits: ${label} in one frame and in fragments of 64 KiB`, { timeout: 300_000 }, async () => {
        const ws = await open();
        await echoes(ws, binary, crypto.randomBytes(n));
        const payload = Buffer.alloc(n, 'a');
        const parts = [];
        for (let i = 0; i < n; i += 65536) parts.push(frame(i ? continuation : text, payload.subarray(i, i + 65536), { fin: i + 65536 >= n }));
        await echoes(ws, text, payload, Buffer.concat(parts));
        ws.destroy();
    });
}

test('9 limits: one byte more than 16 MiB is refused, whole or in fragments', { timeout: 300_000 }, async () => {
    const head = Buffer.alloc(10);
    head[0] = 0x82;
    head[1] = 0xff;
    head.writeBigUInt64BE(BigInt((16 << 20) + 1), 2);
    await fails(Buffer.concat([head, Buffer.alloc(4)]), 1009);
    const ws = await open();
    ws.send(binary, Buffer.alloc(16 << 20), { fin: false }).send(continuation, 'x');
    assert.equal(await ws.closeCode(10_000), 1009);
    ws.destroy();
});

test('10 many small messages on one connection', async () => {
    const ws = await open();
    for (let i = 0; i < 2000; i++) await echoes(ws, text, `message ${i}`);
    ws.destroy();
});

const deflate = { extensions: 'permessage-deflate; client_max_window_bits' };

test('12 compression: agreed on without context takeover', async () => {
    for (const [offer, wanted] of [['permessage-deflate', /permessage-deflate/], ['permessage-deflate; client_max_window_bits', /permessage-deflate/],
        ['permessage-deflate; server_no_context_takeover; client_no_context_takeover', /permessage-deflate/],
        ['permessage-deflate; unknown_parameter, permessage-deflate', /permessage-deflate/], ['x-webkit-deflate-frame', null], ['permessage-deflate; server_max_window_bits=7', null],
        ['permessage-deflate; client_max_window_bits=99', null], ['permessage-deflate; server_no_context_takeover; server_no_context_takeover', null]]) {
        const ws = await open({ extensions: offer });
        const said = ws.head.match(/sec-websocket-extensions: (.*)/i)?.[1] ?? '';
        if (wanted) {
            assert.match(said, wanted, offer);
            assert.match(said, /server_no_context_takeover/);
            assert.match(said, /client_no_context_takeover/);
        } else assert.equal(said, '', offer);
        ws.destroy();
    }
});

test('12 compression: compressed and plain messages both come back', async () => {
    const ws = await open(deflate);
    for (const n of [0, 1, 100, 1000, 70_000, 1_000_000]) {
        for (const payload of [Buffer.alloc(n, 'abc'), Buffer.from(crypto.randomBytes(n).toString('base64').slice(0, n))]) {
            ws.write(frame(text, deflated(payload), { rsv: 4 }));
            const got = await message(ws, 20_000);
            assert.ok(got?.payload, `closed with ${got?.close}`);
            const back = got.rsv & 4 ? inflated(got.payload) : got.payload;
            assert.ok(back.equals(payload), `${n} bytes`);
            ws.write(frame(text, payload));
            const plain = await message(ws, 20_000);
            assert.ok((plain.rsv & 4 ? inflated(plain.payload) : plain.payload).equals(payload));
        }
    }
    ws.destroy();
});

test('12 compression: in fragments, where only the first frame carries the mark', async () => {
    const ws = await open(deflate);
    const payload = Buffer.from('compressed in fragments '.repeat(500)), packed = deflated(payload);
    const third = Math.ceil(packed.length / 3);
    ws.write(Buffer.concat([0, 1, 2].map((i) => frame(i ? continuation : text, packed.subarray(i * third, (i + 1) * third), { fin: i === 2, rsv: i ? 0 : 4 }))));
    const got = await message(ws);
    assert.ok((got.rsv & 4 ? inflated(got.payload) : got.payload).equals(payload));
    ws.write(Buffer.concat([frame(text, packed.subarray(0, third), { fin: false, rsv: 4 }), frame(continuation, packed.subarray(third), { rsv: 4 })]));
    assert.equal(await ws.closeCode(), 1002);
    ws.destroy();
});

test('12 compression: several blocks, and a final block, are both understood', async () => {
    const ws = await open(deflate);
    const zlib = await import('node:zlib');
    const finalBlock = zlib.deflateRawSync('ends with a final block');
    ws.write(frame(text, Buffer.concat([finalBlock, Buffer.from([0])]), { rsv: 4 }));
    const got = await message(ws);
    assert.equal((got.rsv & 4 ? inflated(got.payload) : got.payload).toString(), 'ends with a final block');
    ws.destroy();
});

test('13 compression: what does not inflate, is no text, or grows over the limit is refused', { timeout: 300_000 }, async () => {
    await fails(frame(text, Buffer.from([0xff, 0xff, 0xff, 0xff]), { rsv: 4 }), [1002, 1007], { options: deflate });
    await fails(frame(text, deflated(Buffer.from([0xff, 0xfe])), { rsv: 4 }), 1007, { options: deflate });
    await fails(frame(ping, 'x', { rsv: 4 }), 1002, { options: deflate });
    const before_ = server.memory();
    await fails(frame(binary, deflated(Buffer.alloc(300 << 20)), { rsv: 4 }), 1009, { options: deflate });
    assert.ok(server.memory() - before_ < 80 << 20, `${(server.memory() - before_) >> 20} MiB more after a bomb`);
});

test('the echo is not there unless it was asked for', async () => {
    const plain = await Server.start();
    try {
        await assert.rejects(RawWebSocket.open(plain, '/conformance/echo'), /404/);
    } finally {
        await plain.stop();
    }
});

/** A server of two loops, and an answer of the loop that the request names. */
async function onTwoLoops(story) {
    const pair = await Server.start({ args: ['--conformance'], loops: 2 });
    try {
        await story(pair, (raw) => raw.answer().then((got) => ({ ...got, loop: Number(got.head.match(/\r\nX-Loop: (\d+)/)?.[1]) })));
    } finally {
        await pair.stop();
    }
}

const get = (path) => `GET ${path} HTTP/1.1\r\nHost: t\r\n\r\n`;
const post = (path, body) => `POST ${path} HTTP/1.1\r\nHost: t\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

test('14 loops: a connection goes to the loop that its request names, and stays there', () => onTwoLoops(async (pair, answer) => {
    for (let i = 0; i < 20; i++) {
        const raw = await Raw.connect(pair);
        for (const loop of [0, 1, 1, 0]) {
            assert.equal((await answer(raw.write(get(`/conformance/loop/${loop}`)))).loop, loop);
            assert.equal((await answer(raw.write(get('/conformance/loop')))).loop, loop);
            const body = crypto.randomBytes(200_000).toString('hex');
            const got = await answer(raw.write(post(`/conformance/loop/${1 - loop}`, body)));
            assert.deepEqual([got.loop, got.body === body], [1 - loop, true]);
        }
        assert.equal((await answer(raw.write(get('/conformance/loop/2')))).status, 404);
        raw.destroy();
    }
}));

test('14 loops: what was pipelined is answered in order, wherever it goes', () => onTwoLoops(async (pair, answer) => {
    const raw = await Raw.connect(pair);
    const loops = Array.from({ length: 300 }, () => crypto.randomInt(2));
    raw.write(loops.map((loop, i) => post(`/conformance/loop/${loop}`, `n ${i}`) + get('/conformance/loop')).join(''));
    for (const [i, loop] of loops.entries()) {
        const first = await answer(raw);
        assert.deepEqual([first.loop, first.body], [loop, `n ${i}`]);
        assert.equal((await answer(raw)).loop, loop);
    }
    raw.destroy();
}));

test('14 loops: an upgrade goes there too', () => onTwoLoops(async (pair) => {
    for (let i = 0; i < 20; i++) {
        const ws = await RawWebSocket.open(pair, `/conformance/loop/${i % 2}`, i % 3 ? {} : deflate);
        await echoes(ws, text, `number ${i} `);
        ws.send(close, closePayload(1000));
        assert.equal(await ws.closeCode(), 1000);
    }
}));

test('14 loops: a stop with connections on their way is a clean one', () => onTwoLoops(async (pair) => {
    const clients = await Promise.all(Array.from({ length: 40 }, () => Raw.connect(pair)));
    for (const raw of clients) raw.write(Array.from({ length: 50 }, (_, i) => get(`/conformance/loop/${i % 2}`)).join(''));
    await pair.stop();
    assert.equal(pair.child.exitCode, 0);
    for (const raw of clients) assert.ok(await raw.end());
}));
