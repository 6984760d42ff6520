// The old lobby's second generation: JSON frames over /ws/{token}, notices still in plain text. Each test cites the facts it proves
// (src/dialect/lobby/README.md).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, until, within } from '../lib/server.mjs';
import { Api, Person, password } from '../lib/native.mjs';
import { LobbySocket, lobbyLogIn, lobbyRegister } from '../lib/lobby.mjs';
import { reforge } from '../lib/jwt.mjs';
import { picture } from '../lib/pictures.mjs';

const secret = 'the secret of the old lobby, long enough';
let server, ali, vali;
before(async () => {
    server = await Server.start({ secretKey: secret, env: { CORS_ORIGINS: 'http://localhost:3000,https://chat.example' } });
    for (const name of ['ali', 'vali']) await lobbyRegister(server, name, password);
    ali = await lobbyLogIn(server, 'ali', password);
    vali = await lobbyLogIn(server, 'vali', password);
});
after(() => server.stop());

const says = (text) => (f) => f.type === 'message' && f.message === text;

test('L-20 L-26 coming and going are still plain lines', async () => {
    const a = await LobbySocket.b(server, ali);
    a.sendJson({ type: 'message', message: 'men keldim' });
    await a.frame(says('men keldim')); // the history is behind it: notices are not kept for those who still catch up
    const v = await LobbySocket.b(server, vali);
    await a.line("🔵 vali chatga qo'shildi");
    await v.close();
    await a.line('🔴 vali chatdan chiqdi');
    await a.close();
});

test('L-29 a message is a frame of these fields, to all, sender included', async () => {
    const a = await LobbySocket.b(server, ali), v = await LobbySocket.b(server, vali);
    a.sendJson({ type: 'message', message: 'salom "dunyo" \\ 👋' });
    for (const s of [a, v]) {
        const frame = await s.frame(says('salom "dunyo" \\ 👋'));
        assert.deepEqual(Object.keys(frame), ['type', 'username', 'timestamp', 'message']);
        assert.equal(frame.username, 'ali');
        assert.match(frame.timestamp, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})?$/);
        assert.ok(Math.abs(Date.parse(`${frame.timestamp}Z`) - Date.now()) < 60_000);
    }
    await Promise.all([a.close(), v.close()]);
});

test('L-23 on connect the last 50 messages come, oldest first, after the notice to the others', async () => {
    const a = await LobbySocket.b(server, ali);
    for (let i = 0; i < 60; i++) a.sendJson({ type: 'message', message: `n ${i}` });
    await a.frame(says('n 59'));
    const v = await LobbySocket.b(server, vali);
    await v.frame(says('n 59'));
    assert.deepEqual(v.frames.map((f) => f.message), Array.from({ length: 50 }, (_, i) => `n ${i + 10}`));
    assert.ok(!v.frames.some((f) => f.type === 'typing'));
    await Promise.all([a.close(), v.close()]);
});

test('L-24 L-25 typing reaches the others; each message ends it', async () => {
    const a = await LobbySocket.b(server, ali), v = await LobbySocket.b(server, vali);
    await Promise.all([a.frame(says('n 59')), v.frame(says('n 59'))]);
    const from = v.lines.length;
    // Best effort, and lost on whoever is still being shown the history: said until it is heard.
    await until(async () => {
        a.sendJson({ type: 'typing', typing: true });
        return v.frame((f) => f.type === 'typing', { from, ms: 300 }).catch(() => null);
    }, { what: 'the typing' });
    assert.deepEqual(await v.frame((f) => f.type === 'typing', { from }), { type: 'typing', username: 'ali', is_typing: true });
    a.sendJson({ type: 'typing' });
    await v.frame((f) => f.type === 'typing' && f.is_typing === false, { from });
    a.sendJson({ type: 'typing', typing: true });
    a.sendJson({ type: 'message', message: 'typed' });
    await v.frame(says('typed'));
    const order = v.frames.slice(-2).map((f) => [f.type, f.is_typing ?? f.message]);
    assert.deepEqual(order, [['typing', false], ['message', 'typed']]);
    await a.frame(says('typed'));
    assert.ok(!a.frames.some((f) => f.type === 'typing' && f.is_typing === true), 'the typist is not told of typing');
    await Promise.all([a.close(), v.close()]);
});

test('L-30 ping is answered to the asker alone; pong and the unknown are ignored', async () => {
    const a = await LobbySocket.b(server, ali), v = await LobbySocket.b(server, vali);
    a.sendJson({ type: 'pong' });
    a.sendJson({ type: 'online_users' });
    a.sendJson({ message: 'no type' });
    a.sendJson({ type: 5, message: 'no type' });
    a.sendJson({});
    a.sendJson({ type: 'ping' });
    await a.line('{"type":"pong"}');
    v.sendJson({ type: 'ping' });
    await v.line('{"type":"pong"}');
    assert.equal(v.lines.filter((l) => l === '{"type":"pong"}').length, 1);
    assert.ok(!v.lines.some((l) => l.includes('no type')));
    await Promise.all([a.close(), v.close()]);
});

