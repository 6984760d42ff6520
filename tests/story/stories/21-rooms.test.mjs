// The old rooms: session cookie and forms, rooms as pages, files, and the WebSocket of a room, as an unmodified page or script of theirs speaks. Each test cites
// the facts it proves (src/dialect/rooms/README.md).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { run, Server, until } from '../lib/server.mjs';
import { Api, Person, password } from '../lib/native.mjs';
import { Browser, fileOf } from '../lib/rooms.mjs';
import { open, reforge } from '../lib/jwt.mjs';
import { Raw } from '../lib/raw.mjs';

const secret = 'the secret of the old rooms, long enough';
let server, admin, ali, vali, gani;
before(async () => {
    server = await Server.start({ secretKey: secret });
    const api = new Api(`${server.url}/api/v1`);
    admin = new Person(server, await api.post('/setup', { token: server.setupToken(), username: 'admin', password }));
    [ali, vali, gani] = await Promise.all(['ali', 'vali', 'gani'].map((name) => Person.register(server, name)));
});
after(() => server.stop());

const logIn = (name, where) => Browser.logIn(server, name, password, where);
let n_rooms = 0;
/** A new room of the browser's, made as the old page made it. */
async function newRoom(browser, name = `xona ${n_rooms++}`) {
    const made = await browser.post('/create/', { room_name: name });
    assert.equal(made.status, 302);
    return { id: Number(/^\/room\/(\d+)\/$/.exec(made.location)[1]), name };
}
const messagesOf = async (person, room) => (await person.history(room)).messages;
const sessionLine = (answer) => answer.lines.find((line) => line.startsWith('sessionid='));

// The mask of the old framework, from its own description: an addition, letter by letter.
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const unmask = (token) => [...token.slice(32)].map((c, i) => letters[(letters.indexOf(c) - letters.indexOf(token[i]) + 62) % 62]).join('');
const maskedWith = (mask, plain) => mask + [...plain].map((c, i) => letters[(letters.indexOf(c) + letters.indexOf(mask[i])) % 62]).join('');

/* ---- Session and forms */

test('R-01 R-02 R-08 logging in makes a session of the house, whose cookie comes again with every answer', async () => {
    const browser = await logIn('ali');
    const first = sessionLine(browser.loggedIn);
    assert.match(first, /^sessionid=[\w.-]+; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax$/);
    const { claims } = open(browser.cookies.sessionid);
    assert.deepEqual([claims.aud, claims.sub], ['rooms', 'ali']);
    assert.ok(Math.abs(claims.exp - Date.now() / 1000 - 86400) < 300);
    for (const where of ['/create/', '/room/1/', '/login/', '/delete-room/1/', '/download/999999/', '/room/999999/'])
        assert.match(sessionLine(await browser.get(where)) ?? '', /Max-Age=86400; HttpOnly/, where);
    assert.equal((await new Api(server.url, browser.cookies.sessionid).call('GET', '/api/v1/me')).status, 401, 'it opens no other door');

    const who = await new Api(server.url).call('GET', '/api/v1/sessions/current', undefined, { cookie: browser.cookie });
    assert.equal(who.body.account.username, 'ali', 'the web client is signed in');
    const devices = (await ali.api.get('/sessions')).sessions;
    assert.ok(devices.some((s) => s.id === claims.sid), 'and the session stands in the list of devices');
    await ali.api.delete(`/sessions/${claims.sid}`);
    const ended = await browser.get('/room/1/');
    assert.deepEqual([ended.status, ended.location], [302, '/login/?next=/room/1/'], 'where it can be ended');
    assert.equal((await browser.get('/login/')).status, 200);

    const fromWeb = new Browser(server, { suhbat_access: vali.token });
    assert.equal((await fromWeb.get('/room/1/')).status, 200, 'who signed in to the web client is known here');
    assert.equal(open(fromWeb.cookies.sessionid).claims.sid, vali.session);
});

test('R-03 logging in changes the session and the secret, and ends the one before', async () => {
    const browser = new Browser(server);
    await browser.get('/login/');
    const before = { session: browser.cookies.sessionid, token: browser.token };
    await browser.post('/login/', { username: 'ali', password });
    assert.notEqual(browser.cookies.sessionid, before.session);
    assert.equal((await browser.post('/create/', { room_name: 'eski' }, { token: before.token })).status, 403);
    await browser.get('/create/');
    const [first, token] = [{ ...browser.cookies }, browser.token];
    assert.notEqual(unmask(token), unmask(before.token));
    await browser.post('/login/', { username: 'vali', password });
    assert.equal(open(browser.cookies.sessionid).claims.sub, 'vali');
    await until(async () => (await new Browser(server, { sessionid: first.sessionid }).get('/room/1/')).status === 302, { what: 'the end of the former session' });
});

test('R-04 R-10 the log-in page makes a session for its token, and has the old headers', async () => {
    const browser = new Browser(server);
    const page = await browser.get('/login/');
    assert.equal(page.status, 200);
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.equal(page.headers.get('cache-control'), 'no-cache, no-store, must-revalidate');
    assert.equal(page.headers.get('pragma'), 'no-cache');
    assert.equal(page.headers.get('expires'), '0');
    assert.match(page.headers.get('x-csrftoken'), /^[A-Za-z0-9]{64}$/, 'masked: the secret itself is not told');
    assert.equal(unmask(page.headers.get('x-csrftoken')), unmask(browser.token), 'the same secret under both masks');
    assert.equal(open(browser.cookies.sessionid).claims.aid, undefined);
    assert.deepEqual(Object.keys(browser.cookies), ['sessionid'], 'no cookie of the secret');
    assert.equal((await browser.get('/room/1/')).location, '/login/?next=/room/1/', 'nobody is signed in by it');
});

