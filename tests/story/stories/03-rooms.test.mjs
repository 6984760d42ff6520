// Where people talk: the lobby everyone is in, groups, direct rooms, and who may do what there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server } from '../lib/server.mjs';
import { Person } from '../lib/native.mjs';

let server, ali, vali, gani;
before(async () => {
    server = await Server.start();
    [ali, vali, gani] = await Promise.all(['ali', 'vali', 'gani'].map((name) => Person.register(server, name)));
});
after(() => server.stop());

const status = async (promise, wanted, detail) => {
    const answer = await promise;
    assert.equal(answer.status, wanted, answer.text);
    if (detail) assert.equal(answer.body.detail, detail, answer.text);
    return answer.body;
};
const rooms = async (person) => (await person.api.get('/rooms')).rooms;
const members = async (person, room) => (await person.api.get(`/rooms/${room.id}/members`)).members;

test('everybody is in the lobby from the first moment', async () => {
    const mine = await rooms(ali);
    assert.equal(mine.length, 1);
    assert.equal(mine[0].kind, 'lobby');
    assert.equal(mine[0].public, true);
    assert.equal(mine[0].role, 'member');
    assert.equal(mine[0].id, (await vali.lobby()).id);
    assert.ok((await ali.lobby()).n_members >= 3);
});

test('nobody leaves the lobby, joins it twice or renames it', async () => {
    const lobby = await ali.lobby();
    await status(ali.api.call('DELETE', `/rooms/${lobby.id}/members/${ali.id}`), 403);
    await status(ali.api.call('PATCH', `/rooms/${lobby.id}`, { name: 'mine now' }), 403);
    await status(ali.api.call('PUT', `/rooms/${lobby.id}/members/${ali.id}`), 204);
    assert.equal((await ali.lobby()).n_members, lobby.n_members);
});

test('a group is made, seen by its members and by nobody else', async () => {
    const room = await ali.group('plov', [vali]);
    assert.equal(room.kind, 'group');
    assert.equal(room.role, 'owner');
    assert.equal(room.n_members, 2);
    assert.equal(room.peer, null);
    assert.deepEqual(await ali.api.get(`/rooms/${room.id}`), (await rooms(ali)).find((r) => r.id === room.id));
    assert.equal((await vali.api.get(`/rooms/${room.id}`)).role, 'member');
    await status(gani.api.call('GET', `/rooms/${room.id}`), 404);
    assert.ok(!(await rooms(gani)).some((r) => r.id === room.id));
    assert.ok(!(await gani.api.get('/rooms/public')).rooms.some((r) => r.id === room.id));
});

test('a group has a name of 1 to 100 code points and members that exist', async () => {
    await ali.group('n'.repeat(100));
    await ali.group('𝒩'.repeat(100));
    for (const name of ['', 'n'.repeat(101), null, 5]) await status(ali.api.call('POST', '/rooms', { kind: 'group', name }), 400, 'name');
    await status(ali.api.call('POST', '/rooms', { kind: 'group', name: 'x', members: [999999] }), 404);
    await status(ali.api.call('POST', '/rooms', { kind: 'group', name: 'x', members: 'vali' }), 400, 'members');
    await status(ali.api.call('POST', '/rooms', { kind: 'group', name: 'x', members: Array(101).fill(vali.id) }), 400, 'members');
    await status(ali.api.call('POST', '/rooms', { kind: 'lobby', name: 'x' }), 400, 'kind');
    await status(ali.api.call('POST', '/rooms', { kind: 'group', name: 'x', colour: 'red' }), 400, 'colour');
});

