// The WebSocket of the native protocol: hello, resume, live events, and how it ends.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, sleep, until, within } from '../lib/server.mjs';
import { Gateway, Person, password } from '../lib/native.mjs';

let server, ali, vali, gani, room;
before(async () => {
    server = await Server.start();
    [ali, vali, gani] = await Promise.all(['ali', 'vali', 'gani'].map((name) => Person.register(server, name)));
    room = await ali.group('gate', [vali]);
});
after(() => server.stop());

const lawful = (...gateways) => gateways.forEach((g) => assert.deepEqual(g.wrong, []));
const refusal = async (promise, word, detail) => {
    await assert.rejects(promise, (error) => {
        assert.ok(error.frame, String(error));
        assert.equal(error.frame.error, word, JSON.stringify(error.frame));
        if (detail) assert.equal(error.frame.detail, detail, JSON.stringify(error.frame));
        assert.ok(error.frame.message.length > 0);
        return true;
    });
};

test('hello comes at once and says who one is; ready lists all rooms', async () => {
    const g = await ali.gateway();
    assert.deepEqual(g.hello.account, ali.grant.account);
    assert.equal(g.hello.session, ali.session);
    assert.equal(g.hello.heartbeat_s, 30);
    assert.ok(g.hello.server.length > 0);
    assert.deepEqual(g.ready.rooms.map((r) => r.id).sort(), (await ali.api.get('/rooms')).rooms.map((r) => r.id).sort());
    assert.deepEqual(g.ready.rooms.find((r) => r.id === room.id), await ali.api.get(`/rooms/${room.id}`));
    await g.close();
    lawful(g);
});

test('all four proofs open the door; none of the bad ones does', async () => {
    for (const options of [{}, { query: `?token=${ali.token}` }, { protocols: ['suhbat.v1', `bearer.${ali.token}`] },
        { headers: { cookie: `suhbat_access=${ali.token}`, origin: server.url } }]) {
        const g = await ali.gateway({}, options);
        if (options.protocols) assert.equal(g.ws.protocol, 'suhbat.v1');
        await g.close();
    }
    const opening = (token, options) => new Gateway(server.wsUrl, token, options).open();
    await assert.rejects(opening(null), { status: 401 });
    await assert.rejects(opening('a.b.c'), { status: 401 });
    await assert.rejects(opening(ali.token, { query: '?token=a.b.c' }), { status: 401 });
    await assert.rejects(opening(ali.token, { headers: { cookie: `suhbat_access=${ali.token}` } }), { status: 403 });
    await assert.rejects(opening(ali.token, { headers: { cookie: `suhbat_access=${ali.token}`, origin: 'https://evil.example' } }), { status: 403 });
});

test('sends, edits, deletes, reactions and marks arrive at everybody in the room, in order', async () => {
    const [a, v] = [await ali.gateway(), await vali.gateway()];
    const { message, repeat } = await a.op('send', { room: room.id, text: 'salom', key: 'g-1', reply_to: null });
    assert.equal(repeat, false);
    const seen = await v.event('message_posted', (e) => e.message.id === message.id);
    assert.deepEqual(seen.message, message);
    assert.equal(seen.seq, message.seq);
    assert.equal(seen.message.key, 'g-1');
    await a.event('message_posted', (e) => e.message.id === message.id);
    assert.equal((await a.op('send', { room: room.id, text: 'salom', key: 'g-1', reply_to: null })).repeat, true);
    const edited = await a.op('edit', { room: room.id, message: message.id, text: 'salom!' });
    assert.deepEqual((await v.event('message_edited')).message, edited.message);
    await v.op('react', { room: room.id, message: message.id, emoji: '🔥', on: true });
    const added = await a.event('reaction_added');
    assert.deepEqual([added.message_id, added.emoji, added.by.id], [message.id, '🔥', vali.id]);
    await v.op('react', { room: room.id, message: message.id, emoji: '🔥', on: false });
    await a.event('reaction_removed');
    const mark = await v.op('read', { room: room.id, read: message.seq });
    assert.equal(mark.read, message.seq);
    assert.equal(mark.unread, 0);
    assert.equal((await a.event('room_read', (e) => e.by.id === vali.id)).read, message.seq);
    await a.op('delete', { room: room.id, message: message.id });
    assert.equal((await v.event('message_deleted')).message.text, '');
    await Promise.all([a.close(), v.close()]);
    lawful(a, v);
    assert.deepEqual(a.events.map((e) => e.seq), v.events.map((e) => e.seq));
});

test('what HTTP does is seen on sockets, and the other way round', async () => {
    const g = await vali.gateway();
    const sent = await ali.say(room, 'over HTTP', { key: 'h-1' });
    assert.deepEqual((await g.event('message_posted', (e) => e.message.id === sent.id)).message, sent);
    const { message } = await g.op('send', { room: room.id, text: 'over the socket', key: 'h-1', reply_to: sent.id });
    assert.deepEqual((await ali.history(room)).messages.at(-1), { ...message });
    await g.close();
    lawful(g);
});

