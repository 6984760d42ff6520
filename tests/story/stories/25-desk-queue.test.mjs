// The support desk as agents live it, through native HTTP and the gateway: a chat's life, the queue, who hears what, agents who go, and the fight. Customers come
// through the old desk's door.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, sleep, until } from '../lib/server.mjs';
import { Api, Person, password } from '../lib/native.mjs';
import { deskEnvironment, fight, hex, signed } from '../desk_fight.mjs';

let server, chief, bob, eve;
let n = 0;

async function staff(on) {
    const admin = new Person(on, await new Api(`${on.url}/api/v1`).post('/setup', { token: on.setupToken(), username: 'chief', password }));
    const agents = await Promise.all(['bob', 'eve'].map((name) => Person.register(on, name)));
    for (const agent of agents) await admin.api.put(`/desk/agents/${agent.id}`, { role: 'agent', capacity: 0 });
    return [admin, ...agents];
}

/** A customer of the shop: proven by its signature. */
class Customer {
    constructor(on, id = `shop-${n++}`) {
        this.id = id;
        this.api = new Api(on.url);
    }

    call(method, path, body) { return this.api.call(method, path, body, signed(this.id)); }
    async open() {
        const { body } = await this.call('POST', '/api/chats', { userId: this.id, userName: `Mijoz ${this.id}` });
        this.chat = parseInt(body.chat._id, 16);
        return this;
    }

    async say(content) {
        const answer = await this.call('POST', '/api/messages', { senderId: this.id, senderType: 'user', content, chatId: hex(this.chat) });
        assert.equal(answer.status, 200, answer.text);
        return answer.body.message;
    }
}

const come = (on = server) => new Customer(on).open();
const step = (who, chat, word, body) => who.api.call('POST', `/desk/chats/${chat}/${word}`, body);
const get = (who, chat) => who.api.get(`/desk/chats/${chat}`);
/** The queue is everybody's: what a test leaves waiting would be the next one's. */
async function clear(on = server, by = chief) {
    for (;;) {
        const { chats } = await by.api.get('/desk/chats?filter=waiting&limit=200');
        if (!chats.length) return;
        for (const chat of chats) await step(by, chat.id, 'close');
    }
}

before(async () => {
    server = await Server.start({ env: deskEnvironment });
    [chief, bob, eve] = await staff(server);
});
after(() => server.stop());

