// Nobody reads or writes what they are not a member of. strangers.json holds the table; every cell of it is tried on a room made for it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { Server, sleep } from '../lib/server.mjs';
import { Api, Gateway, Person, password } from '../lib/native.mjs';
import { Line, hex } from '../lib/desk.mjs';
import { lobbyLogIn } from '../lib/lobby.mjs';
import { isSignedWith, reforge } from '../lib/jwt.mjs';
import { operations } from '../lib/openapi.mjs';
import { picture } from '../lib/pictures.mjs';
import { Browser } from '../lib/rooms.mjs';

const table = JSON.parse(fs.readFileSync(new URL('../strangers.json', import.meta.url)));
const secret = 'the secret of this table, long enough';
const people = {}, unproven = {}, rooms = {}, guilds = [];
let server, n = 0;

before(async () => {
    server = await Server.start({ secretKey: secret });
    const api = new Api(`${server.url}/api/v1`);
    people.site = new Person(server, await api.post('/setup', { token: server.setupToken(), username: 'site', password }));
    for (const name of ['outsider', 'member', 'other', 'admin', 'owner', 'third', 'second_admin', 'newcomer']) people[name] = await Person.register(server, name);
    const past = await Person.logIn(server, 'member');
    await past.api.delete('/sessions/current');
    assert.ok(isSignedWith(people.member.token, secret), 'otherwise the expired token would be refused for its signature');
    Object.assign(unproven, {
        'no token': null,
        'an expired token': reforge(people.member.token, secret, { exp: Math.floor(Date.now() / 1000) - 5 }),
        'a forged token': reforge(people.member.token, 'another secret of the same length'),
        'a token of another door': await lobbyLogIn(server, 'member', password),
        'a token of a revoked session': past.token,
    });
});
after(() => server.stop());

/** A room of the kind with everybody in their place and a message by `member` that everybody in the room reacted to with y. */
async function roomOf(kind) {
    const { member, other, admin, owner, third, second_admin: second } = people;
    let room;
    if (kind === 'lobby') room = await member.lobby();
    else if (kind === 'direct') room = await member.direct(other);
    else if (/guild|channel/.test(kind)) return guildOf(kind);
    else if (kind === 'desk') return deskChat();
    else {
        room = await owner.group(`${kind} ${n++}`, [member, other, admin, third, second], { public: kind === 'public' });
        for (const p of [admin, second]) await owner.api.put(`/rooms/${room.id}/members/${p.id}`, { role: 'admin' });
    }
    const file = (await member.api.put('/files?name=mine', 'bytes')).id;
    const message = await member.say(room, 'mine', { files: [file] });
    return { room: room.id, message: message.id, file };
}

/** A support chat that waits, of a customer who is none of them; the site's administrator is a supervisor of the desk, the others are nobody there. */
async function deskChat() {
    const api = new Api(server.url), userId = `visitor${n++}`, { visitorToken, chat } = await api.post('/api/chats', { userId });
    await api.as(visitorToken).post('/api/messages', { senderId: userId, senderType: 'user', content: 'mine', chatId: chat._id });
    const room = parseInt(chat._id, 16);
    return { room, message: (await people.site.history(room)).messages[0].id };
}

/** One may be in so many guilds only. Those that refused cells look at stay; by now one or the other may own it. */
async function forget(guild) {
    if (Object.values(rooms).some((r) => r.guild === guild)) return;
    for (const p of [people.owner, people.third]) await p.api.call('DELETE', `/guilds/${guild}`);
}

/** The guild or its one channel, with everybody in their place. */
async function guildOf(kind) {
    const { member, other, admin, owner, third, second_admin: second } = people;
    const guild = await owner.api.post('/guilds', { name: `${kind} ${n++}`, public: kind.startsWith('open') });
    for (const p of [member, other, third, admin, second])
        await owner.api.put(`/rooms/${guild.id}/members/${p.id}`, { role: [admin, second].includes(p) ? 'admin' : 'member' });
    if (guilds.push(guild.id) > 40) await forget(guilds.shift());
    const [channel] = (await owner.api.get(`/guilds/${guild.id}/channels`)).rooms;
    const message = await member.say(channel, 'mine');
    return { room: /guild/.test(kind) ? guild.id : channel.id, guild: guild.id, channel: channel.id, message: message.id };
}

/** Rooms are used again by cells that are refused: those change nothing. */
async function placeFor(row, refused) {
    if (!row.room) return {};
    if (!refused) return roomOf(row.room);
    rooms[row.room] ??= await roomOf(row.room);
    return rooms[row.room];
}

const fill = (value, names) => {
    if (Array.isArray(value)) return value.map((v) => fill(v, names));
    if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, fill(v, names)]));
    if (typeof value !== 'string' || value[0] !== '$') return value;
    assert.ok(value.slice(1) in names, `${value} has no meaning`);
    return names[value.slice(1)];
};

