// The old chats with read receipts: JSON over HTTP, plain text over /ws/{user}/{chat}, and word to the author when all have read. Each test cites the facts it
// proves (src/dialect/receipts/README.md).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, sleep, until } from '../lib/server.mjs';
import { Api, Person, password, setCookies } from '../lib/native.mjs';
import { LobbySocket, lobbyLogIn, lobbyRegister } from '../lib/lobby.mjs';
import { Reader, form } from '../lib/receipts.mjs';
import { document } from '../lib/openapi.mjs';
import { isSignedWith, open, reforge } from '../lib/jwt.mjs';

const secret = 'the secret of the old receipts, long enough';
let server, api, ali, vali, guli;
before(async () => {
    server = await Server.start({ secretKey: secret });
    api = new Api(server.url);
    [ali, vali, guli] = [await Reader.register(server, 'Ali'), await Reader.register(server, 'Vali'), await Reader.register(server, 'Guli')];
});
after(() => server.stop());

const got = (from, text) => `📩 Новое сообщение от ${from.id}: ${text}`;
const sent = (text) => `✅ Сообщение '${text}' отправлено!`;
const readNotice = (id) => `✅ Ваше сообщение ${id} прочитано!`;
const repeated = '⚠️ Сообщение уже отправлено';
const lastId = async (who, chat) => (await who.history(chat)).at(-1).id;
const count = (socket, line) => socket.lines.filter((l) => l === line).length;
/** What would have come has come: a message of another's, and its ack, are through. */
let nMarks = 0;
async function settled(from, to) {
    const text = `mark ${nMarks++}`;
    from.send(text);
    await Promise.all([from.line(sent(text)), to.line((l) => l.endsWith(`: ${text}`))]);
}

test('C-01 C-03 C-12 C-13 C-15 C-17 C-19 C-23 the walk of the old manual, step by step', async () => {
    const walker = new Api(server.url);
    const email = 'user1@example.com';
    const registered = await walker.call('POST', '/register', { name: 'User1', email, password: 'password123' });
    assert.deepEqual([registered.status, registered.text], [200, '{"message":"Пользователь успешно зарегистрирован!"}']);
    assert.equal(registered.headers.get('set-cookie'), null);
    const token = await walker.call('POST', '/token', ...form({ username: email, password: 'password123' }));
    assert.deepEqual([token.status, Object.keys(token.body), token.body.token_type], [200, ['access_token', 'token_type'], 'bearer']);
    const user1 = Object.assign(new Reader(server, email), { token: token.body.access_token, id: open(token.body.access_token).claims.aid, api: walker.as(token.body.access_token) });
    const made = await user1.call('POST', '/chats', { name: 'Test Chat', chat_type: 'group' });
    assert.match(made.text, /^\{"message":"✅ Чат создан","chat_id":\d+\}$/);
    const chat = made.body.chat_id;
    assert.equal((await user1.add(chat, user1)).text, `{"message":"✅ Пользователь ${user1.id} добавлен в чат ${chat}"}`);
    assert.deepEqual((await user1.call('GET', `/history/${chat}`)).body, []);
    const [user2, user3] = [await Reader.register(server, 'User2'), await Reader.register(server, 'User3')];
    for (const who of [user2, user3]) assert.equal((await user1.add(chat, who)).status, 200);
    const socket = await user1.socket(chat);
    socket.send('Hello, World!');
    await socket.line("✅ Сообщение 'Hello, World!' отправлено!");
    const [message] = await user1.history(chat);
    assert.deepEqual(Object.keys(message).sort(), ['chat_id', 'id', 'read', 'sender_id', 'text', 'timestamp']);
    assert.deepEqual({ ...message, timestamp: 0 }, { id: message.id, chat_id: chat, sender_id: user1.id, text: 'Hello, World!', timestamp: 0, read: false });
    const first = await user2.read(message.id);
    assert.deepEqual([first.status, first.body], [200, { message: `Пользователь ${user2.id} отметил сообщение ${message.id} как прочитанное` }]);
    assert.equal((await user1.history(chat))[0].read, false);
    const other = await user2.socket(chat);
    await settled(other, socket);
    assert.equal(count(socket, readNotice(message.id)), 0, 'not before the last one has read');
    assert.deepEqual((await user3.read(message.id)).body, { message: `Сообщение ${message.id} полностью прочитано!` });
    await socket.line(readNotice(message.id));
    assert.equal((await user1.history(chat))[0].read, true);
    assert.deepEqual((await user2.read(message.id)).body, { message: `Сообщение ${message.id} уже прочитано пользователем ${user2.id}` });
    await socket.line(readNotice(message.id), { from: socket.lines.indexOf(readNotice(message.id)) + 1 });
    assert.equal(count(other, readNotice(message.id)), 0, 'only its author is told');
    await Promise.all([socket.close(), other.close()]);
});