test('a chat lives: it waits, is taken, answered, noted, passed on, closed, rated and counted', async () => {
    const gates = await Promise.all([bob, eve, chief].map((p) => p.gateway()));
    const [b, e, c] = gates;
    assert.deepEqual(gates.map((g) => g.hello.desk), ['agent', 'agent', 'supervisor']);
    const customer = await come();
    for (const g of gates) assert.equal((await g.event('desk', (x) => x.chat.id === customer.chat)).step, 'open');
    await customer.say('salom');
    for (const g of gates) {
        const heard = await g.event('desk_message', (x) => x.chat.id === customer.chat);
        assert.deepEqual([heard.message.text, heard.chat.unread, heard.chat.last_text], ['salom', 1, 'salom']);
    }
    const waiting = (await bob.api.get('/desk/chats?filter=waiting')).chats.find((x) => x.id === customer.chat);
    assert.deepEqual([waiting.customer.external_id, waiting.customer.proven, waiting.state, waiting.agent], [customer.id, true, 'waiting', null]);
    assert.equal((await eve.history(customer.chat)).messages[0].text, 'salom');

    const taken = await step(bob, customer.chat, 'take');
    assert.deepEqual([taken.status, taken.body.state, taken.body.agent.id, taken.body.position], [200, 'active', bob.id, null]);
    assert.equal((await b.event('desk_moved', (x) => x.room === customer.chat)).step, 'assign');
    for (const g of [e, c]) assert.equal((await g.event('desk', (x) => x.chat.id === customer.chat && x.step === 'assign')).chat.agent.id, bob.id);
    assert.equal((await eve.api.call('GET', `/rooms/${customer.chat}/messages`)).status, 404);
    assert.ok((await bob.api.get('/rooms')).rooms.some((r) => r.id === customer.chat && r.kind === 'desk' && r.name.startsWith('Mijoz')));

    const from = e.frames.length;
    await customer.say('bormisiz?');
    assert.equal((await b.event('desk_message', (x) => x.message.text === 'bormisiz?')).chat.id, customer.chat);
    assert.equal((await b.event('message_posted', (x) => x.room === customer.chat)).message.text, 'bormisiz?');
    await bob.say(customer.chat, 'ha');
    const heard = (await customer.call('GET', `/api/messages/${hex(customer.chat)}`)).body.messages;
    assert.deepEqual(heard.map((m) => [m.content, m.senderType]), [['salom', 'user'], ['bormisiz?', 'user'], ['ha', 'admin']]);
    await bob.api.put(`/rooms/${customer.chat}/read`, { read: 1000 });
    assert.equal((await get(bob, customer.chat)).unread, 0);
    const chatted = e.frames.slice(from).filter((f) => f.t === 'desk_message' || f.t === 'message_posted');
    assert.deepEqual(chatted, [], 'what is said in a chat that somebody has is for them alone');

    await bob.api.post(`/desk/chats/${customer.chat}/notes`, { text: 'VIP mijoz' });
    assert.equal((await b.event('desk_note', (x) => x.room === customer.chat)).text, 'VIP mijoz');
    assert.deepEqual((await bob.api.put(`/desk/chats/${customer.chat}/tags`, { tags: ['vip', 'qaytarish'] })).tags, ['vip', 'qaytarish']);
    const passed = await step(bob, customer.chat, 'transfer', { to: eve.id });
    assert.equal(passed.body.agent.id, eve.id);
    const got = await e.event('desk', (x) => x.step === 'transfer' && x.chat.id === customer.chat);
    assert.deepEqual([got.from.id, got.chat.last_text], [bob.id, 'ha']);
    assert.equal((await b.event('member_left', (x) => x.room === customer.chat)).member.id, bob.id);
    assert.equal((await bob.api.call('POST', `/rooms/${customer.chat}/messages`, { text: 'x' })).status, 404);
    assert.equal((await eve.api.get(`/desk/chats/${customer.chat}/notes`)).notes[0].text, 'VIP mijoz');
    await eve.say(customer.chat, 'davom etamiz');
    assert.equal((await step(eve, customer.chat, 'close')).body.state, 'closed');
    const shut = await eve.api.call('POST', `/rooms/${customer.chat}/messages`, { text: 'yana' });
    assert.deepEqual([shut.status, shut.body.detail], [403, 'closed']);
    const rated = await customer.call('POST', `/api/chats/${hex(customer.chat)}/rating`, { rating: 5 });
    assert.equal(rated.status, 200, rated.text);
    assert.equal((await get(eve, customer.chat)).rating, 5);
    const { days } = await chief.api.get('/desk/figures');
    const of = (p) => days.find((d) => d.agent.id === p.id);
    assert.deepEqual([of(bob).taken, of(bob).closed, of(bob).messages, of(bob).rating], [1, 0, 1, null]);
    assert.deepEqual([of(eve).taken, of(eve).closed, of(eve).messages, of(eve).rating], [1, 1, 1, 5]);
    assert.equal((await bob.api.get('/desk/figures')).days.every((d) => d.agent.id === bob.id), true);
    for (const g of gates) assert.deepEqual(g.wrong, []), await g.close();
});

