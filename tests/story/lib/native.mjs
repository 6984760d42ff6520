// The native protocol as a client lives it: Api over HTTP, Gateway over the WebSocket with resume. The gateway client keeps every law a client may
// rely on (contiguous sequences, one answer an op) and collects what breaks them in `wrong`.
import WebSocket from 'ws';
import { patience, sleep } from './server.mjs';

/** The lines of Set-Cookie, also where fetch is too old to split them (Node 18 of some distributions). */
export function setCookies(headers) {
    return headers.getSetCookie?.() ?? (headers.get('set-cookie') ?? '').split(/, (?=[\w-]+=)/).filter(Boolean);
}

export class Api {
    constructor(url, token = null) {
        this.url = url;
        this.token = token;
    }

    as(token) { return new Api(this.url, token); }

    /** {status, body, headers}; body is parsed when it is JSON. */
    async call(method, path, body, headers = {}) {
        const init = { method, headers: { ...headers }, redirect: 'manual' };
        if (this.token) init.headers.authorization ??= `Bearer ${this.token}`;
        if (body !== undefined) {
            init.headers['content-type'] ??= 'application/json';
            init.body = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
        }
        const answer = await fetch(this.url + path, init);
        const text = await answer.text();
        const json = /json/.test(answer.headers.get('content-type') ?? '');
        return { status: answer.status, headers: answer.headers, text, body: json && text ? JSON.parse(text) : null };
    }

    /** The body of an answer that must be a success. */
    async ok(method, path, body, headers) {
        const answer = await this.call(method, path, body, headers);
        if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
        return answer.body;
    }

    get(path) { return this.ok('GET', path); }
    post(path, body) { return this.ok('POST', path, body); }
    put(path, body) { return this.ok('PUT', path, body); }
    patch(path, body) { return this.ok('PATCH', path, body); }
    delete(path) { return this.ok('DELETE', path); }
}

export const password = 'correct horse battery';

/** A person with an account and an Api of their own. */
export class Person {
    constructor(server, grant) {
        this.server = server;
        this.grant = grant;
        this.id = grant.account.id;
        this.username = grant.account.username;
        this.session = grant.session;
        this.token = grant.access_token;
        this.api = new Api(`${server.url}/api/v1`, this.token);
    }

    static async register(server, username, secret = password) {
        return new Person(server, await new Api(`${server.url}/api/v1`).post('/accounts', { username, password: secret }));
    }

    static async logIn(server, username, secret = password) {
        return new Person(server, await new Api(`${server.url}/api/v1`).post('/sessions', { username, password: secret }));
    }

    async lobby() { return (await this.api.get('/rooms')).rooms.find((room) => room.kind === 'lobby'); }
    group(name, members = [], more = {}) {
        return this.api.post('/rooms', { kind: 'group', name, public: false, members: members.map((m) => m.id), ...more });
    }
    direct(other) { return this.api.post('/rooms', { kind: 'direct', members: [other.id] }); }
    say(room, text, more = {}) { return this.api.post(`/rooms/${room.id ?? room}/messages`, { text, ...more }); }
    history(room, query = '') { return this.api.get(`/rooms/${room.id ?? room}/messages${query}`); }

    /** Every lasting event of a room. */
    async changes(room, after = 0) {
        const events = [];
        for (;;) {
            const page = await this.api.get(`/rooms/${room.id ?? room}/changes?after=${after}&limit=1000`);
            events.push(...page.events);
            if (page.to >= page.head) return events;
            if (page.to <= after) throw new Error(`changes of room ${room.id ?? room} do not move on from ${after}`);
            after = page.to;
        }
    }

    async gateway(known = {}, options = {}) {
        const gateway = new Gateway(this.server.wsUrl, this.token, { known, ...options });
        await gateway.open();
        return gateway;
    }
}