test('C-02 C-04 C-06 C-01 accounts: a taken address, equal names, wrong words, the life of a token', async () => {
    const taken = await api.call('POST', '/register', { name: 'x', email: ali.email.toUpperCase(), password });
    assert.deepEqual([taken.status, taken.text], [400, '{"detail":"Email already registered"}']);
    const [one, two] = [await Reader.register(server, 'Same Name'), await Reader.register(server, 'Same Name')];
    const chat = await one.chatWith(two);
    assert.deepEqual((await one.api.get(`/chats/${chat}/members`)).members, [{ id: one.id, name: 'Same Name' }, { id: two.id, name: 'Same Name' }]);
    for (const fields of [{ username: ali.email, password: 'wrong' }, { username: 'nobody@example.com', password }, { username: ali.email, password: 'x'.repeat(100) }]) {
        const answer = await api.call('POST', '/token', ...form(fields));
        assert.deepEqual([answer.status, answer.text], [400, '{"detail":"Неправильная почта или пароль"}']);
    }
    const { header, claims } = open(ali.token);
    assert.deepEqual([header.alg, claims.sub, claims.aud], ['HS256', ali.email, 'receipts']);
    assert.ok(isSignedWith(ali.token, secret));
    assert.ok(Math.abs(claims.exp - Date.now() / 1000 - 1800) < 300);
    assert.equal((await new Api(server.url, ali.token).call('GET', '/api/v1/me')).status, 401, 'it opens no other door');
    const patient = await Server.start({ env: { ACCESS_TOKEN_EXPIRE_MINUTES: '7' } });
    try {
        const token = open((await Reader.register(patient, 'x')).token).claims;
        assert.ok(Math.abs(token.exp - Date.now() / 1000 - 420) < 60);
    } finally {
        await patient.stop();
    }
});

test('C-05 the form of /token: urlencoded or multipart, and what is wrong with it', async () => {
    const parts = new FormData();
    for (const [name, value] of [['grant_type', 'password'], ['username', ali.email], ['password', password], ['scope', ''], ['client_id', 'x']]) parts.append(name, value);
    const answer = await fetch(`${server.url}/token`, { method: 'POST', body: parts });
    assert.equal(answer.status, 200);
    assert.equal((await answer.json()).token_type, 'bearer');
    assert.equal((await api.call('POST', '/token', ...form({ username: ali.email, password, grant_type: 'password' }))).status, 200);
    const faults = async (...body) => {
        const bad = await api.call('POST', '/token', ...body);
        assert.equal(bad.status, 422, bad.text);
        assert.ok(!bad.text.includes('hidden'));
        return bad.body.detail.map((d) => [d.type, d.loc.join('.')]);
    };
    assert.deepEqual(await faults(...form({ password: 'hidden' })), [['missing', 'body.username']]);
    assert.deepEqual(await faults(...form({ username: 'x', password: 'hidden', grant_type: 'client' })), [['string_pattern_mismatch', 'body.grant_type']]);
    assert.deepEqual(await faults({ username: 'x', password: 'hidden' }), [['missing', 'body.username'], ['missing', 'body.password']]);
    assert.deepEqual(await faults('--b\r\nContent-Disposition: form-data; name="username"\r\n\r\nx', { 'content-type': 'multipart/form-data; boundary=b' }),
        [['missing', 'body.username'], ['missing', 'body.password']]);
});

