// The old support desk, word for word: its REST routes and its Socket.IO events, with the real client. Each test cites the facts it proves
// (src/dialect/desk/README.md).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Desk, Line, deskSecret, hex, number, sign } from '../lib/desk.mjs';
import { Api, Person, password, setCookies } from '../lib/native.mjs';
import { picture } from '../lib/pictures.mjs';
import { Server, until } from '../lib/server.mjs';

const shop = 'https://shop.example';
let server, api, root, bob, ann, stranger;
const agent = {}; // by name: {person, desk}
before(async () => {
    server = await Server.start({ loops: 2, env: { SUHBAT_DESK_SECRET: deskSecret, CORS_ORIGIN: shop } });
    api = new Api(`${server.url}/api/v1`);
    root = new Person(server, await api.post('/setup', { token: server.setupToken(), username: 'root', password }));
    for (const [name, shown] of [['bob', 'Bob aka'], ['ann', 'Ann opa']]) {
        const person = await Person.register(server, name);
        await person.api.patch('/me', { name: shown });
        await root.api.put(`/desk/agents/${person.id}`, { role: 'agent', capacity: 0 });
        agent[name] = { person, desk: Desk.bearer(server, person.token) };
    }
    ({ bob: { desk: bob }, ann: { desk: ann } } = agent);
    agent.root = { person: root, desk: Desk.bearer(server, root.token) };
    stranger = new Desk(server);
});
after(() => server.stop());

let n = 0;
/** A customer of the shop, with an open chat. */
async function customer(name = 'Ali') {
    const id = `user-${n++}`;
    const desk = Desk.signed(server, id);
    const { chat } = await desk.post('/api/chats', { userId: id, userName: name });
    return { id, desk, chat, chatId: chat._id, name };
}
const write = (who, content, more = {}) => who.desk.post('/api/messages', { chatId: who.chatId, senderId: who.id, senderType: 'user', senderName: who.name, content, ...more });
const reply = (name, chatId, content, more = {}) => agent[name].desk.post('/api/messages', { chatId, senderId: name, senderType: 'admin', content, ...more });
const take = (name, chatId) => agent[name].desk.post('/api/chats/assign', { chatId, adminId: name, adminName: 'any' });
async function line(who, ...chats) {
    const name = agent[who] ? who : null;
    const l = await Line.open(server, { auth: name ? { token: agent[name].person.token } : { userId: who.id, userSignature: sign(who.id) } });
    const joined = name ? await l.ask('join-admin', { adminId: name, adminName: name, isSuperAdmin: false }) : await l.ask('join-user', { userId: who.id, userName: who.name });
    assert.deepEqual(joined, { success: true });
    for (const chatId of chats) assert.deepEqual(await l.ask('join-chat', { chatId }), { success: true });
    await l.settled();
    l.heard.length = 0;
    return l;
}
/** All that these lines were told of one chat has arrived: what comes last is waited for. */
const about = (l, chatId) => l.heard.filter(([, d]) => [d?.chatId, d?.chat?._id, d?.message?.chatId].includes(chatId));
const names = (l, chatId) => about(l, chatId).map(([name]) => name);
async function refused(promise, status, body) {
    const answer = await promise;
    assert.equal(answer.status, status, answer.text);
    if (body !== undefined) assert.deepEqual(answer.body, typeof body === 'string' ? { error: body } : body);
    assert.equal(typeof answer.body.error, 'string');
    return answer;
}
const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ours = ['userVerified', 'queuePosition', 'waitSeconds', 'tags', 'rating', 'closedAt'];

// Shapes

test('D-01 D-02 D-03 D-04 D-10 a new chat, field by field; the same again is not new', async () => {
    const ali = Desk.signed(server, 'ali');
    const answer = await ali.call('POST', '/api/chats', { userId: 'ali', userName: 'Ali' });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
    assert.deepEqual(Object.keys(answer.body), ['success', 'chat', 'isNew']);
    const { chat } = answer.body;
    assert.match(chat._id, /^[0-9a-f]{24}$/);
    for (const time of ['lastMessageAt', 'createdAt', 'updatedAt']) assert.match(chat[time], iso);
    assert.ok(Math.abs(Date.parse(chat.lastMessageAt) - Date.now()) < 60_000);
    const { _id, lastMessageAt, createdAt, updatedAt, ...rest } = chat;
    assert.deepEqual(rest, {
        userId: 'ali', userName: 'Ali', assignedAdminId: null, assignedAdminName: null, status: 'waiting', lastMessage: '', unreadCount: 0, userOnline: false,
        isLocked: false, lockedByAdminId: null, lockedByAdminName: null, __v: 0,
        userVerified: true, queuePosition: 1, waitSeconds: null, tags: [], rating: null, closedAt: null,
    });
    const again = await ali.post('/api/chats', { userId: 'ali', userName: 'Another name' });
    assert.deepEqual([again.isNew, again.chat._id, again.chat.userName], [false, chat._id, 'Ali']);
    const nameless = await Desk.signed(server, 'nameless').post('/api/chats', { userId: 'nameless' });
    assert.deepEqual([nameless.isNew, nameless.chat.userName], [true, 'Mijoz']);
    for (const id of ['abc', 'z'.repeat(24), `${chat._id}0`]) await refused(bob.call('GET', `/api/messages/${id}`), 400, "chatId noto'g'ri");
    for (const id of ['f'.repeat(24), hex(999_999), '0'.repeat(24)]) await refused(bob.call('GET', `/api/messages/${id}`), 404, 'Chat topilmadi');
    await root.api.call('POST', `/desk/chats/${number(chat._id)}/close`);
});

test('D-05 D-21 D-22 a message, field by field, and what it does to its chat', async () => {
    const ali = await customer();
    const { message, chat, ...none } = await write(ali, 'x'.repeat(99) + 'ўқ');
    assert.deepEqual(none, { success: true });
    for (const time of ['createdAt', 'updatedAt']) assert.match(message[time], iso);
    const { _id, createdAt, updatedAt, ...rest } = message;
    assert.match(_id, /^[0-9a-f]{24}$/);
    assert.deepEqual(rest, { chatId: ali.chatId, senderId: ali.id, senderType: 'user', senderName: 'Ali', content: 'x'.repeat(99) + 'ўқ', messageType: 'text',
        fileUrl: null, isRead: false, readAt: null, __v: 0, clientKey: null });
    assert.deepEqual([chat._id, chat.lastMessage, chat.unreadCount, chat.status], [ali.chatId, 'x'.repeat(99) + 'ў', 1, 'waiting']);
    assert.equal(chat.lastMessageAt, createdAt);
    assert.equal((await write(ali, 'ikki')).chat.unreadCount, 2);
    await take('bob', ali.chatId);
    const answered = await reply('bob', ali.chatId, 'javob');
    assert.deepEqual([answered.message.senderId, answered.message.senderType, answered.message.senderName], ['bob', 'admin', 'Bob aka']);
    assert.deepEqual([answered.chat.unreadCount, answered.chat.lastMessage], [2, 'javob']);
    const fresh = Desk.signed(server, 'without-a-chat');
    const first = await fresh.post('/api/messages', { senderId: 'without-a-chat', senderType: 'user', senderName: 'Vali', content: 'salom' });
    assert.deepEqual([first.chat.userName, first.chat.status, first.message.chatId], ['Vali', 'waiting', first.chat._id]);
    const second = await fresh.post('/api/messages', { senderId: 'without-a-chat', senderType: 'user', content: 'yana' });
    assert.equal(second.chat._id, first.chat._id);
    await bob.patch(`/api/chats/${first.chat._id}/close`);
    const third = await fresh.post('/api/messages', { senderId: 'without-a-chat', senderType: 'user', content: 'yangi' });
    assert.notEqual(third.chat._id, first.chat._id);
});

