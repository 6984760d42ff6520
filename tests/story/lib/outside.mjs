// The world outside the server, on loopback: a host that takes POSTs and answers as the test says, the browser's half of Web Push (RFC 8291, 8292), and
// the receiver's half of a signed webhook.
import crypto from 'node:crypto';
import http from 'node:http';
import { patience, sleep } from './server.mjs';

/** A host with its own ideas. `answer(request)` gives {status, headers, hold} or a status; requests are kept in order. */
export class Host {
    constructor(answer = () => 200) {
        this.answer = answer;
        this.requests = [];
        this.server = http.createServer((req, res) => this.#take(req, res));
    }

    static async start(answer) {
        const host = new Host(answer);
        await new Promise((done) => host.server.listen(0, '127.0.0.1', done));
        host.origin = `http://127.0.0.1:${host.server.address().port}`;
        return host;
    }

    async #take(req, res) {
        const pieces = [];
        for await (const piece of req) pieces.push(piece);
        const request = { method: req.method, path: req.url, headers: req.headers, body: Buffer.concat(pieces), at: Date.now() };
        this.requests.push(request);
        const said = await this.answer(request, this.requests.length);
        const { status = 200, headers = {}, body = '' } = typeof said === 'number' ? { status: said } : said;
        res.writeHead(status, headers).end(body);
    }

    /** The n-th request (from 1) that fits, waiting for it. */
    async request(fits = () => true, { n = 1, ms = patience } = {}) {
        const until = Date.now() + ms;
        for (;;) {
            const found = this.requests.filter(fits);
            if (found.length >= n) return found[n - 1];
            if (Date.now() > until) throw new Error(`no such request within ${ms} ms; there were ${this.requests.length}, of which ${found.length} fit`);
            await sleep(20);
        }
    }

    stop() {
        this.server.closeAllConnections?.();
        return new Promise((done) => this.server.close(done));
    }
}

const hkdf = (salt, secret, info, n) => Buffer.from(crypto.hkdfSync('sha256', secret, salt, info, n));

/** A browser's push subscription at an end point. */
export class Browser {
    constructor(endpoint) {
        this.endpoint = endpoint;
        this.ecdh = crypto.createECDH('prime256v1');
        this.ecdh.generateKeys();
        this.auth = crypto.randomBytes(16);
    }

    /** As PushSubscription.toJSON() gives it. */
    toJSON() {
        return { endpoint: this.endpoint, expirationTime: null,
            keys: { p256dh: this.ecdh.getPublicKey('base64url'), auth: this.auth.toString('base64url') } };
    }

    decrypt(body) {
        const salt = body.subarray(0, 16), size = body.readUInt32BE(16), sender = body.subarray(21, 21 + body[20]);
        const sealed = body.subarray(21 + body[20]);
        if (sealed.length > size) throw new Error('more than one record');
        const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.ecdh.getPublicKey(), sender]);
        const input = hkdf(this.auth, this.ecdh.computeSecret(sender), info, 32);
        const key = hkdf(salt, input, Buffer.from('Content-Encoding: aes128gcm\0'), 16), nonce = hkdf(salt, input, Buffer.from('Content-Encoding: nonce\0'), 12);
        const open = crypto.createDecipheriv('aes-128-gcm', key, nonce);
        open.setAuthTag(sealed.subarray(-16));
        const padded = Buffer.concat([open.update(sealed.subarray(0, -16)), open.final()]);
        let end = padded.length - 1;
        while (padded[end] === 0) end--;
        if (padded[end] !== 2) throw new Error('the last record has no end');
        return padded.subarray(0, end).toString();
    }
}

/** The claims of a VAPID header, verified with the key it names, which must be `key`. */
export function vapidClaims(header, key) {
    const [, token, k] = /^vapid t=([^,]+), ?k=(.+)$/.exec(header);
    if (k !== key) throw new Error('another key than the one that was announced');
    const point = Buffer.from(k, 'base64url'), b64 = (from, to) => point.subarray(from, to).toString('base64url');
    const publicKey = crypto.createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: b64(1, 33), y: b64(33, 65) }, format: 'jwk' });
    const [head, claims, signature] = token.split('.');
    const fits = crypto.verify('sha256', Buffer.from(`${head}.${claims}`), { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
    if (!fits) throw new Error('the signature does not fit');
    if (JSON.parse(Buffer.from(head, 'base64url')).alg !== 'ES256') throw new Error('not ES256');
    return JSON.parse(Buffer.from(claims, 'base64url'));
}

/** Is the webhook signed with this secret, not long ago? */
export function isSigned(request, secret) {
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(request.headers['x-suhbat-signature']) ?? [];
    if (!v1 || Math.abs(Date.now() / 1000 - t) > 60) return false;
    const wanted = crypto.createHmac('sha256', secret).update(`${t}.`).update(request.body).digest();
    return crypto.timingSafeEqual(wanted, Buffer.from(v1, 'hex'));
}
