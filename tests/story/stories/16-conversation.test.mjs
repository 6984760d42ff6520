// What becomes of what was said: who is called by it, its earlier texts, its parts, pins, who reacted; who has read what; drafts, blocks, presence.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, sleep, until } from '../lib/server.mjs';
import { Api, Person } from '../lib/native.mjs';

let server, ali, vali, gani, room;
before(async () => {
    server = await Server.start();
    [ali, vali, gani] = await Promise.all(['ali', 'vali', 'gani'].map((name) => Person.register(server, name)));
    room = await ali.group('conversation', [vali, gani]);
});
after(() => server.stop());

const at = (message, rest = '') => `/rooms/${message.room}/messages/${message.id}${rest}`;
const seen = (person, where = room) => person.api.get(`/rooms/${where.id}`);
async function refused(answer, status, detail) {
    const got = await answer;
    assert.deepEqual([got.status, got.body?.detail], [status, detail], got.text);
}

test('a name after an @ calls its owner, counts for them until it is read, and follows the text', async () => {
    const v = await vali.gateway();
    const sent = await ali.say(room, 'salom @VALI, ko‘rdingizmi? ali@example.uz @nobody');
    assert.deepEqual([sent.mentions, sent.mentions_everyone], [[vali.id], false]);
    assert.deepEqual((await v.event('message_posted')).message.mentions, [vali.id]);
    assert.deepEqual([(await seen(vali)).mentions, (await seen(gani)).mentions], [1, 0]);
    await ali.api.patch(at(sent), { text: 'salom @gani' });
    assert.deepEqual([(await seen(vali)).mentions, (await seen(gani)).mentions], [0, 1]);
    const all = await vali.say(room, '@everyone');
    assert.deepEqual([all.mentions, all.mentions_everyone], [[], true]);
    assert.equal((await gani.api.put(`/rooms/${room.id}/read`, { read: sent.seq })).mentions, 1);
    assert.deepEqual(await gani.api.put(`/rooms/${room.id}/read`, { read: all.seq }).then(({ unread, mentions }) => [unread, mentions]), [0, 0]);
    await v.close();
    assert.deepEqual(v.wrong, []);
});

test('every text a message had can be read by members until the text is deleted', async () => {
    const open = await ali.group('open', [vali], { public: true });
    const sent = await ali.say(open, 'one');
    await ali.api.patch(at(sent), { text: 'two' });
    assert.equal((await ali.api.patch(at(sent), { text: 'three' })).n_versions, 2);
    const { versions } = await vali.api.get(at(sent, '/versions'));
    assert.deepEqual(versions.map((v) => v.text), ['one', 'two', 'three']);
    assert.equal(versions[0].at, sent.created_at);
    await refused(gani.api.call('GET', at(sent, '/versions')), 403, 'membership');
    assert.equal((await gani.api.get(at(sent))).text, 'three');
    await ali.api.delete(at(sent));
    await refused(vali.api.call('GET', at(sent, '/versions')), 410, 'message');
    assert.ok(!JSON.stringify(await ali.changes(open)).includes('two'));
});

test('text and files of a message are deleted apart; of what nothing is left is deleted', async () => {
    const upload = async (name) => (await ali.api.call('PUT', `/files?name=${name}`, `bytes of ${name}`, { 'content-type': 'text/plain' })).body;
    const files = [await upload('a.txt'), await upload('b.txt')];
    const sent = await ali.say(room, 'two files for @vali', { files: files.map((f) => f.id) });
    const v = await vali.gateway();
    await ali.api.delete(`${at(sent)}?part=text`);
    const { message: textless } = await v.event('message_edited');
    assert.deepEqual([textless.text, textless.deleted, textless.mentions, textless.files.length, textless.n_versions], ['', false, [], 2, 0]);
    await ali.api.delete(`${at(sent)}?part=files&file=${files[0].id}`);
    const { message: rest } = await v.event('message_edited', (e) => e.message.files.length === 1);
    assert.equal(rest.files[0].id, files[1].id);
    assert.equal((await vali.api.call('GET', `/files/${files[0].id}`)).status, 404);
    assert.equal((await vali.api.call('GET', `/files/${files[1].id}`)).status, 200);
    await ali.api.delete(`${at(sent)}?part=files`);
    assert.equal((await v.event('message_deleted')).message.deleted, true);
    const second = await ali.say(room, 'words', { files: [(await upload('c.txt')).id] });
    await ali.api.delete(`${at(second)}?part=files`);
    assert.deepEqual(await vali.api.get(at(second)).then((m) => [m.text, m.files.length, m.deleted]), ['words', 0, false]);
    await ali.api.delete(`${at(second)}?part=text`);
    assert.equal((await vali.api.get(at(second))).deleted, true);
    await refused(ali.api.call('DELETE', `${at(second)}?part=half`), 400, 'part');
    await v.close();
    assert.deepEqual(v.wrong, []);
});