test('a direct room exists once for two people, whoever opens it', async () => {
    const first = await ali.api.call('POST', '/rooms', { kind: 'direct', members: [vali.id] });
    assert.equal(first.status, 201, first.text);
    assert.deepEqual(first.body.peer, { id: vali.id, username: 'vali', name: null, avatar: null, bot: false });
    const again = await vali.api.call('POST', '/rooms', { kind: 'direct', members: [ali.id] });
    assert.equal(again.status, 200);
    assert.equal(again.body.id, first.body.id);
    assert.deepEqual(again.body.peer, { id: ali.id, username: 'ali', name: null, avatar: null, bot: false });
    const both = await Promise.all([ali, gani].map((p) => p.api.call('POST', '/rooms', { kind: 'direct', members: [(p === ali ? gani : ali).id] })));
    assert.equal(both[0].body.id, both[1].body.id, 'also when both open it at once');
    await status(ali.api.call('POST', '/rooms', { kind: 'direct', members: [999999] }), 404);
    await status(ali.api.call('POST', '/rooms', { kind: 'direct', members: [vali.id, gani.id] }), 400, 'members');
    await status(ali.api.call('POST', '/rooms', { kind: 'direct', members: [] }), 400, 'members');
});

test('a direct room has two members, for ever, and no stranger', async () => {
    const room = await ali.direct(vali);
    await status(gani.api.call('GET', `/rooms/${room.id}`), 404);
    await status(gani.api.call('PUT', `/rooms/${room.id}/members/${gani.id}`), 404);
    for (const [method, path, body] of [['PUT', `/members/${gani.id}`], ['DELETE', `/members/${vali.id}`], ['DELETE', `/members/${ali.id}`], ['PATCH', '', { name: 'us' }]]) {
        await status(ali.api.call(method, `/rooms/${room.id}${path}`, body), 403);
    }
});

test('a public group is found, looked at and joined; a private one is entered only when added', async () => {
    const open = await ali.group('bozor', [], { public: true });
    assert.ok((await gani.api.get('/rooms/public')).rooms.some((r) => r.id === open.id));
    const outside = await gani.api.get(`/rooms/${open.id}`);
    assert.deepEqual([outside.role, outside.read, outside.unread, outside.last], [null, 0, 0, null]);
    await status(gani.api.call('PUT', `/rooms/${open.id}/members/${gani.id}`, { role: 'admin' }), 403);
    await status(gani.api.call('PUT', `/rooms/${open.id}/members/${gani.id}`), 204);
    await status(gani.api.call('PUT', `/rooms/${open.id}/members/${gani.id}`), 204);
    assert.equal((await gani.api.get(`/rooms/${open.id}`)).role, 'member');
    const shut = await ali.group('shut');
    await status(gani.api.call('PUT', `/rooms/${shut.id}/members/${gani.id}`), 404);
    await status(ali.api.call('PUT', `/rooms/${shut.id}/members/${gani.id}`), 204);
    assert.equal((await gani.api.get(`/rooms/${shut.id}`)).role, 'member');
});

test('owners and administrators add and remove; only the owner changes roles; nobody removes the owner', async () => {
    const room = await ali.group('roles', [vali, gani]);
    const at = (person) => `/rooms/${room.id}/members/${person.id}`;
    const extra = await Person.register(server, 'extra');
    await status(vali.api.call('PUT', at(extra)), 403);
    await status(vali.api.call('DELETE', at(gani)), 403);
    await status(vali.api.call('PATCH', `/rooms/${room.id}`, { name: 'no' }), 403);
    await status(vali.api.call('PUT', at(vali), { role: 'admin' }), 403);
    await status(ali.api.call('PUT', at(vali), { role: 'admin' }), 204);
    assert.equal((await vali.api.get(`/rooms/${room.id}`)).role, 'admin');
    await status(vali.api.call('PUT', at(extra)), 204);
    await status(vali.api.call('PUT', at(gani), { role: 'admin' }), 403);
    await status(vali.api.call('DELETE', at(ali)), 403);
    await status(vali.api.call('DELETE', at(extra)), 204);
    assert.equal((await status(vali.api.call('PATCH', `/rooms/${room.id}`, { name: 'renamed' }), 200)).name, 'renamed');
    await status(ali.api.call('PUT', at(vali), { role: 'owner' }), 400, 'role');
    await status(ali.api.call('PUT', at(vali), { role: 'member' }), 204);
    await status(vali.api.call('DELETE', at(gani)), 403);
});