test('D-06 ids may be numbers: answered as text, repeated as they were sent; what is no id is refused', async () => {
    const id = 700_123;
    const desk = Desk.signed(server, id);
    const { chat } = await desk.post('/api/chats', { userId: id, userName: 5 });
    assert.deepEqual([chat.userId, chat.userName], ['700123', '5']);
    const who = { id, desk, chatId: chat._id };
    assert.equal((await write(who, 'salom')).message.senderId, '700123');
    const b = await line('bob', chat._id);
    await desk.post('/api/status', { userId: id, online: true });
    assert.equal((await b.next('user-status')).userId, id);
    await desk.post('/api/messages/typing', { chatId: chat._id, userId: id, userName: 'x', isTyping: true });
    assert.equal((await b.next('typing')).userId, id);
    await desk.post('/api/messages/read', { chatId: chat._id, readerId: id, readerType: 'user' });
    assert.equal((await b.next('messages-read')).readerId, id);
    b.close();
    for (const bad of [{ $ne: null }, ['ali'], true]) {
        await refused(desk.call('POST', '/api/chats', { userId: bad }), 400, "userId noto'g'ri");
        await refused(bob.call('POST', '/api/chats/assign', { chatId: chat._id, adminId: bad }), 400, "adminId noto'g'ri");
        await refused(bob.call('POST', '/api/messages', { chatId: bad, senderId: 'bob', senderType: 'admin', content: 'x' }), 400, "chatId noto'g'ri");
    }
    await refused(bob.call('GET', '/api/chats/waiting?adminId[$ne]=x'), 400, "adminId noto'g'ri");
    await refused(desk.call('POST', '/api/chats', 'userId[$ne]=x', { 'content-type': 'application/x-www-form-urlencoded' }), 400, "userId noto'g'ri");
});

test('D-07 JSON or a form, at most 100 kB', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const made = await Desk.signed(server, 'formchi').call('POST', '/api/chats', 'userId=formchi&userName=Forma+%D0%B0', form);
    assert.deepEqual([made.status, made.body.chat.userName], [200, 'Forma а']);
    await refused(stranger.call('POST', '/api/chats', '{"userId": '), 400);
    await refused(stranger.call('POST', '/api/chats', '"text"'), 400);
    await refused(stranger.call('POST', '/api/chats', '[]'), 400, 'userId majburiy');
    await refused(stranger.call('POST', '/api/chats', 'userId=x', { 'content-type': 'text/plain' }), 400, 'userId majburiy');
    await refused(stranger.call('POST', '/api/chats'), 400, 'userId majburiy');
    await refused(stranger.call('POST', '/api/messages', { content: 'x'.repeat(103_000) }), 413, 'request entity too large');
});

// Chats

test('D-11 D-12 D-13 D-14 the lists', async () => {
    const ali = await customer('Ro\'yxat');
    await agent.root.desk.patch(`/api/chats/${ali.chatId}/close`);
    const second = (await ali.desk.post('/api/chats', { userId: ali.id })).chat;
    const mine = await ali.desk.get(`/api/chats/user/${ali.id}`);
    assert.deepEqual(mine.chats.map((c) => [c._id, c.status]), [[second._id, 'waiting'], [ali.chatId, 'closed']]);
    assert.deepEqual((await agent.root.desk.get(`/api/chats/user/${ali.id}`)).chats.map((c) => c._id), mine.chats.map((c) => c._id));
    await write({ ...ali, chatId: second._id }, 'salom');
    for (const query of ['', '?adminId=bob', '?adminId=bob&isSuperAdmin=true', '?adminId=bob&isSuperAdmin=false']) {
        const { chats } = await bob.get(`/api/chats/waiting${query}`);
        assert.ok(chats.some((c) => c._id === second._id));
        assert.ok(chats.every((c) => c.status === 'waiting' && c.assignedAdminId === null && !c.isLocked));
        assert.deepEqual(chats.map((c) => c.queuePosition), chats.map((_, i) => i + 1), 'oldest first');
    }
    await bob.post('/api/chats/lock', { chatId: second._id, adminId: 'bob' });
    assert.ok(!(await ann.get('/api/chats/waiting')).chats.some((c) => c._id === second._id));
    const bobs = (await bob.get('/api/chats/admin/bob')).chats;
    assert.ok(bobs.some((c) => c._id === second._id));
    assert.ok(bobs.every((c) => c.assignedAdminId === 'bob' && c.status === 'active'));
    assert.deepEqual((await agent.root.desk.get('/api/chats/admin/bob')).chats.map((c) => c._id), bobs.map((c) => c._id));
    const all = (await agent.root.desk.get('/api/chats/all')).chats;
    for (const status of ['waiting', 'active', 'closed'])
        assert.deepEqual((await agent.root.desk.get(`/api/chats/all?status=${status}`)).chats.map((c) => c._id), all.filter((c) => c.status === status).map((c) => c._id));
    assert.ok(['waiting', 'active', 'closed'].every((s) => all.some((c) => c.status === s)));
    assert.deepEqual((await agent.root.desk.get('/api/chats/all?status=nothing')).chats, []);
    assert.ok((await ann.get('/api/chats/all')).chats.every((c) => c.status === 'waiting' || c.assignedAdminId === 'ann'));
});

test('D-15 D-60 D-61 D-62 assign: the answer, and who is told what', async () => {
    const [b, a] = [await line('bob'), await line('ann')];
    const ali = await customer();
    assert.deepEqual(Object.keys(await b.next('new-chat', { fits: (d) => d.chat._id === ali.chatId })), ['chat']);
    const c = await line(ali, ali.chatId);
    const { chat } = await take('bob', ali.chatId);
    assert.deepEqual([chat.assignedAdminId, chat.assignedAdminName, chat.status, chat.isLocked], ['bob', 'Bob aka', 'active', false]);
    for (const l of [a, b]) assert.deepEqual(await l.next('chat-taken'), { chatId: ali.chatId, adminId: 'bob', adminName: 'Bob aka' });
    assert.deepEqual(await c.next('admin-joined'), { chatId: ali.chatId, adminName: 'Bob aka' });
    await Promise.all([a, b, c].map((l) => l.settled()));
    assert.deepEqual([names(a, ali.chatId), names(b, ali.chatId), names(c, ali.chatId)], [['new-chat', 'chat-taken'], ['new-chat', 'chat-taken'], ['admin-joined']]);
    assert.equal((await take('bob', ali.chatId)).chat.assignedAdminId, 'bob', 'once more is no change');
    const other = await customer();
    assert.equal((await agent.root.desk.post('/api/chats/assign', { chatId: other.chatId, adminId: 'ann' })).chat.assignedAdminId, 'ann', 'a supervisor gives to others');
    [a, b, c].forEach((l) => l.close());
});

test('D-16 D-71 transfer: out, in, changed', async () => {
    const ali = await customer();
    await take('bob', ali.chatId);
    const [b, a, c] = [await line('bob'), await line('ann'), await line(ali)];
    const { chat } = await bob.post('/api/chats/transfer', { chatId: ali.chatId, fromAdminId: 'bob', toAdminId: 'ann', toAdminName: 'any' });
    assert.deepEqual([chat.assignedAdminId, chat.assignedAdminName, chat.status], ['ann', 'Ann opa', 'active']);
    assert.deepEqual(await b.next('chat-transferred-out'), { chatId: ali.chatId, toAdminName: 'Ann opa' });
    assert.equal((await a.next('chat-transferred-in')).chat._id, ali.chatId);
    assert.deepEqual(await c.next('admin-changed'), { chatId: ali.chatId, adminName: 'Ann opa' });
    await Promise.all([a, b, c].map((l) => l.settled()));
    assert.deepEqual([names(b, ali.chatId), names(a, ali.chatId), names(c, ali.chatId)], [['chat-transferred-out'], ['chat-transferred-in'], ['admin-changed']]);
    await refused(agent.root.desk.call('POST', '/api/chats/transfer', { chatId: ali.chatId, fromAdminId: 'bob', toAdminId: 'root' }), 400,
        { error: 'Chat boshqa adminga biriktirilgan', assignedTo: 'Ann opa' });
    await refused(ann.call('POST', '/api/chats/transfer', { chatId: ali.chatId, fromAdminId: 'ann', toAdminId: 'nobody' }), 404);
    [a, b, c].forEach((l) => l.close());
});

