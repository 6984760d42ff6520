// The promise, proven: many clients talk through the native gateway, native HTTP and both generations of the old lobby at once; the server is killed
// with -9 at random moments and started again; the clients resume and repeat what was not acknowledged, with the same keys. In the end everything is
// audited against the history: each acknowledged message exactly once, in order, seen by every client; every text it had, deletes, reactions, pins,
// marks forward and back, drafts too. Meanwhile a steward moves people and channels of a guild that everybody is in, and couriers bring files: of those each
// acknowledged one must be there with its digest, and after a last start the disk may hold nothing that no row names.
//
// usage: node promise.mjs [--kills N] [--seconds S] [--clients N] [--couriers N] [--seed N]     on PostgreSQL when DATABASE_URL is set
// Prints one JSON line {kills, acked, lost, doubled, out_of_order, …} and ends with 1 when anything was broken.
import crypto from 'node:crypto';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Courier, auditDisk } from './lib/courier.mjs';
import { Api, Belief, Gateway, Person, password } from './lib/native.mjs';
import { LobbySocket, lobbyLogIn } from './lib/lobby.mjs';
import { Server, sleep, until } from './lib/server.mjs';

/** mulberry32: a run is repeated by its seed as far as timing allows. */
function randomness(seed) {
    let a = seed >>> 0;
    return () => {
        a = (a + 0x6d2b79f5) >>> 0;
        let t = Math.imul(a ^ (a >>> 15), 1 | a);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
}

const emoji = ['👍', '❤️', '🔥', '😂'];

/** One person with two rooms and a gateway, who never gives up a write before it is answered. */
class Talker {
    constructor(world, person, overHttp) {
        Object.assign(this, { world, person, overHttp });
        this.known = new Map(world.rooms.map((room) => [room, 0]));
        this.events = new Map(world.rooms.map((room) => [room, []]));
        this.sent = [];       // {room, text, key, message?, id?: which op of which connection it was at last}
        this.mine = [];       // acknowledged and not deleted, to be edited and reacted to
        this.writes = 0;
        this.wrong = [];
        this.n = 0;
    }

    /** Connects again and again until the world is quiet. Every connection goes on where the last one ended. */
    async listen() {
        while (!this.world.over) {
            const gateway = new Gateway(this.world.server.wsUrl, this.person.token, { known: Object.fromEntries(this.known), deflate: this.n % 2 === 1 });
            try {
                await gateway.open();
                gateway.number = this.world.connects++;
                this.gateway = gateway;
                await gateway.closed;
            } catch (error) {
                gateway.ws?.terminate();
                if (error.status === 401) await this.logInAgain();
                await sleep(10 + this.world.random() * 20);
            }
            this.gateway = null;
            this.#keep(gateway);
        }
    }

    #keep(gateway) {
        this.wrong.push(...gateway.wrong);
        for (const event of gateway.events) if (event.seq) this.events.get(event.room)?.push(event);
        for (const frame of gateway.frames) if (frame.op === 'reload') this.wrong.push(`told to reload room ${frame.room}`);
        for (const room of this.known.keys()) this.known.set(room, gateway.known.get(room) ?? this.known.get(room));
    }

    async logInAgain() {
        try {
            this.person = await Person.logIn(this.world.server, this.person.username);
        } catch { /* the server is away: the next round tries again */ }
    }

    /** Repeats until it is answered. Over the gateway, or over HTTP. */
    async write(op, fields, http, overHttp = this.overHttp) {
        const { world } = this;
        for (let tries = 0; ; tries++) {
            try {
                if (overHttp) return await http(new Api(`${world.server.url}/api/v1`, this.person.token));
                if (!this.gateway?.ready) throw new Error('away');
                const ticket = [this.gateway.number, this.gateway.nextId];
                return { ...await this.gateway.op(op, fields), ticket };
            } catch (error) {
                world.retries++;
                const word = error.frame?.error;
                if (word && !['busy', 'unavailable', 'uncertain', 'limited'].includes(word)) throw error;
                if (/: 4\d\d /.test(error.message) && !/: 4(01|29) /.test(error.message)) throw error;
                if (/: 401 /.test(error.message)) await this.logInAgain();
                await sleep(5 + world.random() * 25);
            }
        }
    }

    async send(room) {
        const n = this.n++;
        const entry = { room, key: `${this.person.username}-${n}`, text: `${this.person.username} says ${n}` };
        this.sent.push(entry);
        const answer = await this.write('send', { room, text: entry.text, key: entry.key, reply_to: null },
            (api) => api.post(`/rooms/${room}/messages`, { text: entry.text, key: entry.key }));
        entry.message = answer.message ?? answer;
        if (answer.ticket && !answer.repeat) entry.ticket = answer.ticket;
        if (room === this.world.group) this.mine.push(entry);
    }

    /** Something other than sending, in the group only: the lobby stays as it was said, so that its old clients can be audited by text. */
    async change() {
        const { world, mine } = this;
        const entry = mine[Math.floor(world.random() * mine.length)];
        const kind = world.random();
        if (!entry || entry.busy) return;
        entry.busy = true;
        const { id, seq } = entry.message;
        const path = `/rooms/${world.group}/messages/${id}`;
        if (kind < 0.3) {
            const text = `${entry.text}, changed ${this.n++}`;
            await this.write('edit', { room: world.group, message: id, text }, (api) => api.patch(path, { text }));
            (entry.texts ??= [entry.text]).push(text);
            entry.final = text;
        } else if (kind < 0.42) {
            mine.splice(mine.indexOf(entry), 1);
            await this.write('delete', { room: world.group, message: id }, (api) => api.delete(path));
            entry.deleted = true;
            if (entry.pinned) world.pins--;
            entry.pinned = false;
        } else if (kind < 0.65) {
            const face = emoji[Math.floor(world.random() * emoji.length)];
            entry.faces ??= new Set();
            const on = !entry.faces.has(face);
            const where = `${path}/reactions/${encodeURIComponent(face)}`;
            await this.write('react', { room: world.group, message: id, emoji: face, on }, (api) => (on ? api.put(where) : api.delete(where)));
            if (on) entry.faces.add(face);
            else entry.faces.delete(face);
        } else if (kind < 0.75) {
            await this.#pin(entry);
        } else if (kind < 0.83) {
            await this.#draft();
        } else {
            await this.#mark(seq);
        }
        this.writes++;
        entry.busy = false;
    }

    /** What has no op of the gateway goes over HTTP, for everybody. */
    overApi(http) {
        return this.write(null, null, http, true);
    }

    async #pin(entry) {
        const { world } = this;
        const on = !entry.pinned;
        if (on && world.pins >= 60) return; // the room holds a hundred
        world.pins += on ? 1 : -1;
        const where = `/rooms/${world.group}/pins/${entry.message.id}`;
        await this.overApi((api) => (on ? api.put(where) : api.delete(where)));
        entry.pinned = on;
    }

    /** One at a time, so that the last acknowledged one is known. */
    async #draft() {
        if (this.drafting) return;
        this.drafting = true;
        const text = this.n % 5 ? `almost ${this.n++}` : '';
        await this.overApi((api) => api.put(`/rooms/${this.world.group}/draft`, { text }));
        this.draft = text;
        this.drafting = false;
    }

    async #mark(seq) {
        const { world } = this;
        if (this.marking) return;
        this.marking = true;
        const back = world.random() < 0.25;
        const answer = back ? await this.overApi((api) => api.put(`/rooms/${world.group}/unread`, { from: seq }))
            : await this.write('read', { room: world.group, read: seq }, (api) => api.put(`/rooms/${world.group}/read`, { read: seq }));
        this.mark = answer.read;
        this.read = Math.max(this.read ?? 0, answer.read);
        this.marking = false;
    }

    async talk(width) {
        const { lobby, group, channel } = this.world;
        const one = async () => {
            while (!this.world.quiet) {
                if (this.world.random() < 0.3) await this.change();
                else await this.send([lobby, lobby, group, group, channel][Math.floor(this.world.random() * 5)]);
                await sleep(this.world.random() * this.world.pause);
            }
        };
        await Promise.all(Array.from({ length: width }, one));
    }
}