test('pins are told to all, kept newest first, and survive neither unpinning nor deletion', async () => {
    const g = await gani.gateway();
    const [one, two] = [await vali.say(room, 'pin me'), await vali.say(room, 'and me')];
    await refused(vali.api.call('PUT', `/rooms/${room.id}/pins/${one.id}`), 403, 'role');
    await ali.api.put(`/rooms/${room.id}/pins/${one.id}`);
    const event = await g.event('message_pinned');
    assert.deepEqual([event.message_id, event.by.id], [one.id, ali.id]);
    await ali.api.put(`/rooms/${room.id}/pins/${two.id}`);
    const { messages } = await gani.api.get(`/rooms/${room.id}/pins`);
    assert.deepEqual(messages.map((m) => [m.id, m.pinned]), [[two.id, true], [one.id, true]]);
    assert.equal((await seen(gani)).n_pins, 2);
    await ali.api.delete(`/rooms/${room.id}/pins/${one.id}`);
    await g.event('message_unpinned', (e) => e.message_id === one.id);
    await vali.api.delete(at(two));
    assert.equal((await g.event('message_deleted')).message.pinned, false);
    assert.deepEqual((await gani.api.get(`/rooms/${room.id}/pins`)).messages, []);
    const talk = await ali.direct(vali);
    const said = await ali.say(talk, 'between us');
    await vali.api.put(`/rooms/${talk.id}/pins/${said.id}`);
    assert.equal((await seen(ali, talk)).n_pins, 1);
    await g.close();
    assert.deepEqual(g.wrong, []);
});

test('a reply tells where its quote stands, and history opens around it', async () => {
    const long = await ali.group('long', [vali]);
    const sent = [];
    for (let i = 0; i < 30; i++) sent.push(await ali.say(long, `line ${i}`));
    const reply = await vali.say(long, 'yes', { reply_to: sent[12].id });
    assert.equal(reply.reply_to.seq, sent[12].seq);
    const page = await vali.history(long, `?around=${reply.reply_to.seq}&limit=7`);
    assert.deepEqual(page.messages.map((m) => m.text), [9, 10, 11, 12, 13, 14, 15].map((i) => `line ${i}`));
    assert.deepEqual([page.more, page.more_after], [true, true]);
    const end = await vali.history(long, `?around=${reply.seq}&limit=7`);
    assert.deepEqual([end.messages.at(-1).id, end.more_after], [reply.id, false]);
    assert.equal((await vali.history(long)).more_after, null);
    await refused(vali.api.call('GET', `/rooms/${long.id}/messages?around=3&before=9`), 400, 'around');
    for (const p of [ali, vali]) await p.api.put(`${at(sent[3])}/reactions/%F0%9F%91%8D`);
    const who = await vali.api.get(`${at(sent[3])}/reactions/%F0%9F%91%8D`);
    assert.deepEqual([who.people.map((p) => p.account.username), who.more], [[ali, vali].sort((a, b) => a.id - b.id).map((p) => p.username), false]);
});