async function namesFor(row, self, place) {
    if (/\$code/.test(JSON.stringify(row))) place = { ...place, code: (await people.owner.api.post(`/rooms/${place.room}/invites`, {})).code };
    const names = { ...place, self, password, nonsense: 'x'.repeat(43), new_name: `new${n++}`, new_email: `new${n++}@example.com`, key: `key-${n++}` };
    if (place.room) names.hex_room = hex(place.room);
    names.self_name = Object.values(people).find((p) => p.id === self)?.username;
    for (const [name, person] of Object.entries(people)) names[name] = person.id;
    const { api } = people.member;
    if (/spare_file/.test(JSON.stringify(row))) names.spare_file = (await api.put('/files?name=spare', 'bytes')).id;
    if (/spare_(picture|avatar)/.test(JSON.stringify(row))) names.spare_picture = (await api.put('/files?name=spare', picture)).id;
    if (/spare_avatar/.test(JSON.stringify(row))) names.spare_avatar = (await api.post('/me/avatar', { file: names.spare_picture })).avatar;
    if (/spare_upload/.test(JSON.stringify(row))) {
        const begun = await api.call('POST', '/uploads', undefined, { 'tus-resumable': '1.0.0', 'upload-length': '5' });
        names.spare_upload = begun.headers.get('location').split('/').pop();
    }
    if (/spare_(session|refresh)/.test(JSON.stringify(row))) {
        const spare = await Person.logIn(server, 'member');
        Object.assign(names, { spare_session: spare.session, spare_refresh: spare.grant.refresh_token });
    }
    return names;
}

/** The old rooms' forms: their cookie, and the proof that a page of ours gives to whoever may see one. */
async function askByForm(row, token, method, path, fields) {
    const browser = new Browser(server, token ? { suhbat_access: token } : {});
    if (method === 'GET') return (await browser.get(path)).status;
    await browser.get('/create/');
    return (await browser.post(path, fields)).status;
}

async function ask(row, token, self, refused) {
    if (row.socket) return new Gateway(server.wsUrl, token, { resume: false }).open().then((g) => (g.cut(), 101), (error) => error.status);
    const place = await placeFor(row, refused);
    const names = await namesFor(row, self, place);
    const [method, template] = row.route.split(' ');
    const path = template.replace(/\{(\w+)\}/g, (_, name) => fill(name === 'room' ? '$room' : row[name], names)) + (row.query ?? '').replace(/\$\w+/g, (name) => fill(name, names));
    if (row.door === 'rooms') return askByForm(row, token, method, path, row.body && fill(row.body, names));
    const answer = await new Api(server.url, token).call(method, path, row.body && fill(row.body, names), row.headers);
    return row.empty_is_404 && answer.status === 200 && tellsNothing(answer.body) ? 404 : answer.status;
}

const tellsNothing = (body) => Boolean(body.error) || (body.members ?? body).length === 0;
const fits = (wanted, got) => [wanted].flat().includes(got);

test('the table has a row for every documented route, and no route that is not', () => {
    const documented = new Set(operations.map((o) => `${o.method} ${o.path}`));
    const rows = new Set(table.http.map((row) => row.route));
    assert.deepEqual([...documented].filter((route) => !rows.has(route)), []);
    assert.deepEqual([...rows].filter((route) => !documented.has(route)), []);
    for (const row of [...table.http, ...table.gateway, ...table.sockets, ...table.desk]) assert.equal(row.seats.length, table.seats.length, JSON.stringify(row));
});

for (const row of table.http) {
    test(`${row.route}${row.room ? ` in a ${row.room} room` : ''}${row.account ? ` of ${row.account}` : ''} ${row.body ? JSON.stringify(row.body) : ''}`, async () => {
        const wrong = [];
        for (const [name, token] of Object.entries(unproven)) {
            const got = await ask(row, token, people.member.id, true);
            if (!fits(row.unproven, got)) wrong.push(`${name}: ${got}, not ${row.unproven}`);
        }
        for (const [i, seat] of table.seats.entries()) {
            const person = row.anew ? await Person.logIn(server, seat) : people[seat];
            const got = await ask(row, person.token, person.id, row.seats[i] === 404);
            if (!fits(row.seats[i], got)) wrong.push(`${seat}: ${got}, not ${row.seats[i]}`);
        }
        assert.deepEqual(wrong, []);
    });
}

test('the gateway lets nobody in without a proof, however the token travels', async () => {
    for (const [name, token] of Object.entries(unproven)) {
        for (const options of [{}, { query: `?token=${token}` }, { protocols: ['suhbat.v1', `bearer.${token}`] }, { headers: { cookie: `suhbat_access=${token}`, origin: server.url } }]) {
            if (!token && Object.keys(options).length) continue;
            await assert.rejects(new Gateway(server.wsUrl, token, options).open(), { status: 401 }, `${name} ${JSON.stringify(options).slice(0, 30)}`);
        }
    }
});