test('C-09 C-08 C-11 what does not fit, and what lies around the routes', async () => {
    const faults = async (method, path, body) => {
        const bad = await ali.call(method, path, body);
        assert.equal(bad.status, 422, `${method} ${path}: ${bad.text}`);
        assert.ok(!bad.text.includes('hidden'));
        return bad.body.detail.map((d) => [d.type, d.loc.join('.')]);
    };
    assert.deepEqual(await faults('POST', '/register', { name: 'x', password: 'hidden' }), [['missing', 'body.email']]);
    assert.deepEqual(await faults('POST', '/register', { name: 5, email: null, password: ['hidden'] }), [['string_type', 'body.name'], ['string_type', 'body.email'], ['string_type', 'body.password']]);
    assert.deepEqual(await faults('POST', '/register', { name: 'x', email: 'no address', password }), [['value_error', 'body.email']]);
    assert.deepEqual(await faults('POST', '/register', { name: 'x', email: 'a@example.com', password: 'tiny' }), [['value_error', 'body.password']]);
    assert.deepEqual(await faults('POST', '/register', { name: 'x', email: 'a@example.com', password: 'hidden'.repeat(20) }), [['value_error', 'body.password']]);
    assert.equal((await faults('POST', '/register', '{"name": '))[0][0], 'json_invalid');
    assert.deepEqual(await faults('POST', '/chats', { name: 'x' }), [['missing', 'body.chat_type']]);
    assert.deepEqual(await faults('POST', '/chats', { name: '', chat_type: 'x' }), [['value_error', 'body.name']]);
    assert.deepEqual(await faults('POST', '/chats/x/members'), [['int_parsing', 'path.chat_id'], ['missing', 'query.user_id']]);
    const [fault] = (await ali.call('GET', '/history/abc')).body.detail;
    assert.deepEqual(fault, { type: 'int_parsing', loc: ['path', 'chat_id'], msg: 'Input should be a valid integer, unable to parse string as an integer', input: 'abc' });
    const [missing] = (await ali.call('POST', '/chats/1/members')).body.detail;
    assert.deepEqual(missing, { type: 'missing', loc: ['query', 'user_id'], msg: 'Field required', input: null });
    assert.deepEqual(await faults('PUT', '/message/read/1.5'), [['int_parsing', 'path.message_id']]);
    assert.deepEqual(await faults('GET', '/history/1?limit=0'), [['value_error', 'query.limit']]);
    assert.deepEqual((await ali.call('GET', '/history/99999999999999999999')).body, []);
    for (const path of ['/chats/1/nothing', '/history/1/2', '/message/write/1', '/ws/1/2']) {
        const nothing = await ali.call('GET', path);
        assert.deepEqual([nothing.status, nothing.text], [404, '{"detail":"Not Found"}'], path);
    }
    for (const [method, path, allow] of [['GET', '/register', 'POST'], ['PUT', '/token', 'POST'], ['DELETE', '/chats', 'POST'], ['PATCH', '/chats/1/members', 'GET, POST'], ['POST', '/history/1', 'GET'], ['GET', '/message/read/1', 'PUT']]) {
        const wrong = await ali.call(method, path);
        assert.deepEqual([wrong.status, wrong.text, wrong.headers.get('allow')], [405, '{"detail":"Method Not Allowed"}', allow]);
    }
    for (const path of ['/register', '/token', '/chats', '/chats/1/members', '/history/1', '/message/read/1']) {
        const slash = await ali.call('POST', `${path}/?user_id=2`);
        assert.deepEqual([slash.status, slash.headers.get('location')], [307, `${path}?user_id=2`]);
    }
    const busy = await Server.start({ env: { SUHBAT_RATE_LIMITS: 'on' } });
    try {
        let answer;
        for (let i = 0; i < 40 && answer?.status !== 429; i++) answer = await new Api(busy.url).call('POST', '/token', ...form({ username: 'x', password: 'x' }));
        assert.equal(answer.status, 429);
        assert.deepEqual(Object.keys(answer.body), ['detail']);
        assert.ok(Number(answer.headers.get('retry-after')) > 0);
    } finally {
        await busy.stop();
    }
});

