// Five old doors and one new one on one port: who answers which path, and what is said through one is read through every other that can show it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { io } from 'socket.io-client';
import { Server, until } from '../lib/server.mjs';
import { Api, Person, password } from '../lib/native.mjs';
import { Browser } from '../lib/rooms.mjs';
import { LobbySocket, lobbyLogIn } from '../lib/lobby.mjs';

const secret = 'one key for all the doors of this house';
let server, call, site, ali, vali, gateway;
before(async () => {
    server = await Server.start({ secretKey: secret, loops: 2, env: { CORS_ORIGIN: 'https://shop.example' } });
    call = (path, { method = 'GET', headers = {}, body } = {}) => fetch(server.url + path, { method, headers, body, redirect: 'manual' });
    site = new Person(server, await new Api(`${server.url}/api/v1`).post('/setup', { token: server.setupToken(), username: 'besh_site', password }));
    ali = await everywhere('besh_ali'), vali = await everywhere('besh_vali');
    gateway = await vali.person.gateway();
});
after(async () => {
    await gateway.close();
    await server.stop();
});

const json = (value) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });
const form = (value, headers = {}) => ({ method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }, body: new URLSearchParams(value) });
const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** The status with which an upgrade is answered; 101 when it is taken. */
function upgrade(path, headers = {}) {
    return new Promise((done, reject) => {
        const ws = new WebSocket(server.wsUrl + path, { headers });
        ws.once('open', () => (ws.terminate(), done(101)));
        ws.once('unexpected-response', (request, answer) => (request.destroy(), done(answer.statusCode)));
        ws.on('error', (error) => { if (!/closed before/.test(error.message)) reject(error); });
    });
}

/** A socket that keeps what it hears. */
class Ear {
    static async open(path, headers) {
        const ear = new Ear();
        ear.heard = [];
        ear.ws = new WebSocket(server.wsUrl + path, { headers });
        ear.ws.on('message', (bytes) => ear.heard.push(bytes.toString()));
        await new Promise((done, reject) => (ear.ws.once('open', done), ear.ws.once('error', reject)));
        return ear;
    }

    frames() { return this.heard.map((line) => JSON.parse(line)); }
    async line(fits) { return until(() => this.heard.find(fits), { what: `a line that fits ${fits}; heard ${this.heard.slice(-3)}` }); }
    async frame(fits) { return until(() => this.frames().find(fits), { what: `a frame that fits ${fits}; heard ${this.heard.slice(-3)}` }); }
    close() { this.ws.terminate(); }
}

/** A person of the house who has been through every door's log-in. */
async function everywhere(name) {
    const person = await Person.register(server, name);
    await person.api.put('/me/email', { email: `${name}@example.org`, password });
    const out = { person, name, id: person.id, native: person.token, lobby: await lobbyLogIn(server, name, password) };
    out.browser = await Browser.logIn(server, name, password);
    out.cookie = out.browser.cookie;
    out.receipts = (await (await call('/token', form({ username: `${name}@example.org`, password }))).json()).access_token;
    return out;
}

// ---- Who answers

test('GET / is the page; the banner of the old desk only for who asks for JSON and not for a page', async () => {
    const banner = await call('/', { headers: { accept: 'application/json' } });
    assert.match((await banner.json()).transport, /WebSocket/);
    for (const accept of ['text/html', '*/*', 'application/json, text/html']) {
        const page = await call('/', { headers: { accept } });
        assert.ok(!/json/.test(page.headers.get('content-type') ?? '') || page.status === 404, accept); // 404: a build without the page
    }
});

test('each door refuses in its own shape', async () => {
    const shape = async (path, options) => Object.keys(await (await call(path, options)).json());
    assert.deepEqual(await shape('/auth/login', json({ username: 'nobody', password: 'wrong password' })), ['detail']);
    assert.deepEqual(await shape('/token', form({ username: 'nobody@example.org', password: 'wrong' })), ['detail']);
    assert.deepEqual(await shape('/history/999999'), ['detail']);
    assert.deepEqual(await shape('/api/chats/ffffffffffffffffffffffff'), ['error']);
    assert.deepEqual(await shape('/api/messages', json({})), ['error']);
    assert.ok((await shape('/api/v1/rooms')).includes('message'), 'ours');
    assert.ok((await shape('/api/v1/chats')).includes('message'), 'never shadowed by an old door');
    const rooms = await call('/room/1/');
    assert.deepEqual([rooms.status, rooms.headers.get('location')], [302, '/login/?next=/room/1/']);
});