test('unread from here: the mark goes back on every device of the person, and nobody else forgets what was read', async () => {
    const talk = await ali.group('unread', [vali]);
    const sent = [];
    for (let i = 0; i < 4; i++) sent.push(await ali.say(talk, `n ${i}`));
    const [phone, desk] = [await vali.gateway(), await vali.gateway()];
    await phone.op('read', { room: talk.id, read: sent[3].seq });
    assert.equal((await desk.event('room_read', (e) => e.room === talk.id)).read, sent[3].seq);
    assert.deepEqual(await vali.api.put(`/rooms/${talk.id}/unread`, { from: sent[1].seq }), { read: sent[1].seq - 1, unread: 3, mentions: 0 });
    for (const device of [phone, desk]) await device.event('room_read', (e) => e.room === talk.id && e.read === sent[1].seq - 1);
    assert.equal((await seen(vali, talk)).unread, 3);
    assert.equal((await seen(ali, talk)).read_by_all, sent[3].seq);
    const { readers } = await ali.api.get(`/rooms/${talk.id}/readers?seq=${sent[3].seq}`);
    assert.deepEqual(readers.map((r) => [r.account.username, r.read]), [['vali', sent[3].seq]]);
    const back = await vali.gateway({ [talk.id]: 0 });
    const known = back.ready.rooms.find((r) => r.id === talk.id);
    assert.equal(known.read, sent[1].seq - 1);
    await until(() => back.known.get(talk.id) >= known.head);
    assert.equal(back.events.filter((e) => e.t === 'room_read').at(-1).read, sent[1].seq - 1, 'the replay does not bring the forgotten mark back');
    await Promise.all([phone, desk, back].map((g) => g.close()));
    for (const g of [phone, desk, back]) assert.deepEqual(g.wrong, []);
});

test('read by all is told when the last of them has read, in a room of many', async () => {
    const many = await Promise.all(Array.from({ length: 12 }, (_, i) => Person.register(server, `many${i}`)));
    const hall = await ali.group('hall', many);
    const a = await ali.gateway();
    const sent = await ali.say(hall, 'to all of you');
    for (const person of many.slice(1)) await person.api.put(`/rooms/${hall.id}/read`, { read: sent.seq });
    await a.settled();
    assert.ok(!a.events.some((e) => e.t === 'read_by_all' && e.room === hall.id && e.read >= sent.seq));
    await many[0].api.put(`/rooms/${hall.id}/read`, { read: sent.seq });
    assert.deepEqual(await a.event('read_by_all', (e) => e.room === hall.id && e.read >= sent.seq), { t: 'read_by_all', room: hall.id, read: sent.seq });
    const page = await ali.api.get(`/rooms/${hall.id}/readers?seq=${sent.seq}&limit=5`);
    assert.deepEqual([page.readers.length, page.more], [5, true]);
    const rest = await ali.api.get(`/rooms/${hall.id}/readers?seq=${sent.seq}&after=${page.readers.at(-1).account.id}&limit=100`);
    assert.equal(page.readers.length + rest.readers.length, many.length);
    await a.close();
    assert.deepEqual(a.wrong, []);
});

test('who leaves a guild, or is made to, is waited for in none of its channels', async () => {
    const [reader, leaver, banned] = await Promise.all(['guild-reader', 'guild-leaver', 'guild-banned'].map((name) => Person.register(server, name)));
    const guild = await ali.api.post('/guilds', { name: 'Waiting' });
    for (const person of [reader, leaver, banned]) await ali.api.put(`/rooms/${guild.id}/members/${person.id}`);
    const channel = await ali.api.post(`/guilds/${guild.id}/channels`, { name: 'read me' });
    const sent = await ali.say(channel, 'to all of you');
    await reader.api.put(`/rooms/${channel.id}/read`, { read: sent.seq });
    const a = await ali.gateway();
    await ali.api.put(`/rooms/${guild.id}/bans/${banned.id}`, {});
    await a.settled();
    assert.ok(!a.events.some((e) => e.t === 'read_by_all'), 'one is still waited for');
    await leaver.api.delete(`/rooms/${guild.id}/members/${leaver.id}`);
    assert.deepEqual(await a.event('read_by_all'), { t: 'read_by_all', room: channel.id, read: sent.seq });
    assert.equal((await seen(ali, channel)).read_by_all, sent.seq);
    await a.close();
    assert.deepEqual(a.wrong, []);
});

test('who hides how far they have read is named nowhere, and yet holds nobody up', async () => {
    const shy = await Person.register(server, 'shy');
    const talk = await ali.group('shy', [shy]);
    const sent = await ali.say(talk, 'read me');
    const [own, other] = [await shy.gateway(), await ali.gateway()];
    await shy.api.patch('/me', { hide_read: true });
    await shy.api.put(`/rooms/${talk.id}/read`, { read: sent.seq });
    assert.equal((await own.event('room_read', (e) => e.room === talk.id)).seq, null);
    assert.equal((await other.event('read_by_all', (e) => e.room === talk.id)).read, sent.seq);
    assert.ok(!other.events.some((e) => e.t === 'room_read' && e.room === talk.id));
    assert.deepEqual((await ali.api.get(`/rooms/${talk.id}/readers?seq=${sent.seq}`)).readers.filter((r) => r.account.id === shy.id), []);
    const { members } = await ali.api.get(`/rooms/${talk.id}/members`);
    assert.equal(members.find((m) => m.account.id === shy.id).read, null);
    await Promise.all([own.close(), other.close()]);
});