test('D-17 D-69 lock and D-18 D-70 unlock', async () => {
    const ali = await customer();
    const [b, a, c] = [await line('bob'), await line('ann'), await line(ali)];
    const { chat } = await bob.post('/api/chats/lock', { chatId: ali.chatId, adminId: 'bob', adminName: 'any' });
    assert.deepEqual([chat.isLocked, chat.lockedByAdminId, chat.lockedByAdminName, chat.assignedAdminId, chat.status], [true, 'bob', 'Bob aka', 'bob', 'active']);
    const told = await a.next('chat-locked');
    assert.deepEqual([told.chatId, told.lockedByAdminId, told.lockedByAdminName, told.chat._id, told.chat.isLocked], [ali.chatId, 'bob', 'Bob aka', ali.chatId, true]);
    assert.deepEqual(await c.next('admin-joined'), { chatId: ali.chatId, adminName: 'Bob aka' });
    const free = (await bob.post('/api/chats/unlock', { chatId: ali.chatId, adminId: 'bob' })).chat;
    assert.deepEqual([free.isLocked, free.lockedByAdminId, free.assignedAdminId, free.status], [false, null, null, 'waiting']);
    const opened = await a.next('chat-unlocked');
    assert.deepEqual([Object.keys(opened), opened.chatId, opened.chat.status], [['chatId', 'chat'], ali.chatId, 'waiting']);
    await Promise.all([a, b, c].map((l) => l.settled()));
    for (const l of [a, b]) assert.deepEqual(names(l, ali.chatId), ['chat-locked', 'chat-unlocked']);
    assert.deepEqual(names(c, ali.chatId), ['admin-joined']);
    [a, b, c].forEach((l) => l.close());
});

test('D-19 D-68 close, with or without a body: the chat, then the customer', async () => {
    const ali = await customer();
    await take('bob', ali.chatId);
    const [both, alone, b] = [await line(ali, ali.chatId), await line(ali), await line('bob', ali.chatId)];
    const answer = await bob.call('PATCH', `/api/chats/${ali.chatId}/close`);
    assert.deepEqual([answer.status, answer.body.chat.status], [200, 'closed']);
    for (const l of [both, alone, b]) assert.deepEqual(await l.next('chat-closed'), { chatId: ali.chatId });
    await both.next('chat-closed', { from: both.heard.findIndex(([name]) => name === 'chat-closed') + 1 });
    assert.equal((await bob.call('PATCH', `/api/chats/${ali.chatId}/close`, {})).body.chat.status, 'closed');
    await Promise.all([both, alone, b].map((l) => l.settled()));
    assert.deepEqual([both, alone, b].map((l) => names(l, ali.chatId).length), [2, 1, 1]);
    const vali = await customer();
    assert.equal((await vali.desk.patch(`/api/chats/${vali.chatId}/close`)).chat.status, 'closed', 'customers end their own');
    [both, alone, b].forEach((l) => l.close());
});

// Messages

test('D-20 pages from the newest, oldest first inside; edited as they are now, deleted ones not at all', async () => {
    const ali = await customer();
    const ids = [];
    for (let i = 0; i < 7; i++) ids.push((await write(ali, `xabar ${i}`)).message._id);
    const page = async (query) => {
        const { messages, pagination } = await ali.desk.get(`/api/messages/${ali.chatId}${query}`);
        return [messages.map((m) => m.content.replace('xabar ', '')).join(), pagination];
    };
    assert.deepEqual(await page(''), ['0,1,2,3,4,5,6', { page: 1, limit: 50, total: 7, pages: 1 }]);
    assert.deepEqual(await page('?page=1&limit=3'), ['4,5,6', { page: 1, limit: 3, total: 7, pages: 3 }]);
    assert.deepEqual(await page('?page=2&limit=3'), ['1,2,3', { page: 2, limit: 3, total: 7, pages: 3 }]);
    assert.deepEqual(await page('?page=3&limit=3'), ['0', { page: 3, limit: 3, total: 7, pages: 3 }]);
    assert.deepEqual(await page('?page=9&limit=3'), ['', { page: 9, limit: 3, total: 7, pages: 3 }]);
    assert.equal((await page('?limit=100000'))[1].limit, 500);
    await take('bob', ali.chatId);
    const own = (await reply('bob', ali.chatId, 'xabar 7')).message._id;
    const native = agent.bob.person.api;
    await native.patch(`/rooms/${number(ali.chatId)}/messages/${number(own)}`, { text: 'xabar yetti' });
    await native.delete(`/rooms/${number(ali.chatId)}/messages/${number(ids[3])}`);
    assert.deepEqual(await page(''), ['0,1,2,4,5,6,yetti', { page: 1, limit: 50, total: 7, pages: 1 }]);
});

test('D-23 D-63 D-64 a message: new chat, message, notification, in this order, to the right people', async () => {
    const [b, a] = [await line('bob'), await line('ann')];
    const id = `user-${n++}`, desk = Desk.signed(server, id);
    const first = await desk.post('/api/messages', { senderId: id, senderType: 'user', senderName: 'Ali', content: 'salom' });
    const chatId = first.chat._id, ali = { id, desk, chatId, name: 'Ali' };
    for (const l of [a, b]) {
        const note = await l.next('message-notification', { fits: (d) => d.chatId === chatId });
        assert.deepEqual(Object.keys(note), ['chatId', 'message', 'chat']);
        assert.deepEqual([note.message.content, note.chat.unreadCount], ['salom', 1]);
        assert.deepEqual(names(l, chatId), ['new-chat', 'message-notification'], 'nobody has it: all agents');
    }
    const c = await line(ali, chatId);
    await a.ask('join-chat', { chatId });
    const second = await write(ali, 'ikki');
    assert.deepEqual(await c.next('new-message'), { message: second.message }, 'also to the author');
    await a.next('message-notification', { fits: (d) => d.message.content === 'ikki' });
    assert.deepEqual(names(a, chatId), ['new-chat', 'message-notification', 'new-message', 'message-notification'], 'first in the chat');
    await take('bob', chatId);
    await write(ali, 'uch');
    await b.next('message-notification', { fits: (d) => d.message.content === 'uch' });
    await reply('bob', chatId, 'javob');
    const told = await c.next('message-notification');
    assert.deepEqual([Object.keys(told), told.message.content], [['chatId', 'message'], 'javob']);
    await Promise.all([a, b, c].map((l) => l.settled()));
    assert.ok(!a.heard.some(([, d]) => d?.message?.content === 'uch'), 'another agent\'s: word to that one alone, and the chat hears no bystander');
    assert.deepEqual(names(c, chatId), ['new-message', 'admin-joined', 'new-message', 'new-message', 'message-notification']);
    [a, b, c].forEach((l) => l.close());
});