test('R-05 R-06 forms prove themselves by field or header, masked or plain; everything else is 403', async () => {
    const browser = await logIn('ali');
    const plain = unmask(browser.token);
    assert.match(plain, /^[A-Za-z0-9]{32}$/);
    const make = (options) => browser.post('/create/', { room_name: 'isbot' }, { token: null, ...options });
    const mask = 'zZ9'.padEnd(32, 'q');
    for (const token of [browser.token, plain, maskedWith(mask, plain)]) {
        assert.equal((await make({ token })).status, 302);
        assert.equal((await make({ headers: { 'x-csrftoken': token } })).status, 302);
        assert.equal((await make({ token, multipart: true })).status, 302);
    }
    const other = await logIn('ali');
    const wrong = [null, '', 'x', plain.slice(1), `${plain}x`, maskedWith(mask, plain.replace(/.$/, (c) => (c === 'a' ? 'b' : 'a'))), other.token, '!'.repeat(64)];
    for (const token of wrong) {
        const refused = await make({ token });
        assert.equal(refused.status, 403, String(token));
        assert.match(refused.text, /CSRF verification failed\. Request aborted\./);
        assert.match(refused.headers.get('content-type'), /^text\/html/);
    }
    for (const where of ['/create/', '/room/1/', '/delete-room/1/', '/delete-content/1/all/', '/login/', '/logout/'])
        assert.equal((await browser.post(where, {}, { token: null })).status, 403, where);
    assert.equal((await browser.post('/room/1/', { content: 'x' }, { token: null, multipart: true })).status, 403);
    assert.equal((await new Browser(server).post('/create/', { room_name: 'x' })).status, 403, 'without any session');
    const nobody = new Browser(server);
    await nobody.get('/login/');
    assert.equal((await nobody.post('/create/', { room_name: 'x' })).location, '/login/?next=/create/', 'proven, but nobody');
    assert.equal((await nobody.post('/room/1/', { content: 'x' })).location, '/login/?next=/room/1/');
});

test('R-07 a form from another page is refused, and behind TLS one without origin', async () => {
    const listed = await Server.start({ env: { SUHBAT_ORIGINS: 'https://kspi.example', SUHBAT_TRUSTED_PROXIES: '127.0.0.1' } });
    try {
        await Person.register(listed, 'ali');
        const browser = await Browser.logIn(listed, 'ali', password);
        const status = async (headers) => (await browser.post('/create/', { room_name: 'x' }, { headers })).status;
        assert.equal(await status({ origin: listed.url }), 302);
        assert.equal(await status({ origin: 'https://kspi.example' }), 302);
        assert.equal(await status({}), 302);
        for (const origin of ['https://evil.example', 'null', `${listed.url}.evil.example`]) assert.equal(await status({ origin }), 403, origin);
        assert.equal(await status({ 'sec-fetch-site': 'cross-site' }), 403);
        const tls = { 'x-forwarded-proto': 'https' }, mine = `https://127.0.0.1:${listed.port}`;
        assert.equal(await status(tls), 403, 'neither Origin nor Referer');
        assert.equal(await status({ ...tls, referer: `${mine}/create/` }), 302);
        assert.equal(await status({ ...tls, referer: 'https://evil.example/create/' }), 403);
        assert.equal(await status({ ...tls, referer: `${listed.url}/create/` }), 403, 'not the plain one either');
        assert.equal((await browser.post('/room/1/', { content: 'x' }, { multipart: true, headers: { origin: 'https://evil.example' } })).status, 403);
        assert.match(sessionLine(await browser.get('/create/', { headers: tls })), /; Secure/);
    } finally {
        await listed.stop();
    }
    const everybody = await Server.start({ env: { SUHBAT_ORIGINS: '*' } });
    try {
        await Person.register(everybody, 'ali');
        const browser = await Browser.logIn(everybody, 'ali', password);
        assert.equal((await browser.post('/create/', { room_name: 'x' }, { headers: { origin: 'https://kspi.example' } })).status, 403, 'everybody is nobody here');
    } finally {
        await everybody.stop();
    }
});

test('R-08 R-09 who is not signed in is sent to the log-in page; all answers carry the old headers', async () => {
    const nobody = new Browser(server);
    for (const where of ['/room/1/', '/create/', '/delete-room/1/', '/delete-content/1/all/', '/download/1/']) {
        const answer = await nobody.get(where);
        assert.deepEqual([answer.status, answer.location], [302, `/login/?next=${where}`]);
    }
    assert.equal((await nobody.get('/%72oom/1/')).location, '/login/?next=/%2572oom/1/');
    const browser = await logIn('ali');
    for (const answer of [await browser.get('/room/1/'), await browser.get('/create/'), await nobody.get('/login/'), await nobody.get('/create/'), browser.loggedIn,
        await browser.get('/room/999999/'), await browser.get('/create'), await browser.post('/create/', {}, { token: 'x' })]) {
        assert.equal(answer.headers.get('x-frame-options'), 'DENY');
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
        assert.equal(answer.headers.get('referrer-policy'), 'same-origin');
        assert.equal(answer.headers.get('cross-origin-opener-policy'), 'same-origin');
        assert.equal(answer.headers.get('access-control-allow-origin'), null);
    }
});

test('R-11 R-12 R-13 R-15 log-in: where to, and the same page for whoever is wrong', async () => {
    const browser = await logIn('ali');
    const again = await browser.get('/login/');
    assert.deepEqual([again.status, again.location], [302, '/']);
    for (const [next, to] of [['/room/1/', '/room/1/'], ['/room/1/?a=b', '/room/1/?a=b'], ['/o‘zbek/', '/o%E2%80%98zbek/'], ['/login/', '/'], ['', '/'], ['room/1/', '/'],
        ['//evil.example/', '/'], ['/\\evil.example/', '/'], ['https://evil.example/', '/'], ['/\t/evil.example/', '/'], ['/x\r\nSet-Cookie: a=b', '/']])
        assert.equal((await logIn(' ali ', `/login/?next=${encodeURIComponent(next)}`)).loggedIn.location, to, next);
    for (const fields of [{ username: 'ali', password: 'wrong password' }, { username: 'nobody', password }, { username: '', password: '' }, { username: 'ali' },
        { username: 'ali', password: ` ${password} ` }, { username: 'ali', password: 'x'.repeat(100) }]) {
        const nobody = new Browser(server);
        await nobody.get('/login/');
        const wrong = await nobody.post('/login/?next=/room/1/', fields);
        assert.equal(wrong.status, 200, JSON.stringify(fields));
        assert.match(wrong.text, /name="csrfmiddlewaretoken"/);
        assert.equal((await nobody.get('/room/1/')).status, 302);
        assert.equal((await nobody.post('/login/', { username: 'ali', password })).status, 302, 'and one can go on from there');
    }
    const spaced = ' with spaces ';
    await new Api(`${server.url}/api/v1`).post('/accounts', { username: 'spaced', password: spaced });
    await Browser.logIn(server, 'spaced', spaced);
    await assert.rejects(Browser.logIn(server, 'spaced', spaced.trim()), /200/);
});

