// What is said: sending once and once only, editing, deleting, replying, reacting, reading, and finding it all again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server } from '../lib/server.mjs';
import { Belief, Person } from '../lib/native.mjs';

let server, ali, vali, gani, room;
before(async () => {
    server = await Server.start();
    [ali, vali, gani] = await Promise.all(['ali', 'vali', 'gani'].map((name) => Person.register(server, name)));
    room = await ali.group('talk', [vali]);
});
after(() => server.stop());

const send = (person, body, where = room) => person.api.call('POST', `/rooms/${where.id}/messages`, body);
const at = (message, more = '') => `/rooms/${message.room}/messages/${message.id}${more}`;
const status = async (promise, wanted, detail) => {
    const answer = await promise;
    assert.equal(answer.status, wanted, answer.text);
    if (detail) assert.equal(answer.body.detail, detail, answer.text);
    return answer.body;
};

test('a message is answered with its place in the room, and everybody in the room reads it', async () => {
    const sent = await status(send(ali, { text: 'Assalomu alaykum 👋', key: 'k-1', reply_to: null }), 201);
    assert.equal(sent.text, 'Assalomu alaykum 👋');
    assert.deepEqual(sent.author, { id: ali.id, username: 'ali', name: null, avatar: null, bot: false });
    assert.equal(sent.key, 'k-1');
    assert.deepEqual([sent.edited_at, sent.deleted, sent.reply_to, sent.reactions], [null, false, null, []]);
    const page = await vali.history(room);
    assert.equal(page.messages.at(-1).id, sent.id);
    assert.equal(page.head, sent.seq);
    assert.equal((await vali.api.get(`/rooms/${room.id}`)).last.id, sent.id);
});

test('a send repeated with its key answers the first result and adds nothing', async () => {
    const first = await status(send(ali, { text: 'once', key: 'once' }), 201);
    const again = await status(send(ali, { text: 'once', key: 'once' }), 200);
    assert.deepEqual(again, first);
    const many = await Promise.all(Array.from({ length: 20 }, () => send(ali, { text: 'storm', key: 'storm' })));
    assert.equal(many.filter((a) => a.status === 201).length, 1);
    assert.equal(new Set(many.map((a) => a.body.id)).size, 1);
    const texts = (await ali.history(room)).messages.map((m) => m.text);
    assert.equal(texts.filter((t) => t === 'once').length, 1);
    assert.equal(texts.filter((t) => t === 'storm').length, 1);
});

test('a key with other content is a conflict; another person or another room may use it', async () => {
    await status(send(ali, { text: 'mine', key: 'shared' }), 201);
    await status(send(ali, { text: 'not mine', key: 'shared' }), 409, 'key');
    const target = await status(send(ali, { text: 'target' }), 201);
    await status(send(ali, { text: 'mine', key: 'shared', reply_to: target.id }), 409, 'key');
    await status(send(vali, { text: 'not mine', key: 'shared' }), 201);
    const other = await ali.group('other');
    await status(send(ali, { text: 'not mine', key: 'shared' }, other), 201);
});

test('a key lives as long as its message: through edits, deletes and kill -9', async () => {
    const sent = await status(send(ali, { text: 'lasting', key: 'lasting' }), 201);
    await ali.api.patch(at(sent), { text: 'changed' });
    const again = await send(ali, { text: 'lasting', key: 'lasting' });
    assert.equal(again.status, 200, again.text);
    assert.equal(again.body.id, sent.id);
    await ali.api.delete(at(sent));
    await server.restart();
    const afterwards = await send(ali, { text: 'lasting', key: 'lasting' });
    assert.equal(afterwards.status, 200, afterwards.text);
    assert.equal(afterwards.body.id, sent.id);
});

test('without a key every send is a new message', async () => {
    const ids = await Promise.all([1, 2].map(async () => (await status(send(ali, { text: 'again' }), 201)).id));
    assert.notEqual(ids[0], ids[1]);
});

test('text has 1 to 4000 code points and at most 16 KiB; nothing is cut in silence', async () => {
    for (const text of ['x', 'ў'.repeat(4000), '👍'.repeat(4000), '  spaces stay  ', 'a\nb\tc', '<b>&amp;</b>', '\u200f\u202e', '0', 'null']) {
        assert.equal((await status(send(ali, { text }), 201)).text, text);
    }
    await status(send(ali, { text: '' }), 400, 'text');
    for (const text of ['x'.repeat(4001), '👍'.repeat(4001)]) {
        const answer = await send(ali, { text });
        assert.ok([400, 413].includes(answer.status), answer.text);
        assert.equal(answer.body.detail, 'text');
    }
    await status(send(ali, { text: null }), 400, 'text');
    await status(send(ali, { text: 5 }), 400, 'text');
    await status(send(ali, { key: 'x' }), 400, 'text');
    await status(send(ali, { text: 'x', tekst: 'y' }), 400, 'tekst');
});

test('a key has a shape', async () => {
    await status(send(ali, { text: 'x', key: 'K_-9'.repeat(16) }), 201);
    for (const key of ['', 'x'.repeat(65), 'a b', 'ключ', 'a/b', 7]) await status(send(ali, { text: 'x', key }), 400, 'key');
});

