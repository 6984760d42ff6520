// Pictures for stories, made of nothing but zlib.
import zlib from 'node:zlib';

const table = Array.from({ length: 256 }, (_, n) => {
    for (let i = 0; i < 8; i++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
    return n >>> 0;
});
const crc = (bytes) => (bytes.reduce((c, b) => table[(c ^ b) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;

export function chunk(name, data) {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]), out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
}

/** A grey PNG of the size it claims; rows: as many as it really has. more: chunks before the data. */
export function png(width, height, { rows = height, more = [], level = 6 } = {}) {
    const head = Buffer.alloc(13);
    head.writeUInt32BE(width, 0);
    head.writeUInt32BE(height, 4);
    head.set([8, 0, 0, 0, 0], 8);
    const line = Buffer.alloc(width + 1, 0x55);
    line[0] = 0;
    const data = zlib.deflateSync(Buffer.concat(Array(rows).fill(line)), { level });
    return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), ...more, chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

export const picture = png(40, 30);