test('R-14 log-ins are limited', async () => {
    const limited = await Server.start({ env: { SUHBAT_RATE_LIMITS: 'on' } });
    try {
        const browser = new Browser(limited);
        await browser.get('/login/');
        let answer;
        for (let i = 0; i < 12; i++) answer = await browser.post('/login/', { username: 'ali', password: `wrong ${i}` });
        assert.equal(answer.status, 429);
        assert.ok(Number(answer.headers.get('retry-after')) > 0);
    } finally {
        await limited.stop();
    }
});

test('R-16 logging out ends the session everywhere; a link elsewhere ends nothing', async () => {
    for (const method of ['GET', 'POST']) {
        const browser = await logIn('ali');
        const kept = new Browser(server, browser.cookies);
        const linked = await browser.get('/logout/', { headers: { 'sec-fetch-site': 'cross-site' } });
        assert.deepEqual([linked.status, (await browser.get('/room/1/')).status], [302, 200]);
        const out = method === 'GET' ? await browser.get('/logout/') : await browser.post('/logout/');
        assert.deepEqual([out.status, out.location], [302, '/']);
        assert.deepEqual(browser.cookies, {});
        assert.match(out.lines.find((line) => line.startsWith('suhbat_refresh=')), /Max-Age=0/);
        assert.equal((await kept.get('/room/1/')).status, 302, 'the old cookie opens nothing');
        assert.equal((await new Api(server.url).call('GET', '/api/v1/me', undefined, { cookie: kept.cookie })).status, 401, 'nor does that of the web client');
    }
    assert.equal((await new Browser(server).get('/logout/')).location, '/');
});

test('R-17 a missing slash: 301 to the path with it', async () => {
    const browser = await logIn('ali');
    for (const where of ['/login', '/logout', '/create', '/room/1', '/delete-room/1', '/delete-content/1/all', '/download/1']) {
        const answer = await browser.get(`${where}?a=b`);
        assert.deepEqual([answer.status, answer.location], [301, `${where}/?a=b`]);
    }
});

/* ---- Rooms */

test('R-20 R-21 opening a room makes one a member; what one may not know is not there', async () => {
    const [a, v] = await Promise.all([logIn('ali'), logIn('vali')]);
    const room = await newRoom(a);
    assert.equal((await vali.api.get('/rooms')).rooms.some((r) => r.id === room.id), false);
    const linked = await v.get(`/room/${room.id}/`, { headers: { 'sec-fetch-site': 'cross-site' } });
    assert.equal(linked.status, 200);
    assert.equal((await vali.api.get('/rooms')).rooms.some((r) => r.id === room.id), false, 'a link on another page makes nobody a member');
    const page = await v.get(`/room/${room.id}/`);
    assert.equal(page.status, 200);
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.match(page.text, new RegExp(`action="/room/${room.id}/"`));
    assert.ok((await vali.api.get('/rooms')).rooms.some((r) => r.id === room.id));

    const hidden = await ali.group('hidden', [], { public: false });
    const [refused, absent] = [await v.get(`/room/${hidden.id}/`), await v.get('/room/99999999/')];
    assert.deepEqual([refused.status, absent.status], [404, 404]);
    assert.equal(refused.text, absent.text);
    assert.match(refused.headers.get('content-type'), /^text\/html/);
    assert.equal((await v.get('/room/99999999999999999999/')).status, 404);
    const banned = await newRoom(a);
    await v.get(`/room/${banned.id}/`);
    await ali.api.put(`/rooms/${banned.id}/bans/${vali.id}`, { reason: null });
    assert.equal((await v.get(`/room/${banned.id}/`)).text, absent.text);
    const direct = await ali.direct(gani);
    assert.equal((await v.get(`/room/${direct.id}/`)).status, 404);
    for (const where of [hidden.id, direct.id]) assert.equal((await v.post(`/room/${where}/`, { content: 'men' })).status, 404);
    assert.equal((await v.post(`/room/${hidden.id}/`, { content: 'men' }, { multipart: true })).status, 404);
    const open = await newRoom(a);
    assert.equal((await v.post(`/room/${open.id}/`, { content: 'birinchi' })).status, 302, 'a form enters too');
    const third = await logIn('gani');
    assert.equal((await third.post(`/room/${open.id}/`, { content: 'ikkinchi' }, { multipart: true })).status, 302);
    assert.deepEqual((await messagesOf(ali, open)).map((m) => m.author.username), ['vali', 'gani']);
});

test('R-22 rooms are made as public groups', async () => {
    const a = await logIn('ali');
    assert.equal((await a.get('/create/')).status, 200);
    const made = await a.post('/create/', { room_name: '  Yangi xona <b>  ' });
    const id = Number(made.location.split('/')[2]);
    const room = await ali.api.get(`/rooms/${id}`);
    assert.deepEqual([room.kind, room.name, room.public, room.role], ['group', 'Yangi xona <b>', true, 'owner']);
    assert.ok((await vali.api.get('/rooms/public')).rooms.some((r) => r.id === id));
    for (const room_name of ['', '   ']) assert.equal((await a.post('/create/', { room_name })).location, '/create/');
    assert.equal((await a.post('/create/', {})).location, '/create/');
    assert.equal((await a.post('/create/', { room_name: 'x'.repeat(101) })).status, 400);
    assert.notEqual((await newRoom(a, 'bir xil')).id, (await newRoom(a, 'bir xil')).id, 'names are not unique');
});

test('R-23 only its owner deletes a room, with all that is in it', async () => {
    const [a, v, s] = [await logIn('ali'), await logIn('vali'), await logIn('admin')];
    const room = await newRoom(a);
    await v.get(`/room/${room.id}/`);
    await a.post(`/room/${room.id}/`, { content: 'fayl', file: fileOf('bytes', 'a.txt') }, { multipart: true });
    const [message] = await messagesOf(ali, room);
    for (const browser of [v, s]) {
        const refused = await browser.post(`/delete-room/${room.id}/`);
        assert.deepEqual([refused.status, refused.location], [302, `/room/${room.id}/`]);
    }
    assert.equal((await a.get(`/delete-room/${room.id}/`)).location, `/room/${room.id}/`);
    assert.equal((await a.get(`/room/${room.id}/`)).status, 200, 'nothing changed');
    assert.equal((await a.post(`/delete-room/${room.id}/`)).location, '/');
    assert.equal((await a.get(`/room/${room.id}/`)).status, 404);
    assert.equal((await a.get(`/download/${message.id}/`)).status, 404);
    assert.equal((await a.post('/delete-room/99999999/')).status, 404);
});

