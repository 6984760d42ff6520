// The old lobby's first generation: JSON sign-up and log-in, then plain text over /ws/{username}. Each test cites the facts it proves
// (src/dialect/lobby/README.md).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, sleep, until } from '../lib/server.mjs';
import { Api, Person, password, setCookies } from '../lib/native.mjs';
import { LobbySocket, lobbyLogIn, lobbyRegister } from '../lib/lobby.mjs';
import { isSignedWith, open, reforge } from '../lib/jwt.mjs';

const secret = 'the secret of the old lobby, long enough';
let server, api, ali, vali;
before(async () => {
    server = await Server.start({ secretKey: secret });
    api = new Api(server.url);
    for (const name of ['ali', 'vali']) assert.equal((await lobbyRegister(server, name, password)).status, 201);
    ali = await lobbyLogIn(server, 'ali', password);
    vali = await lobbyLogIn(server, 'vali', password);
});
after(() => server.stop());

const came = (name) => `🔵 ${name} chatga qo'shildi`;
/** Through with the history: from here on lines come live. What is said in the midst of catching up may come back as history. */
async function live(socket, name) {
    for (let i = 0; !socket.lines.includes(`💬 ${name}: jonli ${i - 1}`); i++) {
        socket.send(`jonli ${i}`);
        await socket.line((line) => line.endsWith(`${name}: jonli ${i}`), { from: socket.lines.length });
    }
}
const went = (name) => `🔴 ${name} chatdan chiqdi`;

test('L-01 L-05 registering answers 201 with the old words, logs nobody in, and says when a name is taken', async () => {
    const answer = await lobbyRegister(server, 'yangi', password);
    assert.deepEqual([answer.status, answer.text], [201, '{"message":"User registered successfully"}']);
    assert.equal(answer.headers.get('content-type'), 'application/json');
    assert.equal(answer.headers.get('set-cookie'), null);
    for (const alike of ['yangi', 'YANGI']) {
        const taken = await lobbyRegister(server, alike, password);
        assert.deepEqual([taken.status, taken.text], [400, '{"detail":"Username already taken"}']);
    }
});

test('L-02 L-03 L-04 logging in answers a bearer token that lives 24 hours and says who one is', async () => {
    const answer = await api.call('POST', '/auth/login', { username: 'ali', password });
    assert.equal(answer.status, 200);
    assert.deepEqual(Object.keys(answer.body), ['access_token', 'token_type']);
    assert.equal(answer.body.token_type, 'bearer');
    const { header, claims } = open(answer.body.access_token);
    assert.equal(header.alg, 'HS256');
    assert.equal(claims.sub, 'ali');
    assert.equal(claims.aud, 'lobby');
    assert.ok(Math.abs(claims.exp - Date.now() / 1000 - 86400) < 300);
    assert.ok(isSignedWith(answer.body.access_token, secret));
    assert.equal((await api.as(answer.body.access_token).call('GET', '/api/v1/me')).status, 401, 'it opens no other door');
});

test('L-06 a wrong name and a wrong password are 401 with the old words', async () => {
    for (const body of [{ username: 'ali', password: 'wrong password' }, { username: 'nobody', password }, { username: '', password: '' }]) {
        const answer = await api.call('POST', '/auth/login', body);
        assert.deepEqual([answer.status, answer.text], [401, '{"detail":"Invalid credentials"}']);
    }
});

test('L-07 what does not fit the form is 422 with a list', async () => {
    const faults = async (path, body) => {
        const answer = await api.call('POST', path, body);
        assert.equal(answer.status, 422, answer.text);
        assert.ok(answer.body.detail.every((d) => d.input === null), 'nothing of what was sent comes back');
        return answer.body.detail.map((d) => [d.type, d.loc.join('.'), d.msg]);
    };
    for (const path of ['/auth/register', '/auth/login']) {
        assert.deepEqual(await faults(path, {}), [['missing', 'body.username', 'Field required'], ['missing', 'body.password', 'Field required']]);
        assert.deepEqual(await faults(path, { username: 5, password }), [['string_type', 'body.username', 'Input should be a valid string']]);
        assert.deepEqual(await faults(path, { username: 'x', password: null }), [['string_type', 'body.password', 'Input should be a valid string']]);
        assert.deepEqual(await faults(path, { username: 'x', password: 'ў'.repeat(37) }),
            [['value_error', 'body.password', 'Value error, Password too long - must be less than 72 bytes when encoded']]);
        const [[type, where, message]] = await faults(path, '{"username": "x", ');
        assert.deepEqual([type, message], ['json_invalid', 'JSON decode error']);
        assert.match(where, /^body\.\d+$/);
    }
});

