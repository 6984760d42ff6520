// A newcomer's first minutes, and the operator's questions to the program.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Server, freePort, patience, run, temporaryDirectory, until } from '../lib/server.mjs';
import { Api, Person, password } from '../lib/native.mjs';
import { lobbyLogIn, lobbyRegister } from '../lib/lobby.mjs';
import { open } from '../lib/jwt.mjs';

let server, api;
before(async () => {
    server = await Server.start();
    api = new Api(`${server.url}/api/v1`);
});
after(() => server.stop());

test('the server says where it listens and prints a one-time link while there is no account', async () => {
    assert.match(server.log, new RegExp(`http://127\\.0\\.0\\.1:${server.port}`));
    assert.ok(server.setupToken().length >= 16);
    assert.deepEqual(await api.get('/setup'), { needed: true, mail: false, registration: 'open' });
});

test('a wrong link makes nobody an administrator', async () => {
    const answer = await api.call('POST', '/setup', { token: 'x'.repeat(43), username: 'thief', password });
    assert.ok([401, 403].includes(answer.status), answer.text);
    assert.equal((await api.get('/setup')).needed, true);
});

test('the link makes the first administrator, once', async () => {
    const token = server.setupToken();
    const grant = await api.post('/setup', { token, username: 'admin', password });
    assert.equal(grant.account.site_admin, true);
    assert.equal((await api.as(grant.access_token).get('/me')).username, 'admin');
    assert.equal((await api.get('/setup')).needed, false);
    const again = await api.call('POST', '/setup', { token, username: 'second', password });
    assert.ok([403, 409, 410].includes(again.status), again.text);
    assert.equal((await api.call('POST', '/sessions', { username: 'second', password })).status, 401);
});

test('a server with an account prints no link when it starts again', async () => {
    const before_ = server.log.length;
    await server.term();
    await server.start();
    assert.doesNotMatch(server.log.slice(before_), /setup\S*[?#=/][A-Za-z0-9_-]{16,}/);
    assert.equal((await api.get('/setup')).needed, false);
});

test('/health and /metrics show real figures', async () => {
    const health = await new Api(server.url).get('/health');
    assert.equal(health.status, 'OK');
    assert.equal(health.connections, 0);
    const person = await Person.register(server, 'figures');
    const gateway = await person.gateway();
    // Other loops' figures are a second old.
    await until(async () => {
        const later = await new Api(server.url).get('/health');
        return later.connections === 1 && later.uptime > health.uptime;
    }, { what: 'one connection in /health' });
    const metrics = await new Api(server.url).call('GET', '/metrics');
    assert.match(metrics.headers.get('content-type'), /^text\/plain/);
    for (const line of metrics.text.trimEnd().split('\n')) assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? -?[0-9.e+]+)$/, line);
    assert.match(metrics.text, /^suhbat_\w*websockets\w* 1$/m);
    await gateway.close();
});

test('the secret is made at the first start and only its owner may read it', () => {
    const secrets = fs.readdirSync(server.data).filter((name) => /secret/.test(name));
    assert.equal(secrets.length, 1, fs.readdirSync(server.data).join(' '));
    assert.equal(fs.statSync(path.join(server.data, secrets[0])).mode & 0o777, 0o600);
    const secret = fs.readFileSync(path.join(server.data, secrets[0]), 'latin1').trim();
    assert.ok(secret.length >= 32);
    assert.ok(!server.log.includes(secret));
});

test('neither passwords nor tokens nor message text reach the log', async () => {
    const person = await Person.register(server, 'discreet', 'a password nobody may see');
    await person.say(await person.lobby(), 'a sentence nobody may see');
    const lobby = await lobbyLogIn(server, 'discreet', 'a password nobody may see');
    await Person.logIn(server, 'discreet', 'wrong').catch(() => {});
    const gateway = await person.gateway({}, { query: `?token=${person.token}` });
    await gateway.close();
    for (const secret of ['nobody may see', person.token, person.grant.refresh_token, lobby]) assert.ok(!server.log.includes(secret), secret);
});

test('every log line is one event: key=value or JSON', () => {
    const lines = server.log.trimEnd().split('\n').filter((l) => !/setup|administrator|^\s*$|https?:\/\//.test(l));
    assert.ok(lines.length > 0);
    for (const line of lines) assert.match(line, /^(\{.*\}|(\w+=("(\\.|[^"\\])*"|[^\s"]*)\s*)+)$/, line);
});

test('a second server on the same data directory refuses and says why', async () => {
    const second = run(['serve', '--listen', `127.0.0.1:${await freePort()}`, '--data', server.data]);
    if (server.database) assert.ok(second.code !== 0, 'the directory is locked also with PostgreSQL');
    assert.ok(second.code > 0, `exit code ${second.code}`);
    assert.match(second.err + second.out, /another|already|in use|lock/i);
    assert.equal((await new Api(server.url).get('/health')).status, 'OK');
});