/* ---- Messages and files */

test('R-30 R-32 R-52 what a form says is stored, and told on every socket and through every other door', async () => {
    const [a, v] = [await logIn('ali'), await logIn('vali')];
    const room = await newRoom(a);
    await v.get(`/room/${room.id}/`);
    const socket = await v.socket(room.id);
    const gateway = await vali.gateway();
    for (const multipart of [false, true]) {
        const text = `  Salom, o‘zbek 👋 <b> ${multipart} `;
        const said = await a.post(`/room/${room.id}/`, { content: text }, { multipart });
        assert.deepEqual([said.status, said.location], [302, `/room/${room.id}/`]);
        const frame = await socket.frame({ type: 'chat_message', message: text.trim() });
        const message = (await messagesOf(vali, room)).at(-1);
        assert.deepEqual(frame, { type: 'chat_message', message: text.trim(), user: 'ali', user_id: ali.id, message_id: message.id,
            timestamp: message.created_at.slice(11, 16), reply_to: null });
        await gateway.event('message_posted', (e) => e.message?.id === message.id);
    }
    assert.ok(socket.lines.every((line) => /^[\x20-\x7e]*$/.test(line)), 'all beyond ASCII is escaped');
    assert.ok(socket.lines.some((line) => line.includes('Salom, o\\u2018zbek \\ud83d\\udc4b <b>')));
    const before = (await messagesOf(vali, room)).length;
    for (const multipart of [false, true]) {
        const empty = await a.post(`/room/${room.id}/`, { content: '  \n ' }, { multipart });
        assert.equal(empty.status, 200);
        assert.match(empty.text, /csrfmiddlewaretoken/);
    }
    assert.equal((await a.post(`/room/${room.id}/`, { content: 'x'.repeat(4001) })).status, 413);
    assert.equal((await messagesOf(vali, room)).length, before);
    await vali.say(room, 'boshqa eshikdan');
    await socket.frame({ type: 'chat_message', message: 'boshqa eshikdan', user: 'vali' });
    await Promise.all([socket.close(), gateway.close()]);
});

test('R-31 R-35 R-36 files of every type go in and out, to members alone', async () => {
    const [a, v] = [await logIn('ali'), await logIn('vali')];
    const room = await newRoom(a);
    const socket = await a.socket(room.id);
    const exe = Buffer.from('MZ\x90\x00 not really a program\x00\xff', 'latin1');
    for (const [name, type, encoded] of [['dastur.exe', 'application/x-msdownload', 'dastur.exe'], ['hujjat 1 o‘z.html', 'text/html', 'hujjat%201%20o%E2%80%98z.html'],
        ['../../x.sh', 'text/x-sh', 'x.sh'], ["a'b\"c.txt", 'text/plain', 'a%27b%22c.txt']]) {
        const said = await a.post(`/room/${room.id}/`, { content: '', file: fileOf(exe, name, type) }, { multipart: true });
        assert.equal(said.status, 302, said.text);
        const message = (await messagesOf(ali, room)).at(-1);
        assert.deepEqual([message.text, message.files.length], ['', 1]);
        const frame = await socket.frame({ type: 'chat_message', message_id: message.id });
        assert.equal(frame.message, '');
        assert.equal(frame.files[0].size, exe.length);
        for (const where of [`/download/${message.id}/`, frame.files[0].url]) {
            const got = await fetch(server.url + where, { headers: { cookie: a.cookie } });
            assert.equal(got.status, 200);
            assert.deepEqual(Buffer.from(await got.arrayBuffer()), exe);
            assert.equal(got.headers.get('content-disposition'), `attachment; filename*=UTF-8''${encoded}`);
            assert.equal(got.headers.get('content-type'), 'application/octet-stream');
            assert.equal(got.headers.get('x-content-type-options'), 'nosniff');
            assert.equal(got.headers.get('content-security-policy'), "default-src 'none'; sandbox");
            assert.equal(got.headers.get('x-download-options'), 'noopen');
            assert.equal(got.headers.get('x-permitted-cross-domain-policies'), 'none');
            assert.match(got.headers.get('set-cookie'), /sessionid=.*Max-Age=86400/);
        }
        const refused = await v.get(`/download/${message.id}/`);
        assert.deepEqual([refused.status, refused.text], [403, "Ruxsat yo'q"]);
        assert.match(refused.headers.get('content-type'), /^text\/html/);
    }
    const both = await a.post(`/room/${room.id}/`, { content: 'ikki fayl', file: [fileOf('one', 'one.txt'), fileOf('two', 'two.txt')] }, { multipart: true });
    assert.equal(both.status, 302);
    const two = (await messagesOf(ali, room)).at(-1);
    assert.deepEqual([two.text, two.files.map((f) => f.name)], ['ikki fayl', ['one.txt', 'two.txt']]);
    assert.equal((await a.get(`/download/${two.id}/`)).text, 'one');
    assert.equal((await a.get(`/download/${two.id}/?file=${two.files[1].id}`)).text, 'two');
    assert.equal((await a.get(`/download/${two.id}/`, { headers: { range: 'bytes=1-' } })).text, 'ne');

    await a.post(`/room/${room.id}/`, { content: 'fayl tanlanmagan', file: fileOf('', '') }, { multipart: true });
    const plain = (await messagesOf(ali, room)).at(-1);
    assert.deepEqual([plain.text, plain.files.length], ['fayl tanlanmagan', 0], 'an empty choice is no file');
    const hidden = await ali.group('hidden', [], { public: false });
    const file = (await ali.api.put('/files?name=sir.txt', 'bytes')).id;
    const secretOne = await ali.say(hidden, '', { files: [file] });
    for (const id of [plain.id, 99999999, secretOne.id]) {
        const none = await v.get(`/download/${id}/`);
        assert.equal(none.status, id === plain.id ? 403 : 404);
        if (none.status === 404) assert.equal(none.text, 'Fayl topilmadi');
    }
    const none = await a.get(`/download/${plain.id}/`);
    assert.deepEqual([none.status, none.text], [404, 'Fayl topilmadi']);
    await v.get(`/room/${room.id}/`);
    assert.equal((await v.get(`/download/${two.id}/`)).text, 'one', 'a member may');
    await socket.close();
});