test('who left or was removed sees the room no more; the others see it happen', async () => {
    const room = await ali.group('leaving', [vali, gani]);
    await status(vali.api.call('DELETE', `/rooms/${room.id}/members/${vali.id}`), 204);
    await status(ali.api.call('DELETE', `/rooms/${room.id}/members/${gani.id}`), 204);
    for (const gone of [vali, gani]) {
        await status(gone.api.call('GET', `/rooms/${room.id}`), 404);
        await status(gone.api.call('GET', `/rooms/${room.id}/messages`), 404);
        await status(gone.api.call('POST', `/rooms/${room.id}/messages`, { text: 'still here' }), 404);
    }
    assert.equal((await ali.api.get(`/rooms/${room.id}`)).n_members, 1);
    const left = (await ali.changes(room)).filter((e) => e.t === 'member_left');
    assert.deepEqual(left.map((e) => [e.member.username, e.by.username]), [['vali', 'vali'], ['gani', 'ali']]);
});

test('members come in pages by account id', async () => {
    const crowd = [];
    for (let i = 0; i < 12; i++) crowd.push(await Person.register(server, `page${i}`));
    const room = await ali.group('crowded', crowd);
    const seen = [];
    let after_ = 0, pages = 0, more = true;
    while (more) {
        const page = await ali.api.get(`/rooms/${room.id}/members?after=${after_}&limit=5`);
        seen.push(...page.members);
        after_ = page.members.at(-1).account.id;
        more = page.more;
        pages++;
    }
    assert.equal(pages, 3);
    assert.deepEqual(seen.map((m) => m.account.id), [ali, ...crowd].map((p) => p.id).sort((a, b) => a - b));
    assert.equal(seen.find((m) => m.account.id === ali.id).role, 'owner');
    for (const query of ['limit=0', 'limit=-1', 'limit=x', 'after=x', 'after=-1', 'limit=1e3']) {
        await status(ali.api.call('GET', `/rooms/${room.id}/members?${query}`), 400);
    }
});

test('rooms are listed by newest activity', async () => {
    const a = await gani.group('a'), b = await gani.group('b');
    await gani.say(a, 'later');
    const order = (await rooms(gani)).map((r) => r.id);
    assert.ok(order.indexOf(a.id) < order.indexOf(b.id));
    await gani.say(b, 'latest');
    assert.equal((await rooms(gani))[0].id, b.id);
    assert.equal((await rooms(gani))[0].last.text, 'latest');
});

test('every change of a group has a number, in order and without holes', async () => {
    const room = await ali.group('numbered', [vali]);
    await ali.api.patch(`/rooms/${room.id}`, { name: 'numbered again' });
    await ali.api.put(`/rooms/${room.id}/members/${vali.id}`, { role: 'admin' });
    await vali.api.delete(`/rooms/${room.id}/members/${vali.id}`);
    const events = await ali.changes(room);
    assert.deepEqual(events.map((e) => e.seq), events.map((e, i) => i + 1));
    assert.deepEqual(events.slice(-3).map((e) => e.t), ['room_changed', 'member_changed', 'member_left']);
    assert.equal((await ali.api.get(`/rooms/${room.id}`)).head, events.length);
    assert.equal((await members(ali, room)).length, 1);
});

test('a room that does not exist is not found, and an id that is none is not a crash', async () => {
    for (const id of ['999999', '0', '9007199254740991', '9223372036854775807', '99999999999999999999999']) {
        const answer = await ali.api.call('GET', `/rooms/${id}`);
        assert.ok([400, 404].includes(answer.status), `${id}: ${answer.status}`);
    }
    for (const id of ['-1', 'x', '1x', '%00', '1%2f2']) assert.ok([400, 404].includes((await ali.api.call('GET', `/rooms/${id}`)).status), id);
});
