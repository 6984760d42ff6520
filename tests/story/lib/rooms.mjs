// A client of the old rooms: cookies kept by hand, forms with their token, the WebSocket with its frames.
import { patience } from './server.mjs';
import { setCookies } from './native.mjs';
import WebSocket from 'ws';

export class Browser {
    constructor(server, cookies = {}) {
        Object.assign(this, { server, cookies: { ...cookies }, token: null });
    }

    get cookie() { return Object.entries(this.cookies).map(([name, value]) => `${name}=${value}`).join('; '); }

    #keep(headers) {
        for (const line of setCookies(headers)) {
            const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
            if (/Max-Age=0\b/.test(line)) delete this.cookies[name];
            else if (!/Path=\/api/.test(line)) this.cookies[name] = value;
        }
    }

    /** {status, location, headers, text}; redirects are not followed. */
    async ask(method, path, { body, headers = {}, cookies = true } = {}) {
        const answer = await fetch(this.server.url + path, { method, body, redirect: 'manual',
            headers: { ...(cookies && this.cookie ? { cookie: this.cookie } : {}), ...headers } });
        this.#keep(answer.headers);
        const text = await answer.text();
        const hidden = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(text);
        if (hidden) this.token = hidden[1];
        return { status: answer.status, location: answer.headers.get('location'), headers: answer.headers, lines: setCookies(answer.headers), text };
    }

    get(path, options) { return this.ask('GET', path, options); }

    /** A form with the token of the page that was looked at last. */
    post(path, fields = {}, { multipart = false, token = this.token, ...options } = {}) {
        const body = multipart ? new FormData() : new URLSearchParams();
        for (const [name, value] of Object.entries({ ...(token === null ? {} : { csrfmiddlewaretoken: token }), ...fields }))
            for (const one of [value].flat()) one instanceof Blob ? body.append(name, one, one.name) : body.append(name, one);
        return this.ask('POST', path, { body, ...options });
    }

    static async logIn(server, username, password, path = '/login/') {
        const browser = new Browser(server);
        await browser.get('/login/');
        browser.loggedIn = await browser.post(path, { username, password });
        if (browser.loggedIn.status !== 302) throw new Error(`/login/: ${browser.loggedIn.status}`);
        await browser.get('/create/');
        return browser;
    }

    socket(room, options) { return new RoomSocket(this, room, options).open(); }
}

export const fileOf = (bytes, name, type) => Object.assign(new Blob([bytes], { type }), { name });

export class RoomSocket {
    constructor(browser, room, { headers = {}, path = `/ws/chat/${room}/` } = {}) {
        this.url = browser.server.wsUrl + path;
        this.headers = { cookie: browser.cookie, ...headers };
        this.lines = [];
        this.watchers = new Set();
    }

    open() {
        const ws = new WebSocket(this.url, { headers: this.headers, perMessageDeflate: false, handshakeTimeout: 10000 });
        this.ws = ws;
        this.closed = new Promise((done) => ws.once('close', (code) => {
            this.closeCode = code;
            this.#look();
            done(code);
        }));
        return new Promise((done, reject) => {
            ws.once('open', () => done(this));
            ws.once('unexpected-response', (request, answer) => {
                answer.resume();
                answer.on('end', () => reject(Object.assign(new Error(`handshake: ${answer.statusCode}`), { status: answer.statusCode })));
            });
            ws.on('error', reject);
            ws.on('message', (bytes) => {
                this.lines.push(bytes.toString());
                this.#look();
            });
        });
    }

    #look() {
        for (const watcher of [...this.watchers]) watcher();
    }

    get frames() { return this.lines.map((line) => JSON.parse(line)); }
    send(value) { this.ws.send(typeof value === 'string' ? value : JSON.stringify(value)); }

    /** The first frame from index `from` with these fields. */
    frame(fields, { from = 0, ms = patience } = {}) {
        const fits = (frame) => Object.entries(fields).every(([name, value]) => frame[name] === value);
        return new Promise((resolve, reject) => {
            let at = from;
            const done = (how, value) => {
                clearTimeout(timer);
                this.watchers.delete(look);
                how(value);
            };
            const look = () => {
                while (at < this.lines.length) {
                    const frame = JSON.parse(this.lines[at++]);
                    if (fits(frame)) return done(resolve, frame);
                }
                if (this.closeCode !== undefined) done(reject, new Error(`closed with ${this.closeCode} before ${JSON.stringify(fields)}`));
            };
            const timer = setTimeout(() => done(reject, new Error(`no ${JSON.stringify(fields)} within ${ms} ms; last: ${this.lines.slice(-4).join('\n')}`)), ms);
            this.watchers.add(look);
            look();
        });
    }

    async close() {
        this.ws.close(1000);
        return this.closed;
    }
}