export class Gateway {
    /** known: room id to newest sequence, as in resume. */
    constructor(wsUrl, token, { known = {}, headers = {}, query, protocols, resume = true, deflate = false } = {}) {
        Object.assign(this, { wsUrl, token, headers, query, protocols, resume, deflate });
        this.known = new Map(Object.entries(known).map(([room, seq]) => [Number(room), seq]));
        this.frames = [];  // everything that came, in order
        this.events = [];  // what has `t`
        this.wrong = [];   // broken laws
        this.replaying = new Set(); // rooms whose replay has not ended: there replaced read marks are left out, so numbers may skip
        this.gaps = new Map();
        this.guilds = new Map(); // channel to guild, as far as the client was told: who leaves the guild forgets its channels
        this.waiting = new Map();
        this.watchers = new Set();
        this.nextId = 1;
        this.hello = this.ready = null;
        this.closed = null;
    }

    /** Connects; with resume it resolves after `ready`. Rejects when the handshake is refused ({status}) . */
    async open() {
        const headers = { ...this.headers };
        if (this.token && !this.query && !this.protocols && !headers.cookie) headers.authorization ??= `Bearer ${this.token}`;
        const url = `${this.wsUrl}/api/v1/gateway${this.query ?? ''}`;
        const ws = new WebSocket(url, this.protocols ?? [], { headers, perMessageDeflate: this.deflate, handshakeTimeout: 10000 });
        this.ws = ws;
        this.closed = new Promise((done) => ws.once('close', (code, reason) => {
            this.closeCode = code;
            this.closeReason = reason.toString();
            for (const { reject } of this.waiting.values()) reject(new Error(`closed with ${code}`));
            this.waiting.clear();
            this.#look();
            done(code);
        }));
        await new Promise((done, reject) => {
            ws.once('open', done);
            ws.once('unexpected-response', (request, answer) => {
                reject(Object.assign(new Error(`handshake: ${answer.statusCode}`), { status: answer.statusCode }));
                request.destroy();
            });
            ws.on('error', reject);
            ws.on('message', (bytes, binary) => this.#take(bytes, binary));
        });
        if (this.resume) {
            await this.next((f) => f.op === 'hello');
            this.ready = await this.op('resume', { rooms: Object.fromEntries(this.known) });
        }
        return this;
    }

    #take(bytes, binary) {
        if (binary) return this.wrong.push('a binary frame');
        let frame;
        try {
            frame = JSON.parse(bytes.toString());
        } catch {
            return this.wrong.push(`not JSON: ${bytes}`);
        }
        this.frames.push(frame);
        if (frame.op === 'hello') this.hello = frame;
        if (frame.op === 'ready') this.#begin(frame);
        if ('t' in frame) this.#event(frame);
        else if (frame.op === 'reload' || frame.op === 'resumed') this.#caughtUp(frame);
        if (['ok', 'error', 'ready'].includes(frame.op) && frame.id !== undefined) this.#answer(frame);
        this.#look();
    }