test('version, help and tables answer; unknown words and options are refused', () => {
    const version = run(['version']);
    assert.equal(version.code, 0);
    assert.match(version.out, /^suhbat \d+\.\d+\.\d+/);
    for (const args of [['--help'], ['serve', '--help'], ['create-admin', '--help'], ['tables', '--help'], ['check-password', '--help'], ['version', '--help']]) {
        const help = run(args);
        assert.equal(help.code, 0, `${args.join(' ')}: ${help.err}`);
        assert.match(help.out, /usage/i, args.join(' '));
    }
    for (const args of [[], ['dance'], ['serve', '--no-such-option'], ['version', 'extra']]) {
        const refused = run(args, { timeout: patience });
        assert.ok(refused.code > 0, `${args.join(' ')} ended with ${refused.code ?? refused.signal}`);
        assert.ok(refused.err.length > 0, `${args.join(' ')} says nothing on standard error`);
    }
});

test('tables lists what is stored', () => {
    const args = ['tables', '--data', server.data];
    if (server.database) args.push('--database', server.database);
    const tables = run(args);
    assert.equal(tables.code, 0, tables.err);
    for (const name of ['account', 'message', 'room']) assert.match(tables.out, new RegExp(name), tables.out);
});

test('create-admin takes the password from standard input; check-password knows it again', async () => {
    const other = await Server.start();
    try {
        await other.term();
        const where = ['--data', other.data, ...(other.database ? ['--database', other.database] : [])];
        const made = run(['create-admin', '--username', 'boss', '--password-stdin', ...where], { input: 'boss password\n' });
        assert.equal(made.code, 0, made.err);
        assert.ok(run(['create-admin', '--username', 'BOSS', '--password-stdin', ...where], { input: 'x y z\n' }).code > 0, 'the name is taken');
        assert.ok(run(['create-admin', '--username', 'long', '--password-stdin', ...where], { input: `${'x'.repeat(73)}\n` }).code > 0, '73 bytes');
        await other.start();
        const boss = await Person.logIn(other, 'boss', 'boss password');
        assert.equal(boss.grant.account.site_admin, true);
    } finally {
        await other.stop();
    }
    const hash = run(['check-password', '--help']);
    assert.equal(hash.code, 0);
});

test('bad settings are refused at start with the line that is wrong', () => {
    const bad = [
        [{ SUHBAT_REGISTRATION: 'sometimes' }, /SUHBAT_REGISTRATION/],
        [{ SUHBAT_BCRYPT_COST: '3' }, /SUHBAT_BCRYPT_COST/],
        [{ SUHBAT_BCRYPT_COST: '16' }, /SUHBAT_BCRYPT_COST/],
        [{ SUHBAT_RATE_LIMITS: 'perhaps' }, /SUHBAT_RATE_LIMITS/],
        [{ SUHBAT_LEGACY_TRUST: 'nobody-knows' }, /SUHBAT_LEGACY_TRUST/],
        [{ SUHBAT_TRUSTED_PROXIES: '300.1.1.1' }, /SUHBAT_TRUSTED_PROXIES/],
        [{ SUHBAT_DATABASE: 'mongodb://x' }, /SUHBAT_DATABASE|database/i],
        [{ ACCESS_TOKEN_EXPIRE_MINUTES: 'soon' }, /ACCESS_TOKEN_EXPIRE_MINUTES/],
        [{ PORT: '99999' }, /PORT/],
        [{ SUHBAT_NO_SUCH_SETTING: '1' }, /SUHBAT_NO_SUCH_SETTING/],
    ];
    for (const [env, names] of bad) {
        const data = temporaryDirectory();
        const args = 'PORT' in env ? ['serve', '--data', data] : ['serve', '--listen', '127.0.0.1:1', '--data', data];
        const refused = run(args, { env, timeout: patience });
        assert.ok(refused.code > 0, `${JSON.stringify(env)} ended with ${refused.code ?? refused.signal}: ${refused.err}`);
        assert.match(refused.err, names);
        fs.rmSync(data, { recursive: true });
    }
    for (const listen of ['127.0.0.1', '127.0.0.1:99999', 'nonsense:1:2', '127.0.0.1:x']) {
        const data = temporaryDirectory();
        const refused = run(['serve', '--listen', listen, '--data', data], { timeout: patience });
        assert.ok(refused.code > 0, `--listen ${listen} ended with ${refused.code ?? refused.signal}`);
        assert.match(refused.err, /listen/);
        fs.rmSync(data, { recursive: true });
    }
});

