// The old support desk as its clients live it: REST with fetch, events with socket.io-client. A Line keeps every event in the order it came.
import { createHmac } from 'node:crypto';
import { io } from 'socket.io-client';
import { patience } from './server.mjs';
import { setCookies } from './native.mjs';

export const deskSecret = 'what the shop and the desk share';
export const sign = (id, secret = deskSecret) => createHmac('sha256', secret).update(String(id), 'utf8').digest('hex');
export const hex = (n) => n.toString(16).padStart(24, '0');
export const number = (id) => parseInt(id, 16);

/** Someone at the REST door. proof: headers that say who. */
export class Desk {
    constructor(server, proof = {}) {
        this.server = server;
        this.proof = proof;
    }

    static signed(server, id) { return new Desk(server, { 'x-desk-user': String(id), 'x-desk-signature': sign(id) }); }
    static bearer(server, token) { return new Desk(server, { authorization: `Bearer ${token}` }); }

    /** {status, body, text, headers, cookies} */
    async call(method, path, body, headers = {}) {
        const init = { method, headers: { ...this.proof, ...headers }, redirect: 'manual' };
        if (body !== undefined) {
            init.headers['content-type'] ??= 'application/json';
            init.body = typeof body === 'string' ? body : JSON.stringify(body);
        }
        const answer = await fetch(this.server.url + path, init);
        const text = await answer.text();
        const json = /json/.test(answer.headers.get('content-type') ?? '');
        return { status: answer.status, headers: answer.headers, cookies: setCookies(answer.headers), text, body: json && text ? JSON.parse(text) : null };
    }

    async ok(method, path, body) {
        const answer = await this.call(method, path, body);
        if (answer.status !== 200 || answer.body?.success !== true) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
        return answer.body;
    }

    get(path) { return this.ok('GET', path); }
    post(path, body) { return this.ok('POST', path, body); }
    patch(path, body) { return this.ok('PATCH', path, body); }
}

/** A Socket.IO client that remembers all it hears: [name, data] in order. */
export class Line {
    constructor(server, { auth, headers, transports = ['websocket'] } = {}) {
        this.heard = [];
        this.watchers = new Set();
        this.socket = io(server.url, { transports, auth, extraHeaders: headers, reconnection: false, forceNew: true });
        this.socket.onAny((name, ...args) => {
            this.heard.push([name, ...args]);
            for (const look of [...this.watchers]) look();
        });
        this.up = new Promise((done, fail) => {
            this.socket.once('connect', () => done(this));
            this.socket.once('connect_error', fail);
        });
        this.up.catch(() => {});
    }

    static open(server, options) { return new Line(server, options).up; }

    /** Emits, and resolves with the acknowledgement. */
    ask(name, ...args) { return this.socket.timeout(patience).emitWithAck(name, ...args); }
    say(name, ...args) { this.socket.emit(name, ...args); }

    /** The first event of that name that fits, also of the past from index `from`. */
    next(name, { from = 0, fits = () => true } = {}) {
        return new Promise((resolve, reject) => {
            let at = from;
            const end = (how, value) => {
                clearTimeout(timer);
                this.watchers.delete(look);
                how(value);
            };
            const look = () => {
                while (at < this.heard.length) {
                    const [what, data] = this.heard[at++];
                    if (what === name && fits(data)) return end(resolve, data);
                }
            };
            const timer = setTimeout(() => end(reject, new Error(`no ${name}; heard ${JSON.stringify(this.heard).slice(0, 1500)}`)), patience);
            this.watchers.add(look);
            look();
        });
    }

    /** All that was told before this call has arrived after it: the server answers in order. */
    async settled() {
        const from = this.heard.length;
        this.say('ping');
        await this.next('pong', { from });
        this.heard = this.heard.filter(([name]) => name !== 'pong');
    }

    names() { return this.heard.map(([name]) => name); }
    close() { this.socket.disconnect(); }
}