    #begin(ready) {
        for (const room of ready.rooms) {
            if (room.guild) this.guilds.set(room.id, room.guild);
            if (!this.known.has(room.id)) this.known.set(room.id, room.head);
            else if (this.known.get(room.id) !== room.head) this.replaying.add(room.id);
        }
    }

    #caughtUp({ op, room, to, from }) {
        this.replaying.delete(room);
        const gap = this.gaps.get(room);
        if (gap) this.wrong.splice(this.wrong.indexOf(gap), 1);
        this.gaps.delete(room);
        if (op === 'resumed' && to !== this.known.get(room)) this.wrong.push(`room ${room} resumed to ${to}, but the last event was ${this.known.get(room)}`);
        this.known.set(room, to ?? from);
    }

    #event(event) {
        this.events.push(event);
        if (event.t === 'room_removed') this.#forget(event.room);
        if (event.seq === undefined || event.seq === null) return;
        const before = this.known.get(event.room);
        const fits = this.replaying.has(event.room) ? event.seq > before : event.seq === before + 1;
        if (before !== undefined && !fits) {
            this.wrong.push(`room ${event.room}: ${event.seq} (${event.t}) came after ${before}`);
            if (event.seq > before) this.#mindTheGap(event.room);
        }
        this.known.set(event.room, event.seq);
        if (event.t === 'channel_added') this.guilds.set(event.channel.id, event.room);
        if (event.t === 'channel_removed') this.#forget(event.channel.id);
        if (event.t === 'member_left' && event.member.id === this.hello?.account.id) this.#forget(event.room);
    }

    #forget(room) {
        this.known.delete(room);
        for (const [channel, guild] of this.guilds) if (guild === room) this.known.delete(channel);
    }

    // The server may find by itself that a listener lacks something and replay it; what was replaced meanwhile is not there. "resumed" then explains the gap.
    #mindTheGap(room) {
        this.replaying.add(room);
        this.gaps.set(room, this.wrong.at(-1));
    }

    #answer(frame) {
        const call = this.waiting.get(frame.id);
        if (!call) return this.wrong.push(`an answer nobody waits for: ${JSON.stringify(frame)}`);
        this.waiting.delete(frame.id);
        if (frame.op === 'error') call.reject(Object.assign(new Error(`${call.op}: ${frame.error} ${frame.detail ?? ''}`), { frame }));
        else call.resolve(frame);
    }

    #look() {
        for (const watcher of [...this.watchers]) watcher();
    }

    /** Sends an op and resolves with its `ok`; rejects with {frame} on `error`, without it when the socket closes. */
    op(op, fields = {}) {
        const id = this.nextId++;
        return new Promise((resolve, reject) => {
            if (this.ws.readyState !== WebSocket.OPEN) return reject(new Error('not open'));
            this.waiting.set(id, { resolve, reject, op });
            this.ws.send(JSON.stringify({ op, id, ...fields }));
        });
    }

    raw(text) { this.ws.send(text); }

    /** The first frame (also of the past, from index `from`) that fits. */
    next(fits, { from = 0, ms = patience, what = fits.toString() } = {}) {
        return new Promise((resolve, reject) => {
            let at = from;
            const done = (how, value) => {
                clearTimeout(timer);
                this.watchers.delete(look);
                how(value);
            };
            const look = () => {
                while (at < this.frames.length) {
                    const frame = this.frames[at++];
                    if (fits(frame)) return done(resolve, frame);
                }
                if (this.closeCode !== undefined) done(reject, new Error(`closed with ${this.closeCode} ${this.closeReason} before ${what}`));
            };
            const timer = setTimeout(() => done(reject, new Error(`no frame within ${ms} ms: ${what}\nlast: ${JSON.stringify(this.frames.slice(-3)).slice(0, 1500)}`)), ms);
            this.watchers.add(look);
            look();
        });
    }

    event(t, fits = () => true, options = {}) { return this.next((f) => f.t === t && fits(f), { what: t, ...options }); }

    /** Everything that was under way when this was called has arrived after it. */
    async settled(ms = 0) {
        await this.op('ping');
        if (ms) await sleep(ms);
    }

    /** Both sides of the connection vanish without a close frame. */
    cut() { this.ws.terminate(); }

    async close() {
        if (this.ws.readyState === WebSocket.OPEN) this.ws.close(1000);
        else this.ws.terminate();
        const late = setTimeout(() => this.ws.terminate(), 2000);
        const code = await this.closed;
        clearTimeout(late);
        return code;
    }
}

/** What a client believes after applying events to nothing: messages by id, read marks, members. */
export class Belief {
    constructor() {
        this.messages = new Map();
        this.reads = new Map();
        this.members = new Map();
        this.pinned = new Set(); // message ids
    }

    apply(event) {
        const { t } = event;
        if (t === 'message_pinned') this.pinned.add(event.message_id);
        else if (t === 'message_unpinned') this.pinned.delete(event.message_id);
        else if (t === 'message_deleted') this.pinned.delete(event.message.id);
        if (event.message) this.messages.set(event.message.id, { ...event.message, reactions: this.#kept(event) });
        else if (t === 'reaction_added' || t === 'reaction_removed') this.#react(event);
        else if (t === 'room_read') this.reads.set(event.by.id, event.read);
        else if (t === 'member_left') this.members.delete(event.member.id);
        else if (t === 'member_joined' || t === 'member_changed') this.members.set(event.member.id, event.role);
    }

    #kept(event) { return this.messages.get(event.message.id)?.reactions ?? new Set(); }

    #react({ t, message_id: id, emoji, by }) {
        const message = this.messages.get(id);
        if (!message) return;
        if (t === 'reaction_added') message.reactions.add(`${emoji} ${by.id}`);
        else message.reactions.delete(`${emoji} ${by.id}`);
    }
}