test('registering: three doors, three manners, and never the wrong one', async () => {
    assert.equal((await call('/register', json({ name: 'Reg', email: 'reg@example.org', password }))).status, 200);
    assert.equal((await call('/auth/register', json({ username: 'reg_a', password }))).status, 201);
    assert.equal((await call('/api/v1/accounts', json({ username: 'reg_n', password }))).status, 201);
    assert.equal((await call('/register', json({ username: 'reg_x', password }))).status, 422);
    assert.equal((await call('/auth/register', json({ name: 'X', email: 'x@example.org', password }))).status, 422);
});

test('sockets: /ws/<x>, /ws/<a>/<b> and /ws/chat/<id>/ are told apart', async () => {
    const ali = await everywhere('clash_ali');
    await call('/room/1/', { headers: { cookie: ali.cookie } });
    assert.equal(await upgrade(`/ws/${ali.lobby}`), 101, 'a token of ours: generation B');
    assert.equal(await upgrade('/ws/clash_ali', bearer(ali.lobby)), 101, 'a proven name: generation A');
    assert.equal(await upgrade('/ws/clash_ali'), 403, 'an unproven name');
    assert.equal(await upgrade('/ws/chat/1/', { cookie: ali.cookie, origin: server.url }), 101, 'rooms');
    assert.equal(await upgrade('/ws/chat/1/'), 403);
    assert.equal(await upgrade(`/ws/${ali.id}/1`, bearer(ali.receipts)), 101, 'receipts: user first');
    assert.equal(await upgrade(`/ws/${ali.id}/1`), 403);
    assert.equal(await upgrade(`/ws/1/${ali.id}99`, bearer(ali.receipts)), 403);
    assert.notEqual(await upgrade('/ws/chat/1', { cookie: ali.cookie, origin: server.url }), 101, 'without its slash it is nobody\'s');
    assert.notEqual(await upgrade('/ws/a/b', bearer(ali.receipts)), 101);
});

test('final slashes: 307 in the lobby and the chats, 301 in the rooms', async () => {
    for (const path of ['/auth/login/', '/register/', '/token/', '/chats/']) {
        const answer = await call(path, { method: 'POST' });
        assert.deepEqual([answer.status, new URL(answer.headers.get('location'), server.url).pathname], [307, path.slice(0, -1)], path);
    }
    for (const path of ['/login', '/room/1', '/create']) {
        const answer = await call(path);
        assert.deepEqual([answer.status, new URL(answer.headers.get('location'), server.url).pathname], [301, `${path}/`], path);
    }
});

test('other origins: each door by its own rule, the operator\'s list above all', async () => {
    const allowed = async (path, origin, method = 'GET') => (await call(path, { method, headers: { origin, 'access-control-request-method': 'POST' } })).headers.get('access-control-allow-origin');
    for (const path of ['/auth/login', '/token', '/api/status', '/api/chats']) {
        assert.equal(await allowed(path, 'https://shop.example', 'OPTIONS'), 'https://shop.example', path);
        assert.equal(await allowed(path, 'https://evil.example', 'OPTIONS'), null, path);
    }
    assert.equal(await allowed('/history/1', 'https://evil.example'), null);
    assert.equal(await allowed('/login/', 'https://shop.example'), null, 'rooms: none');
    assert.equal((await call('/api/chats', { method: 'OPTIONS' })).status, 204);
});

test('a token of one door opens no other', async () => {
    const vali = await everywhere('clash_vali');
    const tokens = { native: vali.native, lobby: vali.lobby, receipts: vali.receipts };
    const doors = {
        native: (t) => call('/api/v1/me', { headers: bearer(t) }).then((r) => r.status === 200),
        lobby: (t) => upgrade(`/ws/${t}`).then((s) => s === 101),
        receipts: (t) => call('/chats', { ...json({ name: 'x', chat_type: 'group' }), headers: { 'content-type': 'application/json', ...bearer(t) } }).then((r) => r.status === 200),
        rooms: (t) => call('/create/', { headers: { cookie: `sessionid=${t}` } }).then((r) => r.status === 200),
    };
    const opened = {};
    for (const [door, knock] of Object.entries(doors)) {
        opened[door] = [];
        for (const [name, token] of Object.entries(tokens)) if (await knock(token)) opened[door].push(name);
    }
    // The web client's token is that of the house: it opens what its owner may use.
    assert.deepEqual(opened, { native: ['native'], lobby: ['native', 'lobby'], receipts: opened.receipts.includes('native') ? ['native', 'receipts'] : ['receipts'], rooms: [] });
});

test('one page describes all doors', async () => {
    const api = await (await call('/openapi.json')).json().catch(() => null);
    if (!api?.paths) return; // a build without the page
    for (const path of ['/auth/login', '/register', '/token', '/chats', '/history/{chat}', '/login/', '/api/chats', '/api/messages', '/api/v1/rooms'])
        assert.ok(Object.keys(api.paths).some((p) => p.replace(/\{\w+\}/g, '{}') === path.replace(/\{\w+\}/g, '{}')), path);
});