test('L-31 L-34 blank messages are ignored; text that is not JSON is a message', async () => {
    const a = await LobbySocket.b(server, ali);
    const before_ = a.frames.length;
    for (const blank of ['', ' ', '\n\t ', '\u00a0']) a.sendJson({ type: 'message', message: blank });
    a.sendJson({ type: 'message' });
    a.send('just text');
    await a.frame(says('just text'));
    a.send('{"type":"message"');
    await a.frame(says('{"type":"message"'));
    a.sendJson({ type: 'message', message: '  untrimmed  ' });
    await a.frame(says('  untrimmed  '));
    const messages = a.frames.slice(before_).filter((f) => f.type === 'message').map((f) => f.message);
    assert.ok(messages.every((m) => m && m.trim()), JSON.stringify(messages.slice(-5)));
    await a.close();
});

test('L-32 L-38 over 1000 code points is an error to the sender, never a cut', async () => {
    const a = await LobbySocket.b(server, ali), v = await LobbySocket.b(server, vali);
    a.sendJson({ type: 'message', message: '🙂'.repeat(1000) });
    await v.frame(says('🙂'.repeat(1000)));
    a.sendJson({ type: 'message', message: 'w'.repeat(1001) });
    const error = await a.frame((f) => f.type === 'error');
    assert.deepEqual(Object.keys(error), ['type', 'message']);
    a.sendJson({ type: 'message', message: 'after the error' });
    await v.frame(says('after the error'));
    assert.ok(!v.lines.some((l) => l.includes('wwww') || l.includes('"error"')));
    await Promise.all([a.close(), v.close()]);
});

test('L-33 L-39 a picture is a file of its message: readers of every door see it, and only who may', async () => {
    const a = await LobbySocket.b(server, ali), v = await LobbySocket.b(server, vali), plain = await LobbySocket.a(server, 'vali', vali);
    a.sendJson({ type: 'message', message: 'qarang', image: `data:image/png;base64,${picture.toString('base64')}` });
    const shown = await v.frame((f) => f.image);
    assert.deepEqual([shown.username, shown.message], ['ali', 'qarang']);
    assert.match(shown.image, /^\/ws\/pictures\/\d+$/);
    await plain.line('💬 ali: qarang');
    const look = (headers) => fetch(server.url + shown.image, { headers });
    const bytes = await look({ cookie: `suhbat_lobby=${vali}` });
    assert.equal(bytes.headers.get('content-type'), 'image/png');
    assert.match(bytes.headers.get('content-security-policy'), /sandbox/);
    assert.deepEqual(Buffer.from(await bytes.arrayBuffer()), picture);
    assert.equal((await look({ authorization: `Bearer ${ali}` })).status, 200);
    assert.equal((await look({})).status, 403, 'a stranger');
    assert.equal((await look({ authorization: 'Bearer x.y.z' })).status, 403);

    const native = await Person.logIn(server, 'ali');
    const lobby = await native.lobby();
    const kept = (await native.history(lobby)).messages.at(-1);
    assert.equal(kept.files[0].type, 'image/png');
    const waiting = await native.api.put('/files?name=x.png', picture);
    assert.equal((await fetch(`${server.url}/ws/pictures/${waiting.id}`, { headers: { authorization: `Bearer ${ali}` } })).status, 404, 'not in the lobby');

    a.sendJson({ type: 'message', message: '', image: `data:image/png;base64,${picture.toString('base64')}` });
    await v.frame((f) => f.image && f.message === undefined);
    await plain.line((line) => line.startsWith('💬 ali: 📎 rasm.png'));
    const late = await LobbySocket.b(server, vali);
    await late.frame((f) => f.image === shown.image && f.message === 'qarang');
    await Promise.all([a, v, plain, late].map((s) => s.close()));
});

test('L-39 files of other doors are shown as pictures or by name', async () => {
    const a = await LobbySocket.b(server, ali), plain = await LobbySocket.a(server, 'ali', ali);
    const native = await Person.logIn(server, 'vali');
    const lobby = await native.lobby();
    const put = async (name, bytes) => (await native.api.put(`/files?name=${name}`, bytes)).id;
    await native.say(lobby, '', { files: [await put('narx.txt', Buffer.from('42')), await put('r.png', picture)] });
    const frame = await a.frame((f) => f.username === 'vali' && f.image);
    assert.equal(frame.message, undefined);
    await plain.line('💬 vali: 📎 narx.txt, 📎 r.png');
    await native.say(lobby, '', { files: [await put('faqat.txt', Buffer.from('43'))] });
    await a.frame((f) => f.message === '📎 faqat.txt' && f.image === undefined);
    await Promise.all([a.close(), plain.close()]);
});