test('the author edits; nobody else', async () => {
    const sent = await ali.say(room, 'befroe');
    const edited = await status(ali.api.call('PATCH', at(sent), { text: 'before' }), 200);
    assert.equal(edited.text, 'before');
    assert.equal(edited.seq, sent.seq, 'an edit does not move the message');
    assert.ok(edited.edited_at > sent.created_at);
    await status(vali.api.call('PATCH', at(sent), { text: 'hijacked' }), 403);
    await status(gani.api.call('PATCH', at(sent), { text: 'hijacked' }), 404);
    await status(ali.api.call('PATCH', at(sent), { text: '' }), 400, 'text');
    assert.equal((await vali.history(room)).messages.find((m) => m.id === sent.id).text, 'before');
});

test('a deleted message keeps its place without its text and without its reactions', async () => {
    const sent = await vali.say(room, 'regret', { key: 'regret' });
    await ali.api.put(at(sent, `/reactions/${encodeURIComponent('👍')}`));
    const third = await Person.register(server, 'third');
    await ali.api.put(`/rooms/${room.id}/members/${third.id}`);
    await status(third.api.call('DELETE', at(sent)), 403);
    await status(vali.api.call('DELETE', at(sent)), 204);
    await status(vali.api.call('DELETE', at(sent)), 204);
    const shown = (await ali.history(room)).messages.find((m) => m.id === sent.id);
    assert.deepEqual([shown.deleted, shown.text, shown.seq, shown.reactions], [true, '', sent.seq, []]);
    const edit = await vali.api.call('PATCH', at(sent), { text: 'back' });
    assert.ok([404, 409, 410].includes(edit.status), edit.text);
    const replay = JSON.stringify(await ali.changes(room));
    assert.ok(!replay.includes('regret"') || !replay.includes('"text":"regret"'), 'the replay forgot the text too');
});

test('owner and administrators delete what others wrote', async () => {
    const sent = await vali.say(room, 'rude');
    await status(ali.api.call('DELETE', at(sent)), 204);
    const event = (await ali.changes(room)).findLast((e) => e.t === 'message_deleted');
    assert.equal(event.by.id, ali.id);
    assert.equal(event.message.id, sent.id);
});

test('a reply carries the first 140 code points of what it answers', async () => {
    const long = await ali.say(room, '𝒳'.repeat(200));
    const reply = await vali.say(room, 'yes', { reply_to: long.id });
    assert.deepEqual(reply.reply_to, { id: long.id, author: { id: ali.id, username: 'ali', name: null, avatar: null, bot: false }, text: '𝒳'.repeat(140), seq: long.seq, has_file: false });
    const elsewhere = await ali.group('elsewhere');
    const secret = await ali.say(elsewhere, 'secret');
    for (const id of [secret.id, 999999]) {
        const answer = await send(vali, { text: 'x', reply_to: id });
        assert.ok([400, 404].includes(answer.status), answer.text);
        assert.ok(!answer.text.includes('secret'));
    }
    await ali.api.delete(at(long));
    const shown = (await vali.history(room)).messages.find((m) => m.id === reply.id);
    assert.equal(shown.reply_to.id, long.id);
    assert.equal(shown.reply_to.text, '', 'what was deleted is not quoted');
});

test('reactions are counted once a person, and only one\'s own are taken back', async () => {
    const sent = await ali.say(room, 'react');
    const path = at(sent, `/reactions/${encodeURIComponent('👩‍👩‍👧')}`);
    for (const person of [ali, vali, vali]) await status(person.api.call('PUT', path), 204);
    await status(ali.api.call('PUT', at(sent, '/reactions/ok')), 204);
    const shown = async () => (await ali.history(room)).messages.find((m) => m.id === sent.id).reactions;
    const family = (await shown()).find((r) => r.emoji === '👩‍👩‍👧');
    assert.deepEqual([family.count, family.by.sort((a, b) => a - b)], [2, [ali.id, vali.id].sort((a, b) => a - b)]);
    await status(vali.api.call('DELETE', path), 204);
    await status(vali.api.call('DELETE', path), 204);
    assert.deepEqual((await shown()).find((r) => r.emoji === '👩‍👩‍👧').by, [ali.id]);
    await status(gani.api.call('PUT', path), 404);
    await status(ali.api.call('PUT', at(sent, `/reactions/${'x'.repeat(33)}`)), 400, 'emoji');
    await status(ali.api.call('PUT', at(sent, '/reactions/%ff%fe')), 400);
    const kinds = (await ali.changes(room)).filter((e) => e.message_id === sent.id).map((e) => e.t);
    assert.deepEqual(kinds, ['reaction_added', 'reaction_added', 'reaction_added', 'reaction_removed'], 'what changed nothing is no event');
});