test('everything is read at once', async () => {
    const reader = await Person.register(server, 'reader');
    for (let i = 0; i < 5; i++) await ali.say(await ali.group(`news ${i}`, [reader]), 'news for @reader');
    const before = (await reader.api.get('/rooms')).rooms;
    assert.equal(before.reduce((n, r) => n + r.mentions, 0), 5);
    assert.deepEqual(await reader.api.post('/me/read-all', {}), { n_rooms: before.filter((r) => r.unread).length });
    assert.deepEqual((await reader.api.get('/rooms')).rooms.map((r) => r.unread + r.mentions), before.map(() => 0));
    assert.deepEqual(await reader.api.post('/me/read-all', {}), { n_rooms: 0 });
});

test('a draft is on all devices of its author and nowhere else', async () => {
    const [phone, desk, other] = [await ali.gateway(), await ali.gateway(), await vali.gateway()];
    const asked = await vali.say(room, 'well?');
    const { draft } = await ali.api.put(`/rooms/${room.id}/draft`, { text: 'let me think', reply_to: asked.id });
    for (const device of [phone, desk]) assert.deepEqual((await device.event('draft_changed')).draft, draft);
    assert.deepEqual((await seen(ali)).draft, draft);
    assert.equal((await seen(vali)).draft, null);
    assert.deepEqual((await ali.gateway().then((g) => g.close().then(() => g))).ready.rooms.find((r) => r.id === room.id).draft, draft);
    await ali.api.put(`/rooms/${room.id}/draft`, { text: '' });
    assert.equal((await phone.event('draft_changed', (e) => e.draft === null)).room, room.id);
    await other.settled(50);
    assert.ok(!other.frames.some((f) => f.t === 'draft_changed'));
    await refused(ali.api.call('PUT', `/rooms/${room.id}/draft`, { text: 'x'.repeat(4001) }), 413, 'text');
    await Promise.all([phone, desk, other].map((g) => g.close()));
});

test('two of whom one has blocked the other do not speak, and the blocked one learns nothing more', async () => {
    const [her, him] = [await Person.register(server, 'her'), await Person.register(server, 'him')];
    const talk = await him.direct(her);
    const said = await him.say(talk, 'hello?');
    const device = await her.gateway();
    const his = await him.gateway();
    assert.deepEqual((await his.op('watch', { accounts: [her.id] })).people, [{ account: her.id, online: true, status: 'online', last_seen: null }]);
    await her.api.put(`/me/blocks/${him.id}`);
    assert.deepEqual(await device.event('block_changed'), { t: 'block_changed', room: talk.id, account: him.id, on: true });
    assert.equal((await his.event('presence', (e) => e.account === her.id)).online, false);
    assert.ok(!his.frames.some((f) => f.t === 'block_changed'));
    for (const person of [her, him]) {
        await refused(person.api.call('POST', `/rooms/${talk.id}/messages`, { text: 'x' }), 403, 'blocked');
        await refused(person.api.call('PUT', `${at(said)}/reactions/x`), 403, 'blocked');
        assert.equal((await seen(person, talk)).blocked, true);
    }
    assert.equal((await him.api.call('POST', `/rooms/${talk.id}/messages`, { text: 'x' })).body.message.length > 10, true);
    const party = await him.group('party');
    await refused(him.api.call('PUT', `/rooms/${party.id}/members/${her.id}`), 403, 'blocked');
    const later = await him.gateway(); // a socket that comes when it is so already
    for (const socket of [his, later, device]) {
        await assert.rejects(socket.op('typing', { room: talk.id, on: true }), (error) => error.frame.error === 'forbidden' && error.frame.detail === 'blocked');
        socket.raw(JSON.stringify({ op: 'typing', room: talk.id, on: true }));
    }
    await refused(him.api.call('POST', `/rooms/${talk.id}/typing`, { on: true }), 403, 'blocked');
    for (const socket of [his, later, device]) await socket.settled();
    for (const socket of [his, later, device]) {
        assert.ok(!socket.frames.some((f) => f.t === 'typing'), 'nobody hears it');
        assert.equal(socket.frames.filter((f) => f.op === 'error').length, 1, 'without an id it is dropped in silence');
    }
    await later.close();
    assert.deepEqual((await his.op('watch', { accounts: [her.id] })).people, [{ account: her.id, online: false, status: 'offline', last_seen: null }]);
    await ali.api.put(`/rooms/${room.id}/members/${her.id}`);
    await ali.api.put(`/rooms/${room.id}/members/${him.id}`);
    const shown = (person) => person.api.get(`/rooms/${room.id}/members`).then(({ members }) => members.find((m) => m.account.id === her.id).online);
    assert.deepEqual([await shown(him), await shown(ali)], [false, true]);
    const profile = await him.api.get(`/accounts/${her.id}`);
    assert.deepEqual([profile.online, profile.last_seen], [false, null]);
    assert.equal((await ali.api.get(`/accounts/${her.id}`)).online, true);
    assert.deepEqual((await her.api.get('/me/blocks')).blocks.map((b) => b.account.username), ['him']);
    await her.api.delete(`/me/blocks/${him.id}`);
    await him.say(talk, 'thank you');
    await his.op('typing', { room: talk.id, on: true });
    assert.equal((await device.event('typing', (e) => e.room === talk.id)).by.id, him.id);
    assert.equal((await his.op('watch', { accounts: [her.id] })).people[0].online, true);
    await Promise.all([device.close(), his.close()]);
});