test('every step is answered as the drawing says, and a refusal shows the chat as it is', async () => {
    const customer = await come(), { chat } = customer;
    const refused = async (who, word, detail, body) => {
        const answer = await step(who, chat, word, body);
        assert.deepEqual([answer.status, answer.body.error, answer.body.detail], [409, 'conflict', detail], `${word}: ${answer.text}`);
        return answer.body.chat;
    };
    const done = async (who, word, state, body) => assert.deepEqual(await step(who, chat, word, body).then((a) => [a.status, a.body.state]), [200, state], word);
    await refused(bob, 'transfer', 'waiting', { to: eve.id });
    await done(bob, 'unlock', 'waiting');
    await done(bob, 'take', 'active');
    await done(bob, 'take', 'active');
    assert.equal((await refused(eve, 'take', 'assigned')).agent.id, bob.id);
    await refused(eve, 'lock', 'assigned');
    for (const word of ['unlock', 'close', 'transfer']) {
        const answer = await step(eve, chat, word, word === 'transfer' ? { to: eve.id } : undefined);
        assert.deepEqual([answer.status, answer.body.detail, answer.body.chat.last_text], [403, 'assigned', '']);
    }
    await done(bob, 'lock', 'locked');
    assert.equal((await refused(eve, 'take', 'locked')).locked_by.id, bob.id);
    await done(bob, 'take', 'locked');
    await done(bob, 'transfer', 'locked', { to: eve.id });
    await done(eve, 'unlock', 'waiting');
    await done(chief, 'take', 'active', { agent: eve.id });
    await done(chief, 'unlock', 'waiting');
    await done(bob, 'lock', 'locked');
    await done(bob, 'close', 'closed');
    await done(bob, 'close', 'closed');
    for (const word of ['take', 'lock', 'unlock']) await refused(bob, word, 'closed');
    const notAgent = await Person.register(server, 'visitor');
    assert.deepEqual((await Promise.all(['take', 'close'].map((word) => step(notAgent, chat, word)))).map((a) => a.status), [404, 404]);
    assert.equal((await step(bob, (await come()).chat, 'take', { agent: eve.id })).status, 403);
    await clear();
});

test('the one who waited longest is next, everybody knows their place, and nobody has more than fits', async () => {
    await clear();
    const customers = [];
    for (let i = 0; i < 4; i++) customers.push(await come());
    const places = async () => (await chief.api.get('/desk/chats?filter=waiting')).chats.map((c) => [c.id, c.position]);
    assert.deepEqual(await places(), customers.map((c, i) => [c.chat, i + 1]));
    await chief.api.put(`/desk/agents/${bob.id}`, { role: 'agent', capacity: 2 });
    assert.equal((await bob.api.post('/desk/next')).id, customers[0].chat);
    assert.equal((await bob.api.post('/desk/next')).id, customers[1].chat);
    const full = await bob.api.call('POST', '/desk/next');
    assert.deepEqual([full.status, full.body.detail, full.body.chat.id], [409, 'capacity', customers[2].chat]);
    assert.deepEqual(await places(), [[customers[2].chat, 1], [customers[3].chat, 2]]);
    await step(bob, customers[0].chat, 'unlock');
    assert.deepEqual((await places())[0], [customers[0].chat, 1]);
    assert.ok((await get(bob, customers[3].chat)).wait_s >= 0);
    await chief.api.put(`/desk/agents/${bob.id}`, { role: 'agent', capacity: 0 });
    await step(bob, customers[1].chat, 'close');
    await clear();
    assert.equal((await bob.api.call('POST', '/desk/next')).status, 404);
});

test('who becomes an agent hears the hall at once; who is one no more hears nothing, and their chats go back', async () => {
    const sue = await Person.register(server, 'sue');
    const g = await sue.gateway();
    assert.equal(g.hello.desk, 'none');
    assert.equal((await sue.api.call('GET', '/desk/chats')).status, 403);
    await chief.api.put(`/desk/agents/${sue.id}`, { role: 'agent' });
    assert.equal((await g.event('desk_agent_changed')).role, 'agent');
    const customer = await come();
    await g.event('desk', (x) => x.chat.id === customer.chat);
    assert.equal((await step(sue, customer.chat, 'take')).status, 200);
    await chief.api.put(`/desk/agents/${sue.id}`, { role: 'none' });
    await g.event('desk_agent_changed', (x) => x.role === 'none');
    const from = g.frames.length;
    const other = await come();
    await other.say('eshityapsizmi');
    await g.settled(200);
    assert.deepEqual(g.frames.slice(from).filter((f) => f.t?.startsWith('desk')).filter((f) => f.chat), []);
    await g.close();
    await clear();
});

