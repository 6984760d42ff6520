// A day of an administrator, and of people with an address: letters over a mail server of our own, links, new passwords, bots, leaving; users, rooms,
// reports, figures, settings, the log of it all, and the command line.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MailServer } from '../lib/mail.mjs';
import { Server, freePort, run } from '../lib/server.mjs';
import { Api, Gateway, Person, password } from '../lib/native.mjs';

const mail = new MailServer();
let server, api, admin, ali;
before(async () => {
    const port = await freePort();
    await mail.listen(port);
    server = await Server.start({ env: { SUHBAT_SMTP_URL: `smtp://127.0.0.1:${port}`, SUHBAT_SMTP_FROM: 'chat@house.example', SUHBAT_SMTP_TLS: 'off',
        SUHBAT_PUBLIC_URL: 'https://house.example' } });
    api = new Api(`${server.url}/api/v1`);
    admin = new Person(server, await api.post('/setup', { token: server.setupToken(), username: 'root', password }));
});
after(async () => {
    await server.stop();
    mail.server.close();
});

const refused = async (promise, status, detail) => {
    const answer = await promise;
    assert.equal(answer.status, status, answer.text);
    if (detail) assert.equal(answer.body.detail, detail, answer.text);
    return answer;
};
const token = (text, page) => text.match(new RegExp(`https://house\\.example/#/${page}/([0-9a-f]{48})`))[1];

test('an address is given at registration, proven by a letter in the reader\'s language, and logs in', async () => {
    const answer = await api.call('POST', '/accounts', { username: 'ali', password, email: 'Ali@Пошта.example' }, { 'accept-language': 'uz' });
    assert.equal(answer.status, 201, answer.text);
    ali = new Person(server, answer.body);
    assert.equal(ali.grant.account.email, 'Ali@xn--80a1acn3a.example');
    assert.equal(ali.grant.account.email_verified, false);
    const letter = await mail.letter('Ali@xn--80a1acn3a.example');
    assert.match(letter.raw, /^From: .*chat@house\.example/m);
    assert.match(letter.text, /havola/);
    await refused(api.call('POST', '/email/verify', { token: '0'.repeat(48) }), 410, 'token');
    await refused(api.call('POST', '/email/verify', { token: token(letter.text, 'verify') }), 204);
    await refused(api.call('POST', '/email/verify', { token: token(letter.text, 'verify') }), 410, 'token');
    assert.equal((await ali.api.get('/me')).email_verified, true);
    assert.equal((await Person.logIn(server, 'ALI@пошта.example')).id, ali.id);
    await refused(api.call('POST', '/accounts', { username: 'thief', password, email: 'ali@пошта.example' }), 409, 'email');
});

test('a forgotten password: the same answer for all, a letter for one, also when the mail server is moody', async () => {
    const before = mail.letters.length;
    mail.refuse = 1;
    const known = await refused(api.call('POST', '/password/forgot', { who: 'ali' }), 204);
    const unknown = await refused(api.call('POST', '/password/forgot', { who: 'nobody@nowhere.example' }), 204);
    assert.equal(known.text, unknown.text);
    const phone = await Person.logIn(server, 'ali');
    const gateway = await phone.gateway();
    const letter = await mail.letter('Ali@xn--80a1acn3a.example', before);
    await refused(api.call('POST', '/password/reset', { token: token(letter.text, 'reset'), password: 'kaltak' + 'x'.repeat(70) }), 413, 'password');
    await refused(api.call('POST', '/password/reset', { token: token(letter.text, 'reset'), password: 'a brand new one' }), 204);
    assert.equal((await gateway.closed), 4401);
    await refused(phone.api.call('GET', '/me'), 401);
    await refused(api.call('POST', '/sessions', { username: 'ali', password }), 401);
    ali = await Person.logIn(server, 'ali', 'a brand new one');
    assert.equal(mail.letters.filter((l) => l.to.includes('nobody@nowhere.example')).length, 0);
});

test('a new password ends the other sessions and leaves this one', async () => {
    const other = await Person.logIn(server, 'ali', 'a brand new one');
    const [mine, theirs] = [await ali.gateway(), await other.gateway()];
    await refused(ali.api.call('PUT', '/me/password', { old: 'wrong', new: password }), 403, 'password');
    await refused(ali.api.call('PUT', '/me/password', { old: 'a brand new one', new: 'x' }), 400, 'new');
    await refused(ali.api.call('PUT', '/me/password', { old: 'a brand new one', new: password }), 204);
    assert.equal((await theirs.closed), 4401);
    assert.equal((await mine.op('ping')).op, 'ok');
    mine.close?.();
    await ali.api.get('/me');
});