test('history is read backwards and forwards by sequence, without gap or overlap', async () => {
    const long = await ali.group('long', [vali]);
    const sent = [];
    for (let i = 0; i < 120; i++) sent.push(await ali.say(long, `line ${i}`));
    await ali.api.patch(at(sent[5]), { text: 'line 5, edited' });
    const backwards = [];
    let page = await vali.history(long, '?limit=50');
    assert.equal(page.messages.length, 50);
    for (;;) {
        backwards.unshift(...page.messages);
        if (!page.more) break;
        page = await vali.history(long, `?before=${page.messages[0].seq}&limit=50`);
    }
    assert.deepEqual(backwards.map((m) => m.id), sent.map((m) => m.id));
    assert.equal(backwards[5].text, 'line 5, edited');
    const forwards = [];
    let after_ = 0, more = true;
    while (more) {
        const next = await vali.history(long, `?after=${after_}&limit=33`);
        forwards.push(...next.messages);
        after_ = next.messages.at(-1).seq;
        more = next.more;
    }
    assert.deepEqual(forwards.map((m) => m.id), sent.map((m) => m.id));
    assert.deepEqual((await vali.history(long, `?after=${sent.at(-1).seq + 100}`)).messages, []);
    assert.deepEqual((await vali.history(long, '?before=1')).messages, []);
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'before=x', 'after=-1', 'before=99999999999999999999']) {
        await status(vali.api.call('GET', `/rooms/${long.id}/messages?${query}`), 400);
    }
});

test('the replay told to nothing gives the room', async () => {
    const belief = new Belief();
    const events = await vali.changes(room);
    events.forEach((event, i) => {
        assert.equal(event.seq, i + 1);
        belief.apply(event);
    });
    const { messages } = await vali.history(room, '?limit=200');
    for (const message of messages) {
        const believed = belief.messages.get(message.id);
        assert.equal(believed.text, message.text);
        assert.equal(believed.deleted, message.deleted);
        if (!message.deleted) assert.equal(believed.reactions.size, message.reactions.reduce((n, r) => n + r.count, 0));
    }
    assert.equal(belief.messages.size, messages.length);
    await status(vali.api.call('GET', `/rooms/${room.id}/changes?limit=1001`), 400, 'limit');
    await status(vali.api.call('GET', `/rooms/${room.id}/changes?after=x`), 400, 'after');
});

test('read marks move forward only; unread counts what others wrote above them', async () => {
    const quiet = await ali.group('unread', [vali]);
    const sent = [];
    for (let i = 0; i < 5; i++) sent.push(await ali.say(quiet, `n ${i}`));
    await vali.say(quiet, 'my own does not count');
    const seen = async (person) => person.api.get(`/rooms/${quiet.id}`);
    assert.equal((await seen(vali)).unread, 5);
    assert.equal((await seen(ali)).unread, 1);
    assert.deepEqual(await vali.api.put(`/rooms/${quiet.id}/read`, { read: sent[2].seq }), { read: sent[2].seq, unread: 2, mentions: 0 });
    assert.deepEqual(await vali.api.put(`/rooms/${quiet.id}/read`, { read: sent[0].seq }), { read: sent[2].seq, unread: 2, mentions: 0 });
    const { head } = await seen(vali);
    const top = await vali.api.put(`/rooms/${quiet.id}/read`, { read: head + 1000 });
    assert.equal(top.unread, 0);
    assert.equal(top.read, head);
    assert.equal((await seen(vali)).read, top.read);
    const marks = (await ali.changes(quiet)).filter((e) => e.t === 'room_read' && e.by.id === vali.id);
    assert.deepEqual(marks.map((e) => e.read), [top.read], 'a mark that was replaced is not replayed');
    await ali.api.delete(at(sent[0]));
    const fresh = await Person.register(server, 'fresh');
    await ali.api.put(`/rooms/${quiet.id}/members/${fresh.id}`);
    for (const read of [-1, 'x', 1.5, null]) await status(vali.api.call('PUT', `/rooms/${quiet.id}/read`, { read }), 400, 'read');
});

test('deleted messages are not unread', async () => {
    const quiet = await ali.group('unread and deleted', [vali]);
    const sent = await ali.say(quiet, 'gone soon');
    await ali.say(quiet, 'stays');
    await ali.api.delete(at(sent));
    assert.equal((await vali.api.get(`/rooms/${quiet.id}`)).unread, 1);
});

test('everything acknowledged survives kill -9', async () => {
    const before_ = await ali.changes(room);
    const sent = await ali.say(room, 'just before the plug was pulled', { key: 'plug' });
    await server.restart();
    const after_ = await ali.changes(room);
    assert.deepEqual(after_.slice(0, before_.length), before_);
    assert.equal(after_.at(-1).message.id, sent.id);
});

test('a message is reached only through its own room', async () => {
    const sent = await ali.say(room, 'here');
    const other = await ali.group('there');
    for (const [method, body] of [['PATCH', { text: 'x' }], ['DELETE', undefined]]) {
        await status(ali.api.call(method, `/rooms/${other.id}/messages/${sent.id}`, body), 404);
    }
    await status(ali.api.call('PUT', `/rooms/${other.id}/messages/${sent.id}/reactions/x`), 404);
});