test('the answer to a send never comes before the message is committed and never twice', async () => {
    const g = await ali.gateway();
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => g.op('send', { room: room.id, text: `n ${i}`, key: `many-${i}`, reply_to: null })));
    const seqs = answers.map((a) => a.message.seq);
    assert.deepEqual(seqs, [...seqs].sort((x, y) => x - y), 'in the order of sending');
    assert.equal(new Set(seqs).size, 200);
    await g.event('message_posted', (e) => e.seq === seqs.at(-1));
    await g.close();
    lawful(g);
});

test('a client that comes back gets what it missed, in order, nothing twice, and goes on live', async () => {
    const first = await vali.gateway();
    const known = Object.fromEntries(first.known);
    await first.close();
    const sent = [];
    for (let i = 0; i < 30; i++) sent.push(await ali.say(room, `missed ${i}`));
    await ali.api.patch(`/rooms/${room.id}/messages/${sent[3].id}`, { text: 'missed and edited' });
    await ali.api.delete(`/rooms/${room.id}/messages/${sent[4].id}`);
    await ali.api.put(`/rooms/${room.id}/messages/${sent[5].id}/reactions/x`);
    const second = await vali.gateway(known);
    const { to } = await second.next((f) => f.op === 'resumed' && f.room === room.id);
    assert.equal(to, (await ali.api.get(`/rooms/${room.id}`)).head);
    assert.equal(second.events.filter((e) => e.t === 'message_posted').length, 30);
    for (const kind of ['message_edited', 'message_deleted', 'reaction_added']) assert.ok(second.events.some((e) => e.t === kind), kind);
    await ali.say(room, 'live again');
    await second.event('message_posted', (e) => e.message.text === 'live again');
    await second.close();
    lawful(second);
});

test('resuming while others write leaves no gap and no repeat', async () => {
    let writing = true;
    const writer = (async () => {
        for (let i = 0; writing; i++) await ali.say(room, `busy ${i}`);
    })();
    let known = { [room.id]: 0 };
    for (let i = 0; i < 12; i++) {
        const g = await vali.gateway(known);
        await sleep(Math.random() * 60);
        g.cut();
        await g.closed;
        lawful(g);
        known = Object.fromEntries(g.known);
    }
    writing = false;
    await writer;
    const last = await vali.gateway(known);
    const { head } = await ali.api.get(`/rooms/${room.id}`);
    await last.next(() => last.known.get(room.id) === head);
    await last.close();
    lawful(last);
});

test('a client that says it knows nothing is given the rooms and no replay', async () => {
    const g = await vali.gateway({});
    await g.settled(50);
    assert.deepEqual(g.events, []);
    await ali.say(room, 'first live');
    await g.event('message_posted');
    await g.close();
});

test('a sequence the server does not know means reload, with where to go on from', async () => {
    const g = await vali.gateway({ [room.id]: 10_000_000 });
    const reload = await g.next((f) => f.op === 'reload' && f.room === room.id);
    const { head } = await vali.api.get(`/rooms/${room.id}`);
    assert.equal(reload.from, head);
    await ali.say(room, 'after the reload');
    assert.equal((await g.event('message_posted')).seq, head + 1);
    await g.close();
    lawful(g);
});

test('a room that one is no longer in is absent and silent', async () => {
    const left = await ali.group('left', [gani]);
    const known = { [left.id]: 1 };
    await gani.api.delete(`/rooms/${left.id}/members/${gani.id}`);
    await ali.say(left, 'not for gani');
    const g = await gani.gateway(known);
    assert.ok(!g.ready.rooms.some((r) => r.id === left.id));
    await ali.say(left, 'not for gani either');
    await g.settled(100);
    assert.ok(!g.frames.some((f) => f.room === left.id));
    await g.close();
});

test('who is added while connected hears it and everything after it', async () => {
    const g = await gani.gateway();
    const joined = await ali.group('joined', []);
    await ali.say(joined, 'before gani');
    await ali.api.put(`/rooms/${joined.id}/members/${gani.id}`);
    const event = await g.event('member_joined', (e) => e.room === joined.id);
    assert.equal(event.member.id, gani.id);
    const sent = await ali.say(joined, 'after gani');
    assert.equal((await g.event('message_posted', (e) => e.room === joined.id)).message.id, sent.id);
    await ali.api.delete(`/rooms/${joined.id}/members/${gani.id}`);
    await g.event('member_left', (e) => e.room === joined.id);
    await ali.say(joined, 'after gani left');
    await g.settled(100);
    assert.ok(!JSON.stringify(g.frames).includes('after gani left'));
    await g.close();
    lawful(g);
});