test('how one looks is told to those who watch', async () => {
    const vali = await Person.register(server, 'vali');
    const g = await vali.gateway();
    await g.op('watch', { accounts: [ali.id] });
    const me = await ali.api.patch('/me', { name: 'Ali aka', about: 'salom\nhammaga', hide_read: true });
    assert.equal(me.name, 'Ali aka');
    assert.equal(me.hide_read, true);
    const event = await g.event('person_changed');
    assert.deepEqual(event.person, { id: ali.id, username: 'ali', name: 'Ali aka', avatar: null, bot: false });
    const profile = await vali.api.get(`/accounts/${ali.id}`);
    assert.equal(profile.about, 'salom\nhammaga');
    assert.equal('email' in profile, false);
    await refused(ali.api.call('PATCH', '/me', { name: 'x'.repeat(65) }), 400, 'name');
    await refused(ali.api.call('PATCH', '/me', { site_admin: true }), 400, 'site_admin');
});

test('a bot speaks with its token until it is rotated or deleted', async () => {
    const made = await ali.api.post('/me/bots', { username: 'helper', name: 'Helper' });
    assert.match(made.token, /^bot_/);
    assert.equal(made.bot.bot, true);
    const bot = new Api(`${server.url}/api/v1`, made.token);
    const lobby = (await bot.get('/rooms')).rooms[0];
    assert.deepEqual((await bot.post(`/rooms/${lobby.id}/messages`, { text: 'beep' })).author, made.bot);
    const gateway = new Gateway(server.wsUrl, made.token);
    await gateway.open();
    assert.deepEqual((await ali.api.get('/me/bots')).bots, [made.bot]);
    const rotated = await ali.api.post(`/me/bots/${made.bot.id}/token`, undefined);
    assert.equal((await gateway.closed), 4401);
    await refused(bot.call('GET', '/me'), 401);
    assert.equal((await bot.as(rotated.token).get('/me')).id, made.bot.id);
    await refused(ali.api.call('DELETE', `/me/bots/${made.bot.id}`), 204);
    await refused(bot.as(rotated.token).call('GET', '/me'), 401);
    await refused(bot.as('bot_nonsense').call('GET', '/me'), 401);
});

test('the administrator makes a user with a link, changes, signs out, closes and opens again', async () => {
    const made = await admin.api.post('/admin/users', { username: 'gani', email: 'gani@b.example', password: null });
    await refused(api.call('POST', '/password/reset', { token: token(made.link, 'reset'), password }), 204);
    const gani = await Person.logIn(server, 'gani');
    let gateway = await gani.gateway();
    const found = (await admin.api.get('/admin/users?query=gani')).users;
    assert.deepEqual(found.map((u) => [u.username, u.email, u.n_rooms, u.n_sessions, u.deactivated]), [['gani', 'gani@b.example', 1, 1, false]]);
    const changed = await admin.api.patch(`/admin/users/${gani.id}`, { quota: 1000 });
    assert.equal(changed.quota_bytes, 1000);
    assert.equal((await admin.api.get(`/admin/users/${gani.id}/sessions`)).sessions.length, 1);
    await refused(admin.api.call('DELETE', `/admin/users/${gani.id}/sessions`), 204);
    assert.equal((await gateway.closed), 4401);
    const again = await Person.logIn(server, 'gani');
    gateway = await again.gateway();
    await admin.api.patch(`/admin/users/${gani.id}`, { deactivated: true });
    assert.equal((await gateway.closed), 4401);
    await refused(again.api.call('GET', '/me'), 401);
    await refused(api.call('POST', '/sessions', { username: 'gani', password }), 401, 'credentials');
    await admin.api.patch(`/admin/users/${gani.id}`, { deactivated: false });
    await Person.logIn(server, 'gani');
    await refused(admin.api.call('PATCH', `/admin/users/${admin.id}`, { site_admin: false }), 409, 'last_admin');
});

test('a report reaches the administrator as the message was', async () => {
    const vali = await Person.logIn(server, 'vali');
    const lobby = await vali.lobby();
    const bad = await ali.say(lobby, 'yomon gap');
    await vali.api.post('/reports', { room: lobby.id, message: bad.id, reason: 'haqorat' });
    await refused(vali.api.call('POST', '/reports', { room: lobby.id, message: bad.id, reason: 'yana' }), 409, 'report');
    await ali.api.patch(`/rooms/${lobby.id}/messages/${bad.id}`, { text: 'yaxshi gap' });
    const [report] = (await admin.api.get('/admin/reports?state=open')).reports;
    assert.equal(report.message.text, 'yomon gap');
    assert.equal(report.message.author.username, 'ali');
    assert.equal(report.reason, 'haqorat');
    await admin.api.patch(`/admin/reports/${report.id}`, { state: 'closed', note: 'ogohlantirildi' });
    assert.equal((await admin.api.get('/admin/reports?state=open')).reports.length, 0);
    assert.equal((await admin.api.get('/admin/reports?state=closed')).reports[0].closed_by.username, 'root');
});

