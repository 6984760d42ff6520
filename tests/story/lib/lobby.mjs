// A client of the old lobby, both generations: what its pages sent and read, with our proof of identity added.
import { patience } from './server.mjs';
import WebSocket from 'ws';
import { Api } from './native.mjs';

export async function lobbyRegister(server, username, password) {
    return new Api(server.url).call('POST', '/auth/register', { username, password });
}

export async function lobbyLogIn(server, username, password) {
    const answer = await new Api(server.url).call('POST', '/auth/login', { username, password });
    if (answer.status !== 200) throw new Error(`/auth/login: ${answer.status} ${answer.text}`);
    return answer.body.access_token;
}

export class LobbySocket {
    /** segment: what follows /ws/. */
    constructor(server, segment, { token, headers = {}, query = '', protocols = [] } = {}) {
        this.url = `${server.wsUrl}/ws/${segment}${query}`;
        this.headers = token ? { authorization: `Bearer ${token}`, ...headers } : headers;
        this.protocols = protocols;
        this.lines = []; // every frame as text
        this.watchers = new Set();
    }

    /** Generation A: the name in the path, the token beside it. */
    static a(server, username, token, options = {}) { return new LobbySocket(server, encodeURIComponent(username), { token, ...options }).open(); }
    /** Generation B: the token in the path. */
    static b(server, token, options = {}) { return new LobbySocket(server, token, options).open(); }

    open() {
        const ws = new WebSocket(this.url, this.protocols, { headers: this.headers, perMessageDeflate: false, handshakeTimeout: 10000, maxPayload: 0 });
        this.ws = ws;
        this.closed = new Promise((done) => ws.once('close', (code, reason) => {
            this.closeCode = code;
            this.closeReason = reason.toString();
            this.#look();
            done(code);
        }));
        return new Promise((done, reject) => {
            ws.once('open', () => done(this));
            ws.once('unexpected-response', (request, answer) => {
                let body = '';
                answer.on('data', (bytes) => { body += bytes; });
                answer.on('end', () => reject(Object.assign(new Error(`handshake: ${answer.statusCode}`), { status: answer.statusCode, body })));
            });
            ws.on('error', reject);
            ws.on('message', (bytes, binary) => {
                this.lines.push(binary ? bytes : bytes.toString());
                this.#look();
            });
        });
    }

    #look() {
        for (const watcher of [...this.watchers]) watcher();
    }

    get frames() { return this.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)); }
    send(text) { this.ws.send(text); }
    sendJson(value) { this.ws.send(JSON.stringify(value)); }

    /** The first line from index `from` that equals the text or fits the function. */
    line(wanted, { from = 0, ms = patience } = {}) {
        const fits = typeof wanted === 'function' ? wanted : (line) => line === wanted;
        return new Promise((resolve, reject) => {
            let at = from;
            const done = (how, value) => {
                clearTimeout(timer);
                this.watchers.delete(look);
                how(value);
            };
            const look = () => {
                while (at < this.lines.length) if (fits(this.lines[at++])) return done(resolve, this.lines[at - 1]);
                if (this.closeCode !== undefined) done(reject, new Error(`closed with ${this.closeCode} before ${wanted}`));
            };
            const timer = setTimeout(() => done(reject, new Error(`no line within ${ms} ms: ${wanted}\nlast: ${this.lines.slice(-4).map((line) => String(line).slice(0, 120)).join('\n')}`)), ms);
            this.watchers.add(look);
            look();
        });
    }

    frame(fits, options) {
        return this.line((line) => typeof line === 'string' && line.startsWith('{') && fits(JSON.parse(line)), options).then((line) => JSON.parse(line));
    }

    async close() {
        if (this.ws.readyState === WebSocket.OPEN) this.ws.close(1000);
        else this.ws.terminate();
        const late = setTimeout(() => this.ws.terminate(), 2000);
        const code = await this.closed;
        clearTimeout(late);
        return code;
    }
}