test('L-08 L-09 L-10 what lies around the two routes', async () => {
    const nothing = await api.call('GET', '/auth/nothing');
    assert.deepEqual([nothing.status, nothing.text], [404, '{"detail":"Not Found"}']);
    const wrong = await api.call('GET', '/auth/login');
    assert.deepEqual([wrong.status, wrong.text, wrong.headers.get('allow')], [405, '{"detail":"Method Not Allowed"}', 'POST']);
    const slash = await api.call('POST', '/auth/login/', { username: 'ali', password });
    assert.equal(slash.status, 307);
    assert.ok(slash.headers.get('location').endsWith('/auth/login'));
    assert.deepEqual((await api.call('GET', '/.well-known/appspecific/com.chrome.devtools.json')).body, { status: 'ok' });
});

test('L-20 L-22 L-26 people come, talk and go: the old lines, to the right people', async () => {
    const a = await LobbySocket.a(server, 'ali', ali);
    const v = await LobbySocket.a(server, 'vali', vali);
    await a.line(came('vali'));
    a.send('salom');
    await Promise.all([a, v].map((s) => s.line('💬 ali: salom')));
    v.send("va alaykum 👋 <b>'\"</b>");
    await Promise.all([a, v].map((s) => s.line("💬 vali: va alaykum 👋 <b>'\"</b>")));
    assert.ok(!v.lines.includes(came('vali')), 'who comes is not told of coming');
    await v.close();
    await a.line(went('vali'));
    assert.ok(!v.lines.includes(went('vali')));
    v.ws = null;
    const again = await LobbySocket.a(server, 'vali', vali);
    await a.line(came('vali'), { from: a.lines.length - 1 });
    again.ws.terminate();
    await a.line(went('vali'), { from: a.lines.indexOf(went('vali')) + 1 });
    await a.close();
});

test('L-21 L-27 the whole history comes on connect, oldest first, word for word', async () => {
    const a = await LobbySocket.a(server, 'ali', ali);
    const said = ['  spaces  ', 'two\nlines', '💬 ali: not a notice', '{"type":"message","message":"json is text here"}', 'x'.repeat(4000), '\t', '🔵'];
    for (const text of said) {
        a.send(text);
        await a.line(`💬 ali: ${text}`);
    }
    a.send('');
    a.send('after the empty one');
    await a.line('💬 ali: after the empty one');
    const v = await LobbySocket.a(server, 'vali', vali);
    await v.line('📜 ali: after the empty one');
    const history = v.lines.filter((line) => line.startsWith('📜'));
    assert.deepEqual(history.slice(-1 - said.length), [...said, 'after the empty one'].map((text) => `📜 ali: ${text}`));
    assert.equal(history[0], '📜 ali: salom');
    assert.ok(v.lines.indexOf('📜 ali: salom') === 0, 'history first');
    await Promise.all([a.close(), v.close()]);
});

test('L-21 a long history is shown whole, in order, also to a slow reader, in the same memory', { timeout: 300_000 }, async () => {
    const server = await Server.start();
    try {
        await tellLong(server);
    } finally {
        await server.stop();
    }
});