for (const row of table.gateway) {
    test(`gateway: ${row.op}${row.room ? ` in a ${row.room} room` : ''}`, async () => {
        const wrong = [];
        for (const [i, seat] of table.seats.entries()) {
            const person = people[seat];
            const gateway = await person.gateway();
            const place = await placeFor(row, row.seats[i] === 'not_found');
            const names = await namesFor(row, person.id, place);
            if (place.guild && row.seats[i] === 'ok') await gateway.event('member_joined', (e) => e.room === place.guild && e.member.id === person.id);
            const fields = { ...fill(row.fields ?? {}, names), ...(row.room ? { room: place.room } : {}) };
            const ask = () => gateway.op(row.op, fields).then(() => 'ok', (error) => error.frame?.error ?? error.message);
            let got = await ask();
            // A socket hears of a new room a moment after it was made, as a client would wait for it too.
            for (let i_try = 0; row.room && row.seats[i] === 'ok' && got !== 'ok' && i_try < 100; i_try++) {
                await sleep(20);
                got = await ask();
            }
            if (!fits(row.seats[i], got)) wrong.push(`${seat}: ${got}, not ${row.seats[i]}`);
            await gateway.close();
        }
        assert.deepEqual(wrong, []);
    });
}

test('the gateway table has every op of the protocol', () => {
    const page = fs.readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
    const ops = [...page.slice(page.indexOf('| op | fields')).matchAll(/^\| `(\w+)` \|/gm)].map((m) => m[1]);
    assert.ok(ops.length >= 8);
    assert.deepEqual(ops.filter((op) => !table.gateway.some((row) => row.op === op)), []);
});

async function knock(row, token, refused) {
    const place = await placeFor(row, refused);
    const path = row.path.replace('{room}', place.room);
    try {
        await (await new Browser(server, token ? { suhbat_access: token } : {}).socket(place.room, { path })).close();
        return 101;
    } catch (error) {
        return error.status;
    }
}

for (const row of table.sockets) {
    test(`${row.path} in a ${row.room} room`, async () => {
        const wrong = [];
        for (const [name, token] of Object.entries(unproven)) {
            const got = await knock(row, token, true);
            if (!fits(row.unproven, got)) wrong.push(`${name}: ${got}, not ${row.unproven}`);
        }
        for (const [i, seat] of table.seats.entries()) {
            const got = await knock(row, people[seat].token, row.seats[i] !== 101);
            if (!fits(row.seats[i], got)) wrong.push(`${seat}: ${got}, not ${row.seats[i]}`);
        }
        assert.deepEqual(wrong, []);
    });
}

for (const row of table.desk) {
    test(`the old desk's socket: ${row.event}${row.room ? ` of a ${row.room} room` : ''}`, async () => {
        const wrong = [];
        for (const [name, token] of Object.entries(unproven)) {
            const place = await placeFor(row, true);
            const got = await Line.open(server, token ? { auth: { token } } : {}).then(async (l) => {
                const { success } = await l.ask(row.event, fill(row.data, await namesFor(row, people.member.id, place)));
                l.close();
                return success ? 'ok' : 'refused';
            }, () => 'connect_error');
            if (got !== (token ? 'connect_error' : 'refused')) wrong.push(`${name}: ${got}`);
        }
        for (const [i, seat] of table.seats.entries()) {
            const place = await placeFor(row, true);
            const l = await Line.open(server, { auth: { token: people[seat].token } });
            const { success } = await l.ask(row.event, fill(row.data, await namesFor(row, people[seat].id, place)));
            if ((success ? 'ok' : 'refused') !== row.seats[i]) wrong.push(`${seat}: ${success}, not ${row.seats[i]}`);
            l.close();
        }
        assert.deepEqual(wrong, []);
    });
}

test('a session that is revoked while it is used writes nothing more', async () => {
    const victim = await Person.logIn(server, 'third');
    const lobby = await victim.lobby();
    const gateway = await victim.gateway();
    await people.third.api.delete(`/sessions/${victim.session}`);
    const got = await gateway.op('send', { room: lobby.id, text: 'a ghost', key: 'ghost', reply_to: null }).then(() => 'ok', (error) => error.frame?.error ?? 'closed');
    assert.ok(['closed', 'unauthenticated'].includes(got), got);
    assert.equal(await gateway.closed, 4401);
    assert.ok(!(await people.third.history(lobby)).messages.some((m) => m.text === 'a ghost'));
});

test('what one may not know sounds like what is not there', async () => {
    const { room, message } = await roomOf('private');
    const hidden = await people.outsider.api.call('GET', `/rooms/${room}/messages`);
    const absent = await people.outsider.api.call('GET', '/rooms/999999999/messages');
    assert.deepEqual(hidden.body, absent.body);
    const edit = await people.outsider.api.call('PATCH', `/rooms/${room}/messages/${message}`, { text: 'x' });
    const none = await people.outsider.api.call('PATCH', '/rooms/999999999/messages/1', { text: 'x' });
    assert.deepEqual(edit.body, none.body);
});