test('R-36 a file that is not on the disk any more is 404', async () => {
    const a = await logIn('ali');
    const room = await newRoom(a);
    await a.post(`/room/${room.id}/`, { content: '', file: fileOf('soon gone', 'x.txt') }, { multipart: true });
    const [message] = await messagesOf(ali, room);
    const { sha256 } = message.files[0];
    const folder = path.join(server.data, 'files', sha256.slice(0, 2));
    for (const name of fs.readdirSync(folder)) if (name.startsWith(sha256)) fs.unlinkSync(path.join(folder, name));
    const gone = await a.get(`/download/${message.id}/`);
    assert.deepEqual([gone.status, gone.text], [404, 'Fayl topilmadi']);
});

test('R-31 100 MiB and no byte more; what is too much is refused before it comes', { timeout: 300_000 }, async () => {
    const a = await logIn('ali');
    const room = await newRoom(a);
    const most = 104857600;
    const words = "Fayl hajmi 100MB dan katta bo'lishi mumkin emas";
    const whole = await a.post(`/room/${room.id}/`, { content: 'katta', file: fileOf(Buffer.alloc(most, 'a'), 'katta.bin') }, { multipart: true });
    assert.equal(whole.status, 302, whole.text);
    const [message] = await messagesOf(ali, room);
    assert.equal(message.files[0].size, most);
    const over = await a.post(`/room/${room.id}/`, { content: 'katta', file: fileOf(Buffer.alloc(most + 1, 'a'), 'katta.bin') }, { multipart: true });
    assert.deepEqual([over.status, over.text], [400, words]);
    assert.match(over.headers.get('content-type'), /^text\/html/);
    assert.equal((await messagesOf(ali, room)).length, 1);

    const raw = await Raw.connect(server);
    raw.write(`POST /room/${room.id}/ HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nCookie: ${a.cookie}\r\nContent-Type: multipart/form-data; boundary=cut\r\n` +
        `Content-Length: ${most + 1_000_000}\r\n\r\n`);
    const early = await raw.answer();
    assert.deepEqual([early.status, early.body], [400, words], 'not a byte of it was sent');
    raw.destroy();
});

test('R-31 the operator may set a lower ceiling', async () => {
    const small = await Server.start({ env: { SUHBAT_MAX_FILE_MB: '1' } });
    try {
        await Person.register(small, 'ali');
        const a = await Browser.logIn(small, 'ali', password);
        const over = await a.post('/room/1/', { content: 'x', file: fileOf(Buffer.alloc(1048577), 'x.bin') }, { multipart: true });
        assert.deepEqual([over.status, over.text], [400, "Fayl hajmi 1MB dan katta bo'lishi mumkin emas"]);
        assert.equal((await a.post('/room/1/', { content: 'x', file: fileOf(Buffer.alloc(1048576), 'x.bin') }, { multipart: true })).status, 302);
    } finally {
        await small.stop();
    }
});