test('rooms, figures and settings tell much and no secret', async () => {
    const room = await ali.group('Sirli xona');
    await ali.say(room, 'x'.repeat(80));
    const seen = (await admin.api.get('/admin/rooms?query=sirli')).rooms[0];
    assert.deepEqual([seen.n_members, seen.n_messages, seen.last.text], [1, 1, 'x'.repeat(50)]);
    const figures = await admin.api.get('/admin/figures');
    for (const name of ['n_accounts', 'n_rooms', 'memory_bytes', 'database_bytes', 'disk_free_bytes', 'n_connections']) assert.ok(figures[name] > 0, name);
    const { settings } = await admin.api.get('/admin/settings');
    const of = Object.fromEntries(settings.map((s) => [s.name, s]));
    assert.deepEqual(of.SUHBAT_PUBLIC_URL, { name: 'SUHBAT_PUBLIC_URL', value: 'https://house.example', source: 'environment', secret: false });
    assert.deepEqual([of.SUHBAT_SMTP_URL.value, of.SUHBAT_SMTP_URL.secret], [null, true]);
    for (const path of ['/admin/users', '/admin/rooms', '/admin/figures', '/admin/settings', '/admin/reports', '/admin/audit'])
        await refused(ali.api.call('GET', path), 403, 'site_admin');
});

test('leaving for ever: what was said stays, who said it does not', async () => {
    const vali = await Person.logIn(server, 'vali');
    const room = await ali.group('Meros', [vali]);
    await ali.say(room, 'qoladi');
    const gateway = await ali.gateway();
    await refused(ali.api.call('DELETE', '/me', { password: 'wrong one' }), 403, 'password');
    await refused(ali.api.call('DELETE', '/me', { password }), 204);
    assert.equal((await gateway.closed), 4401);
    await refused(api.call('POST', '/sessions', { username: 'ali', password }), 401);
    const [message] = (await vali.history(room)).messages;
    assert.deepEqual([message.text, message.author.username, message.author.name], ['qoladi', `deleted-${ali.id}`, null]);
    assert.equal((await vali.api.get(`/rooms/${room.id}`)).role, 'owner');
    assert.equal((await vali.api.get(`/accounts/${ali.id}`)).about, '');
    const gone = (await admin.api.get(`/admin/users?query=deleted-${ali.id}`)).users[0];
    assert.deepEqual([gone.erased, gone.email], [true, null]);
    await refused(vali.api.call('POST', '/me/deactivate', { password }), 204);
    await refused(vali.api.call('GET', '/me'), 401);
});

test('the log tells who did what to whom from where; the command line lists and is told apart', async () => {
    const made = run(['create-admin', '--data', server.data, ...(server.database ? ['--database', server.database] : []), '--username', 'second', '--password-stdin'],
        { input: `${password}\n` });
    assert.equal(made.code, 0, made.err);
    const { entries } = await admin.api.get('/admin/audit?limit=200');
    assert.deepEqual([entries[0].what, entries[0].whom.username, entries[0].who, entries[0].from], ['user_create', 'second', null, 'command line']);
    const acts = entries.map((e) => e.what);
    for (const act of ['setup', 'user_create', 'user_quota', 'sessions_end', 'user_deactivate', 'user_activate', 'report_close']) assert.ok(acts.includes(act), act);
    const closed = entries.find((e) => e.what === 'user_deactivate');
    assert.deepEqual([closed.who.username, closed.whom.username, closed.from], ['root', 'gani', '127.0.0.1']);
    const where = ['--data', server.data, ...(server.database ? ['--database', server.database] : [])];
    const users = run(['users', ...where, '--json']);
    assert.equal(users.code, 0, users.err);
    assert.ok(JSON.parse(users.out).find((u) => u.username === 'second').site_admin);
    assert.match(run(['users', ...where]).out, /second/);
    const rooms = JSON.parse(run(['rooms', ...where, '--json']).out);
    assert.ok(rooms.find((r) => r.name === 'Meros').n_messages === 1);
    assert.match(run(['rooms', ...where]).out, /Meros/);
});
