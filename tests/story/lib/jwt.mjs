// Tokens taken apart and put together again, to make the bad ones.
import crypto from 'node:crypto';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());

export function open(token) {
    const [header, claims] = token.split('.');
    return { header: decode(header), claims: decode(claims) };
}

export function sign(header, claims, secret) {
    const body = `${encode(header)}.${encode(claims)}`;
    const hash = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }[header.alg];
    const signature = hash ? crypto.createHmac(hash, secret).update(body).digest('base64url') : '';
    return `${body}.${signature}`;
}

/** The same token with other claims or header, signed with the secret. */
export function reforge(token, secret, claims = {}, header = {}) {
    const old = open(token);
    return sign({ ...old.header, ...header }, { ...old.claims, ...claims }, secret);
}

/** Whether the secret is really what signed the token: without this an "expired" token might be refused for its signature. */
export function isSignedWith(token, secret) {
    const [header, claims, signature] = token.split('.');
    return crypto.createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url') === signature;
}