/** Owns the guild. Adds, raises, silences, bans and removes guests, makes, changes and deletes channels; remembers what was acknowledged. */
class Steward {
    constructor(world, person, guests) {
        Object.assign(this, { world, person, guests });
        this.roles = new Map();    // guest id to role, of those who are in
        this.banned = new Set();
        this.muted = new Set();
        this.channels = new Map(); // id to {name, topic}
        this.deleted = new Set();
        this.writes = 0;
        this.n = 0;
    }

    /** Repeats until it is answered. What a lost answer had done already may be told as not being there. */
    async write(method, path, body, mayBeGone = false) {
        for (let tries = 0; ; tries++) {
            try {
                const answer = await new Api(`${this.world.server.url}/api/v1`, this.person.token).ok(method, path, body);
                this.writes++;
                return answer;
            } catch (error) {
                this.world.retries++;
                if (mayBeGone && tries && /: 404 /.test(error.message)) return null;
                if (/: 4\d\d /.test(error.message) && !/: 4(01|29) /.test(error.message)) throw error;
                if (/: 401 /.test(error.message)) this.person = await Person.logIn(this.world.server, this.person.username).catch(() => this.person);
                await sleep(5 + this.world.random() * 25);
            }
        }
    }

    any(list) { return list[Math.floor(this.world.random() * list.length)]; }