test('a person is as their devices are; who is away was last seen then, if they let it be known', async () => {
    const [watched, watcher] = [await Person.register(server, 'watched'), await ali.gateway()];
    await watcher.op('watch', { accounts: [watched.id] });
    const status = (fits, from = 0) => watcher.event('presence', (e) => e.account === watched.id && e.status === fits, { from });
    const [phone, desk] = [await watched.gateway(), await watched.gateway()];
    await status('online');
    await phone.op('status', { status: 'idle' });
    await desk.op('status', { status: 'dnd' });
    await status('dnd');
    await desk.close();
    await status('idle');
    await phone.op('status', { status: 'online' });
    await status('online', watcher.frames.findIndex((f) => f.status === 'idle'));
    await phone.close();
    const gone = await status('offline');
    assert.ok(Math.abs(new Date(gone.last_seen) - Date.now()) < 60_000, JSON.stringify(gone));
    const look = async () => (await watcher.op('watch', { accounts: [watched.id] })).people[0];
    await until(async () => (await look()).last_seen);
    await watched.api.patch('/me', { hide_last_seen: true });
    assert.deepEqual(await look(), { account: watched.id, online: false, status: 'offline', last_seen: null });
    const again = await watched.gateway();
    await status('online', watcher.frames.length - 1);
    const from = watcher.frames.length;
    await again.close();
    assert.equal((await status('offline', from)).last_seen, null);
    for (const word of ['offline', 'away', null]) await assert.rejects(watcher.op('status', { status: word }), (error) => error.frame.error === 'invalid');
    await watcher.close();
    assert.deepEqual(watcher.wrong, []);
});

test('a crowd that comes back at once is told to those who watch in few frames', async () => {
    const crowd = await Promise.all(Array.from({ length: 40 }, (_, i) => Person.register(server, `crowd${i}`)));
    const watcher = await gani.gateway();
    await watcher.op('watch', { accounts: crowd.map((p) => p.id) });
    for (let round = 0; round < 3; round++) {
        const from = watcher.frames.length;
        const sockets = await Promise.all(crowd.map((p) => p.gateway()));
        await until(() => new Set(watcher.frames.slice(from).filter((f) => f.t === 'presence' && f.online).map((f) => f.account)).size === crowd.length);
        await Promise.all(sockets.map((s) => s.close()));
        await until(() => new Set(watcher.frames.slice(from).filter((f) => f.t === 'presence' && !f.online).map((f) => f.account)).size === crowd.length);
        assert.ok(watcher.frames.slice(from).filter((f) => f.t === 'presence').length <= 2 * crowd.length, 'each is told of once coming and once going');
        await sleep(300);
    }
    await watcher.close();
});
