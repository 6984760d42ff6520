// The real binary as a test holds it: its own data directory, a free loopback port, its log in a file, and every way to end it.
// One Server survives many lives of the process: kill9() and start() use the same directory and the same port.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const binary = path.resolve(root, process.env.SUHBAT_BIN ?? 'build/suhbat');
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
/** How long a thing that must come is waited for before the story fails: long, because a busy machine is no fault of the server. */
export const patience = 30_000;

/** What the promise gives; undefined when it has not come within our patience. */
export async function within(promise, ms = patience) {
    let timer;
    const late = new Promise((done) => { timer = setTimeout(done, ms); });
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}


const quiet = { SUHBAT_BCRYPT_COST: '4', SUHBAT_RATE_LIMITS: 'off' };
const living = new Set();
process.on('exit', () => living.forEach((child) => child.kill('SIGKILL')));

/** A port nobody listens on. Ports below the ephemeral range, so that no outgoing connection takes it while the server is down. */
export async function freePort() {
    for (let i = 0; i < 200; i++) {
        const port = 12000 + Math.floor(Math.random() * 18000);
        const free = await new Promise((done) => {
            const probe = net.createServer();
            probe.once('error', () => done(false));
            probe.listen({ port, host: '127.0.0.1' }, () => probe.close(() => done(true)));
        });
        if (free) return port;
    }
    throw new Error('no free port');
}

/** The environment without anything that would configure the server by accident. */
export function cleanEnvironment(extra = {}) {
    const env = {};
    for (const [name, value] of Object.entries(process.env)) {
        if (!/^SUHBAT_|^(PORT|SECRET_KEY|ACCESS_TOKEN_EXPIRE_MINUTES|DATABASE_URL|CORS_ORIGINS?|ALGORITHM|SALT_ROUNDS)$|^NOTIFY_SOCKET$/.test(name)) env[name] = value;
    }
    return { ...env, ...extra };
}

export function temporaryDirectory(name = 'suhbat-story-') {
    return fs.mkdtempSync(path.join(os.tmpdir(), name));
}

/** Runs the program to its end: {code, signal, out, err}. */
export function run(args, { env = {}, cwd, input = '', timeout = 2 * patience } = {}) {
    const r = spawnSync(binary, args, { env: cleanEnvironment({ ...quiet, ...env }), cwd: cwd ?? os.tmpdir(), input, timeout, encoding: 'utf8' });
    if (r.error && r.error.code !== 'ETIMEDOUT') throw r.error;
    return { code: r.status, signal: r.signal, out: r.stdout, err: r.stderr };
}