    async moveGuest() {
        const { guild } = this.world, guest = this.any(this.guests).id, kind = this.world.random();
        if (this.banned.has(guest)) {
            await this.write('DELETE', `/rooms/${guild}/bans/${guest}`);
            this.banned.delete(guest);
        } else if (!this.roles.has(guest) || kind < 0.4) {
            const role = this.any(['member', 'moderator', 'admin']);
            await this.write('PUT', `/rooms/${guild}/members/${guest}`, { role });
            this.roles.set(guest, role);
        } else if (kind < 0.6) {
            const on = !this.muted.has(guest);
            await this.write('PUT', `/rooms/${guild}/members/${guest}/timeout`, { for_s: on ? 3600 : 0 });
            this.muted[on ? 'add' : 'delete'](guest);
        } else {
            const bans = kind < 0.75;
            await this.write(bans ? 'PUT' : 'DELETE', `/rooms/${guild}/${bans ? 'bans' : 'members'}/${guest}`);
            if (bans) this.banned.add(guest);
            this.roles.delete(guest);
            this.muted.delete(guest);
        }
    }

    async moveChannel() {
        const { guild } = this.world, kind = this.world.random(), id = this.any([...this.channels.keys()]);
        if (!id || kind < 0.4) {
            const name = `channel ${this.n++}`;
            const made = await this.write('POST', `/guilds/${guild}/channels`, { name });
            this.channels.set(made.id, { name, topic: null });
        } else if (kind < 0.7) {
            const topic = `topic ${this.n++}`;
            await this.write('PATCH', `/rooms/${id}`, { topic });
            this.channels.get(id).topic = topic;
        } else {
            await this.write('DELETE', `/rooms/${id}`, undefined, true);
            this.channels.delete(id);
            this.deleted.add(id);
        }
    }

    async talk() {
        while (!this.world.quiet) {
            await (this.world.random() < 0.6 ? this.moveGuest() : this.moveChannel());
            await sleep(this.world.random() * 2 * this.world.pause);
        }
    }

    /** What the guild is like now, against what was acknowledged. A channel may be there twice: making one has no key. */
    async audit(report) {
        const { guild } = this.world, wrong = [];
        const expect = (what, got, wanted) => got === wanted || wrong.push(`${what} is ${got}, not ${wanted}`);
        const { rooms } = await this.person.api.get(`/guilds/${guild}/channels`);
        for (const [id, { name, topic }] of this.channels) {
            const room = rooms.find((r) => r.id === id);
            expect(`channel ${id}`, `${room?.name} ${room?.topic}`, `${name} ${topic}`);
        }
        for (const id of this.deleted) expect(`deleted channel ${id}`, rooms.some((r) => r.id === id), false);
        for (const room of [guild, ...rooms.map((r) => r.id)]) {
            const { members } = await this.person.api.get(`/rooms/${room}/members?limit=200`);
            for (const { id } of this.guests) {
                const member = members.find((m) => m.account.id === id);
                expect(`guest ${id} in ${room}`, member?.role, this.roles.get(id));
                expect(`time-out of ${id} in ${room}`, Date.parse(member?.muted_until ?? 0) > Date.now(), this.muted.has(id));
            }
        }
        const { bans } = await this.person.api.get(`/rooms/${guild}/bans`);
        expect('bans', bans.map((b) => b.account.id).join(), [...this.banned].sort((a, b) => a - b).join());
        report.lost += wrong.length;
        report.wrong.push(...wrong);
        report.changes_acked += this.writes;
    }
}