test('a bad line of suhbat.ini or .env is named with its number', () => {
    for (const [file, text] of [['suhbat.ini', '# settings\nbcrypt_cost = many\n'], ['.env', '# settings\nSUHBAT_BCRYPT_COST=many\n']]) {
        const cwd = temporaryDirectory();
        fs.writeFileSync(path.join(cwd, file), text);
        const refused = run(['serve', '--listen', '127.0.0.1:1', '--data', path.join(cwd, 'data')],
            { cwd, env: { SUHBAT_BCRYPT_COST: undefined }, timeout: patience });
        assert.ok(refused.code > 0, `${file}: ${refused.code ?? refused.signal}`);
        assert.match(refused.err, new RegExp(`${file.replace('.', '\\.')}:2`), refused.err);
        fs.rmSync(cwd, { recursive: true });
    }
});

test('flags are stronger than the environment, that than .env, that than suhbat.ini', async () => {
    const cwd = temporaryDirectory();
    fs.writeFileSync(path.join(cwd, 'suhbat.ini'), 'registration = closed\nbcrypt_cost = 4\nrate_limits = off\n');
    const s = new Server({ cwd, env: { SUHBAT_BCRYPT_COST: undefined, SUHBAT_RATE_LIMITS: undefined } });
    const policy = async () => (await new Api(`${s.url}/api/v1`).get('/setup')).registration;
    try {
        await s.start();
        assert.equal(await policy(), 'closed');
        fs.writeFileSync(path.join(cwd, '.env'), "export SUHBAT_REGISTRATION='invite'\n");
        await s.restart();
        assert.equal(await policy(), 'invite');
        s.env.SUHBAT_REGISTRATION = 'open';
        await s.restart();
        assert.equal(await policy(), 'open');
    } finally {
        await s.stop();
        fs.rmSync(cwd, { recursive: true, force: true });
    }
});

test('the old names of the settings are understood', async () => {
    const s = new Server({ env: { SECRET_KEY: 'a secret of the old installation', ACCESS_TOKEN_EXPIRE_MINUTES: '7', CORS_ORIGINS: 'https://old.example,https://older.example' } });
    try {
        await s.start();
        await lobbyRegister(s, 'old', password);
        const { claims } = open(await lobbyLogIn(s, 'old', password));
        const left = claims.exp - Date.now() / 1000;
        assert.ok(left > 6 * 60 && left <= 7 * 60 + 1, `${left} s`);
        const cors = await new Api(s.url).call('POST', '/auth/login', { username: 'old', password }, { origin: 'https://older.example' });
        assert.equal(cors.headers.get('access-control-allow-origin'), 'https://older.example');
        const foreign = await new Api(s.url).call('POST', '/auth/login', { username: 'old', password }, { origin: 'https://evil.example' });
        assert.notEqual(foreign.headers.get('access-control-allow-origin'), 'https://evil.example');
        assert.notEqual(foreign.headers.get('access-control-allow-origin'), '*');
    } finally {
        await s.stop();
    }
});

test('PORT decides the port; DATABASE_URL the database', async () => {
    const s = new Server();
    s.port = await freePort();
    s.env.PORT = String(s.port);
    const file = path.join(s.data, 'elsewhere.db');
    s.env.DATABASE_URL = s.database ?? `sqlite:///${file}`;
    s.database = null;
    try {
        await s.startBare();
        await Person.register(s, 'somebody');
        if (s.env.DATABASE_URL.startsWith('sqlite')) assert.ok(fs.existsSync(file));
        else assert.ok(!fs.readdirSync(s.data).some((name) => /\.db|\.sqlite/.test(name)), fs.readdirSync(s.data).join(' '));
    } finally {
        await s.stop();
    }
});

test('legacy trust is refused on an address that others can reach, unless it is told twice', () => {
    const data = temporaryDirectory();
    const refused = run(['serve', '--listen', '0.0.0.0:1', '--data', data], { env: { SUHBAT_LEGACY_TRUST: 'lobby' }, timeout: patience });
    assert.ok(refused.code > 0, `${refused.code ?? refused.signal}`);
    assert.match(refused.err, /trust/i);
    const conformance = run(['serve', '--listen', '0.0.0.0:1', '--data', data, '--conformance'], { timeout: patience });
    assert.ok(conformance.code > 0, `${conformance.code ?? conformance.signal}`);
    assert.match(conformance.err, /conformance/i);
    fs.rmSync(data, { recursive: true });
});

test('a taken port is said, not a crash', async () => {
    const s = new Server();
    s.port = server.port;
    const refused = run(['serve', '--listen', `127.0.0.1:${server.port}`, '--data', s.data]);
    assert.ok(refused.code > 0, `${refused.code ?? refused.signal}`);
    assert.match(refused.err, /address|in use|listen/i);
    await s.stop();
});