async function tellLong(server) {
    const writer = await Person.register(server, 'yozuvchi');
    const gateway = await writer.gateway();
    const lobby = await writer.lobby();
    const text = (i) => `long ${i} ${'z'.repeat(1000)}`;
    const n = 6000;
    for (let i = 0; i < n; i += 100) {
        await Promise.all(Array.from({ length: 100 }, (_, k) => gateway.op('send', { room: lobby.id, text: text(i + k), key: `long-${i + k}`, reply_to: null })));
    }
    await gateway.close();
    const isIndexed = async () => (await writer.api.get(`/search?query=${n - 1}`)).messages.length > 0;
    await until(isIndexed, { what: 'the end of the indexing, which has memory of its own' });
    const before_ = server.memory();
    let most = 0;
    const readers = await Promise.all(Array.from({ length: 12 }, () => LobbySocket.a(server, 'yozuvchi', writer.token)));
    readers.forEach((r) => r.ws._socket.pause());
    for (let i = 0; i < 10; i++) {
        await sleep(50);
        most = Math.max(most, server.memory() - before_);
    }
    readers.forEach((r) => r.ws._socket.resume());
    for (const r of readers) {
        await r.line(`📜 yozuvchi: ${text(n - 1)}`);
        const got = r.lines.filter((line) => line.startsWith('📜 yozuvchi: long'));
        assert.equal(got.length, n);
        got.forEach((line, i) => assert.ok(line.startsWith(`📜 yozuvchi: long ${i} `), `line ${i}: ${line.slice(0, 40)}`));
    }
    // Twelve whole histories are 72 MiB; what waits for slow readers is bounded by their queues.
    assert.ok(most < 40 << 20, `${most >> 20} MiB`);
    await Promise.all(readers.map((r) => r.close()));
}

test('L-21 the operator may cap the history', async () => {
    const capped = await Server.start({ secretKey: secret, env: { SUHBAT_LOBBY_HISTORY: '3' } });
    try {
        await lobbyRegister(capped, 'ali', password);
        const token = await lobbyLogIn(capped, 'ali', password);
        const a = await LobbySocket.a(capped, 'ali', token);
        for (let i = 0; i < 6; i++) a.send(`n ${i}`);
        await a.line('💬 ali: n 5');
        const b = await LobbySocket.a(capped, 'ali', token);
        await b.line('📜 ali: n 5');
        assert.deepEqual(b.lines.filter((l) => l.startsWith('📜')), ['📜 ali: n 3', '📜 ali: n 4', '📜 ali: n 5']);
        await Promise.all([a.close(), b.close()]);
    } finally {
        await capped.stop();
    }
});

test('L-28 what cannot be taken is said to the sender alone and never cut', async () => {
    const a = await LobbySocket.a(server, 'ali', ali), v = await LobbySocket.a(server, 'vali', vali);
    a.send('y'.repeat(4001));
    await a.line((line) => line.startsWith('⚠️ '));
    a.send('🙂'.repeat(4000));
    await v.line(`💬 ali: ${'🙂'.repeat(4000)}`);
    assert.ok(!v.lines.some((line) => line.includes('yyyy') || line.startsWith('⚠️')));
    await Promise.all([a.close(), v.close()]);
});

test('L-36 a binary frame ends the connection with 1000, and the others see one go', async () => {
    const a = await LobbySocket.a(server, 'ali', ali), v = await LobbySocket.a(server, 'vali', vali);
    await live(a, 'ali');
    v.ws.send(Buffer.from('binary'));
    assert.equal(await v.closed, 1000);
    await a.line(went('vali'));
    await a.close();
});

test('L-11 L-12 a name must be proven, in any of the ways, and by its owner', async () => {
    const refused = async (promise) => assert.rejects(promise, (error) => {
        assert.equal(error.status, 403);
        assert.equal(error.body, '');
        return true;
    });
    await refused(LobbySocket.a(server, 'ali', null));
    await refused(LobbySocket.a(server, 'ali', vali));
    await refused(LobbySocket.a(server, 'ali', reforge(ali, secret, { exp: 1_000_000 })));
    await refused(LobbySocket.a(server, 'ali', reforge(ali, 'some other secret key')));
    await refused(LobbySocket.a(server, 'ali', null, { headers: { cookie: `suhbat_lobby=${ali}` } }));
    await refused(LobbySocket.a(server, 'ali', null, { headers: { cookie: `suhbat_lobby=${ali}`, origin: 'https://evil.example' } }));
    const ways = [{ headers: { authorization: `Bearer ${ali}` } }, { query: `?token=${ali}` }, { headers: { cookie: `suhbat_lobby=${ali}`, origin: server.url } },
        { protocols: ['lobby', `bearer.${ali}`] }];
    for (const way of ways) {
        const a = await LobbySocket.a(server, 'ali', null, way);
        if (way.protocols) assert.equal(a.ws.protocol, 'lobby');
        await a.close();
    }
    const native = await Person.logIn(server, 'ali');
    await (await LobbySocket.a(server, 'ali', native.token)).close();
    const folded = await LobbySocket.a(server, 'ALI', ali);
    const v = await LobbySocket.a(server, 'vali', vali);
    folded.send('in my own spelling');
    await v.line('💬 ali: in my own spelling');
    await Promise.all([folded.close(), v.close()]);
});