/** A client of the old lobby: what it saw of its own words is acknowledged, what it did not see may have happened, once. It never repeats. */
class OldTalker {
    constructor(world, name, token, generation) {
        Object.assign(this, { world, name, token, generation });
        this.said = [];    // texts
        this.sessions = []; // what each connection showed, in order
    }

    async listen() {
        while (!this.world.over) {
            const { server } = this.world;
            const socket = new LobbySocket(server, this.generation === 'a' ? this.name : this.token, this.generation === 'a' ? { token: this.token } : {});
            try {
                await socket.open();
                this.socket = socket;
                await socket.closed;
            } catch {
                await sleep(20 + this.world.random() * 30);
            }
            this.socket = null;
            const texts = socket.lines.map((line) => this.#text(line)).filter((text) => text !== null);
            if (texts.length) this.sessions.push(texts);
        }
    }

    /** The message in a line, as "who: what". */
    #text(line) {
        if (this.generation === 'a') return line.match(/^(?:📜|💬) (.*)$/s)?.[1] ?? null;
        const frame = line.startsWith('{') ? JSON.parse(line) : {};
        return frame.type === 'message' ? `${frame.username}: ${frame.message}` : null;
    }

    async talk() {
        for (let n = 0; !this.world.quiet; n++) {
            const text = `${this.name} says ${n}`;
            if (this.socket?.ws.readyState === 1) {
                this.said.push(text);
                this.socket.send(this.generation === 'a' ? text : JSON.stringify({ type: 'message', message: text }));
            }
            await sleep(this.world.random() * 2 * this.world.pause);
        }
    }
}