test('C-10 pages of other origins: those that the operator lists, or every one', async () => {
    const ask = async (origins, origin) => {
        const listed = await Server.start({ env: { CORS_ORIGINS: origins } });
        try {
            const preflight = await fetch(`${listed.url}/chats`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' } });
            const answer = await fetch(`${listed.url}/history/1`, { headers: { origin } });
            return [preflight.status, await preflight.text(), ...['origin', 'credentials'].map((h) => answer.headers.get(`access-control-allow-${h}`))];
        } finally {
            await listed.stop();
        }
    };
    assert.deepEqual(await ask('https://shop.example', 'https://shop.example'), [200, 'OK', 'https://shop.example', 'true']);
    assert.deepEqual(await ask('*', 'https://any.example'), [200, 'OK', '*', null]);
    assert.deepEqual((await ask('https://shop.example', 'https://evil.example')).slice(0, 1).concat(null), [400, null]);
});

test('C-07 no route without a proof: none, forged, expired, of another door, of an ended session', async () => {
    const chat = await ali.chatWith(vali);
    await lobbyRegister(server, 'kimdir', password);
    const native = await Person.register(server, 'egasi');
    const past = await Person.logIn(server, 'egasi');
    await past.api.delete('/sessions/current');
    const routes = [['POST', '/chats', { name: 'x', chat_type: 'x' }], ['POST', `/chats/${chat}/members?user_id=${guli.id}`], ['GET', `/chats/${chat}/members`], ['GET', `/history/${chat}`], ['PUT', '/message/read/1']];
    const bad = { forged: reforge(ali.token, 'another secret of the same length'), expired: reforge(ali.token, secret, { exp: Math.floor(Date.now() / 1000) - 5 }), 'of another door': await lobbyLogIn(server, 'kimdir', password), ended: past.token, nonsense: 'x' };
    for (const [method, path, body] of routes) {
        const none = await api.call(method, path, body);
        assert.deepEqual([none.status, none.text], [401, '{"detail":"Authorization header is missing"}'], path);
        for (const [name, token] of Object.entries(bad)) {
            const answer = await api.as(token).call(method, path, body);
            assert.deepEqual([answer.status, answer.text], [401, '{"detail":"Invalid or expired token"}'], `${name} ${path}`);
        }
    }
    assert.equal((await native.api.as(native.token).call('GET', '')).status, 404);
    assert.deepEqual(await new Api(server.url, native.token).get(`/history/${chat}`), [], 'a native token proves who one is, and nothing more');
});

test('C-07 C-27 the cookie that /token sets is for pages of ours alone', async () => {
    const chat = await ali.chatWith(vali);
    const page = { origin: server.url };
    const answer = await api.call('POST', '/token', form({ username: ali.email, password })[0], { ...form({})[1], ...page });
    const cookie = setCookies(answer.headers).find((c) => c.startsWith('suhbat_receipts=')) ?? assert.fail('no cookie');
    assert.match(cookie, /; HttpOnly/);
    const headers = { cookie: cookie.split(';')[0] };
    assert.deepEqual((await api.call('GET', `/history/${chat}`, undefined, headers)).body, []);
    assert.equal((await api.call('POST', '/chats', { name: 'x', chat_type: 'x' }, { ...headers, ...page })).status, 200);
    assert.equal((await api.call('POST', '/chats', { name: 'x', chat_type: 'x' }, { ...headers, origin: 'https://evil.example' })).status, 403);
    const knock = (options) => ali.socket(chat, { token: null, ...options }).then((s) => s.close().then(() => 101), (e) => e.status);
    assert.equal(await knock({ headers: { ...headers, ...page } }), 101);
    assert.equal(await knock({ headers: { ...headers, origin: 'https://evil.example' } }), 403);
    assert.equal(await knock({ headers }), 403);
    assert.equal(await knock({ query: `?token=${ali.token}` }), 101);
    assert.equal(await knock({ protocols: ['receipts', `bearer.${ali.token}`] }), 101);
    assert.equal(setCookies((await api.call('POST', '/token', form({ username: ali.email, password })[0], { ...form({})[1], origin: 'https://evil.example' })).headers).length, 0);
});

test('C-12 C-13 C-14 who fills a chat: its maker, its owner, its admins; the words for everything else', async () => {
    const chat = await ali.chat('Mine');
    assert.deepEqual(await ali.api.get(`/chats/${chat}/members`), { chat_id: chat, members: [] });
    assert.equal((await ali.socket(chat).catch((e) => e)).status, 403, 'the maker has no seat yet');
    assert.deepEqual((await vali.add(chat, vali)).body, { error: 'Чат не найден' });
    assert.deepEqual((await vali.add(999999, vali)).body, { error: 'Чат не найден' });
    assert.deepEqual((await ali.add(chat, 999999)).body, { error: 'Пользователь не найден' });
    assert.equal((await ali.call('POST', `/chats/${chat}/members?user_id=${vali.id}&role=member`)).status, 200);
    assert.deepEqual((await ali.add(chat, vali)).body, { message: '⚠️ Пользователь уже в этом чате' });
    assert.equal((await vali.add(chat, guli)).status, 403);
    assert.deepEqual((await vali.add(chat, vali)).body, { message: '⚠️ Пользователь уже в этом чате' });
    assert.deepEqual((await ali.add(chat, ali)).body, { message: `✅ Пользователь ${ali.id} добавлен в чат ${chat}` });
    assert.deepEqual((await ali.add(chat, ali)).body, { message: '⚠️ Пользователь уже в этом чате' });
    assert.equal((await ali.add(chat, guli)).status, 200);
    assert.deepEqual((await vali.api.get(`/chats/${chat}/members`)).members.map((m) => m.name), ['Ali', 'Vali', 'Guli']);
    const outsider = await Reader.register(server, 'Chet');
    assert.deepEqual(await outsider.api.get(`/chats/${chat}/members`), { chat_id: chat, members: [] });
    assert.deepEqual(await outsider.api.get('/chats/999999/members'), { chat_id: 999999, members: [] });
});

test('C-16 C-15 the history is whole, page by page, and nobody else sees it', async () => {
    const chat = await ali.chatWith(vali);
    const socket = await ali.socket(chat);
    for (let i = 0; i < 25; i++) socket.send(`n ${i}`);
    await socket.line(sent('n 24'));
    const all = await vali.history(chat);
    assert.deepEqual(all.map((m) => m.text), Array.from({ length: 25 }, (_, i) => `n ${i}`));
    assert.match(all[0].timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);
    const pages = [];
    for (let path = `/history/${chat}?limit=10`; path;) {
        const answer = await vali.call('GET', path);
        pages.unshift(...answer.body);
        path = /<([^>]+)>; rel="prev"/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    assert.deepEqual(pages, all);
    assert.deepEqual(await guli.history(chat), [], 'who is not in it sees what they would see of no chat');
    assert.deepEqual(await guli.history(999999), []);
    await socket.close();
});

test('C-20 C-22 C-23 several devices: every socket hears everything of its user, and every device of the sender the ack, after the others', async () => {
    const chat = await ali.chatWith(vali, guli), other = await ali.chatWith(vali);
    const [a1, a2, v1, v2, g] = [await ali.socket(chat), await ali.socket(other), await vali.socket(chat), await vali.socket(other), await guli.socket(chat)];
    a1.send('to all');
    await Promise.all([...[v1, v2, g].map((s) => s.line(got(ali, 'to all'))), ...[a1, a2].map((s) => s.line(sent('to all')))]);
    v2.send('to the other');
    await Promise.all([...[a1, a2].map((s) => s.line(got(vali, 'to the other'))), ...[v1, v2].map((s) => s.line(sent('to the other')))]);
    assert.deepEqual((await ali.history(other)).map((m) => m.text), ['to the other']);
    await settled(a1, g);
    assert.ok(![a1, a2].some((s) => s.lines.includes(got(ali, 'to all'))), 'one is not told of oneself');
    assert.ok(!g.lines.some((l) => l.includes('the other')), 'who is not in a chat hears nothing of it');
    const later = await ali.chatWith(guli);
    const l = await ali.socket(later);
    l.send('a chat made later');
    await Promise.all([g.line(got(ali, 'a chat made later')), a2.line(sent('a chat made later'))]);
    await Promise.all([a1, a2, v1, v2, g, l].map((s) => s.close()));
});

test('C-21 C-27 a refusal comes before the handshake: not in the chat, no chat, no number, somebody else, no proof', async () => {
    const chat = await ali.chatWith(vali);
    const knock = (path, token = ali.token) => new LobbySocket(server, path, { token }).open().then((s) => s.close().then(() => 101), (e) => e.status);
    assert.equal(await knock(`${ali.id}/${chat}`), 101);
    for (const path of [`${ali.id}/999999`, `${vali.id}/${chat}`, `x/${chat}`, `${ali.id}/x`, `-1/${chat}`, `${ali.id}/99999999999999999999`, `0/0`]) assert.equal(await knock(path), 403, path);
    assert.equal(await knock(`${guli.id}/${chat}`, guli.token), 403);
    for (const token of [null, 'x', reforge(ali.token, 'another secret of the same length'), reforge(ali.token, secret, { exp: 1 })]) assert.equal(await knock(`${ali.id}/${chat}`, token), 403);
});

test('C-24 the same text at once is one message, for whatever device; later it is another', async () => {
    const chat = await ali.chatWith(vali);
    const [a1, a2, v] = [await ali.socket(chat), await ali.socket(chat), await vali.socket(chat)];
    a1.send('ha');
    a2.send('ha');
    await Promise.all([a1, a2].flatMap((s) => [s.line(sent('ha')), s.line(repeated)]));
    v.send('ha');
    await a1.line(got(vali, 'ha'));
    assert.deepEqual((await ali.history(chat)).map((m) => m.sender_id), [ali.id, vali.id]);
    assert.ok(!v.lines.includes(repeated), 'nobody else is told');
    assert.equal(count(v, got(ali, 'ha')), 1);
    const begun = Date.now();
    await until(async () => {
        a1.send('ha');
        await sleep(200);
        return count(v, got(ali, 'ha')) === 2;
    }, { what: 'the second honest one' });
    assert.ok(Date.now() - begun >= 3000);
    assert.equal((await ali.history(chat)).filter((m) => m.text === 'ha' && m.sender_id === ali.id).length, 2);
    await Promise.all([a1, a2, v].map((s) => s.close()));
});

test('C-25 C-26 a frame is a text, word for word; what cannot be taken is said to the sender alone and never cut', async () => {
    const chat = await ali.chatWith(vali);
    const [a, a2, v] = [await ali.socket(chat), await ali.socket(chat), await vali.socket(chat)];
    for (const text of ['"Hello, World!"', '  spaces  ', '{"json":true}', "it's 'quoted'", 'two\nlines', '🙂'.repeat(4000)]) {
        a.send(text);
        await Promise.all([a.line(sent(text)), v.line(got(ali, text))]);
    }
    for (const text of ['', 'y'.repeat(4001), 'y'.repeat(100_000)]) {
        const from = a.lines.length;
        a.send(text);
        await a.line((line) => line.startsWith('⚠️ '), { from });
    }
    await settled(a, v);
    assert.ok(!v.lines.some((l) => l.includes('yyyy') || l.startsWith('⚠️')) && !a2.lines.some((l) => l.startsWith('⚠️')));
    assert.equal((await ali.history(chat)).some((m) => m.text === '' || m.text.startsWith('y')), false);
    a.ws.send(Buffer.from([1, 2, 3]), { binary: true });
    assert.notEqual(await a.closed, 1000);
    await Promise.all([a2.close(), v.close()]);
});

test('C-25 C-22 who was taken out of a chat hears and says nothing there any more', async () => {
    const chat = await ali.chatWith(vali);
    const owner = new Api(`${server.url}/api/v1`, (await api.post('/api/v1/sessions', { username: ali.email, password })).access_token);
    const [a, v] = [await ali.socket(chat), await vali.socket(chat)];
    await owner.delete(`/rooms/${chat}/members/${vali.id}`);
    v.send('still here?');
    await v.line((line) => line.startsWith('⚠️ '));
    a.send('they are gone');
    await a.line(sent('they are gone'));
    assert.ok(!v.lines.some((l) => l.includes('gone')));
    assert.deepEqual(await vali.history(chat), []);
    assert.equal((await vali.socket(chat).catch((e) => e)).status, 403);
    await Promise.all([a.close(), v.close()]);
});

test('C-18 C-19 neither strangers nor the author count as readers, and one alone never reads it all', async () => {
    const chat = await ali.chatWith(vali);
    const a = await ali.socket(chat);
    a.send('for vali');
    await a.line(sent('for vali'));
    const id = await lastId(ali, chat);
    assert.deepEqual((await guli.read(id)).body, { error: 'Сообщение не найдено' });
    assert.deepEqual((await guli.read(999999)).body, { error: 'Сообщение не найдено' });
    assert.deepEqual((await ali.read(id)).body, { error: 'Своё сообщение нельзя отметить прочитанным' });
    assert.equal((await ali.history(chat))[0].read, false);
    assert.equal(count(a, readNotice(id)), 0);
    assert.deepEqual((await vali.read(id)).body, { message: `Сообщение ${id} полностью прочитано!` });
    await a.line(readNotice(id));
    const alone = await ali.chatWith();
    const s = await ali.socket(alone);
    s.send('to myself');
    await s.line(sent('to myself'));
    assert.equal((await ali.history(alone))[0].read, false);
    await Promise.all([a.close(), s.close()]);
});

test('C-19 C-29 the native door: messages, read marks, edits and deletes meet these', async () => {
    const chat = await ali.chatWith(vali, guli);
    const native = async (who) => new Api(`${server.url}/api/v1`, (await api.post('/api/v1/sessions', { username: who.email, password })).access_token);
    const [a, v] = [await ali.socket(chat), await vali.socket(chat)];
    const [na, nv, ng] = [await native(ali), await native(vali), await native(guli)];
    const message = await na.post(`/rooms/${chat}/messages`, { text: 'from the page' });
    await Promise.all([v.line(got(ali, 'from the page')), a.line(sent('from the page'))]);
    assert.equal((await vali.history(chat)).at(-1).id, message.id);
    await vali.read(message.id);
    await ng.put(`/rooms/${chat}/read`, { read: message.seq });
    await a.line(readNotice(message.id));
    const room = await nv.get(`/rooms/${chat}`);
    assert.equal(room.read_by_all ?? room.room.read_by_all, message.seq, 'and the page sees what was read here');
    await na.patch(`/rooms/${chat}/messages/${message.id}`, { text: 'edited' });
    assert.equal((await vali.history(chat)).at(-1).text, 'edited');
    await na.delete(`/rooms/${chat}/messages/${message.id}`);
    assert.deepEqual(await vali.history(chat), []);
    assert.deepEqual((await vali.read(message.id)).body, { error: 'Сообщение не найдено' });
    await settled(a, v);
    assert.ok(!v.lines.some((l) => l.includes('edited')));
    await Promise.all([a.close(), v.close()]);
});

test('C-19 read out of turn: each message is told when its own last reader has read it', async () => {
    const chat = await ali.chatWith(vali, guli);
    const a = await ali.socket(chat);
    for (let i = 0; i < 3; i++) a.send(`m ${i}`);
    await a.line(sent('m 2'));
    const ids = (await ali.history(chat)).map((m) => m.id);
    await vali.read(ids[2]);
    await guli.read(ids[2]);
    await a.line(readNotice(ids[2]));
    assert.deepEqual((await ali.history(chat)).map((m) => m.read), [false, false, true]);
    for (const id of ids.slice(0, 2)) for (const who of [vali, guli]) await who.read(id);
    await a.line(readNotice(ids[1]));
    assert.deepEqual(a.lines.filter((l) => l.includes('прочитано')), [ids[2], ids[0], ids[1]].map(readNotice));
    assert.deepEqual((await ali.history(chat)).map((m) => m.read), [true, true, true]);
    await a.close();
});

test('C-23 C-17 C-24 what was acknowledged is there after kill -9, and a repeat right after it is known', async () => {
    const house = await Server.start({ secretKey: secret });
    try {
        const [a, v] = [await Reader.register(house, 'Ali'), await Reader.register(house, 'Vali')];
        const chat = await a.chatWith(v);
        const socket = await a.socket(chat);
        for (let i = 0; i < 20; i++) socket.send(`kept ${i}`);
        await socket.line(sent('kept 19'));
        const ids = (await v.history(chat)).map((m) => m.id);
        await v.read(ids[5]);
        await house.kill9();
        await house.start();
        assert.deepEqual((await v.history(chat)).map((m) => [m.text, m.read]), Array.from({ length: 20 }, (_, i) => [`kept ${i}`, i === 5]));
        assert.deepEqual((await v.read(ids[5])).body, { message: `Сообщение ${ids[5]} уже прочитано пользователем ${v.id}` });
        const again = await a.socket(chat);
        again.send('right before');
        await again.line(sent('right before'));
        await house.kill9();
        await house.start();
        const third = await a.socket(chat);
        third.send('right before');
        const line = await third.line((l) => l === repeated || l === sent('right before'));
        const texts = (await a.history(chat)).filter((m) => m.text === 'right before').length;
        assert.equal(texts, line === repeated ? 1 : 2);
        await third.close();
    } finally {
        await house.stop();
    }
});

test('C-28 legacy trust lets this door believe as the old server did, and no other', async () => {
    const trusting = await Server.start({ env: { SUHBAT_LEGACY_TRUST: 'receipts' } });
    try {
        const anybody = new Api(trusting.url);
        const [a, v] = [await Reader.register(trusting, 'Ali'), await Reader.register(trusting, 'Vali')];
        const { chat_id: chat } = await anybody.post('/chats', { name: 'Test Chat', chat_type: 'group' });
        for (const who of [a, v]) assert.deepEqual(await anybody.post(`/chats/${chat}/members?user_id=${who.id}`), { message: `✅ Пользователь ${who.id} добавлен в чат ${chat}` });
        assert.deepEqual((await anybody.get(`/chats/${chat}/members`)).members.map((m) => m.id), [a.id, v.id]);
        const knock = (user, where = chat) => new LobbySocket(trusting, `${user}/${where}`).open();
        const [sa, sv] = [await knock(a.id), await knock(v.id)];
        sa.send('believed');
        await Promise.all([sa.line(sent('believed')), sv.line(got(a, 'believed'))]);
        const [message] = await anybody.get(`/history/${chat}`);
        assert.equal(message.text, 'believed');
        assert.equal((await anybody.call('PUT', `/message/read/${message.id}`)).status, 401);
        assert.deepEqual((await v.read(message.id)).body, { message: `Сообщение ${message.id} полностью прочитано!` });
        await sa.line(readNotice(message.id));
        assert.equal((await knock(999999).catch((e) => e)).status, 403);
        const { chat_id: theirs } = await a.api.post('/chats', { name: 'x', chat_type: 'x' });
        assert.equal((await knock(v.id, theirs).catch((e) => e)).status, 403, 'who is not in a chat stays out');
        assert.equal((await anybody.call('GET', `/api/v1/rooms/${chat}/messages`)).status, 401, 'no other door believes');
        await Promise.all([sa.close(), sv.close()]);
    } finally {
        await trusting.stop();
    }
});

test('C-30 the pages of documentation know these routes', async () => {
    const { paths } = document;
    for (const path of ['/register', '/token', '/chats', '/chats/{chat_id}/members', '/history/{chat_id}', '/message/read/{message_id}']) assert.ok(paths[path], path);
});