test('D-24 D-66 read by REST: stored, counted, told to everyone in the chat', async () => {
    const ali = await customer();
    await write(ali, 'bir');
    await write(ali, 'ikki');
    await take('bob', ali.chatId);
    const [b, c] = [await line('bob', ali.chatId), await line(ali, ali.chatId)];
    assert.deepEqual(await bob.post('/api/messages/read', { chatId: ali.chatId, readerId: 'bob', readerType: 'admin' }), { success: true });
    for (const l of [b, c]) assert.deepEqual(await l.next('messages-read'), { chatId: ali.chatId, readerId: 'bob', readerType: 'admin' });
    const { messages } = await ali.desk.get(`/api/messages/${ali.chatId}`);
    assert.ok(messages.every((m) => m.isRead && iso.test(m.readAt)));
    assert.equal((await bob.get('/api/chats/admin/bob')).chats.find((x) => x._id === ali.chatId).unreadCount, 0);
    await reply('bob', ali.chatId, 'javob');
    assert.equal((await bob.get(`/api/messages/${ali.chatId}`)).messages.at(-1).isRead, false);
    await ali.desk.post('/api/messages/read', { chatId: ali.chatId, readerId: ali.id, readerType: 'user' });
    assert.deepEqual(await b.next('messages-read', { from: b.heard.length }).catch(() => b.heard.findLast(([name]) => name === 'messages-read')[1]),
        { chatId: ali.chatId, readerId: ali.id, readerType: 'user' });
    assert.equal((await bob.get(`/api/messages/${ali.chatId}`)).messages.at(-1).isRead, true);
    await Promise.all([b, c].map((l) => l.settled()));
    for (const l of [b, c]) assert.equal(l.names().filter((name) => name === 'messages-read').length, 2, 'each once');
    [b, c].forEach((l) => l.close());
});

test('D-25 D-54 D-65 typing: by REST to everyone and without chatId, from a socket to the others', async () => {
    const ali = await customer();
    await take('bob', ali.chatId);
    const [c, b] = [await line(ali, ali.chatId), await line('bob', ali.chatId)];
    assert.deepEqual(await ali.desk.post('/api/messages/typing', { chatId: ali.chatId, userId: ali.id, userName: 'Ali', isTyping: true }), { success: true });
    for (const l of [b, c]) assert.deepEqual(await l.next('typing'), { userId: ali.id, userName: 'Ali', isTyping: true });
    b.heard.length = c.heard.length = 0;
    c.say('typing', { chatId: ali.chatId, userId: ali.id, userName: 'Ali', isTyping: false });
    assert.deepEqual(await b.next('typing'), { chatId: ali.chatId, userId: ali.id, userName: 'Ali', isTyping: false });
    b.say('typing', { chatId: ali.chatId, userId: 'bob', userName: 'Bob', isTyping: true });
    assert.deepEqual(await c.next('typing'), { chatId: ali.chatId, userId: 'bob', userName: 'Bob', isTyping: true });
    await Promise.all([b, c].map((l) => l.settled()));
    assert.deepEqual([b.names(), c.names()], [['typing'], ['typing']], 'not to the sender');
    [b, c].forEach((l) => l.close());
});

test('D-26 D-67 status by REST: kept, and told to the agent who has the chat, or to all', async () => {
    const ali = await customer();
    const [b, a] = [await line('bob'), await line('ann')];
    assert.deepEqual(await ali.desk.post('/api/status', { userId: ali.id, online: true }), { success: true });
    for (const l of [a, b]) assert.deepEqual(await l.next('user-status'), { chatId: ali.chatId, userId: ali.id, online: true });
    assert.equal((await take('bob', ali.chatId)).chat.userOnline, true);
    await ali.desk.post('/api/status', { userId: ali.id, online: false });
    assert.deepEqual(await b.next('user-status', { fits: (d) => !d.online }), { chatId: ali.chatId, userId: ali.id, online: false });
    await Promise.all([a, b].map((l) => l.settled()));
    assert.equal(a.names().filter((name) => name === 'user-status').length, 1);
    assert.deepEqual(await Desk.signed(server, 'no-chat').post('/api/status', { userId: 'no-chat', online: true }), { success: true });
    [a, b].forEach((l) => l.close());
});

test('D-27 D-92 D-93 files: an address of the caller\'s, or bytes that were brought here; a repeat is answered', async () => {
    const ali = await customer();
    for (const [messageType, fileUrl] of [['image', 'https://cdn.example/a/b.png'], ['file', '/uploads/shartnoma.pdf']]) {
        const { message } = await write(ali, 'fayl', { messageType, fileUrl });
        assert.deepEqual([message.messageType, message.fileUrl], [messageType, fileUrl]);
    }
    for (const fileUrl of ['javascript:alert(1)', 'data:text/html,x', `https://x.example/${'x'.repeat(2100)}`]) await refused(ali.desk.call('POST', '/api/messages',
        { chatId: ali.chatId, senderId: ali.id, senderType: 'user', content: 'x', messageType: 'file', fileUrl }), 400);
    await refused(stranger.call('POST', '/api/messages/files?name=a.png', 'x'), 401);
    await refused(ali.desk.call('POST', '/api/messages/files', 'x'), 400);
    const bytes = await fetch(`${server.url}/api/messages/files?name=${encodeURIComponent('mening rasmim.png')}`, { method: 'POST', headers: ali.desk.proof, body: picture });
    const brought = await bytes.json();
    assert.deepEqual([bytes.status, brought.success, brought.file.name, brought.file.type, brought.file.size], [200, true, 'mening rasmim.png', 'image/png', picture.length]);
    const thief = await customer();
    await refused(thief.desk.call('POST', '/api/messages', { chatId: thief.chatId, senderId: thief.id, senderType: 'user', content: 'x', fileUrl: brought.file.fileUrl }), 404, 'Fayl topilmadi');
    const { message } = await write(ali, 'rasm', { messageType: 'image', fileUrl: brought.file.fileUrl, clientKey: 'k1' });
    assert.deepEqual([message.messageType, message.clientKey, message.fileUrl.split('/').pop()], ['image', 'k1', 'mening%20rasmim.png']);
    assert.equal((await write(ali, 'rasm', { messageType: 'image', fileUrl: brought.file.fileUrl, clientKey: 'k1' })).message._id, message._id);
    const seen = await fetch(server.url + message.fileUrl);
    assert.deepEqual([seen.status, seen.headers.get('content-type')], [200, 'image/png']);
    assert.deepEqual(Buffer.from(await seen.arrayBuffer()), Buffer.from(picture));
    assert.ok([200].includes((await fetch(`${server.url}${message.fileUrl}?thumbnail=1`)).status));
    assert.equal((await fetch(server.url + message.fileUrl.replace(/\.[0-9a-f]{32}/, `.${'0'.repeat(32)}`))).status, 404);
    assert.equal((await fetch(server.url + brought.file.fileUrl)).status, 404, 'unsigned');
    assert.equal((await ali.desk.get(`/api/messages/${ali.chatId}`)).messages.at(-1).fileUrl, message.fileUrl);
});

test('D-28 nobody writes into a closed chat, and nothing is cut', async () => {
    const ali = await customer();
    await refused(ali.desk.call('POST', '/api/messages', { chatId: ali.chatId, senderId: ali.id, senderType: 'user', content: 'x'.repeat(4001) }), 413);
    await take('bob', ali.chatId);
    await bob.patch(`/api/chats/${ali.chatId}/close`);
    for (const [desk, senderId, senderType] of [[ali.desk, ali.id, 'user'], [bob, 'bob', 'admin']])
        await refused(desk.call('POST', '/api/messages', { chatId: ali.chatId, senderId, senderType, content: 'x' }), 403, 'Chat yopilgan');
});

// Refusals

test('D-30 what is missing, in the old words', async () => {
    const { chatId } = await customer();
    const rows = [['/api/chats', [{}, { userId: '' }, { userId: 0 }, { userId: null }, { userId: false }, { userName: 'x' }], 'userId majburiy'],
        ['/api/status', [{}, { online: true }], 'userId majburiy'],
        ['/api/chats/assign', [{}, { chatId }, { adminId: 'bob' }], 'chatId va adminId majburiy'],
        ['/api/chats/lock', [{}, { chatId }, { adminId: 'bob' }], 'chatId va adminId majburiy'],
        ['/api/chats/unlock', [{}, { adminId: 'bob' }], 'chatId majburiy'],
        ['/api/chats/transfer', [{ toAdminId: 'ann' }], 'chatId majburiy'],
        ['/api/messages/typing', [{}, { isTyping: true }], 'chatId majburiy'],
        ['/api/messages/read', [{}], 'chatId majburiy'],
        ['/api/messages', [{}, { chatId, senderId: 'x', senderType: 'user' }, { senderId: 'x', content: 'x' }, { senderType: 'user', content: 'x' },
            { senderId: 'x', senderType: 'user', content: '' }], "Majburiy maydonlar to'ldirilmagan"]];
    for (const [path, bodies, words] of rows) for (const body of bodies) await refused(bob.call('POST', path, body), 400, words);
});