export async function promise({ kills = 10, seconds = 0, clients = 8, couriers: nCouriers = 3, seed = Date.now() % 1e9, pause = 12, pauseKill = [150, 700], log = () => {}, env = {} } = {}) {
    const random = randomness(seed);
    const server = await Server.start({ env });
    const world = { server, random, pause, quiet: false, over: false, retries: 0, connects: 0 };
    const people = [];
    for (let i = 0; i < clients; i++) people.push(await Person.register(server, `talker${i}`));
    const group = await people[0].group('promise', people.slice(1));
    world.group = group.id;
    world.pins = 0;
    for (const person of people.slice(1)) await people[0].api.put(`/rooms/${group.id}/members/${person.id}`, { role: 'moderator' }); // who may pin
    world.lobby = (await people[0].lobby()).id;
    const owner = await Person.register(server, 'steward');
    const guests = [];
    for (let i = 0; i < 5; i++) guests.push(await Person.register(server, `guest${i}`));
    world.guild = (await owner.api.post('/guilds', { name: 'promise' })).id;
    world.channel = (await owner.api.get(`/guilds/${world.guild}/channels`)).rooms[0].id;
    for (const person of people) await owner.api.put(`/rooms/${world.guild}/members/${person.id}`);
    const steward = new Steward(world, owner, guests);
    world.rooms = [world.lobby, world.group, world.guild, world.channel];
    const old = [];
    for (const name of ['olda1', 'olda2', 'oldb1', 'oldb2']) {
        await Person.register(server, name);
        old.push(new OldTalker(world, name, await lobbyLogIn(server, name, password), name[3]));
    }
    const carriers = [];
    for (let i = 0; i < nCouriers; i++) carriers.push(await Person.register(server, `courier${i}`));
    const parcels = nCouriers ? (await carriers[0].group('parcels', carriers.slice(1))).id : 0, common = [1000, 70_000, 400_000].map((n) => crypto.randomBytes(n));
    const couriers = carriers.map((person) => new Courier(world, person, parcels, common));
    const talkers = people.map((person, i) => new Talker(world, person, i % 3 === 2));
    const everybody = [...talkers, ...old];
    const listening = everybody.map((t) => t.listen());
    const talking = [...everybody, steward, ...couriers].map((t) => t.talk(4));

    const end = seconds ? Date.now() + seconds * 1000 : Infinity;
    let n = 0, downMs = 0;
    for (; n < kills && Date.now() < end; n++) {
        await sleep(pauseKill[0] + random() * (pauseKill[1] - pauseKill[0]));
        const from = Date.now();
        await server.kill9();
        await server.start();
        downMs += Date.now() - from;
        if (n % 20 === 19) log(`${n + 1} kills, ${talkers.reduce((sum, t) => sum + t.sent.length, 0)} sends`);
    }
    await sleep(300);
    world.quiet = true;
    await Promise.all(talking);
    const report = { database: server.database ? 'postgresql' : 'sqlite', kills: n, seed, ...await audit(world, talkers, old, people[0]) };
    steward.person = await Person.logIn(server, 'steward');
    await steward.audit(report);
    report.restart_ms = n ? Math.round(downMs / n) : 0;
    await Promise.all([...talkers.map((t) => caughtUp(t, report.truth)), ...old.map((t) => caughtUpOld(t, report.truth, world.lobby))]);
    world.over = true;
    for (const t of everybody) (t.gateway?.ws ?? t.socket?.ws)?.terminate();
    await Promise.all(listening);
    auditSessions(report, world, talkers, old);
    delete report.truth;
    Object.assign(report, { files_acked: 0, file_mib: 0, resumed: 0, taken_back: 0, blobs: 0, orphans: 0, missing: 0 });
    await server.restart();
    if (nCouriers) await auditDisk(server, report);
    for (const courier of couriers) await courier.audit(report);
    report.file_mib = Math.round(report.file_mib);
    report.wrong = report.wrong.slice(0, 20);
    await server.stop();
    return report;
}

/** Waits for the last event to arrive; who does not get it is found out by the audit. */
function caughtUp(talker, truth) {
    const all = () => talker.gateway?.ready && [...truth.events].every(([room, events]) => talker.gateway.known.get(room) >= events.at(-1).seq);
    return until(all, { ms: 10000 }).catch(() => {});
}

function caughtUpOld(talker, truth, lobby) {
    const last = truth.messages.get(lobby).at(-1).text;
    return until(() => talker.socket?.lines.some((line) => line.includes(last)), { ms: 10000 }).catch(() => {});
}

async function historyOf(person, room) {
    const messages = [];
    let after = 0, more = true;
    while (more) {
        const page = await person.history(room, `?after=${after}&limit=200`);
        messages.push(...page.messages);
        after = page.messages.at(-1)?.seq ?? after;
        more = page.more;
    }
    return messages;
}

/** What the history says about what was acknowledged. */
async function audit(world, talkers, old, reader) {
    reader = await Person.logIn(world.server, reader.username);
    const truth = { events: new Map(), messages: new Map() };
    for (const room of world.rooms) {
        truth.events.set(room, await reader.changes(room));
        truth.messages.set(room, await historyOf(reader, room));
    }
    const report = { acked: 0, lost: 0, doubled: 0, out_of_order: 0, changes_acked: 0, wrong: [], truth };
    const byKey = new Map();
    for (const room of world.rooms) {
        let before = 0;
        for (const message of truth.messages.get(room)) {
            if (message.seq <= before) report.out_of_order++;
            before = message.seq;
            const key = `${room} ${message.author.username} ${message.key ?? message.text}`;
            if (byKey.has(key)) report.doubled++, report.wrong.push(`twice: ${key}`);
            byKey.set(key, message);
        }
    }
    for (const talker of talkers) {
        for (const entry of talker.sent) {
            report.acked++;
            const stored = byKey.get(`${entry.room} ${talker.person.username} ${entry.key}`);
            if (!stored || stored.id !== entry.message.id || stored.seq !== entry.message.seq) {
                report.lost++;
                report.wrong.push(`lost: ${entry.key}`);
                continue;
            }
            if (entry.room === world.group) auditChanges(report, talker, entry, stored);
        }
        for (const room of world.rooms) auditOrder(report, talker, room);
        report.changes_acked += talker.writes;
        await auditOwn(report, world, talker);
        const { members } = await reader.api.get(`/rooms/${world.group}/members`);
        const mark = members.find((m) => m.account.id === talker.person.id).read;
        if (talker.read && mark < talker.read) report.lost++, report.wrong.push(`read mark of ${talker.person.username}: ${mark}, not ${talker.read}`);
    }
    return report;
}