/** A database of its own on the PostgreSQL that DATABASE_URL names; null when the stories run on SQLite. */
export function freshDatabase() {
    const url = process.env.DATABASE_URL;
    if (!url) return null;
    const name = `story_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
    const made = spawnSync('psql', ['-q', '-v', 'ON_ERROR_STOP=1', '-d', url, '-c', `CREATE DATABASE ${name}`], { encoding: 'utf8', timeout: 60000 });
    if (made.status !== 0) throw new Error(`psql: ${made.error ?? made.stderr}`);
    const question = url.indexOf('?');
    const [base, query] = question < 0 ? [url, ''] : [url.slice(0, question), url.slice(question)];
    return base.replace(/\/[^/]*$/, `/${name}`) + query;
}

export function dropDatabase(url) {
    const name = new URL(url).pathname.slice(1);
    spawnSync('psql', ['-q', '-d', process.env.DATABASE_URL, '-c', `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`], { timeout: 60000 });
}

export class Server {
    constructor({ env = {}, args = [], data, cwd, database, secretKey, loops } = {}) {
        this.data = data ?? temporaryDirectory();
        this.ownsData = !data;
        this.env = { ...env };
        this.args = args;
        this.cwd = cwd ?? (data ? path.dirname(data) : this.data);
        this.database = database === undefined ? freshDatabase() : database;
        this.ownsDatabase = database === undefined && this.database;
        if (secretKey) this.env.SECRET_KEY = secretKey;
        if (loops) this.args = [...args, '--loops', String(loops)];
        this.logFile = path.join(this.data, '..', `${path.basename(this.data)}.log`);
        this.port = 0;
        this.child = null;
    }

    static async start(options = {}) {
        const server = new Server(options);
        await server.start();
        return server;
    }

    get url() { return `http://127.0.0.1:${this.port}`; }
    get wsUrl() { return `ws://127.0.0.1:${this.port}`; }
    get pid() { return this.child?.pid; }
    get log() { return fs.existsSync(this.logFile) ? fs.readFileSync(this.logFile, 'utf8') : ''; }

    /** Starts without saying address and database: the environment does. */
    startBare() {
        return this.start({ args: ['serve', '--data', this.data] });
    }

    /** Starts the process and waits until /health answers. */
    async start({ waitMs = 2 * patience, args: bare } = {}) {
        if (!this.port) this.port = await freePort();
        const args = bare ?? ['serve', ...(process.env.SUHBAT_WEB_ROOT ? ['--web-root', process.env.SUHBAT_WEB_ROOT] : []), '--listen', `127.0.0.1:${this.port}`, '--data', this.data, ...this.args];
        if (this.database && !bare) args.push('--database', this.database);
        const log = fs.openSync(this.logFile, 'a');
        const child = spawn(binary, args, { env: cleanEnvironment({ ...quiet, ...this.env }), cwd: this.cwd, stdio: ['ignore', log, log] });
        fs.closeSync(log);
        this.child = child;
        living.add(child);
        this.exited = new Promise((done) => child.once('exit', (code, signal) => {
            living.delete(child);
            done({ code, signal });
        }));
        child.once('error', (error) => { this.failed = error; });
        const until = Date.now() + waitMs;
        for (;;) {
            if (this.failed) throw this.failed;
            if (child.exitCode !== null || child.signalCode !== null)
                throw new Error(`the server ended at start (${child.exitCode ?? child.signalCode}):\n${this.log.slice(-2000)}`);
            if (await healthy(this.port)) return this;
            if (Date.now() > until) throw new Error(`the server is not ready after ${waitMs} ms:\n${this.log.slice(-2000)}`);
            await sleep(5);
        }
    }

    /** Pulls the plug. */
    async kill9() {
        this.child.kill('SIGKILL');
        return this.exited;
    }

    async restart() {
        await this.kill9();
        return this.start();
    }

    /** Asks politely; resolves with {code, signal, ms}. */
    async term(signal = 'SIGTERM') {
        const from = Date.now();
        this.child.kill(signal);
        return { ...await this.exited, ms: Date.now() - from };
    }

    /** The end of a test: the process, the directory and the database go. A sanitizer's findings fail the test. */
    async stop() {
        if (this.child && this.child.exitCode === null && this.child.signalCode === null) {
            this.child.kill('SIGTERM');
            const late = setTimeout(() => this.child.kill('SIGKILL'), 15000);
            await this.exited;
            clearTimeout(late);
        }
        const finding = this.log.match(/^.*(AddressSanitizer|ThreadSanitizer|LeakSanitizer|runtime error:|Assertion).*$/m);
        if (this.ownsData && !process.env.STORY_KEEP) {
            fs.rmSync(this.data, { recursive: true, force: true });
            if (!finding) fs.rmSync(this.logFile, { force: true });
        }
        if (this.ownsDatabase) dropDatabase(this.ownsDatabase);
        if (finding) throw new Error(`the server's log says: ${finding[0]} (${this.logFile})`);
    }

    /** Resident set in bytes; 0 for a program that watches itself (asan, tsan), because most of its memory is the watcher's. */
    memory() {
        if (/[at]san/.test(fs.realpathSync(`/proc/${this.pid}/exe`))) return 0;
        const line = fs.readFileSync(`/proc/${this.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+) kB/);
        return Number(line[1]) * 1024;
    }

    openFiles() { return fs.readdirSync(`/proc/${this.pid}/fd`).length; }

    /** The token of the one-time link that a server without accounts prints. */
    setupToken() {
        const link = this.log.match(/https?:\/\/\S*setup\S*?[?#=/]([A-Za-z0-9_-]{16,})/);
        if (!link) throw new Error(`no setup link in the log:\n${this.log}`);
        return link[1];
    }
}

function healthy(port) {
    return new Promise((done) => {
        const socket = net.connect({ port, host: '127.0.0.1' });
        let got = '';
        socket.setTimeout(1000, () => socket.destroy());
        socket.on('connect', () => socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'));
        socket.on('data', (bytes) => {
            got += bytes;
            if (got.includes('\r\n')) socket.destroy();
        });
        socket.on('error', () => {});
        socket.on('close', () => done(got.startsWith('HTTP/1.1 200')));
    });
}

/** Polls until probe() is truthy and returns it. */
export async function until(probe, { ms = patience, every = 20, what = 'the condition' } = {}) {
    const end = Date.now() + ms;
    for (;;) {
        const value = await probe();
        if (value) return value;
        if (Date.now() > end) throw new Error(`${what} did not come within ${ms} ms`);
        await sleep(every);
    }
}