test('D-31 what is wrong is 400, where the old server said 500', async () => {
    const { chatId } = await customer();
    const message = { chatId, senderId: 'bob', senderType: 'admin', content: 'x' };
    const rows = [[{ ...message, senderType: 'king' }, 'senderType'], [{ ...message, messageType: 'video' }, 'messageType'], [{ ...message, content: 5 }, 'content'],
        [{ ...message, content: { a: 1 } }, 'content'], [{ ...message, fileUrl: 5 }, 'fileUrl'], [{ ...message, chatId: 'zz' }, 'chatId']];
    for (const [body, field] of rows) await refused(bob.call('POST', '/api/messages', body), 400, `${field} noto'g'ri`);
    await refused(bob.call('POST', '/api/chats/assign', { chatId: 'x', adminId: 'bob' }), 400, "chatId noto'g'ri");
    await refused(bob.call('PATCH', '/api/chats/x/close'), 400, "chatId noto'g'ri");
    await refused(bob.call('GET', `/api/messages/${chatId}?page=x`), 400, "page noto'g'ri");
});

test('D-32 D-33 another agent has it', async () => {
    const ali = await customer();
    await take('bob', ali.chatId);
    for (const path of ['assign', 'lock']) await refused(ann.call('POST', `/api/chats/${path}`, { chatId: ali.chatId, adminId: 'ann' }), 400,
        { error: 'Chat boshqa adminga biriktirilgan', assignedTo: 'Bob aka' });
    await bob.post('/api/chats/lock', { chatId: ali.chatId, adminId: 'bob' });
    await refused(ann.call('POST', '/api/chats/assign', { chatId: ali.chatId, adminId: 'ann' }), 400, { error: 'Chat boshqa adminga biriktirilgan', assignedTo: 'Bob aka' });
    await refused(ann.call('POST', '/api/chats/unlock', { chatId: ali.chatId, adminId: 'ann' }), 403, { error: 'Siz bu chatni ocha olmaysiz', assignedTo: 'Bob aka' });
    await refused(ann.call('POST', '/api/chats/unlock', { chatId: ali.chatId, adminId: 'ann', isSuperAdmin: true }), 403, { error: 'Siz bu chatni ocha olmaysiz', assignedTo: 'Bob aka' });
    assert.equal((await agent.root.desk.post('/api/chats/unlock', { chatId: ali.chatId, adminId: 'root', isSuperAdmin: true })).chat.status, 'waiting');
});

test('D-34 an unknown chat is 404, and so is one that is none of the asker\'s business', async () => {
    const ali = await customer(), vali = await customer();
    const gone = hex(123_456);
    for (const chatId of [gone, ali.chatId]) {
        await refused(vali.desk.call('GET', `/api/messages/${chatId}`), 404, 'Chat topilmadi');
        await refused(vali.desk.call('POST', '/api/messages', { chatId, senderId: vali.id, senderType: 'user', content: 'x' }), 404, 'Chat topilmadi');
        await refused(vali.desk.call('POST', '/api/messages/read', { chatId, readerId: vali.id, readerType: 'user' }), 404, 'Chat topilmadi');
        await refused(vali.desk.call('POST', '/api/messages/typing', { chatId, userId: vali.id, isTyping: true }), 404, 'Chat topilmadi');
    }
    await refused(bob.call('POST', '/api/chats/assign', { chatId: gone, adminId: 'bob' }), 404, 'Chat topilmadi');
    await refused(bob.call('PATCH', `/api/chats/${gone}/close`), 404, 'Chat topilmadi');
    await refused(bob.call('POST', '/api/messages', { senderId: 'bob', senderType: 'admin', content: 'x' }), 404, 'Chat topilmadi');
});

test('D-35 unknown paths and verbs', async () => {
    for (const [method, path] of [['GET', '/api/chats'], ['GET', '/api/chats/nothing'], ['DELETE', '/api/chats/waiting'], ['GET', '/api/messages'], ['POST', '/api/messages/x/y'],
        ['PUT', '/api/messages'], ['GET', '/api/status'], ['POST', `/api/chats/${hex(1)}/close`]])
        await refused(bob.call(method, path, method === 'GET' ? undefined : {}), 404, `Cannot ${method} ${path}`);
});

test('D-36 D-37 the other words: not proven, not allowed, too often, capacity', async () => {
    const ali = await customer();
    await refused(stranger.call('GET', '/api/chats/waiting'), 401, 'Kim ekaningiz isbotlanmagan');
    await refused(Desk.bearer(server, 'eyJ.x.y').call('GET', '/api/chats/waiting'), 401, "Token noto'g'ri");
    await refused(new Desk(server, { 'x-desk-user': ali.id, 'x-desk-signature': 'f'.repeat(64) }).call('GET', `/api/messages/${ali.chatId}`), 401, "Imzo noto'g'ri");
    await refused(ali.desk.call('GET', '/api/chats/waiting'), 403, "Ruxsat yo'q");
    await refused(ali.desk.call('GET', '/api/chats/admin/bob'), 403, "Ruxsat yo'q");
    await root.api.put(`/desk/agents/${agent.ann.person.id}`, { role: 'agent', capacity: 1 });
    const chats = [await customer(), await customer()];
    const held = (await ann.get('/api/chats/admin/ann')).chats;
    for (const c of held) await ann.patch(`/api/chats/${c._id}/close`);
    await take('ann', chats[0].chatId);
    await refused(ann.call('POST', '/api/chats/assign', { chatId: chats[1].chatId, adminId: 'ann' }), 409, "Agentning o'rni to'lgan");
    await ann.patch(`/api/chats/${chats[0].chatId}/close`);
    await refused(ann.call('POST', '/api/chats/assign', { chatId: chats[0].chatId, adminId: 'ann' }), 409, 'Chat yopilgan');
    await root.api.put(`/desk/agents/${agent.ann.person.id}`, { role: 'agent', capacity: 0 });
    const strict = await Server.start({ env: { SUHBAT_RATE_LIMITS: 'on' } });
    try {
        const answers = [];
        for (let i = 0; i < 35; i++) answers.push(await new Desk(strict).call('POST', '/api/chats', { userId: `v${i}` }));
        const late = answers.find((a) => a.status === 429);
        assert.deepEqual(late?.body, { error: "Juda ko'p so'rov" });
        assert.ok(Number(late.headers.get('retry-after')) > 0);
        const visitor = Desk.bearer(strict, answers[0].body.visitorToken);
        const said = await Promise.all(Array.from({ length: 60 }, (_, i) => visitor.call('POST', '/api/messages', { senderId: 'v0', senderType: 'user', content: `${i}` })));
        assert.ok(said.some((a) => a.status === 429) && said.some((a) => a.status === 200));
    } finally {
        await strict.stop();
    }
});

// Around