// ---- One conversation

const heardNatively = (room, text) => gateway.event('message_posted', (e) => e.room === Number(room) && e.message.text === text);

/** The ways of hearing and reading a room of many doors, for vali. */
async function listen(room) {
    await call(`/room/${room}/`, { headers: { cookie: vali.cookie } });
    return {
        rooms: await Ear.open(`/ws/chat/${room}/`, { cookie: vali.cookie, origin: server.url }),
        receipts: await Ear.open(`/ws/${vali.id}/${room}`, bearer(vali.receipts)),
        history: async () => (await (await call(`/history/${room}`, { headers: bearer(vali.receipts) })).json()).map((m) => m.text),
    };
}

async function readEverywhere(room, ears, text, author = ali) {
    const { message } = await heardNatively(room, text);
    assert.equal(message.author.id, author.id);
    assert.equal((await ears.rooms.frame((f) => f.type === 'chat_message' && f.message === text)).user_id, author.id);
    await ears.receipts.line((line) => line === `📩 Новое сообщение от ${author.id}: ${text}`);
    await until(async () => (await ears.history()).includes(text), { what: 'the history of the chats' });
    return message;
}

async function editAndDelete(room, ears, message, text) {
    await ali.person.api.patch(`/rooms/${room}/messages/${message.id}`, { text: `${text}, edited` });
    await until(async () => (await ears.history()).includes(`${text}, edited`), { what: 'the edited text' });
    await ali.person.api.delete(`/rooms/${room}/messages/${message.id}`);
    await ears.rooms.frame((f) => f.type === 'message_deleted' && f.message_id === message.id);
    await until(async () => !(await ears.history()).some((t) => t.startsWith(text)), { what: 'the deleted message to go' });
}

test('a lobby message is read in the rooms, the chats and natively; edited and deleted, it is so everywhere', async () => {
    const ears = await listen(1), text = 'dan: lobby';
    const speaker = await LobbySocket.a(server, ali.name, ali.lobby);
    speaker.send(text);
    const message = await readEverywhere(1, ears, text);
    await editAndDelete(1, ears, message, text);
    const late = await LobbySocket.b(server, vali.lobby);
    await ali.person.say({ id: 1 }, 'after it');
    await late.frame((f) => f.message === 'after it');
    assert.ok(!late.frames.some((f) => f.message?.startsWith(text)));
    for (const s of [speaker, late]) await s.close();
    ears.rooms.close(), ears.receipts.close();
});

test('a message of the rooms, by form and by socket, is read in the chats and natively', async () => {
    const made = await ali.browser.post('/create/', { room_name: 'besh eshik' });
    assert.equal(made.status, 302);
    const room = Number(made.location.match(/^\/room\/(\d+)\/$/)[1]);
    const ears = await listen(room);
    await until(async () => (await vali.person.api.get('/rooms')).rooms.some((r) => r.id === room), { what: 'visiting to make a member' });
    assert.equal((await ali.browser.post(`/room/${room}/`, { content: 'dan: forma' })).status, 302);
    await readEverywhere(room, ears, 'dan: forma');
    const mouth = await Ear.open(`/ws/chat/${room}/`, { cookie: ali.cookie, origin: server.url });
    mouth.ws.send(JSON.stringify({ type: 'chat_message', message: 'dan: rozetka' }));
    const message = await readEverywhere(room, ears, 'dan: rozetka');
    await editAndDelete(room, ears, message, 'dan: rozetka');
    await ali.person.say({ id: room }, 'dan: yangi');
    await readEverywhere(room, ears, 'dan: yangi');
    for (const ear of [ears.rooms, ears.receipts, mouth]) ear.close();
});

test('a message of the chats is read in the rooms and natively, and its receipt is everybody\'s', async () => {
    const headers = { 'content-type': 'application/json', ...bearer(ali.receipts) };
    const { chat_id: chat } = await (await call('/chats', { method: 'POST', headers, body: JSON.stringify({ name: 'besh', chat_type: 'group' }) })).json();
    for (const who of [ali, vali]) assert.equal((await call(`/chats/${chat}/members?user_id=${who.id}`, { method: 'POST', headers })).status, 200);
    const ears = await listen(chat);
    const mouth = await Ear.open(`/ws/${ali.id}/${chat}`, bearer(ali.receipts));
    mouth.ws.send('dan: chat');
    const message = await readEverywhere(chat, ears, 'dan: chat');
    await mouth.line((line) => line === "✅ Сообщение 'dan: chat' отправлено!");
    const read = await call(`/message/read/${message.id}`, { method: 'PUT', headers: bearer(vali.receipts) });
    assert.equal((await read.json()).message, `Сообщение ${message.id} полностью прочитано!`);
    await mouth.line((line) => line === `✅ Ваше сообщение ${message.id} прочитано!`);
    await until(async () => (await ali.person.api.get(`/rooms/${chat}`)).read_by_all >= message.seq, { what: 'the native mark' });
    await editAndDelete(chat, ears, message, 'dan: chat');
    // The other way round: read in the web client, told in the chats.
    mouth.ws.send('natively read');
    const { message: second } = await heardNatively(chat, 'natively read');
    await gateway.op('read', { room: chat, read: second.seq });
    await mouth.line((line) => line === `✅ Ваше сообщение ${second.id} прочитано!`);
    for (const ear of [ears.rooms, ears.receipts, mouth]) ear.close();
});

