// Who brings files through every kill of the promise: whole, in forms and by tus, cut now and then and resumed, sent and partly deleted again. Nothing that was
// begun is given up before it is answered. In the end all that was acknowledged must be had with its digest, and disk and database must know the same.
import crypto from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Person } from './native.mjs';
import { png } from './pictures.mjs';
import { sleep, until } from './server.mjs';

const sum = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');
const tus = { 'tus-resumable': '1.0.0' };
const chunk = { ...tus, 'content-type': 'application/offset+octet-stream' };
const offsetIn = (answer) => Number(answer.headers.get('upload-offset'));

export class Courier {
    constructor(world, person, room, common) {
        Object.assign(this, { world, person, room, common }); // common: bytes that several bring
        this.sent = [];     // {id, sum, message, deleted}: acknowledged
        this.dropped = [];  // ids of files that were taken back before they were sent
        this.n = this.bytes = this.resumed = this.taken_back = 0;
        this.wrong = [];
    }

    #chance(p) { return this.world.random() < p; }

    /** Until it is answered otherwise than by being away. gone: a repeat may find it done. */
    async #ask(method, where, body, headers, gone = false) {
        for (let tries = 0; ; tries++) {
            try {
                const answer = await this.person.api.call(method, where, body, headers);
                if (answer.status < 300 || (gone && tries && [404, 410].includes(answer.status))) return answer;
                if (answer.status === 401) this.person = await Person.logIn(this.world.server, this.person.username);
                else if (![409, 423, 429, 503].includes(answer.status)) throw Object.assign(new Error(`${method} ${where}: ${answer.status} ${answer.text}`), { refused: true });
                else if (answer.status === 409 || answer.status === 423) return answer;
            } catch (error) {
                if (error.refused) throw error;
            }
            this.world.retries++;
            await sleep(5 + this.world.random() * 25);
        }
    }

    #make() {
        if (this.#chance(0.15)) return { bytes: this.common[Math.floor(this.world.random() * this.common.length)] };
        if (this.#chance(0.15)) return { bytes: png(20 + this.n % 50, 30 + this.n % 7), is_picture: true };
        return { bytes: crypto.randomBytes(1 + Math.floor(this.world.random() * (this.#chance(0.2) ? 3_000_000 : 300_000))) };
    }

    async #bring(bytes, name) {
        if (this.#chance(0.35)) return (await this.#ask('PUT', `/files?name=${name}`, bytes, { 'content-type': 'application/octet-stream' })).body;
        if (this.#chance(0.25)) {
            const mark = `--courier-${this.n}`;
            const form = Buffer.concat([Buffer.from(`--${mark}\r\ncontent-disposition: form-data; name="f"; filename="${name}"\r\n\r\n`), bytes, Buffer.from(`\r\n--${mark}--\r\n`)]);
            return (await this.#ask('POST', '/files', form, { 'content-type': `multipart/form-data; boundary=${mark}` })).body.files[0];
        }
        return this.#bringInPieces(bytes, name);
    }

    /** By tus. What was acknowledged of it counts after every cut and kill. Null: taken back half-way. */
    async #bringInPieces(bytes, name) {
        const metadata = `filename ${Buffer.from(name).toString('base64')}`;
        const made = await this.#ask('POST', '/uploads', undefined, { ...tus, 'upload-length': String(bytes.length), 'upload-metadata': metadata });
        const where = made.headers.get('location').replace('/api/v1', '');
        const takes_back = this.#chance(0.1);
        for (let counts = 0, tries = 0; ; tries++) {
            const now = await this.#ask('HEAD', where, undefined, tus);
            const at = offsetIn(now);
            if (at < counts) this.wrong.push(`${where} had ${counts} bytes and has ${at}`);
            if (now.headers.get('suhbat-file')) break;
            if (takes_back && at) {
                await this.#ask('DELETE', where, undefined, tus, true);
                this.taken_back++;
                return null;
            }
            if (tries) this.resumed++;
            const to = this.#chance(0.5) ? bytes.length : at + Math.ceil((bytes.length - at) / 2);
            counts = this.#chance(0.3) ? Math.max(at, await this.#cut(where, at, bytes)) : Math.max(at, await this.#piece(where, at, bytes.subarray(at, to)));
        }
        return (await this.#ask('GET', where)).body.file;
    }

    async #piece(where, at, piece) {
        try {
            const answer = await this.person.api.call('PATCH', where, piece, { ...chunk, 'upload-offset': String(at) });
            return answer.status === 204 ? offsetIn(answer) : 0;
        } catch {
            await sleep(5 + this.world.random() * 25);
            return 0;
        }
    }

    /** Promises more than it sends, and is gone. */
    #cut(where, at, bytes) {
        return new Promise((done) => {
            const headers = { ...chunk, authorization: `Bearer ${this.person.token}`, 'content-length': bytes.length - at, 'upload-offset': String(at) };
            const request = http.request(`${this.world.server.url}/api/v1${where}`, { method: 'PATCH', agent: false, headers });
            request.on('error', () => {});
            request.on('response', (answer) => answer.resume());
            request.on('close', () => done(0));
            request.write(bytes.subarray(at, at + Math.ceil((bytes.length - at) / 2)), () => setTimeout(() => request.destroy(), 5 + this.world.random() * 20));
        });
    }

    async #one() {
        const n = this.n++, { bytes, is_picture } = this.#make();
        const file = await this.#bring(bytes, `${n}.bin`);
        if (!file) return;
        this.bytes += bytes.length;
        if (!is_picture && file.sha256 !== sum(bytes)) this.wrong.push(`file ${file.id} has digest ${file.sha256}, not ${sum(bytes)}`);
        if (this.#chance(0.1)) {
            await this.#ask('DELETE', `/files/${file.id}`, undefined, {}, true);
            this.dropped.push(file.id);
            return;
        }
        const key = `${this.person.username}-${n}`, text = n % 2 ? `parcel ${n}` : '';
        const answer = await this.#ask('POST', `/rooms/${this.room}/messages`, { text, key, files: [file.id] });
        if (answer.status >= 300) {
            this.wrong.push(`file ${file.id} was brought and could not be sent: ${answer.text}`);
            return;
        }
        const entry = { id: file.id, sum: file.sha256, message: answer.body.id };
        this.sent.push(entry);
        if (!this.#chance(0.25)) return;
        await this.#ask('DELETE', `/rooms/${this.room}/messages/${entry.message}?part=${text ? 'files' : 'all'}`, undefined, {}, true);
        entry.deleted = true;
    }

    async talk(width) {
        const one = async () => {
            while (!this.world.quiet) {
                await this.#one();
                await sleep(this.world.random() * 4 * this.world.pause);
            }
        };
        await Promise.all(Array.from({ length: width }, one));
    }

    /** Every acknowledged file with its digest, none of the deleted ones. */
    async audit(report) {
        const { api, token } = await Person.logIn(this.world.server, this.person.username);
        const miss = (what) => (report.lost++, report.wrong.push(what));
        this.wrong.forEach(miss);
        for (const { id, sum: wanted, message, deleted } of this.sent) {
            const answer = await fetch(`${api.url}/files/${id}`, { headers: { authorization: `Bearer ${token}` } });
            const got = answer.status === 200 ? sum(Buffer.from(await answer.arrayBuffer())) : `status ${answer.status}`;
            if (got !== (deleted ? 'status 404' : wanted)) miss(`file ${id} of message ${message}: ${got}, not ${deleted ? 'gone' : wanted}`);
            if (deleted) continue;
            const { files } = await api.get(`/rooms/${this.room}/messages/${message}`);
            if (files.length !== 1 || files[0].id !== id || files[0].sha256 !== wanted) miss(`message ${message} shows ${JSON.stringify(files)}, not file ${id}`);
        }
        for (const id of this.dropped) if ((await api.call('GET', `/files/${id}/info`)).status !== 404) miss(`file ${id} was taken back and is there`);
        report.files_acked += this.sent.length + this.dropped.length;
        report.file_mib += this.bytes / 2 ** 20;
        report.resumed += this.resumed;
        report.taken_back += this.taken_back;
    }
}

function rows(server, sql) {
    const out = server.database ? execFileSync('psql', ['-At', '-d', server.database, '-c', sql], { encoding: 'utf8', maxBuffer: 1 << 28 })
        : execFileSync('sqlite3', [path.join(server.data, 'suhbat.db'), sql], { encoding: 'utf8', maxBuffer: 1 << 28 });
    return out.split('\n').filter(Boolean);
}

function onDisk(server) {
    const files = path.join(server.data, 'files');
    return fs.readdirSync(files).flatMap((dir) => (dir === 'started' ? [] : fs.readdirSync(path.join(files, dir)).map((name) => `${dir}/${name}`)));
}

const laws = {
    'files without bytes': 'SELECT count(*) FROM file f LEFT JOIN blob b ON b.id = f.blob_id WHERE b.id IS NULL',
    'bytes with a wrong number of references': 'SELECT count(*) FROM blob b WHERE n_refs <> (SELECT count(*) FROM file WHERE blob_id = b.id) + (SELECT count(*) FROM avatar WHERE blob_id = b.id)',
    'accounts with a wrong sum': `SELECT count(*) FROM account a WHERE used_bytes <>
        coalesce((SELECT sum(b.n_bytes) FROM file f JOIN blob b ON b.id = f.blob_id WHERE f.account_id = a.id), 0)`,
    'messages with a wrong number of files': 'SELECT count(*) FROM message m WHERE n_files <> (SELECT count(*) FROM file WHERE message_id = m.id)',
};

/** After a last start and its sweep: what the disk has is what the rows name, nothing more and nothing less. */
export async function auditDisk(server, report) {
    let orphans = [];
    await until(() => {
        const named = new Set([...rows(server, 'SELECT name FROM blob'), ...rows(server, 'SELECT token FROM upload WHERE file_id IS NULL').map((token) => `incoming/${token}`)]);
        orphans = onDisk(server).filter((name) => !named.has(name.replace(/\.(thumb|square)$/, '')));
        return orphans.length === 0 && rows(server, 'SELECT name FROM blob_trash').length === 0;
    }, { ms: 30000, every: 250 }).catch(() => {});
    const there = new Set(onDisk(server)), blobs = rows(server, 'SELECT name FROM blob'), missing = blobs.filter((name) => !there.has(name));
    missing.push(...rows(server, 'SELECT name FROM blob WHERE has_thumbnail <> 0').filter((name) => !there.has(`${name}.thumb`)).map((name) => `${name}.thumb`));
    report.blobs += blobs.length, report.orphans += orphans.length, report.missing += missing.length;
    report.wrong.push(...orphans.map((name) => `nothing names ${name}`), ...missing.map((name) => `the disk has no ${name}`));
    report.wrong.push(...rows(server, 'SELECT name FROM blob_trash').map((name) => `${name} is still in the trash`));
    for (const [what, sql] of Object.entries(laws)) if (rows(server, sql)[0] !== '0') report.wrong.push(`${rows(server, sql)[0]} ${what}`);
}