test('R-31 an upload is written as it comes: its progress is what was taken, and a form without a proof leaves nothing', async () => {
    const a = await logIn('ali');
    const room = await newRoom(a);
    const incoming = path.join(server.data, 'files', 'incoming');
    const sizes = () => fs.readdirSync(incoming).map((name) => fs.statSync(path.join(incoming, name)).size);
    const part = (name, value) => `--cut\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    for (const token of [a.token, 'x'.repeat(64)]) {
        await until(() => sizes().length === 0, { what: 'an empty disk' });
        const head = `--cut\r\nContent-Disposition: form-data; name="file"; filename="sekin.bin"\r\n\r\n`;
        const bytes = Buffer.alloc(3_000_000, 'b'), tail = `\r\n${part('content', 'sekin')}${part('csrfmiddlewaretoken', token)}--cut--\r\n`;
        const raw = await Raw.connect(server);
        raw.write(`POST /room/${room.id}/ HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nCookie: ${a.cookie}\r\nContent-Type: multipart/form-data; boundary=cut\r\n` +
            `Content-Length: ${head.length + bytes.length + tail.length}\r\n\r\n${head}`);
        raw.write(bytes.subarray(0, 2_000_000));
        await until(() => sizes().some((n) => n > 1_000_000), { what: 'bytes on the disk before the form is whole' });
        raw.write(bytes.subarray(2_000_000));
        raw.write(tail);
        const answer = await raw.answer();
        assert.equal(answer.status, token === a.token ? 302 : 403, 'the token may stand behind the file');
        raw.destroy();
    }
    await until(() => sizes().length === 0, { what: 'an empty disk' });
    const cut = await Raw.connect(server);
    cut.write(`POST /room/${room.id}/ HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nCookie: ${a.cookie}\r\nContent-Type: multipart/form-data; boundary=cut\r\n` +
        `Content-Length: 3000000\r\n\r\n--cut\r\nContent-Disposition: form-data; name="file"; filename="uzildi.bin"\r\n\r\n`);
    cut.write(Buffer.alloc(2_000_000, 'c'));
    await until(() => sizes().some((n) => n > 1_000_000), { what: 'bytes on the disk' });
    cut.destroy();
    await until(() => sizes().length === 0, { what: 'an empty disk after the client has gone' });
    const messages = await messagesOf(ali, room);
    assert.deepEqual(messages.map((m) => [m.text, m.files[0].size]), [['sekin', 3_000_000]]);
    await until(() => sizes().length === 0, { what: 'an empty disk' });
    const placed = fs.readdirSync(path.join(server.data, 'files'), { recursive: true }).filter((name) => String(name).includes(messages[0].files[0].sha256));
    if (placed.length) await until(() => fs.readdirSync(path.join(server.data, 'files', messages[0].files[0].sha256.slice(0, 2)))
        .filter((name) => name.startsWith(messages[0].files[0].sha256)).length === 1, { what: 'one placed file' });
});

test('R-32 R-33 R-55 the author edits, nobody else, and the sockets hear of it', async () => {
    const [a, v, s] = [await logIn('ali'), await logIn('vali'), await logIn('admin')];
    const room = await newRoom(v);
    const other = await newRoom(a);
    await a.get(`/room/${room.id}/`);
    await a.post(`/room/${room.id}/`, { content: 'birinchi' });
    const [message] = await messagesOf(ali, room);
    const socket = await v.socket(room.id);
    const edit = (browser, edited_content, where = room, options = {}) => browser.post(`/room/${where.id}/`, { edit_message_id: String(message.id), edited_content }, options);
    for (const multipart of [false, true]) {
        const done = await edit(a, ` tahrir ${multipart} `, room, { multipart });
        assert.deepEqual([done.status, done.location], [302, `/room/${room.id}/`]);
        const frame = await socket.frame({ type: 'message_edited', message: `tahrir ${multipart}` });
        assert.deepEqual([frame.message_id, frame.user, frame.user_id], [message.id, 'ali', ali.id]);
    }
    for (const browser of [v, s]) assert.deepEqual([(await edit(browser, 'begona so‘z')).status, (await edit(browser, 'begona so‘z', room, { multipart: true })).location], [302, `/room/${room.id}/`]);
    assert.equal((await edit(a, '   ')).status, 302);
    assert.equal((await edit(a, 'boshqa xonada', other)).status, 404);
    assert.equal((await a.post(`/room/${room.id}/`, { edit_message_id: '99999999', edited_content: 'x' })).status, 404);
    assert.equal((await a.post(`/room/${room.id}/`, { edit_message_id: 'x', edited_content: 'x' })).status, 404);
    assert.equal((await messagesOf(ali, room))[0].text, 'tahrir true');
    assert.equal(socket.frames.filter((f) => f.type === 'message_edited').length, 2);
    await socket.close();
});

test('R-32 R-34 R-54 parts of messages are deleted by form, and told; only by those who may', async () => {
    const [a, v, g, s] = [await logIn('ali'), await logIn('vali'), await logIn('gani'), await logIn('admin')];
    const room = await newRoom(v);
    for (const browser of [a, g]) await browser.get(`/room/${room.id}/`);
    const socket = await v.socket(room.id);
    const say = async (content, file) => {
        await a.post(`/room/${room.id}/`, { content, ...(file ? { file: fileOf(file, 'x.txt') } : {}) }, { multipart: true });
        return (await messagesOf(ali, room)).at(-1);
    };
    const now = async (message) => (await messagesOf(ali, room)).find((m) => m.id === message.id);
    const gone = async (browser, message, type) => (await browser.post(`/delete-content/${message.id}/${type}/`)).location;
    const told = (message, delete_type) => socket.frame({ type: 'message_deleted', message_id: message.id, delete_type });

    const one = await say('matn', 'fayl');
    for (const [browser, to] of [[g, '/'], [a, `/room/${room.id}/`]]) assert.equal(await gone(browser, one, 'text'), to);
    await told(one, 'text');
    let left = await now(one);
    assert.deepEqual([left.text, left.files.length, left.deleted], ['', 1, false], 'the file stays');
    assert.equal(await gone(a, one, 'file'), `/room/${room.id}/`);
    await told(one, 'all');
    assert.equal((await now(one)).deleted, true, 'nothing is left');
    assert.equal((await a.get(`/download/${one.id}/`)).status, 404);

    const two = await say('matn', 'fayl');
    assert.equal(await gone(v, two, 'file'), `/room/${room.id}/`, 'the owner of the room');
    await told(two, 'file');
    left = await now(two);
    assert.deepEqual([left.text, left.files.length], ['matn', 0], 'the text stays');
    for (const type of ['nima', 'TEXT']) assert.equal(await gone(a, two, type), `/room/${room.id}/`);
    assert.equal((await now(two)).text, 'matn', 'an unknown type changes nothing');
    assert.equal((await a.get(`/delete-content/${two.id}/all/`)).location, '/');
    assert.equal((await now(two)).deleted, false);
    assert.equal(await gone(s, two, 'all'), `/room/${room.id}/`, 'an administrator of the site, in a public room');
    await told(two, 'all');
    assert.equal(await gone(a, { id: 99999999 }, 'all'), '/');
    const hidden = await vali.group('hidden', [], { public: false });
    const theirs = await vali.say(hidden, 'sir');
    for (const browser of [a, s]) assert.equal(await gone(browser, theirs, 'all'), '/');
    assert.equal((await messagesOf(vali, hidden)).find((m) => m.id === theirs.id).deleted, false);
    await socket.close();
});

/* ---- The WebSocket */

test('R-50 a socket opens to members with their cookie, and to nobody else', async () => {
    const [a, v] = [await logIn('ali'), await logIn('vali')];
    const room = await newRoom(a);
    const status = async (browser, where, options) => {
        try {
            await (await browser.socket(where, options)).close();
            return 101;
        } catch (error) {
            return error.status;
        }
    };
    assert.equal(await status(a, room.id), 101);
    assert.equal(await status(a, room.id, { headers: { origin: server.url } }), 101);
    assert.equal(await status(a, room.id, { headers: { origin: 'https://evil.example' } }), 403, 'a foreign page');
    assert.equal(await status(v, room.id), 403, 'not a member');
    assert.equal(await status(v, 99999999), 403);
    assert.equal(await status(new Browser(server), room.id), 403);
    const forged = reforge(a.cookies.sessionid, 'another secret of the same length'), late = reforge(a.cookies.sessionid, secret, { exp: Math.floor(Date.now() / 1000) - 5 });
    for (const sessionid of [forged, late, ali.token, 'x']) assert.equal(await status(new Browser(server, { sessionid }), room.id), 403);
    assert.equal(await status(a, room.id, { path: `/ws/chat/${room.id}` }), 404, 'the slash is wanted');
    assert.equal(await status(a, room.id, { path: '/ws/chat/x/' }), 404);
    const guild = await ali.api.post('/guilds', { name: 'gildiya' });
    const [channel] = (await ali.api.get(`/guilds/${guild.id}/channels`)).rooms;
    assert.equal((await a.get(`/room/${channel.id}/`)).status, 200);
    assert.equal(await status(a, channel.id), 403, 'a channel');
    const gone = await logIn('ali');
    await ali.api.delete(`/sessions/${open(gone.cookies.sessionid).claims.sid}`);
    assert.equal(await status(gone, room.id), 403, 'a session that is over');
});

test('R-51 R-53 who comes, who goes, who types', async () => {
    const [a, v] = [await logIn('ali'), await logIn('vali')];
    const room = await newRoom(a);
    await v.get(`/room/${room.id}/`);
    const first = await a.socket(room.id);
    await first.frame({ type: 'user_join', user: 'ali' });
    const second = await v.socket(room.id);
    for (const socket of [first, second]) assert.deepEqual(await socket.frame({ type: 'user_join', user: 'vali' }), { type: 'user_join', user: 'vali' });
    const third = await v.socket(room.id);
    await third.frame({ type: 'user_join', user: 'vali' });
    second.send({ type: 'typing', is_typing: true });
    assert.deepEqual(await first.frame({ type: 'user_typing' }), { type: 'user_typing', user: 'vali', is_typing: true });
    for (const [sent, heard] of [[{ type: 'typing', is_typing: false }, false], [{ type: 'typing', is_typing: true }, true], [{ type: 'typing' }, false], [{ type: 'typing', is_typing: true }, true],
        [{ type: 'typing', is_typing: '<b>' }, false]]) {
        const from = first.lines.length;
        second.send(sent);
        await first.frame({ type: 'user_typing', is_typing: heard }, { from });
    }
    first.send({ message: 'oxiri' });
    for (const socket of [first, second, third]) await socket.frame({ type: 'chat_message', message: 'oxiri' });
    for (const socket of [second, third]) assert.ok(!socket.frames.some((f) => f.type === 'user_typing'), 'not to the typist');
    assert.equal(first.frames.filter((f) => f.type === 'user_join' && f.user === 'ali').length, 1);
    assert.ok(!second.frames.some((f) => f.type === 'chat_message' && f.message !== 'oxiri'), 'no history');
    await second.close();
    assert.deepEqual(await first.frame({ type: 'user_leave' }), { type: 'user_leave', user: 'vali' });
    third.ws.terminate();
    await first.frame({ type: 'user_leave', user: 'vali' }, { from: first.frames.findIndex((f) => f.type === 'user_leave') + 1 });
    const g = await logIn('gani');
    await assert.rejects(g.socket(room.id), { status: 403 });
    first.send({ message: 'yakun' });
    await first.frame({ message: 'yakun' });
    assert.ok(!first.frames.some((f) => f.user === 'gani'), 'who is refused neither came nor left');
    await first.close();
});

test('R-52 R-58 messages: trimmed, answered to, escaped, and never cut', async () => {
    const [a, v] = [await logIn('ali'), await logIn('vali')];
    const room = await newRoom(a);
    await v.get(`/room/${room.id}/`);
    const [one, two] = [await a.socket(room.id), await v.socket(room.id)];
    one.send({ type: 'chat_message', message: '  birinchi  ' });
    const said = await two.frame({ type: 'chat_message' });
    assert.deepEqual(Object.keys(said), ['type', 'message', 'user', 'user_id', 'message_id', 'timestamp', 'reply_to']);
    assert.deepEqual([said.message, said.user, said.user_id, said.reply_to], ['birinchi', 'ali', ali.id, null]);
    assert.match(said.timestamp, /^\d\d:\d\d$/);
    await one.frame({ message_id: said.message_id });
    for (const reply_to of [said.message_id, String(said.message_id)]) {
        two.send({ message: `javob ${typeof reply_to}`, reply_to });
        assert.equal((await one.frame({ message: `javob ${typeof reply_to}` })).reply_to, said.message_id);
    }
    const elsewhere = await vali.say(await vali.lobby(), 'boshqa joyda');
    for (const reply_to of [99999999, elsewhere.id, 'x', null, {}, -1]) {
        two.send({ message: `javobsiz ${JSON.stringify(reply_to)}`, reply_to });
        assert.equal((await one.frame({ message: `javobsiz ${JSON.stringify(reply_to)}` })).reply_to, null);
    }
    const stored = await messagesOf(ali, room);
    assert.deepEqual(stored[1].reply_to.id ?? stored[1].reply_to, said.message_id);
    assert.equal(stored.at(-1).reply_to, null);
    for (const nothing of [{ message: '   ' }, { message: '' }, {}, { type: 'chat_message' }]) one.send(nothing);
    one.send({ message: 'ў'.repeat(4001) });
    const refused = await one.frame({ type: 'error' });
    assert.equal(typeof refused.message, 'string');
    one.send({ message: 'ў'.repeat(4000) });
    assert.equal((await two.frame({ message: 'ў'.repeat(4000) })).user, 'ali');
    assert.ok(!two.frames.some((f) => f.type === 'error'), 'to the sender alone');
    assert.equal((await messagesOf(ali, room)).filter((m) => m.text.includes('ў')).length, 1);
    const { timestamp } = await two.frame({ message: 'ў'.repeat(4000) });
    const at = (await messagesOf(ali, room)).at(-1).created_at;
    assert.equal(timestamp, at.slice(11, 16), 'UTC');
    await Promise.all([one.close(), two.close()]);
});

test('R-54 deleting on the socket: as by form, otherwise silence', async () => {
    const [a, v, g] = [await logIn('ali'), await logIn('vali'), await logIn('gani')];
    const room = await newRoom(v), other = await newRoom(a);
    for (const browser of [a, g]) await browser.get(`/room/${room.id}/`);
    const [mine, owner, stranger] = [await a.socket(room.id), await v.socket(room.id), await g.socket(room.id)];
    const say = async (text) => {
        mine.send({ message: text });
        return (await stranger.frame({ message: text })).message_id;
    };
    const [one, two, three] = [await say('bir'), await say('ikki'), await say('uch')];
    const away = (await ali.say(other, 'boshqa xonada')).id;
    for (const frame of [{ message_id: one, delete_type: 'all' }, { message_id: one }]) stranger.send({ type: 'delete_message', ...frame });
    for (const frame of [{ message_id: one, delete_type: 'hammasi' }, { message_id: away }, { message_id: 99999999 }, { message_id: null }, {}, { message_id: one, delete_type: 5 }])
        mine.send({ type: 'delete_message', ...frame });
    mine.send({ type: 'delete_message', message_id: String(two) });
    assert.deepEqual(await stranger.frame({ type: 'message_deleted' }), { type: 'message_deleted', message_id: two, delete_type: 'all' });
    owner.send({ type: 'delete_message', message_id: three, delete_type: 'all' });
    for (const socket of [mine, owner, stranger]) await socket.frame({ type: 'message_deleted', message_id: three });
    assert.deepEqual((await messagesOf(ali, room)).map((m) => m.deleted), [false, true, true]);
    assert.ok(!(await messagesOf(ali, other)).at(-1).deleted);
    await ali.api.delete(`/rooms/${room.id}/messages/${one}`);
    await stranger.frame({ type: 'message_deleted', message_id: one, delete_type: 'all' });
    await Promise.all([mine, owner, stranger].map((s) => s.close()));
});

test('R-56 R-57 what is not understood is ignored; what cannot be ends the connection', async () => {
    const a = await logIn('ali');
    const room = await newRoom(a);
    const socket = await a.socket(room.id);
    for (const bytes of ['{', 'salom', '', '{"type":"nima","message":"x"}', '{"type":5}']) socket.send(bytes);
    socket.send({ message: 'hali bor' });
    await socket.frame({ message: 'hali bor' });
    assert.equal(socket.frames.filter((f) => f.type === 'chat_message').length, 1);
    await socket.close();
    for (const bytes of ['[]', '5', '"matn"', 'null', '{"message":5}', '{"message":null}', Buffer.from('{"message":"x"}')]) {
        const broken = await a.socket(room.id);
        if (typeof bytes === 'string') broken.send(bytes);
        else broken.ws.send(bytes, { binary: true });
        assert.equal(await broken.closed, 1011, String(bytes));
    }
    assert.equal((await messagesOf(ali, room)).length, 1);
});

test('R-59 a socket ends with its session, its membership, its room', async () => {
    const [a, v] = [await logIn('ali'), await logIn('vali')];
    const rooms = await Promise.all([newRoom(a), newRoom(a), newRoom(a)]);
    for (const room of rooms) await v.get(`/room/${room.id}/`);
    const [removed, ended, gone] = await Promise.all(rooms.map((room) => v.socket(room.id)));
    const watchers = await Promise.all(rooms.map((room) => a.socket(room.id)));
    await Promise.all([removed, ended, gone].map((s) => s.frame({ type: 'user_join' })));
    await ali.api.delete(`/rooms/${rooms[0].id}/members/${vali.id}`);
    assert.equal(await removed.closed, 1008);
    await watchers[0].frame({ type: 'user_leave', user: 'vali' });
    watchers[0].send({ message: 'senga emas' });
    await watchers[0].frame({ message: 'senga emas' });
    assert.ok(!removed.frames.some((f) => f.message === 'senga emas'));
    await assert.rejects(v.socket(rooms[0].id), { status: 403 });
    await a.post(`/delete-room/${rooms[2].id}/`);
    assert.equal(await gone.closed, 1008);
    await v.get('/logout/');
    assert.equal(await ended.closed, 1008);
    await Promise.all(watchers.slice(0, 2).map((s) => s.close()));
});

/* ---- Accounts, and the doors together */

test('R-60 create_admin as it was called', () => {
    const where = ['--data', server.data, ...(server.database ? ['--database', server.database] : [])];
    const made = run(['create_admin', '--username', 'boshliq', '--password', 'admin123 long', '--email', 'boshliq@example.com', ...where]);
    assert.deepEqual([made.code, made.out], [0, 'Successfully created admin user: "boshliq"\n'], made.err);
    const again = run(['create_admin', '--username=boshliq', '--password=admin123 long', ...where]);
    assert.deepEqual([again.code, again.out], [0, 'User "boshliq" already exists!\n'], again.err);
    const same = run(['create-admin', '--username', 'boshliq2', '--password', 'admin123 long', ...where]);
    assert.equal(same.code, 0, same.err);
    for (const { out, err } of [made, again, same]) assert.doesNotMatch(out + err, /admin123/, 'the password is not printed');
    assert.equal(run(['create_admin', '--username', 'x', ...where]).code, 64, 'no password by itself');
    return Browser.logIn(server, 'boshliq', 'admin123 long');
});

test('R-61 registration may be closed: administrators make accounts, and those use the rooms', async () => {
    const closed = await Server.start({ env: { SUHBAT_REGISTRATION: 'closed' } });
    try {
        const where = ['--data', closed.data, ...(closed.database ? ['--database', closed.database] : [])];
        assert.equal(run(['create_admin', '--password', 'long enough', ...where]).code, 0);
        const api = new Api(`${closed.url}/api/v1`);
        assert.equal((await new Api(closed.url).call('POST', '/api/v1/accounts', { username: 'x', password })).status, 403);
        const boss = await api.post('/sessions', { username: 'admin', password: 'long enough' });
        assert.equal((await new Api(closed.url, boss.access_token).call('POST', '/api/v1/admin/users', { username: 'xodim', password })).status, 201);
        const browser = await Browser.logIn(closed, 'xodim', password);
        assert.equal((await browser.get('/room/1/')).status, 200);
    } finally {
        await closed.stop();
    }
});

test('a restart keeps sessions and forms', async () => {
    const a = await logIn('ali');
    const room = await newRoom(a);
    await server.restart();
    assert.equal((await a.post(`/room/${room.id}/`, { content: 'qayta ishga tushgach' })).status, 302);
    assert.equal((await messagesOf(ali, room))[0].text, 'qayta ishga tushgach');
});

test('what is wrong with a request does not hurt: nonsense in cookies, forms and paths', async () => {
    const a = await logIn('ali');
    for (const sessionid of ['', 'x', 'a.b.c', '%00', 'x'.repeat(4000)]) assert.equal((await new Browser(server, { sessionid }).get('/room/1/')).status, 302);
    const raw = (type, body) => a.ask('POST', '/room/1/', { body, headers: { 'content-type': type, 'x-csrftoken': a.token } });
    assert.equal((await raw('multipart/form-data', 'x')).status, 400);
    assert.equal((await raw('multipart/form-data; boundary=cut', 'x')).status, 400);
    assert.equal((await raw('application/x-www-form-urlencoded', 'content=%zz')).status, 200);
    assert.equal((await raw('application/json', '{"content":"x"}')).status, 200);
    assert.equal((await raw('application/x-www-form-urlencoded', `content=${'x'.repeat(300_000)}`)).status, 413);
    assert.equal((await raw('multipart/form-data; boundary=cut', `--cut\r\nContent-Disposition: form-data; name="content"\r\n\r\n${'x'.repeat(300_000)}\r\n--cut--\r\n`)).status, 413);
});