test('a customer of the desk is answered from the console, the rooms and the chats; what is edited there is edited at the desk', async () => {
    await site.api.put(`/desk/agents/${vali.id}`, { role: 'agent', capacity: 0 });
    const opened = await (await call('/api/chats', json({ userId: 'mijoz-5', userName: 'Beshinchi' }))).json();
    const customer = { 'content-type': 'application/json', ...bearer(opened.visitorToken) };
    const room = parseInt(opened.chat._id, 16);
    const taken = await call('/api/chats/assign', { method: 'POST', headers: { 'content-type': 'application/json', ...bearer(vali.native) }, body: JSON.stringify({ chatId: opened.chat._id, adminId: vali.name, adminName: 'V' }) });
    assert.equal((await taken.json()).chat.status, 'active');
    const heard = [];
    const socket = io(server.url, { auth: { token: opened.visitorToken }, transports: ['websocket'] });
    socket.onAny((event, data) => heard.push([event, data]));
    await new Promise((done) => socket.once('connect', done));
    assert.deepEqual(await socket.timeout(10000).emitWithAck('join-user', { userId: 'mijoz-5', userName: 'Beshinchi' }), { success: true });
    assert.deepEqual(await socket.timeout(10000).emitWithAck('join-chat', { chatId: opened.chat._id }), { success: true });
    const heardAtDesk = (event, fits) => until(() => heard.find(([e, d]) => e === event && fits(d)), { what: `${event}; heard ${JSON.stringify(heard.slice(-3))}` });
    const sent = await call('/api/messages', { method: 'POST', headers: customer, body: JSON.stringify({ chatId: opened.chat._id, senderId: 'mijoz-5', senderType: 'user', content: 'dan: mijoz' }) });
    assert.equal((await sent.json()).success, true);
    await heardAtDesk('new-message', (d) => d.message.content === 'dan: mijoz');
    const { message } = await heardNatively(room, 'dan: mijoz');
    const ears = await listen(room);
    assert.deepEqual(await ears.history(), ['dan: mijoz']);
    // The agent answers through every door they have.
    await vali.person.say({ id: room }, 'javob: konsol');
    ears.rooms.ws.send(JSON.stringify({ type: 'chat_message', message: 'javob: xonalar' }));
    await heardAtDesk('new-message', (d) => d.message.content === 'javob: xonalar');
    ears.receipts.ws.send('javob: chatlar');
    for (const text of ['javob: konsol', 'javob: xonalar', 'javob: chatlar'])
        assert.equal((await heardAtDesk('new-message', (d) => d.message.content === text))[1].message.senderType, 'admin');
    const listed = await (await call(`/api/messages/${opened.chat._id}`, { headers: customer })).json();
    assert.deepEqual(listed.messages.map((m) => m.content), ['dan: mijoz', 'javob: konsol', 'javob: xonalar', 'javob: chatlar']);
    // Edited and deleted natively, the desk shows it so.
    const own = (await vali.person.history({ id: room })).messages.find((m) => m.text === 'javob: konsol');
    await vali.person.api.patch(`/rooms/${room}/messages/${own.id}`, { text: 'javob: tuzatildi' });
    await vali.person.api.delete(`/rooms/${room}/messages/${message.id}`);
    const now = await (await call(`/api/messages/${opened.chat._id}`, { headers: customer })).json();
    assert.deepEqual(now.messages.map((m) => m.content), ['javob: tuzatildi', 'javob: xonalar', 'javob: chatlar']);
    // Nobody else, by any door.
    assert.deepEqual(await (await call(`/history/${room}`, { headers: bearer(ali.receipts) })).json(), [], 'as if there were no such chat');
    assert.equal(await upgrade(`/ws/chat/${room}/`, { cookie: ali.cookie, origin: server.url }), 403);
    assert.equal(await upgrade(`/ws/${ali.id}/${room}`, bearer(ali.receipts)), 403);
    assert.equal((await ali.person.api.call('GET', `/rooms/${room}/messages`)).status, 404);
    assert.equal((await call(`/api/messages/${opened.chat._id}`, { headers: bearer(ali.native) })).status, 404);
    socket.close(), ears.rooms.close(), ears.receipts.close();
});
