// Bytes on a bare socket: HTTP as nobody should write it, and WebSocket frames one at a time (RFC 6455), for the hostile stories.
import crypto from 'node:crypto';
import net from 'node:net';
import zlib from 'node:zlib';
import { patience } from './server.mjs';

/** A TCP connection that remembers everything it got. */
export class Raw {
    constructor(socket) {
        this.socket = socket;
        this.bytes = Buffer.alloc(0);
        this.ended = false;
        this.watchers = new Set();
        socket.on('data', (more) => {
            this.bytes = Buffer.concat([this.bytes, more]);
            this.#look();
        });
        socket.on('error', () => {});
        socket.on('close', () => {
            this.ended = true;
            this.#look();
        });
    }

    static connect(server, from) {
        return new Promise((done, reject) => {
            const socket = net.connect({ port: server.port, host: '127.0.0.1', localAddress: from });
            socket.setNoDelay(true);
            socket.once('error', reject);
            socket.once('connect', () => done(new Raw(socket)));
        });
    }

    #look() {
        for (const watcher of [...this.watchers]) watcher();
    }

    write(bytes) {
        if (!this.socket.destroyed) this.socket.write(bytes);
        return this;
    }

    /** Resolves with probe()'s first truthy value; null when the connection ended or time was up without it. */
    wait(probe, ms = patience) {
        return new Promise((resolve) => {
            const done = (value) => {
                clearTimeout(timer);
                this.watchers.delete(look);
                resolve(value);
            };
            const look = () => {
                const value = probe();
                if (value) done(value);
                else if (this.ended) done(null);
            };
            const timer = setTimeout(() => done(null), ms);
            this.watchers.add(look);
            look();
        });
    }

    /** True when the peer closed within the time. */
    async end(ms = patience) {
        await this.wait(() => this.ended, ms);
        return this.ended;
    }

    destroy() { this.socket.destroy(); }

    /** The first HTTP answer that came, {status, head, body}; takes it off. Null when none came. */
    async answer(ms = patience) {
        const whole = await this.wait(() => this.#parse(), ms);
        if (whole) this.bytes = this.bytes.subarray(whole.length);
        return whole;
    }

    #parse() {
        const at = this.bytes.indexOf('\r\n\r\n');
        if (at < 0) return null;
        const head = this.bytes.subarray(0, at).toString('latin1');
        const status = Number(head.split(' ')[1]);
        const declared = head.match(/\r\ncontent-length: *(\d+)/i);
        const n = declared ? Number(declared[1]) : 0;
        if (status !== 101 && this.bytes.length < at + 4 + n) return null;
        const end = status === 101 ? at + 4 : at + 4 + n;
        return { status, head, body: this.bytes.subarray(at + 4, end).toString(), length: end };
    }
}

/** Sends the bytes on a new connection and resolves with {status, body, ended}: status 0 when the server answered nothing. */
export async function exchange(server, bytes, { ms = patience, linger = 150 } = {}) {
    const raw = await Raw.connect(server);
    raw.write(bytes);
    const answer = await raw.answer(ms);
    const ended = await raw.end(linger);
    const rest = raw.bytes.toString('latin1');
    raw.destroy();
    return { status: answer?.status ?? 0, head: answer?.head ?? '', body: answer?.body ?? '', ended, rest };
}

/** One client frame. rsv and mask are there to be wrong on purpose. */
export function frame(opcode, payload = '', { fin = true, rsv = 0, mask = true, lengthBytes } = {}) {
    const body = Buffer.from(payload);
    const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
    const size = lengthBytes ?? (body.length < 126 ? 0 : body.length < 65536 ? 2 : 8);
    const head = Buffer.alloc(2 + size);
    head[0] = first;
    if (size === 0) head[1] = body.length;
    else if (size === 2) {
        head[1] = 126;
        head.writeUInt16BE(body.length, 2);
    } else {
        head[1] = 127;
        head.writeBigUInt64BE(BigInt(body.length), 2);
    }
    if (!mask) return Buffer.concat([head, body]);
    head[1] |= 0x80;
    const key = crypto.randomBytes(4);
    const masked = Buffer.alloc(body.length);
    for (let i = 0; i < body.length; i++) masked[i] = body[i] ^ key[i & 3];
    return Buffer.concat([head, key, masked]);
}

export const text = 1, binary = 2, continuation = 0, close = 8, ping = 9, pong = 10;

export function closePayload(code, reason = '') {
    const head = Buffer.alloc(2);
    head.writeUInt16BE(code);
    return Buffer.concat([head, Buffer.from(reason)]);
}

/** As RFC 7692 sends a message: raw deflate without the last empty block's 4 bytes. */
export function deflated(payload, options) {
    const bytes = zlib.deflateRawSync(payload, { finishFlush: zlib.constants.Z_SYNC_FLUSH, ...options });
    return bytes.subarray(0, bytes.length - 4);
}

export function inflated(payload) {
    return zlib.inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), { finishFlush: zlib.constants.Z_SYNC_FLUSH });
}

export class RawWebSocket {
    constructor(raw, head) {
        this.raw = raw;
        this.head = head;
    }

    static async open(server, path, { headers = {}, extensions, expect = 101 } = {}) {
        const raw = await Raw.connect(server);
        const lines = { Host: 'localhost', Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13',
            'Sec-WebSocket-Key': crypto.randomBytes(16).toString('base64'), ...headers };
        if (extensions) lines['Sec-WebSocket-Extensions'] = extensions;
        raw.write(`GET ${path} HTTP/1.1\r\n${Object.entries(lines).map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`);
        const answer = await raw.answer();
        if (answer?.status !== expect) throw new Error(`handshake of ${path}: ${answer?.head ?? 'nothing'}`);
        return new RawWebSocket(raw, answer.head);
    }

    send(...args) { this.raw.write(frame(...args)); return this; }
    write(bytes) { this.raw.write(bytes); return this; }

    /** The next frame from the server {fin, rsv, opcode, payload}, or null at the end or after ms. */
    async next(ms = patience) {
        const got = await this.raw.wait(() => this.#parse(), ms);
        if (got) this.raw.bytes = this.raw.bytes.subarray(got.length);
        return got;
    }

    #parse() {
        const b = this.raw.bytes;
        if (b.length < 2) return null;
        let n = b[1] & 0x7f, at = 2;
        if (b[1] & 0x80) throw new Error('the server masked a frame');
        if (n === 126) {
            if (b.length < 4) return null;
            n = b.readUInt16BE(2);
            at = 4;
        } else if (n === 127) {
            if (b.length < 10) return null;
            n = Number(b.readBigUInt64BE(2));
            at = 10;
        }
        if (b.length < at + n) return null;
        return { fin: !!(b[0] & 0x80), rsv: (b[0] >> 4) & 7, opcode: b[0] & 15, payload: Buffer.from(b.subarray(at, at + n)), length: at + n };
    }

    /** The code of the close frame that comes next; 1005 without a code, 1006 when the connection just ended, null when neither. */
    async closeCode(ms = patience) {
        for (;;) {
            const got = await this.next(ms);
            if (!got) return this.raw.ended ? 1006 : null;
            if (got.opcode === close) return got.payload.length >= 2 ? got.payload.readUInt16BE(0) : 1005;
        }
    }

    destroy() { this.raw.destroy(); }
}
