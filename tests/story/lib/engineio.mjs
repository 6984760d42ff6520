// Engine.IO by hand: polling over connections of our choice, and WebSockets that keep every frame. For stories about what stands on the wire; those
// about programs in the field use the real clients.
import http from 'node:http';
import WebSocket from 'ws';
import { patience, within } from './server.mjs';

export const separator = '\x1e';

/** One request on a connection of its own, which the kernel may deal to any loop; an agent keeps it. {status, type, headers, body}. */
export function ask(url, { method = 'GET', body, headers = {}, agent = false, signal } = {}) {
    return new Promise((done, fail) => {
        const request = http.request(url, { method, agent, signal, headers: body === undefined ? headers : { 'Content-Type': 'text/plain;charset=UTF-8', 'Content-Length': Buffer.byteLength(body), ...headers } }, (answer) => {
            const pieces = [];
            answer.on('data', (piece) => pieces.push(piece));
            answer.once('error', fail);
            answer.once('end', () => done({ status: answer.statusCode, type: answer.headers['content-type'] ?? '', headers: answer.headers, body: Buffer.concat(pieces).toString() }));
        });
        request.once('error', fail);
        request.end(body);
    });
}

/** A session over polling. */
export class Polling {
    constructor(url, sid, open) {
        Object.assign(this, { base: url, sid, open, url: `${url}?EIO=4&transport=polling&sid=${sid}` });
        this.waiting = [];
    }

    static async open(url, { query = '', ...options } = {}) {
        const answer = await ask(`${url}?EIO=4&transport=polling${query}`, options);
        if (answer.status !== 200 || answer.body[0] !== '0') throw new Error(`handshake: ${answer.status} ${answer.body}`);
        const open = JSON.parse(answer.body.slice(1));
        return Object.assign(new Polling(url, open.sid, open), { opened: performance.now(), answer });
    }

    poll(options) { return ask(this.url, options); }
    post(body, options) { return ask(this.url, { method: 'POST', body, ...options }); }

    /** The next packet that fits. Polls for as long as it takes; answers pings on the way unless it is told to leave them. */
    async next(fits = (packet) => packet[0] !== '2', { pongs = true, ms = patience } = {}) {
        const until = Date.now() + ms;
        for (;;) {
            const i = this.waiting.findIndex(fits);
            if (i >= 0) return this.waiting.splice(i, 1)[0];
            if (Date.now() > until) throw new Error(`no such packet within ${ms} ms; there were ${JSON.stringify(this.waiting).slice(0, 500)}`);
            const { status, body } = await this.poll();
            if (status !== 200) throw new Error(`poll: ${status} ${body}`);
            for (const packet of body.split(separator)) {
                if (packet === '2' && pongs) await this.post('3');
                this.waiting.push(packet);
            }
        }
    }
}

/** A WebSocket that remembers what came and when. pongs: it answers the server's Engine.IO pings. */
export class Socket {
    constructor(ws, pongs) {
        Object.assign(this, { ws, frames: [], watchers: new Set(), ended: null });
        ws.on('message', (data, isBinary) => {
            const frame = isBinary ? data : data.toString();
            if (frame === '2' && pongs) ws.send('3');
            this.frames.push({ frame, at: performance.now() });
            this.#look();
        });
        ws.on('error', () => {});
        ws.on('close', (code, reason) => {
            this.ended = { code, reason: reason.toString(), at: performance.now() };
            this.#look();
        });
    }

    #look() { for (const look of [...this.watchers]) look(); }

    /** Connected, or an error with the answer's status and body. */
    static open(url, { query = 'EIO=4&transport=websocket', pongs = true, headers, ...options } = {}) {
        const began = performance.now();
        const ws = new WebSocket(`${url.replace(/^http/, 'ws')}?${query}`, { headers, perMessageDeflate: false, ...options });
        const socket = new Socket(ws, pongs);
        return new Promise((done, fail) => {
            ws.once('open', () => done(Object.assign(socket, { began, opened: performance.now() })));
            ws.once('unexpected-response', (_, answer) => {
                const pieces = [];
                answer.on('data', (piece) => pieces.push(piece));
                answer.on('end', () => fail(Object.assign(new Error(`status ${answer.statusCode}`), { status: answer.statusCode, type: answer.headers['content-type'] ?? '', body: Buffer.concat(pieces).toString() })));
            });
            ws.once('error', fail);
        });
    }

    send(frame) {
        this.ws.send(frame);
        return this;
    }

    /** Takes the first frame that fits; pings of Engine.IO aside unless they are asked for. */
    async next(fits = (frame) => frame !== '2', ms = patience) {
        return (await this.arrival(fits, ms)).frame;
    }

    async arrival(fits, ms = patience) {
        const found = await this.#when(() => {
            const i = this.frames.findIndex(({ frame }) => fits(frame));
            return i >= 0 ? this.frames.splice(i, 1)[0] : this.ended && { ended: true };
        }, ms);
        if (!found || found.ended) throw new Error(`no such frame; ${this.ended ? `closed with ${this.ended.code}` : 'still open'}; there were ${JSON.stringify(this.frames.map((f) => f.frame)).slice(0, 500)}`);
        return found;
    }

    /** {code, reason, at} when it has ended, or null. */
    async end(ms = patience) { return (await this.#when(() => this.ended, ms)) ?? null; }

    /** What probe gives first; it is asked once after every frame, and not again when it gave something. */
    async #when(probe, ms) {
        let look;
        const found = await within(new Promise((done) => {
            look = () => {
                const value = probe();
                if (!value) return;
                this.watchers.delete(look);
                done(value);
            };
            this.watchers.add(look);
            look();
        }), ms);
        this.watchers.delete(look);
        return found;
    }

    destroy() { this.ws.terminate(); }
}