test('L-12 log-in sets the cookie by which an unmodified page proves itself', async () => {
    const answer = await api.call('POST', '/auth/login', { username: 'ali', password });
    const cookie = setCookies(answer.headers).find((line) => line.startsWith('suhbat_lobby='));
    assert.match(cookie, /HttpOnly/);
    assert.match(cookie, /SameSite=Lax/);
    assert.match(cookie, /Path=\/ws/);
    const page = await LobbySocket.a(server, 'ali', null, { headers: { cookie: cookie.split(';')[0], origin: server.url } });
    await page.close();
});

test('names travel percent-encoded, whatever is in them', async () => {
    for (const name of ["O'tkir Ў", 'a?b#c', '50%', '💬 x']) {
        assert.equal((await lobbyRegister(server, name, password)).status, 201, name);
        const token = await lobbyLogIn(server, name, password);
        const socket = await LobbySocket.a(server, name, token);
        socket.send('men');
        await socket.line((line) => [`💬 ${name}: men`, `📜 ${name}: men`].includes(line));
        await socket.close();
    }
});

test('L-13 with legacy trust an unproven name is believed, and the log says so', async () => {
    const trusting = await Server.start({ env: { SUHBAT_LEGACY_TRUST: 'lobby' } });
    try {
        assert.match(trusting.log, /trust/i);
        const a = await LobbySocket.a(trusting, 'kimdir', null);
        const b = await LobbySocket.a(trusting, 'boshqa', null);
        await a.line(came('boshqa'));
        a.send('ishonch');
        await b.line('💬 kimdir: ishonch');
        await lobbyRegister(trusting, 'bor', password);
        const c = await LobbySocket.a(trusting, 'bor', null);
        c.send('parolsiz');
        await a.line('💬 bor: parolsiz');
        await Promise.all([a, b, c].map((s) => s.close()));
        assert.equal((await new Api(trusting.url).call('POST', '/auth/login', { username: 'kimdir', password: '' })).status, 401, 'a guest has no password');
    } finally {
        await trusting.stop();
    }
});

test('L-14 the same person in two tabs is two connections', async () => {
    const v = await LobbySocket.a(server, 'vali', vali);
    await live(v, 'vali');
    const tabs = [await LobbySocket.a(server, 'ali', ali), await LobbySocket.a(server, 'ali', ali)];
    await until(() => v.lines.filter((l) => l === came('ali')).length === 2);
    for (const tab of tabs) await live(tab, 'ali');
    tabs[0].send('from one tab');
    await Promise.all([...tabs, v].map((s) => s.line('💬 ali: from one tab')));
    await tabs[0].close();
    await v.line(went('ali'));
    await tabs[1].line(went('ali'));
    tabs[1].send('still here');
    await v.line('💬 ali: still here');
    await Promise.all([tabs[1].close(), v.close()]);
});

test('a token in the path does not become a name, even a dead one', async () => {
    await assert.rejects(LobbySocket.b(server, reforge(ali, secret, { exp: 1_000_000 })), { status: 403 });
    await assert.rejects(LobbySocket.b(server, `${ali}x`), { status: 403 });
    const watcher = await LobbySocket.a(server, 'vali', vali);
    assert.ok(!watcher.lines.some((l) => l.includes('eyJ')));
    await watcher.close();
});

test('closing the server says 1001 and talking goes on after it comes back', async () => {
    const a = await LobbySocket.a(server, 'ali', ali);
    await server.term();
    assert.equal(await a.closed, 1001);
    await server.start();
    const again = await LobbySocket.a(server, 'ali', ali);
    await live(again, 'ali');
    again.send('after the restart');
    await again.line('💬 ali: after the restart');
    await again.close();
});