function miss(report, what) {
    report.lost++;
    report.wrong.push(what);
}

/** What only the talker knows: marks, draft, earlier texts of a few messages. */
async function auditOwn(report, world, talker) {
    const self = await Person.logIn(world.server, talker.person.username);
    const room = await self.api.get(`/rooms/${world.group}`);
    if (talker.mark !== undefined && room.read !== talker.mark) miss(report, `mark of ${self.username}: ${room.read}, not ${talker.mark}`);
    if (talker.draft !== undefined && (room.draft?.text ?? '') !== talker.draft) miss(report, `draft of ${self.username}: ${room.draft?.text}, not ${talker.draft}`);
    for (const entry of talker.sent.filter((e) => e.texts && !e.deleted).slice(-20)) {
        const { versions } = await self.api.get(`/rooms/${world.group}/messages/${entry.message.id}/versions`);
        const texts = versions.map((v) => v.text).join('|');
        if (texts !== entry.texts.join('|')) miss(report, `texts of ${entry.key}: ${texts}`);
    }
}

/** What was sent one after another over one socket, and taken for the first time, stands in that order. */
function auditOrder(report, talker, room) {
    const tickets = talker.sent.filter((entry) => entry.room === room && entry.ticket).sort((a, b) => a.ticket[0] - b.ticket[0] || a.ticket[1] - b.ticket[1]);
    tickets.forEach((entry, i) => {
        const before = tickets[i - 1];
        if (!before || before.message.seq < entry.message.seq) return;
        report.out_of_order++;
        report.wrong.push(`out of order: ${entry.key} after ${before.key}`);
    });
}

function auditChanges(report, talker, entry, stored) {
    const shown = stored.reactions.filter((r) => r.by.includes(talker.person.id)).map((r) => r.emoji).sort().join();
    const faces = entry.deleted ? '' : [...entry.faces ?? []].sort().join();
    const text = entry.deleted ? '' : entry.final ?? entry.text;
    if (stored.pinned !== !!entry.pinned) miss(report, `pin of ${entry.key}: ${stored.pinned}`);
    if (stored.text === text && stored.deleted === !!entry.deleted && shown === faces) return;
    miss(report, `change lost: ${entry.key} is "${stored.text}" [${shown}], not "${text}" [${faces}]`);
}

/** What every client saw, against the truth. */
function auditSessions(report, world, talkers, old) {
    const { truth } = report;
    for (const talker of talkers) {
        report.wrong.push(...talker.wrong);
        report.out_of_order += talker.wrong.length;
        for (const room of world.rooms) auditView(report, talker, room, truth);
    }
    const said = truth.messages.get(world.lobby).map((m) => `${m.author.username}: ${m.text}`);
    for (const talker of old) auditOld(report, talker, said);
    report.reconnects = world.connects;
    report.retries = world.retries;
    report.wrong = report.wrong.slice(0, 20);
}

const shape = (e) => [e.seq, e.t, e.message?.id, e.message_id, e.emoji, e.by?.id, e.member?.id, e.role, e.channel?.id, e.read].join(' ');