test('a new group is told to its members', async () => {
    const g = await gani.gateway();
    const fresh = await ali.group('fresh', [gani]);
    await g.event('member_joined', (e) => e.room === fresh.id && e.member.id === gani.id);
    await ali.say(fresh, 'welcome');
    await g.event('message_posted', (e) => e.room === fresh.id);
    await g.close();
    lawful(g);
});

test('typing is seen by the room and by nobody else, and leaves no trace', async () => {
    const [a, v, x] = [await ali.gateway(), await vali.gateway(), await gani.gateway()];
    const { head } = await ali.api.get(`/rooms/${room.id}`);
    a.raw(JSON.stringify({ op: 'typing', room: room.id, on: true }));
    assert.deepEqual(await v.event('typing'), { t: 'typing', room: room.id, by: { id: ali.id, username: 'ali', name: null, avatar: null, bot: false }, on: true });
    await ali.api.post(`/rooms/${room.id}/typing`, { on: false });
    await v.event('typing', (e) => e.on === false);
    await refusal(x.op('typing', { room: room.id, on: true }), 'not_found');
    await x.settled(50);
    assert.ok(!x.frames.some((f) => f.t === 'typing'));
    assert.equal((await ali.api.get(`/rooms/${room.id}`)).head, head);
    await Promise.all([a, v, x].map((g) => g.close()));
});

test('presence follows the people one watches', async () => {
    const v = await vali.gateway();
    assert.deepEqual((await v.op('watch', { accounts: [gani.id, ali.id, vali.id] })).online, [vali.id]);
    const first = await gani.gateway();
    assert.deepEqual(await v.event('presence', (e) => e.account === gani.id), { t: 'presence', account: gani.id, online: true, status: 'online', last_seen: null });
    const second = await gani.gateway();
    const from = v.frames.length;
    await first.close();
    await v.settled(100);
    assert.ok(!v.frames.slice(from).some((f) => f.t === 'presence'), 'the other device is still there');
    await second.close();
    await v.event('presence', (e) => e.account === gani.id && !e.online, { from });
    assert.deepEqual((await v.op('watch', { accounts: [] })).online, []);
    const unseen = v.frames.length;
    await (await gani.gateway()).close();
    await v.settled(100);
    assert.ok(!v.frames.slice(unseen).some((f) => f.t === 'presence'));
    await refusal(v.op('watch', { accounts: Array.from({ length: 501 }, (_, i) => i + 1) }), 'invalid', 'accounts');
    await v.close();
});

test('pings are answered, with and without an id', async () => {
    const g = await ali.gateway();
    assert.deepEqual(await g.op('ping'), { op: 'ok', id: g.nextId - 1 });
    g.raw('{"op":"ping"}');
    assert.deepEqual(await g.next((f) => f.op === 'pong'), { op: 'pong' });
    g.ws.ping('are you there');
    assert.equal((await new Promise((done) => g.ws.once('pong', done))).toString(), 'are you there');
    await g.close();
});

test('what cannot be done is said, with the id, and the socket stays', async () => {
    const g = await gani.gateway();
    await refusal(g.op('send', { room: room.id, text: 'x', key: 'k', reply_to: null }), 'not_found');
    await refusal(g.op('send', { room: (await gani.lobby()).id, text: '', key: 'k', reply_to: null }), 'invalid', 'text');
    await refusal(g.op('send', { room: (await gani.lobby()).id, text: 'no key' }), 'invalid', 'key');
    await refusal(g.op('dance', {}), 'invalid', 'op');
    await refusal(g.op('read', { room: room.id, read: 1, colour: 'red' }), 'invalid', 'colour');
    await refusal(g.op('read', { room: 'lobby', read: 1 }), 'invalid', 'room');
    await refusal(g.op('edit', { room: room.id, message: 1, text: 'x' }), 'not_found');
    await refusal(g.op('react', { room: room.id, message: 1, emoji: 'x', on: true }), 'not_found');
    await refusal(g.op('resume', { rooms: {} }), 'conflict');
    await g.op('ping');
    await g.close();
    lawful(g);
});

test('a frame that is no command closes with 4400', async () => {
    for (const bad of ['nonsense', '[]', '5', '"x"', '{', '{}', '{"op":5}', '{"op":"ping","id":0}', '{"op":"ping","id":-1}', '{"op":"ping","id":"x"}',
        '{"op":"ping","id":9007199254740993}', `${'['.repeat(2000)}`]) {
        const g = await ali.gateway();
        g.raw(bad);
        assert.equal(await within(g.closed), 4400, bad.slice(0, 60));
    }
    const g = await ali.gateway();
    g.ws.send(Buffer.from('{"op":"ping"}'));
    assert.ok([1003, 4400].includes(await g.closed), `binary: ${g.closeCode}`);
});