test('L-33 what is no picture is refused in words, the too large with the old words', { timeout: 30_000 }, async () => {
    const a = await LobbySocket.b(server, ali), v = await LobbySocket.b(server, vali);
    a.sendJson({ type: 'message', message: '', image: `data:image/png;base64,${'A'.repeat(5 * 1024 * 1024)}` });
    await a.line('{"type":"error","message":"Rasm hajmi juda katta"}');
    const from = a.lines.length;
    const wrong = ['data:image/png;base64,AAAA', 'data:image/png;base64,????', 'data:image/png,AAAA', 'https://elsewhere.example/x.png', 'data:text/html;base64,PGI+',
        `data:image/png;base64,${Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64')}`];
    for (const [i, image] of wrong.entries()) {
        a.sendJson({ type: 'message', message: 'wrong picture', image });
        await until(() => a.frames.filter((f) => f.type === 'error').length === i + 2, { what: `an error for ${image}` });
    }
    a.sendJson({ type: 'message', message: 'no picture', image: null });
    await v.frame(says('no picture'));
    assert.ok(!v.lines.some((l) => l.includes('data:image') || l.includes('wrong picture')));
    await Promise.all([a.close(), v.close()]);
});

test('L-35 a sticker says so live as its sender did, and in the history by what it is', async () => {
    const a = await LobbySocket.b(server, ali);
    a.sendJson({ type: 'message', message: '🐻', isSticker: true });
    assert.equal((await a.frame(says('🐻'))).isSticker, true);
    a.sendJson({ type: 'message', message: '🦊' });
    assert.equal((await a.frame(says('🦊'))).isSticker, undefined);
    a.sendJson({ type: 'message', message: 'not one', isSticker: true });
    assert.equal((await a.frame(says('not one'))).isSticker, true);
    a.sendJson({ type: 'message', message: '🐻🐻', isSticker: false });
    await a.frame(says('🐻🐻'));
    const v = await LobbySocket.b(server, vali);
    await v.frame(says('🐻🐻'));
    const shown = Object.fromEntries(v.frames.filter((f) => f.type === 'message').map((f) => [f.message, f.isSticker]));
    assert.deepEqual([shown['🐻'], shown['🦊'], shown['not one'], shown['🐻🐻']], [true, true, undefined, undefined]);
    await Promise.all([a.close(), v.close()]);
});

test('L-36 what breaks the form ends the connection with 1000, and the others see one go', async () => {
    const a = await LobbySocket.b(server, ali);
    for (const bad of ['5', '"text"', '[1]', 'null', 'true', '{"type":"message","message":5}', '{"type":"message","message":{}}', '{"type":"message","message":"x","image":5}', Buffer.from('{}')]) {
        const from = a.lines.length;
        const v = await LobbySocket.b(server, vali);
        v.ws.send(bad);
        assert.equal(await within(v.closed), 1000, String(bad));
        await a.line('🔴 vali chatdan chiqdi', { from });
    }
    await a.close();
});

test('L-11 bad tokens are refused before the handshake with 403 and nothing else', async () => {
    const session = await lobbyLogIn(server, 'vali', password);
    const native = await Person.logIn(server, 'vali');
    const { sessions } = await native.api.get('/sessions');
    for (const s of sessions) if (!s.current) await native.api.delete(`/sessions/${s.id}`);
    vali = await lobbyLogIn(server, 'vali', password);
    for (const [name, token] of Object.entries({ expired: reforge(ali, secret, { exp: 1000 }), forged: reforge(ali, 'some other secret of old'), revoked: session,
        'no session': reforge(ali, secret, { sid: 99999 }), 'no subject': reforge(ali, secret, { aid: undefined }), 'HS512': reforge(ali, secret, {}, { alg: 'HS512' }) })) {
        await assert.rejects(LobbySocket.b(server, token), (error) => {
            assert.deepEqual([error.status, error.body], [403, ''], name);
            return true;
        });
    }
});

test('L-11 a session that is revoked ends its sockets', async () => {
    const token = await lobbyLogIn(server, 'vali', password);
    const v = await LobbySocket.b(server, token);
    const native = await Person.logIn(server, 'vali');
    for (const s of (await native.api.get('/sessions')).sessions) if (!s.current) await native.api.delete(`/sessions/${s.id}`);
    assert.equal(await within(v.closed), 1008);
    vali = await lobbyLogIn(server, 'vali', password);
});

test('CORS: the listed origins may log in with credentials, others may not', async () => {
    const api = new Api(server.url);
    const preflight = (origin) => api.call('OPTIONS', '/auth/login', undefined, { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' });
    const good = await preflight('https://chat.example');
    assert.ok(good.status === 200 || good.status === 204);
    assert.equal(good.headers.get('access-control-allow-origin'), 'https://chat.example');
    assert.equal(good.headers.get('access-control-allow-credentials'), 'true');
    assert.match(good.headers.get('access-control-allow-methods'), /POST/);
    assert.match(good.headers.get('access-control-allow-headers').toLowerCase(), /content-type/);
    assert.match(good.headers.get('vary') ?? '', /origin/i);
    assert.equal((await preflight('https://evil.example')).headers.get('access-control-allow-origin'), null);
    const answer = await api.call('POST', '/auth/login', { username: 'ali', password }, { origin: 'http://localhost:3000' });
    assert.equal(answer.headers.get('access-control-allow-origin'), 'http://localhost:3000');
});