function auditView(report, talker, room, truth) {
    const real = truth.events.get(room), kept = new Set(real.map((e) => e.seq));
    const who = `${talker.person.username} in room ${room}`;
    // A read mark that was replaced, and what came of a channel that was removed, are heard live and forgotten by the replay.
    const seen = talker.events.get(room).filter((e) => !/^room_read$|^channel_/.test(e.t) || kept.has(e.seq));
    if (seen.length !== real.length) report.lost++, report.wrong.push(`${who} saw ${seen.length} events of ${real.length}`);
    for (let i = 0; i < Math.min(seen.length, real.length); i++) {
        if (shape(seen[i]) === shape(real[i])) continue;
        report.out_of_order++;
        return report.wrong.push(`${who} saw "${shape(seen[i])}" where "${shape(real[i])}" was`);
    }
    const belief = new Belief();
    seen.forEach((event) => belief.apply(event));
    for (const message of truth.messages.get(room)) {
        const believed = belief.messages.get(message.id);
        const faces = message.reactions.flatMap((r) => r.by.map((by) => `${r.emoji} ${by}`)).sort().join();
        if (believed && belief.pinned.has(message.id) !== message.pinned) return miss(report, `${who} believes that ${message.id} is ${message.pinned ? 'not ' : ''}pinned`);
        if (believed && believed.text === message.text && (message.deleted || [...believed.reactions].sort().join() === faces)) continue;
        report.lost++;
        return report.wrong.push(`${who} believes "${believed?.text}" [${believed && [...believed.reactions]}] of "${message.text}" [${faces}]`);
    }
}

/** Each connection shows a stretch of the lobby without hole or repeat: generation A from the first message, B from at most 50 before it came. */
function auditOld(report, talker, said) {
    const place = new Map(said.map((text, i) => [text, i]));
    for (const session of talker.sessions) {
        const places = session.map((text) => place.get(text) ?? -1);
        const broken = places.findIndex((p, i) => p < 0 || (i ? p !== places[i - 1] + 1 : talker.generation === 'a' && p !== 0));
        if (broken < 0) continue;
        if (places[broken] < 0) report.lost++;
        else report.out_of_order++;
        report.wrong.push(`${talker.name}: line ${broken} "${session[broken]}" came after "${session[broken - 1]}"`);
    }
    const last = talker.sessions.at(-1)?.at(-1);
    if (last !== said.at(-1)) report.lost++, report.wrong.push(`${talker.name} saw "${last}" last, not "${said.at(-1)}"`);
    const seen = new Set(talker.sessions.flat());
    for (const text of talker.said) {
        const own = `${talker.name}: ${text}`;
        if (seen.has(own)) report.acked++;
        if (seen.has(own) && !place.has(own)) report.lost++, report.wrong.push(`lost: ${own}`);
    }
}

/** Long runs go in rounds, each with a house of its own, so that hours of listening fit into memory. */
async function rounds({ kills = Infinity, seconds = Infinity, perRound = 50, log, ...options }) {
    const end = Date.now() + seconds * 1000;
    let sum = null;
    do {
        const left = Math.max(1, (end - Date.now()) / 1000);
        const report = await promise({ ...options, kills: Math.min(perRound, kills - (sum?.kills ?? 0)), seconds: Number.isFinite(left) ? left : 0, log });
        sum = sum ? add(sum, report) : { ...report, rounds: 1 };
        log(JSON.stringify({ ...sum, wrong: sum.wrong.slice(0, 3) }));
    } while (sum.kills < kills && Date.now() < end && !broken(sum));
    return sum;
}

const ofFiles = ['files_acked', 'file_mib', 'resumed', 'taken_back', 'blobs', 'orphans', 'missing'];

function add(sum, report) {
    for (const name of ['kills', 'acked', 'lost', 'doubled', 'out_of_order', 'changes_acked', 'reconnects', 'retries', ...ofFiles]) sum[name] += report[name];
    return { ...sum, rounds: sum.rounds + 1, wrong: [...sum.wrong, ...report.wrong], restart_ms: report.restart_ms, seed: report.seed };
}

const broken = (report) => report.lost + report.doubled + report.out_of_order + report.wrong.length > 0;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const { values } = parseArgs({ options: { kills: { type: 'string' }, seconds: { type: 'string' }, clients: { type: 'string' }, couriers: { type: 'string' }, seed: { type: 'string' } } });
    const numbers = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
    if (!numbers.kills && !numbers.seconds) numbers.kills = 10;
    const report = await rounds({ ...numbers, log: (line) => process.stderr.write(`${line}\n`) });
    console.log(JSON.stringify(report));
    process.exitCode = broken(report) ? 1 : 0;
}