test('a frame over 64 KiB closes with 1009', async () => {
    const g = await ali.gateway();
    g.raw(JSON.stringify({ op: 'send', id: 9, room: room.id, key: 'big', reply_to: null, text: 'x'.repeat(70_000) }));
    assert.equal(await g.closed, 1009);
});

test('ops before resume are refused, and who never resumes is closed', { timeout: 300_000 }, async () => {
    const g = await ali.gateway({}, { resume: false });
    const late = Date.now();
    await g.op('ping');
    await refusal(g.op('send', { room: room.id, text: 'x', key: 'early', reply_to: null }), 'invalid', 'resume');
    assert.equal(await g.closed, 1008);
    assert.ok(Date.now() - late > 14000, `${Date.now() - late} ms`);
});

test('an account may have 50 sockets and not 51', async () => {
    const crowd = await Person.register(server, 'crowd');
    const sockets = [];
    for (let i = 0; i < 50; i++) sockets.push(await crowd.gateway());
    const g = new Gateway(server.wsUrl, crowd.token, { resume: false });
    await g.open().then(() => g.closed, (error) => assert.equal(error.status, 429));
    if (g.closeCode) assert.equal(g.closeCode, 4429);
    await sockets[0].op('ping');
    await sockets.pop().close();
    const again = await until(() => crowd.gateway().catch(() => null), { what: 'the place of the one that left' });
    await Promise.all([again, ...sockets].map((s) => s.close()));
});

test('a compressing client gets the same', async () => {
    const g = await vali.gateway({ [room.id]: 0 }, { deflate: true });
    assert.match(g.ws.extensions, /permessage-deflate/);
    await g.next((f) => f.op === 'resumed' && f.room === room.id);
    const sent = await ali.say(room, 'squeeze '.repeat(200));
    assert.deepEqual((await g.event('message_posted', (e) => e.message.id === sent.id)).message, sent);
    const { message } = await g.op('send', { room: room.id, text: 'squeezed '.repeat(300), key: 'deflated', reply_to: null });
    assert.equal(message.text, 'squeezed '.repeat(300));
    await g.close();
    lawful(g);
});

test('a reader that does not read is closed and catches up by resume; the others are not disturbed', { timeout: 300_000 }, async () => {
    const loud = await ali.group('loud', [vali]);
    const slow = await vali.gateway();
    const quick = await ali.gateway();
    slow.ws._socket.pause();
    const text = 'x'.repeat(4000);
    for (let i = 0; i < 40; i++) {
        await Promise.all(Array.from({ length: 50 }, (_, n) => quick.op('send', { room: loud.id, text, key: `loud-${i}-${n}`, reply_to: null })));
    }
    slow.ws._socket.resume();
    const code = await within(slow.closed);
    assert.ok([4413, 1006].includes(code), `closed with ${code}`);
    lawful(slow, quick);
    const again = await vali.gateway(Object.fromEntries(slow.known));
    const { head } = await ali.api.get(`/rooms/${loud.id}`);
    await again.next(() => again.known.get(loud.id) === head);
    assert.equal(again.known.get(loud.id), head);
    lawful(again);
    await Promise.all([again.close(), quick.close()]);
});

test('SIGTERM says bye with a time to come back, closes with 1001, and what was accepted is answered', async () => {
    const gateways = await Promise.all([ali, vali, gani].map((p) => p.gateway()));
    const sends = Array.from({ length: 100 }, (_, i) => gateways[0].op('send', { room: room.id, text: `last ${i}`, key: `last-${i}`, reply_to: null }).then(
        (a) => a.message.text, () => null));
    await sleep(1);
    const end = await server.term();
    assert.equal(end.code, 0);
    for (const g of gateways) {
        assert.equal(await g.closed, 1001);
        const bye = g.frames.find((f) => f.op === 'bye');
        assert.ok(bye && Number.isInteger(bye.reconnect_in_ms) && bye.reconnect_in_ms >= 0, JSON.stringify(g.frames.at(-1)));
    }
    const answered = (await Promise.all(sends)).filter(Boolean);
    await server.start();
    const kept = new Set((await ali.history(room, '?limit=200')).messages.map((m) => m.text));
    for (const text of answered) assert.ok(kept.has(text), text);
});

test('a server that was killed is resumed as if nothing had been', async () => {
    const g = await vali.gateway({ [room.id]: 0 });
    await g.next((f) => f.op === 'resumed');
    const before_ = g.hello.server;
    await server.kill9();
    await g.closed;
    await server.start();
    await ali.say(room, 'while vali was away');
    const again = await vali.gateway(Object.fromEntries(g.known));
    assert.notEqual(again.hello.server, before_);
    await again.event('message_posted', (e) => e.message.text === 'while vali was away');
    assert.equal(again.events.filter((e) => e.room === room.id).length, 1);
    await again.close();
    lawful(again);
});
