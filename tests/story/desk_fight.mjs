// The fight at the desk: as many agents as chats that wait, all at once and through both doors: half take natively (the next one, or one they picked), half by
// the old desk's assign. Each has room for one chat. Meanwhile the server is killed with -9; whoever was not answered asks again. In the end each chat has
// one agent and each agent one chat, as they were told; no chat ever went from one to another; nobody was lost.
//
// usage: node desk_fight.mjs [--agents N] [--kills N] [--seed S]     on PostgreSQL when DATABASE_URL is set
// Prints one JSON line and ends with 1 when anything was broken.
import crypto from 'node:crypto';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Api, Person, password } from './lib/native.mjs';
import { Server, sleep } from './lib/server.mjs';

const secret = 'what only the shop and the desk know';
export const deskEnvironment = { SUHBAT_DESK_SECRET: secret, SUHBAT_DESK_AWAY_S: '3600' };
export const signed = (id) => ({ 'x-desk-user': id, 'x-desk-signature': crypto.createHmac('sha256', secret).update(id).digest('hex') });
export const hex = (id) => id.toString(16).padStart(24, '0');

function randomness(seed) {
    let a = seed >>> 0;
    return () => {
        a = (a + 0x6d2b79f5) >>> 0;
        let t = Math.imul(a ^ (a >>> 15), 1 | a);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
}

/** Does it for each, a few at a time. */
async function each(items, n, work) {
    const left = [...items.entries()];
    await Promise.all(Array.from({ length: n }, async () => {
        for (let next; (next = left.shift());) await work(next[1], next[0]);
    }));
}

/** One who wants one chat and knows when they have it: told so by an answer. */
class Fighter {
    constructor(world, person, old) {
        Object.assign(this, { world, person, old });
        this.told = null; // the chat
        this.api = new Api(world.server.url, person.token);
    }

    /** Asks until it is answered; a server that is away is no answer. */
    async ask(method, path, body) {
        const { world } = this;
        for (;;) {
            world.tries++;
            try {
                const answer = await this.api.call(method, path, body);
                if (answer.status !== 503 && answer.status !== 504) return answer;
                world.busy++;
            } catch {
                world.unanswered++;
            }
            await sleep(5 + world.random() * 30);
        }
    }

    /** One they have already: the answer that said so was lost. */
    async look() {
        const { body } = await this.ask('GET', '/api/v1/desk/chats?filter=mine');
        return body.chats.length ? body.chats[0].id : null;
    }

    async pick() {
        const { body } = await this.ask('GET', '/api/v1/desk/chats?filter=waiting&limit=50');
        return body.chats.length ? body.chats[Math.floor(this.world.random() * body.chats.length)].id : null;
    }

    async takeNatively() {
        const next = this.world.random() < 0.5, wanted = next ? null : await this.pick();
        if (!next && !wanted) return null;
        const answer = await this.ask('POST', next ? '/api/v1/desk/next' : `/api/v1/desk/chats/${wanted}/take`);
        if (answer.status === 200) return this.mine(answer.body.agent.id === this.person.id, answer.body.id);
        if (answer.status === 409 && answer.body.detail === 'capacity') return this.look();
        if (![404, 409].includes(answer.status)) this.world.wrong.push(`take: ${answer.status} ${answer.text}`);
        this.world.conflicts++;
        return null;
    }

    async takeByTheOldDoor() {
        const { chats, random } = this.world;
        const wanted = random() < 0.3 ? chats[Math.floor(random() * chats.length)] : await this.pick();
        if (!wanted) return null;
        const answer = await this.ask('POST', '/api/chats/assign', { chatId: hex(wanted), adminId: this.person.username, adminName: this.person.username });
        if (answer.status === 200) return this.mine(answer.body.chat.assignedAdminId === this.person.username, wanted);
        if (answer.status === 409) return this.look();
        if (![400, 404].includes(answer.status)) this.world.wrong.push(`assign: ${answer.status} ${answer.text}`);
        this.world.conflicts++;
        return null;
    }

    mine(is, chat) {
        if (!is) this.world.wrong.push(`${this.person.username} was given chat ${chat}, which names another`);
        return chat;
    }

    async fight() {
        while (!this.told && !this.world.wrong.length) this.told = await (this.old ? this.takeByTheOldDoor() : this.takeNatively());
        this.world.n_told++;
    }
}

async function gather(world, n) {
    const { server } = world;
    world.admin = new Person(server, await new Api(`${server.url}/api/v1`).post('/setup', { token: server.setupToken(), username: 'chief', password }));
    const people = [];
    await each(Array.from({ length: n }), 16, async (_, i) => {
        people[i] = await Person.register(server, `agent${i}`);
        await world.admin.api.put(`/desk/agents/${people[i].id}`, { role: 'agent', capacity: 1 });
    });
    await each(Array.from({ length: n }), 16, async (_, i) => {
        const api = new Api(server.url), id = `shop-${i}`;
        const { chat } = await api.ok('POST', '/api/chats', { userId: id, userName: `Mijoz ${i}` }, signed(id));
        await api.ok('POST', '/api/messages', { senderId: id, senderType: 'user', content: `salom ${i}`, chatId: chat._id }, signed(id));
        world.chats.push(parseInt(chat._id, 16));
    });
    world.fighters = people.map((person, i) => new Fighter(world, person, i % 2 === 1));
}

/** Each time so much more was taken. */
async function killInBetween(world, kills) {
    for (let k = 1; k <= kills; k++) {
        while (world.n_told < Math.floor(world.fighters.length * k / (kills + 1))) await sleep(2);
        await world.server.restart();
        world.kills++;
    }
}

async function audit(world) {
    const { admin, wrong, fighters, chats } = world, owner = new Map();
    const told = new Map();
    for (const f of fighters) told.set(f.told, (told.get(f.told) ?? 0) + 1);
    world.told_twice = [...told.values()].filter((n) => n > 1).length;
    for (let before = '', more = true; more;) {
        const page = await admin.api.get(`/desk/chats?filter=all&limit=200${before}`);
        for (const chat of page.chats) if (chat.state === 'active') owner.set(chat.id, chat.agent.id);
        before = `&before=${page.chats.at(-1)?.id}`;
        more = page.more;
    }
    world.lost = chats.filter((chat) => !owner.has(chat)).length;
    for (const f of fighters) if (owner.get(f.told) !== f.person.id) wrong.push(`${f.person.username} was told ${f.told}, which ${owner.get(f.told)} has`);
    await each(chats, 16, async (chat) => {
        const moves = (await admin.changes(chat)).filter((e) => e.t === 'desk_moved').map((e) => e.step);
        if (moves.join(' ') !== 'open assign') world.moved_twice++, wrong.push(`chat ${chat}: ${moves}`);
    });
    if (new Set(owner.values()).size !== owner.size) wrong.push('an agent has two chats');
}

export async function fight({ agents = 60, kills = 2, seed = Date.now() % 2 ** 31, env = {} } = {}) {
    const world = { random: randomness(seed), chats: [], tries: 0, conflicts: 0, unanswered: 0, busy: 0, n_told: 0, kills: 0, lost: 0, told_twice: 0, moved_twice: 0, wrong: [] };
    world.server = await Server.start({ env: { ...deskEnvironment, ...env } });
    try {
        await gather(world, agents);
        const from = Date.now();
        await Promise.all([...world.fighters.map((f) => f.fight()), killInBetween(world, kills)]);
        world.seconds = (Date.now() - from) / 1000;
        await audit(world);
    } finally {
        await world.server.stop();
    }
    const { tries, conflicts, unanswered, busy, lost, told_twice, moved_twice, seconds, wrong } = world;
    return { agents, chats: world.chats.length, kills: world.kills, seed, seconds, tries, conflicts, unanswered, busy, lost, told_twice, moved_twice, wrong: wrong.slice(0, 20) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const { values } = parseArgs({ options: { agents: { type: 'string' }, kills: { type: 'string' }, seed: { type: 'string' } } });
    const report = await fight(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)])));
    console.log(JSON.stringify(report));
    process.exit(report.lost || report.told_twice || report.moved_twice || report.wrong.length ? 1 : 0);
}