test('an agent who reconnects, and one who comes back after kill -9, is told every move in order', async () => {
    const customer = await come();
    await step(bob, customer.chat, 'take');
    const g = await bob.gateway();
    const known = g.known.get(customer.chat);
    g.cut();
    await customer.say('bir');
    await step(bob, customer.chat, 'lock');
    await step(bob, customer.chat, 'transfer', { to: eve.id });
    await step(eve, customer.chat, 'transfer', { to: bob.id });
    const again = await bob.gateway({ [customer.chat]: known });
    await again.next((f) => f.op === 'resumed' && f.room === customer.chat);
    const steps = (gate) => gate.events.filter((e) => e.room === customer.chat && e.t === 'desk_moved').map((e) => e.step);
    assert.deepEqual(steps(again), ['lock', 'transfer', 'transfer']);
    const mark = again.known.get(customer.chat);
    await step(bob, customer.chat, 'unlock');
    await step(bob, customer.chat, 'take');
    await server.kill9();
    await server.start();
    const third = await bob.gateway({ [customer.chat]: mark });
    await third.next((f) => f.op === 'resumed' && f.room === customer.chat);
    assert.deepEqual(steps(third), ['unlock', 'assign']);
    const all = (await chief.changes(customer.chat)).filter((e) => e.t === 'desk_moved');
    assert.deepEqual(all.map((e) => [e.step, e.state]), [['open', 'waiting'], ['assign', 'active'], ['lock', 'locked'], ['transfer', 'locked'], ['transfer', 'locked'],
        ['unlock', 'waiting'], ['assign', 'active']]);
    assert.equal((await get(bob, customer.chat)).agent.id, bob.id);
    assert.deepEqual(third.wrong, []);
    await third.close();
    await step(bob, customer.chat, 'close');
});

test('chats of an agent who is gone too long go back to the queue, also when they went before a restart', { timeout: 120_000 }, async () => {
    const short = await Server.start({ env: { ...deskEnvironment, SUHBAT_DESK_AWAY_S: '2' } });
    try {
        const [admin, b, e] = await staff(short);
        const [here, away] = [await b.gateway(), await e.gateway()];
        const customers = [await come(short), await come(short)];
        await step(b, customers[0].chat, 'take');
        await step(e, customers[1].chat, 'lock');
        const from = Date.now();
        away.cut();
        const back = await here.event('desk', (x) => x.step === 'return');
        assert.ok(Date.now() - from >= 1800, `after ${Date.now() - from} ms`);
        assert.deepEqual([back.chat.id, back.chat.state, back.chat.agent, back.by, back.from.id], [customers[1].chat, 'waiting', null, null, e.id]);
        await sleep(2500);
        assert.equal((await get(admin, customers[0].chat)).state, 'active', 'whose socket is open is not gone');
        const moves = (await admin.changes(customers[1].chat)).filter((x) => x.t === 'desk_moved');
        assert.deepEqual(moves.map((x) => [x.step, x.by?.id ?? null]), [['open', moves[0].by.id], ['lock', e.id], ['return', null]]);
        await short.kill9();
        await short.start();
        assert.equal((await get(admin, customers[0].chat)).state, 'active', 'a start is no absence');
        await until(async () => (await get(admin, customers[0].chat)).state === 'waiting', { what: 'the chat came back' });
        assert.deepEqual((await admin.api.get('/desk/chats?filter=waiting')).chats.map((x) => x.id), customers.map((x) => x.chat));
    } finally {
        await short.stop();
    }
});

const agents = Number(process.env.STORY_FIGHTERS ?? 60);
test(`${agents} agents fight over ${agents} chats through both doors, with kill -9 in between`, { timeout: 600_000 }, async () => {
    const report = await fight({ agents, kills: 2 });
    assert.deepEqual(report.wrong, [], JSON.stringify(report));
    assert.deepEqual([report.lost, report.told_twice, report.moved_twice, report.kills], [0, 0, 0, 2], JSON.stringify(report));
});