test('D-40 D-41 health and the banner', async () => {
    const l = await line('bob');
    await until(async () => (await (await fetch(`${server.url}/health`)).json()).connections > 0, { what: 'a connection in /health' });
    const health = await (await fetch(`${server.url}/health`)).json();
    assert.deepEqual(Object.keys(health), ['status', 'timestamp', 'uptime', 'websocket', 'connections']);
    assert.deepEqual([health.status, health.websocket], ['OK', 'active']);
    assert.match(health.timestamp, iso);
    assert.ok(health.uptime > 0 && health.connections > 0);
    l.close();
    const banner = await fetch(`${server.url}/`, { headers: { accept: 'application/json' } });
    const { message, version, ...rest } = await banner.json();
    assert.match(message, /suhbat/);
    assert.match(version, /^\d+\.\d+\.\d+/);
    assert.deepEqual(rest, { transport: 'Socket.io WebSocket', endpoints: { health: '/health', api: '/api/*', websocket: 'ws://[host]/socket.io/' } });
    assert.ok(!(await (await fetch(`${server.url}/`, { headers: { accept: 'text/html,application/json' } })).text()).includes('Socket.io WebSocket'));
});

test('D-42 D-43 CORS: the list binds every answer', async () => {
    for (const path of ['/api/chats', '/api/chats/waiting', '/api/messages', `/api/messages/${hex(1)}`, '/api/status', '/health']) {
        const asked = { origin: shop, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-desk-user, content-type' };
        const answer = await stranger.call('OPTIONS', path, undefined, asked);
        assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin'), answer.headers.get('access-control-allow-headers')],
            [204, shop, 'x-desk-user, content-type'], path);
        assert.equal((await stranger.call('OPTIONS', path, undefined, { ...asked, origin: 'https://evil.example' })).headers.get('access-control-allow-origin'), null);
    }
    const plain = async (origin) => (await bob.call('GET', '/api/chats/waiting', undefined, { origin })).headers;
    const listed = await plain(shop);
    assert.deepEqual(['origin', 'credentials', 'headers', 'methods'].map((h) => listed.get(`access-control-allow-${h}`)),
        [shop, 'true', 'Content-Type, Authorization', 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS']);
    assert.equal((await plain('https://evil.example')).get('access-control-allow-origin'), null);
    const open = await Server.start({ env: { CORS_ORIGIN: '*' } });
    try {
        const any = await new Desk(open).call('POST', '/api/chats', { userId: 'x' }, { origin: 'https://anybody.example' });
        assert.deepEqual([any.headers.get('access-control-allow-origin'), any.headers.get('access-control-allow-credentials'), any.cookies], ['*', null, []]);
    } finally {
        await open.stop();
    }
});

// Sockets

test('D-50 D-53 D-56 D-57 nothing is sent after the handshake; acknowledgements are answered; what is incomplete is ignored', async () => {
    const ali = await customer();
    for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
        const l = await Line.open(server, { auth: { userId: ali.id, userSignature: sign(ali.id) }, transports });
        await l.settled();
        assert.deepEqual(l.heard, []);
        l.say('ping');
        assert.equal(await l.next('pong'), undefined);
        l.heard.length = 0;
        for (const [name, ...data] of [['join-user'], ['join-user', {}], ['join-user', 'x'], ['join-admin', {}], ['join-chat', {}], ['join-chat', null], ['typing', { isTyping: true }],
            ['mark-read', {}], ['unknown-event', { a: 1 }], ['message', 'x'], ['join-chat', { chatId: 'zz' }]]) l.say(name, ...data);
        assert.deepEqual(await l.ask('join-chat', { chatId: ali.chatId }), { success: true });
        await write(ali, 'bir');
        await l.next('new-message');
        assert.deepEqual(await l.ask('leave-chat', { chatId: ali.chatId }), { success: true });
        await write(ali, 'ikki');
        await l.settled();
        assert.deepEqual(l.names(), ['new-message']);
        l.close();
    }
    const wrong = new Line(server, {});
    wrong.socket.io.socket('/admin').connect();
    const refusal = await new Promise((done) => wrong.socket.io.socket('/admin').once('connect_error', done));
    assert.match(refusal.message, /Invalid namespace/);
    wrong.close();
});

test('D-51 D-52 D-58 coming and going of customers is told to the agents; agents come and go in silence', async () => {
    const ali = await customer();
    const b = await line('bob');
    const [one, two] = [await line(ali), await line(ali)];
    await b.next('user-status');
    one.close();
    assert.deepEqual(await b.next('user-status', { fits: (d) => !d.online }), { userId: ali.id, online: false }, 'though there is another one');
    const a = await line('ann');
    a.close();
    await b.settled();
    assert.deepEqual(b.heard.filter(([, d]) => d.userId === ali.id).map(([, d]) => d),
        [{ userId: ali.id, online: true }, { userId: ali.id, online: true }, { userId: ali.id, online: false }]);
    assert.equal(b.heard.length, 3);
    assert.equal((await take('bob', ali.chatId)).chat.userOnline, false, 'nothing is stored');
    [two, b].forEach((l) => l.close());
});

test('D-55 D-66 mark-read from a socket: stored, told to all but the sender', async () => {
    const ali = await customer();
    await write(ali, 'bir');
    await take('bob', ali.chatId);
    const [b, c] = [await line('bob', ali.chatId), await line(ali, ali.chatId)];
    assert.deepEqual(await b.ask('mark-read', { chatId: ali.chatId, readerId: 'bob', readerType: 'admin' }), { success: true });
    assert.deepEqual(await c.next('messages-read'), { chatId: ali.chatId, readerId: 'bob', readerType: 'admin' });
    await b.settled();
    assert.ok(!b.names().includes('messages-read'));
    assert.equal((await ali.desk.get(`/api/messages/${ali.chatId}`)).messages[0].isRead, true);
    [b, c].forEach((l) => l.close());
});

test('D-72 D-73 what other doors do is told in the old words', async () => {
    const ali = await customer();
    const room = number(ali.chatId), native = agent.bob.person.api;
    const [c, a] = [await line(ali, ali.chatId), await line('ann')];
    await native.call('POST', `/desk/chats/${room}/take`);
    assert.deepEqual(await c.next('admin-joined'), { chatId: ali.chatId, adminName: 'Bob aka' });
    assert.equal((await a.next('chat-taken')).adminId, 'bob');
    const said = await agent.bob.person.say(room, 'konsoldan');
    const told = await c.next('new-message');
    assert.deepEqual([told.message._id, told.message.content, told.message.senderType], [hex(said.id), 'konsoldan', 'admin']);
    await c.next('message-notification');
    await native.patch(`/rooms/${room}/messages/${said.id}`, { text: 'tuzatildi' });
    assert.deepEqual([(await c.next('message-edited')).message.content], ['tuzatildi']);
    const own = (await write(ali, 'o\'qing')).message;
    await native.put(`/rooms/${room}/read`, { read: (await native.get(`/rooms/${room}/messages/${number(own._id)}`)).seq });
    assert.deepEqual(await c.next('messages-read'), { chatId: ali.chatId, readerId: 'bob', readerType: 'admin' });
    await native.post(`/rooms/${room}/typing`, { on: true });
    const { userName, ...typing } = await c.next('typing');
    assert.deepEqual(typing, { chatId: ali.chatId, userId: 'bob', isTyping: true });
    assert.ok(userName);
    await native.delete(`/rooms/${room}/messages/${said.id}`);
    assert.deepEqual(await c.next('message-deleted'), { chatId: ali.chatId, messageId: hex(said.id) });
    await native.call('POST', `/desk/chats/${room}/close`);
    await c.next('chat-closed');
    assert.ok((await native.get(`/rooms/${room}/messages`)).messages.some((m) => m.text === 'o\'qing'), 'and the console reads what was written here');
    [a, c].forEach((l) => l.close());
});

// Who speaks

test('D-80 the shop\'s signature, wherever it stands', async () => {
    const id = 'imzo-o\'g\'li ў', signature = sign(id);
    const made = await stranger.post('/api/chats', { userId: id, userName: 'Imzo', userSignature: signature });
    assert.deepEqual([made.chat.userVerified, made.visitorToken], [true, undefined]);
    const query = `userId=${encodeURIComponent(id)}&userSignature=${signature}`;
    assert.equal((await stranger.get(`/api/messages/${made.chat._id}?${query}`)).pagination.total, 0);
    for (const wrong of [sign('other'), signature.toUpperCase(), signature.slice(1), sign(id, 'another secret of the shop')])
        await refused(stranger.call('POST', '/api/chats', { userId: id, userSignature: wrong }), 401, "Imzo noto'g'ri");
    await refused(Desk.signed(server, 'ali').call('POST', '/api/messages/typing', { chatId: made.chat._id, userId: id, isTyping: true }), 403, "Ruxsat yo'q");
    const l = await Line.open(server);
    assert.deepEqual(await l.ask('join-user', { userId: id, userSignature: signature }), { success: true }, 'beside the id of join-user');
    assert.deepEqual(await l.ask('join-chat', { chatId: made.chat._id }), { success: true });
    l.close();
    const silent = await Server.start();
    try {
        await refused(new Desk(silent).call('POST', '/api/chats', { userId: 'x', userSignature: sign('x', '') }), 401, "Imzo noto'g'ri");
        assert.ok(!server.log.includes(deskSecret));
    } finally {
        await silent.stop();
    }
});

test('D-81 a visitor: the token as a cookie, as a bearer, in Socket.IO\'s auth', async () => {
    const first = await stranger.call('POST', '/api/chats', { userId: 'mehmon', userName: 'Mehmon' });
    const { visitorToken, chat } = first.body;
    assert.deepEqual([chat.userId, chat.userVerified], ['mehmon', false]);
    assert.match(first.cookies[0], new RegExp(`^suhbat_desk=${visitorToken}; .*HttpOnly`));
    assert.match(first.cookies[0], /SameSite=Lax/);
    const cookie = { cookie: `suhbat_desk=${visitorToken}` };
    const say = (headers) => stranger.call('POST', '/api/messages', { chatId: chat._id, senderId: 'mehmon', senderType: 'user', content: 'x' }, headers);
    assert.equal((await say({ ...cookie, origin: server.url })).status, 200);
    assert.equal((await say({ ...cookie, origin: shop })).status, 200, 'a listed origin');
    await refused(say({ ...cookie, origin: 'https://evil.example' }), 401);
    await refused(say(cookie), 401);
    const visitor = Desk.bearer(server, visitorToken);
    assert.equal((await visitor.post('/api/chats', { userId: 'mehmon' })).isNew, false);
    assert.equal((await visitor.get(`/api/messages/${chat._id}`)).pagination.total, 2);
    const by_token = await Line.open(server, { auth: { token: visitorToken } });
    const by_cookie = await Line.open(server, { headers: { ...cookie, origin: server.url } });
    const by_foreign = await Line.open(server, { headers: { ...cookie, origin: 'https://evil.example' } });
    for (const l of [by_token, by_cookie]) {
        const answers = await Promise.all([l.ask('join-user', { userId: 'mehmon' }), l.ask('join-chat', { chatId: chat._id })]);
        assert.deepEqual(answers, [{ success: true }, { success: true }], 'also at once');
    }
    assert.equal((await by_foreign.ask('join-chat', { chatId: chat._id })).success, false);
    const another = await visitor.post('/api/chats', { userId: 'boshqa' });
    assert.ok(another.isNew && another.visitorToken, 'another id begins another visitor');
    await refused(visitor.call('GET', '/api/chats/user/boshqa'), 403, "Ruxsat yo'q");
    const twin = await stranger.post('/api/chats', { userId: 'mehmon' });
    assert.ok(twin.isNew && twin.chat._id !== chat._id, 'who only claims an id gets nothing of whoever claimed it before');
    const real = await Desk.signed(server, 'mehmon').post('/api/chats', { userId: 'mehmon' });
    assert.ok(real.isNew && real.chat.userVerified);
    [by_token, by_cookie, by_foreign].forEach((l) => l.close());
});

test('D-82 agents are accounts: bearer or cookie; their own name, or a supervisor\'s word', async () => {
    const ali = await customer();
    await refused(bob.call('POST', '/api/chats/assign', { chatId: ali.chatId, adminId: 'ann' }), 403, "Ruxsat yo'q");
    await refused(bob.call('GET', '/api/chats/admin/ann'), 403, "Ruxsat yo'q");
    await refused(bob.call('POST', '/api/messages', { chatId: ali.chatId, senderId: 'ann', senderType: 'admin', content: 'x' }), 403, "Ruxsat yo'q");
    const person = await Person.register(server, 'oddiy');
    await refused(Desk.bearer(server, person.token).call('GET', '/api/chats/waiting'), 403, "Ruxsat yo'q");
    await refused(Desk.bearer(server, person.token).call('POST', '/api/chats/assign', { chatId: ali.chatId, adminId: 'oddiy' }), 404, 'Chat topilmadi');
    const session = await api.call('POST', '/sessions', { username: 'bob', password });
    const access = setCookies(session.headers).find((c) => c.startsWith('suhbat_access=')).split(';')[0];
    const console_page = { cookie: access, origin: server.url };
    assert.equal((await stranger.call('POST', '/api/chats/assign', { chatId: ali.chatId, adminId: 'bob' }, console_page)).status, 200);
    await refused(stranger.call('POST', '/api/chats/unlock', { chatId: ali.chatId, adminId: 'bob' }, { ...console_page, origin: 'https://evil.example' }), 401);
    const l = await Line.open(server, { headers: console_page });
    assert.deepEqual(await l.ask('join-admin', { adminId: 'BOB' }), { success: true });
    l.close();
});

test('D-83 a socket without proof hears nothing; a wrong proof is a connect error that says so', async () => {
    const ali = await customer();
    const nobody = await Line.open(server);
    for (const [name, data] of [['join-user', { userId: ali.id }], ['join-admin', { adminId: 'bob', isSuperAdmin: true }], ['join-chat', { chatId: ali.chatId }]])
        assert.deepEqual(await nobody.ask(name, data), { success: false, error: 'Kim ekaningiz isbotlanmagan' });
    await write(ali, 'sir');
    await take('bob', ali.chatId);
    await nobody.settled();
    assert.deepEqual(nobody.heard, []);
    nobody.close();
    for (const [auth, words] of [[{ token: 'eyJ.x.y' }, /Token noto'g'ri/], [{ userId: ali.id, userSignature: sign('other') }, /Imzo noto'g'ri/], [{ userSignature: 'x' }, /Imzo/]])
        for (const transports of [['polling'], ['websocket']]) await assert.rejects(Line.open(server, { auth, transports }), words);
    const past = await Person.logIn(server, 'ann');
    await past.api.delete('/sessions/current');
    await assert.rejects(Line.open(server, { auth: { token: past.token } }), /isbotlanmagan/);
});

test('D-84 a chat that another agent takes is heard no more; a role that ends closes the hall', async () => {
    const ali = await customer();
    const [a, r] = [await line('ann', ali.chatId), await line('root', ali.chatId)];
    await write(ali, 'kutyapman');
    await a.next('new-message');
    await take('bob', ali.chatId);
    await a.next('chat-taken', { fits: (d) => d.chatId === ali.chatId });
    await write(ali, 'faqat Bobga');
    await r.next('new-message', { fits: (d) => d.message.content === 'faqat Bobga' });
    await a.settled();
    assert.ok(!a.heard.some(([, d]) => d?.message?.content === 'faqat Bobga'));
    assert.equal((await a.ask('join-chat', { chatId: ali.chatId })).success, false);
    await refused(ann.call('GET', `/api/messages/${ali.chatId}`), 404, 'Chat topilmadi');
    await refused(agent.root.desk.call('POST', '/api/messages', { chatId: ali.chatId, senderId: 'root', senderType: 'admin', content: 'x' }), 403);
    await root.api.put(`/desk/agents/${agent.ann.person.id}`, { role: 'none', capacity: 0 });
    a.heard.length = 0;
    const vali = await customer();
    await r.next('new-chat', { fits: (d) => d.chat._id === vali.chatId });
    await a.settled();
    assert.deepEqual(a.heard, []);
    assert.equal((await a.ask('join-admin', { adminId: 'ann' })).success, false);
    await root.api.put(`/desk/agents/${agent.ann.person.id}`, { role: 'agent', capacity: 0 });
    const vl = await line(vali);
    for (const [name, data] of [['join-user', { userId: ali.id }], ['join-admin', { adminId: 'root' }], ['join-chat', { chatId: ali.chatId }],
        ['mark-read', { chatId: ali.chatId, readerId: ali.id, readerType: 'user' }], ['typing', { chatId: ali.chatId, userId: vali.id, isTyping: true }]])
        assert.equal((await vl.ask(name, data)).success, false, name);
    [a, r, vl].forEach((l) => l.close());
});

test('D-85 the holes of the original are closed', async () => {
    const ali = await customer();
    const everything = [['POST', '/api/chats/assign', { chatId: ali.chatId, adminId: 'bob' }], ['POST', '/api/chats/lock', { chatId: ali.chatId, adminId: 'bob' }],
        ['POST', '/api/chats/unlock', { chatId: ali.chatId, adminId: 'bob', isSuperAdmin: true }],
        ['POST', '/api/chats/transfer', { chatId: ali.chatId, fromAdminId: 'bob', toAdminId: 'ann' }], ['PATCH', `/api/chats/${ali.chatId}/close`, {}],
        ['GET', `/api/chats/user/${ali.id}`], ['GET', '/api/chats/waiting?isSuperAdmin=true'], ['GET', '/api/chats/admin/bob'], ['GET', '/api/chats/all'],
        ['GET', `/api/messages/${ali.chatId}`], ['POST', '/api/messages', { chatId: ali.chatId, senderId: ali.id, senderType: 'user', content: 'x' }],
        ['POST', '/api/messages', { chatId: ali.chatId, senderId: 'bob', senderType: 'admin', content: 'x' }],
        ['POST', '/api/messages/read', { chatId: ali.chatId, readerId: 'bob', readerType: 'admin' }],
        ['POST', '/api/messages/typing', { chatId: ali.chatId, userId: ali.id, isTyping: true }], ['POST', '/api/status', { userId: ali.id, online: true }]];
    for (const [method, path, body] of everything) await refused(stranger.call(method, path, body), 401, 'Kim ekaningiz isbotlanmagan');
    assert.deepEqual((await ali.desk.get(`/api/messages/${ali.chatId}`)).messages, []);
    const claimed = await stranger.call('POST', '/api/chats', { userId: ali.id });
    assert.notEqual(claimed.body.chat._id, ali.chatId, 'a claimed id opens no chat of its owner');
});

test('D-86 what legacy trust opens', async () => {
    const old = await Server.start({ env: { SUHBAT_LEGACY_TRUST: 'desk' } });
    try {
        const anyone = new Desk(old);
        assert.match(old.log, /legacy_trust_believes_unproven_names.*desk/);
        const socket = async (...events) => {
            const l = await Line.open(old);
            for (const [name, data] of events) assert.deepEqual(await l.ask(name, data), { success: true }, name);
            return l;
        };
        const admin = await socket(['join-admin', { adminId: 'admin-456', adminName: 'Admin Ali', isSuperAdmin: true }]);
        const { chat, isNew } = await anyone.post('/api/chats', { userId: 'user-123', userName: 'John' });
        assert.ok(isNew);
        assert.equal((await admin.next('new-chat')).chat._id, chat._id);
        const user = await socket(['join-user', { userId: 'user-123', userName: 'John' }], ['join-chat', { chatId: chat._id }]);
        assert.deepEqual(await admin.next('user-status'), { userId: 'user-123', online: true });
        await anyone.post('/api/messages', { chatId: chat._id, senderId: 'user-123', senderType: 'user', content: 'salom' });
        await admin.next('message-notification');
        const taken = await anyone.post('/api/chats/assign', { chatId: chat._id, adminId: 'admin-456', adminName: 'Admin Ali' });
        assert.deepEqual([taken.chat.assignedAdminId, taken.chat.assignedAdminName], ['admin-456', 'Admin Ali']);
        assert.deepEqual(await user.next('admin-joined'), { chatId: chat._id, adminName: 'Admin Ali' });
        await anyone.post('/api/messages', { chatId: chat._id, senderId: 'admin-456', senderType: 'admin', content: 'javob' });
        await user.next('message-notification');
        assert.equal((await anyone.get(`/api/messages/${chat._id}`)).messages.length, 2);
        await anyone.post('/api/messages/read', { chatId: chat._id, readerId: 'admin-456', readerType: 'admin' });
        assert.deepEqual(await user.next('messages-read'), { chatId: chat._id, readerId: 'admin-456', readerType: 'admin' });
        for (const path of ['/api/chats/user/user-123', '/api/chats/admin/admin-456', '/api/chats/all'])
            assert.deepEqual((await anyone.get(path)).chats.map((c) => c._id), [chat._id], path);
        assert.deepEqual((await anyone.get('/api/chats/waiting?adminId=admin-456')).chats, []);
        await anyone.post('/api/status', { userId: 'user-123', online: true });
        const moved = await anyone.post('/api/chats/transfer', { chatId: chat._id, fromAdminId: 'admin-456', toAdminId: 'admin-789', toAdminName: 'Admin Vali' });
        assert.deepEqual([moved.chat.assignedAdminId, moved.chat.assignedAdminName], ['admin-789', 'Admin Vali']);
        await refused(anyone.call('POST', '/api/chats/assign', { chatId: chat._id, adminId: 'admin-456' }), 400,
            { error: 'Chat boshqa adminga biriktirilgan', assignedTo: 'Admin Vali' });
        await refused(anyone.call('POST', '/api/chats/unlock', { chatId: chat._id, adminId: 'admin-000' }), 403);
        await Person.register(old, 'halol');
        await refused(anyone.call('POST', '/api/chats/assign', { chatId: chat._id, adminId: 'halol', isSuperAdmin: true }), 403, "Ruxsat yo'q");
        await anyone.post('/api/chats/unlock', { chatId: chat._id, adminId: 'admin-789' });
        await anyone.patch(`/api/chats/${chat._id}/close`);
        await user.next('chat-closed');
        [admin, user].forEach((l) => l.close());
    } finally {
        await old.stop();
    }
});

// Ours

test('D-90 D-91 where a customer stands, and what they think of it', async () => {
    const nobody = await stranger.get('/api/chats/mine');
    assert.deepEqual([nobody.userId, nobody.chat, nobody.queue, nobody.rating], [null, null, null, null]);
    assert.ok(nobody.maxFileBytes > 0);
    const ali = await customer();
    const b = await line('bob');
    const waiting = await ali.desk.get('/api/chats/mine');
    assert.deepEqual([waiting.userId, waiting.chat._id, waiting.agentsOnline], [ali.id, ali.chatId, true]);
    assert.ok(waiting.queue.position >= 1);
    await refused(ali.desk.call('POST', `/api/chats/${ali.chatId}/rating`, { rating: 5 }), 409);
    await take('bob', ali.chatId);
    assert.equal((await ali.desk.get('/api/chats/mine')).queue, null);
    await bob.patch(`/api/chats/${ali.chatId}/close`);
    for (const rating of [0, 6, 'x']) await refused(ali.desk.call('POST', `/api/chats/${ali.chatId}/rating`, { rating }), 400);
    assert.equal((await ali.desk.post(`/api/chats/${ali.chatId}/rating`, { rating: 4 })).chat.rating, 4);
    await refused(ali.desk.call('POST', `/api/chats/${ali.chatId}/rating`, { rating: 5 }), 409);
    assert.deepEqual([(await ali.desk.get('/api/chats/mine')).rating, (await ali.desk.get('/api/chats/mine')).chat.status], [4, 'closed']);
    b.close();
});
