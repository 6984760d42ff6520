// Guilds: channels that appear and go under open sockets, people who come and leave, rank, invitations, bans, time-outs, slow mode, and the end.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { Server, sleep, until } from '../lib/server.mjs';
import { Person } from '../lib/native.mjs';

let server, ali, vali, gani, soli;
before(async () => {
    server = await Server.start();
    [ali, vali, gani, soli] = await Promise.all(['ali', 'vali', 'gani', 'soli'].map((name) => Person.register(server, name)));
});
after(() => server.stop());

const lawful = (...gateways) => gateways.forEach((g) => assert.deepEqual(g.wrong, []));
const refused = async (promise, status, detail) => {
    const error = await promise.then(() => null, (e) => e);
    assert.ok(error, 'it was allowed');
    assert.match(error.message, new RegExp(`: ${status} .*"detail":"${detail}"`));
};
const guildOf = (person, more = {}) => person.api.post('/guilds', { name: 'gildiya', ...more });
const channelsOf = async (person, guild) => (await person.api.get(`/guilds/${guild.id}/channels`)).rooms;
const put = (person, guild, who, role = 'member') => person.api.put(`/rooms/${guild.id}/members/${who.id}`, { role });
/** Nothing about the room comes to this socket. */
async function isSilent(gateway, room) {
    await gateway.settled(50);
    const before = gateway.events.length;
    return async () => {
        await gateway.settled(100);
        assert.deepEqual(gateway.events.slice(before).filter((e) => e.room === room.id), []);
    };
}

test('a guild is a room with channels; all of them are in ready, with what one needs to draw them', async () => {
    const guild = await guildOf(ali, { channel: 'umumiy' });
    assert.equal(guild.kind, 'guild');
    assert.equal(guild.role, 'owner');
    const [channel] = await channelsOf(ali, guild);
    assert.deepEqual([channel.kind, channel.guild, channel.name, channel.position, channel.read_only, channel.slow_s], ['channel', guild.id, 'umumiy', 1, false, 0]);
    const g = await ali.gateway();
    for (const room of [guild, channel]) assert.ok(g.ready.rooms.some((r) => r.id === room.id));
    await g.close();
    lawful(g);
});

test('who joins hears every channel at once, who is removed hears none any more', async () => {
    const guild = await guildOf(ali);
    const [first] = await channelsOf(ali, guild);
    const second = await ali.api.post(`/guilds/${guild.id}/channels`, { name: 'ikkinchi' });
    await ali.say(first, 'before');
    const [a, v] = [await ali.gateway(), await vali.gateway()];
    for (const channel of [first, second]) v.guilds.set(channel.id, guild.id);
    await put(ali, guild, vali);
    assert.equal((await v.event('member_joined', (e) => e.room === guild.id)).member.id, vali.id);
    await ali.say(first, 'one');
    await vali.say(second, 'two');
    assert.equal((await v.event('message_posted', (e) => e.room === first.id)).message.text, 'one');
    assert.equal((await a.event('message_posted', (e) => e.room === second.id)).message.text, 'two');
    assert.equal((await vali.api.get(`/rooms/${first.id}`)).unread, 1);
    await ali.api.delete(`/rooms/${guild.id}/members/${vali.id}`);
    await v.event('member_left', (e) => e.room === guild.id && e.member.id === vali.id);
    const silent = [await isSilent(v, first), await isSilent(v, guild)];
    await ali.say(first, 'a secret');
    await ali.api.patch(`/guilds/${guild.id}`, { name: 'maxfiy' });
    for (const check of silent) await check();
    await refused(vali.history(first), 404, 'room');
    await put(ali, guild, vali);
    await v.event('member_joined', (e) => e.room === guild.id, { from: v.frames.length - 1 });
    await ali.say(first, 'again');
    await v.event('message_posted', (e) => e.message.text === 'again');
    assert.ok(!v.events.some((e) => e.message?.text === 'a secret'));
    await Promise.all([a.close(), v.close()]);
    lawful(a, v);
});

test('channels come, change, move and go under open sockets', async () => {
    const guild = await guildOf(ali);
    await put(ali, guild, vali);
    const v = await vali.gateway();
    const channel = await ali.api.post(`/guilds/${guild.id}/channels`, { name: 'yangi', topic: 'mavzu' });
    const added = await v.event('channel_added', (e) => e.channel.id === channel.id);
    assert.deepEqual([added.room, added.channel.name, added.channel.topic, added.channel.guild], [guild.id, 'yangi', 'mavzu', guild.id]);
    await ali.say(channel, 'salom');
    assert.equal((await v.event('message_posted', (e) => e.room === channel.id)).seq, 1);
    await v.op('send', { room: channel.id, text: 'alik', key: 'k', reply_to: null });
    await ali.api.patch(`/rooms/${channel.id}`, { name: 'boshqa', topic: null });
    const changed = await v.event('channel_changed', (e) => e.channel.id === channel.id);
    assert.deepEqual([changed.channel.name, changed.channel.topic], ['boshqa', null]);
    const ids = (await channelsOf(ali, guild)).map((c) => c.id);
    await ali.api.put(`/guilds/${guild.id}/channels/order`, { channels: ids.toReversed?.() ?? [...ids].reverse() });
    assert.deepEqual((await channelsOf(vali, guild)).map((c) => c.id), [...ids].reverse());
    await v.event('channel_changed', (e) => e.channel.id === ids[0]);
    await ali.api.delete(`/rooms/${channel.id}`);
    assert.equal((await v.event('channel_removed')).channel.id, channel.id);
    await assert.rejects(v.op('send', { room: channel.id, text: 'x', key: 'k2', reply_to: null }), (e) => e.frame.error === 'not_found');
    await assert.rejects(v.op('typing', { room: channel.id, on: true }), (e) => e.frame.error === 'not_found');
    await v.close();
    lawful(v);
});

test('whoever was away learns from the guild what became of its channels, and hears the new ones', async () => {
    const guild = await guildOf(ali);
    await put(ali, guild, vali);
    const [first] = await channelsOf(ali, guild);
    let v = await vali.gateway();
    const known = Object.fromEntries(v.known);
    v.cut();
    const made = await ali.api.post(`/guilds/${guild.id}/channels`, { name: 'made' });
    const gone = await ali.api.post(`/guilds/${guild.id}/channels`, { name: 'gone' });
    await ali.say(made, 'meanwhile');
    await ali.api.delete(`/rooms/${gone.id}`);
    await ali.say(first, 'also meanwhile');
    v = await vali.gateway(known);
    await v.next((f) => f.op === 'resumed' && f.room === guild.id);
    assert.ok(v.ready.rooms.some((r) => r.id === made.id && r.unread === 1));
    assert.ok(!v.ready.rooms.some((r) => r.id === gone.id));
    assert.deepEqual(v.events.filter((e) => e.room === guild.id).map((e) => [e.t, e.channel.id]), [['channel_added', made.id], ['channel_removed', gone.id]]);
    await v.event('message_posted', (e) => e.room === first.id);
    await ali.say(made, 'now');
    await v.event('message_posted', (e) => e.room === made.id && e.message.text === 'now');
    await v.close();
    lawful(v);
});

test('invitations: a look before coming in, so many uses, and revoked', async () => {
    const guild = await guildOf(ali);
    const { code } = await ali.api.post(`/rooms/${guild.id}/invites`, { n_uses: 2, expires_in_s: 3600 });
    const look = await gani.api.get(`/join/${code}`);
    assert.deepEqual([look.room, look.name, look.n_members, look.by.username], [guild.id, 'gildiya', 1, 'ali']);
    const g = await gani.gateway();
    const joined = await gani.api.post(`/join/${code}`);
    assert.deepEqual([joined.id, joined.role], [guild.id, 'member']);
    await g.event('member_joined', (e) => e.room === guild.id);
    const [channel] = await channelsOf(gani, guild);
    await ali.say(channel, 'xush kelibsiz');
    await g.event('message_posted', (e) => e.room === channel.id);
    await gani.api.post(`/join/${code}`);
    await vali.api.post(`/join/${code}`);
    await refused(soli.api.post(`/join/${code}`), 410, 'invite');
    await refused(gani.api.post(`/rooms/${guild.id}/invites`, {}), 403, 'role');
    const group = await ali.group('guruh');
    const open = await ali.api.post(`/rooms/${group.id}/invites`);
    assert.deepEqual([open.n_uses, open.expires_at], [null, null]);
    await soli.api.post(`/join/${open.code}`);
    assert.equal((await ali.api.get(`/rooms/${group.id}/invites`)).invites[0].n_used, 1);
    await ali.api.delete(`/rooms/${group.id}/invites/${open.code}`);
    await refused(vali.api.get(`/join/${open.code}`), 410, 'invite');
    await g.close();
    lawful(g);
});

test('public guilds are found, looked at and joined by anybody who is not banned', async () => {
    const guild = await guildOf(ali, { name: 'Oʻzbek dasturchilar', public: true });
    const [channel] = await channelsOf(ali, guild);
    assert.equal((await vali.api.get('/guilds/public?query=DASTUR')).rooms[0].id, guild.id);
    await ali.say(channel, 'ochiq');
    assert.equal((await vali.history(channel)).messages[0].text, 'ochiq');
    await refused(vali.say(channel, 'x'), 403, 'membership');
    await put(vali, guild, vali);
    const v = await vali.gateway();
    await ali.api.put(`/rooms/${guild.id}/bans/${vali.id}`, { reason: 'reklama' });
    await v.event('member_left', (e) => e.room === guild.id);
    await refused(vali.history(channel), 404, 'room');
    await refused(put(vali, guild, vali), 404, 'room');
    await refused(put(ali, guild, vali), 403, 'banned');
    assert.deepEqual((await vali.api.get('/guilds/public?query=dastur')).rooms, []);
    const { bans } = await ali.api.get(`/rooms/${guild.id}/bans`);
    assert.deepEqual([bans[0].account.id, bans[0].reason, bans[0].by.id], [vali.id, 'reklama', ali.id]);
    await ali.api.delete(`/rooms/${guild.id}/bans/${vali.id}`);
    await put(vali, guild, vali);
    await vali.say(channel, 'qaytdim');
    await v.close();
    lawful(v);
});

test('moderators keep the peace: time-outs, read-only channels, slow mode', async () => {
    const guild = await guildOf(ali);
    const [channel] = await channelsOf(ali, guild);
    await put(ali, guild, vali, 'moderator');
    await put(ali, guild, gani);
    const g = await gani.gateway();
    const { muted_until: until } = await vali.api.put(`/rooms/${guild.id}/members/${gani.id}/timeout`, { for_s: 3600 });
    assert.equal((await g.event('member_changed', (e) => e.member.id === gani.id)).muted_until, until);
    const error = await g.op('send', { room: channel.id, text: 'x', key: 'm1', reply_to: null }).catch((e) => e.frame);
    assert.deepEqual([error.error, error.detail], ['forbidden', 'timeout']);
    assert.ok(error.retry_after_s >= 1);
    assert.equal((await gani.api.get(`/rooms/${channel.id}`)).muted_until, until);
    const { muted_until: soon } = await vali.api.put(`/rooms/${guild.id}/members/${gani.id}/timeout`, { for_s: 1 });
    await sleep(Math.max(0, Date.parse(soon) - Date.now()) + 100);
    await g.op('send', { room: channel.id, text: 'x', key: 'm1', reply_to: null });
    await refused(vali.api.patch(`/rooms/${channel.id}`, { slow_s: 60 }), 403, 'role');
    await ali.api.patch(`/rooms/${channel.id}`, { slow_s: 60 });
    await g.op('send', { room: channel.id, text: 'y', key: 'm2', reply_to: null });
    const slow = await g.op('send', { room: channel.id, text: 'z', key: 'm3', reply_to: null }).catch((e) => e.frame);
    assert.deepEqual([slow.error, slow.detail], ['limited', 'slow_s']);
    assert.equal((await g.op('send', { room: channel.id, text: 'y', key: 'm2', reply_to: null })).repeat, true);
    assert.ok(slow.retry_after_s > 0 && slow.retry_after_s <= 60, `${slow.retry_after_s}`);
    await ali.api.patch(`/rooms/${channel.id}`, { slow_s: 1 });
    await sleep(1100);
    await g.op('send', { room: channel.id, text: 'z', key: 'm3', reply_to: null });
    await vali.say(channel, 'moderators need not wait');
    await vali.say(channel, 'never');
    await ali.api.patch(`/rooms/${channel.id}`, { slow_s: 0, read_only: true });
    await refused(gani.say(channel, 'x'), 403, 'read_only');
    await vali.say(channel, 'eʼlon');
    await refused(vali.api.delete(`/rooms/${guild.id}/members/${ali.id}`), 403, 'role');
    await g.close();
    lawful(g);
});

test('a guild is handed over, and its end is told to everybody', async () => {
    const guild = await guildOf(ali);
    const [channel] = await channelsOf(ali, guild);
    await put(ali, guild, vali);
    await put(ali, guild, gani);
    await ali.say(channel, 'one');
    const [v, g] = [await vali.gateway(), await gani.gateway()];
    await ali.api.put(`/rooms/${guild.id}/owner`, { account: vali.id });
    await g.event('member_changed', (e) => e.member.id === vali.id && e.role === 'owner');
    await g.event('member_changed', (e) => e.member.id === ali.id && e.role === 'admin');
    await refused(ali.api.delete(`/guilds/${guild.id}`), 403, 'role');
    await vali.api.delete(`/guilds/${guild.id}`);
    for (const socket of [v, g]) assert.equal((await socket.event('room_removed')).room, guild.id);
    await refused(gani.api.get(`/rooms/${channel.id}`), 404, 'room');
    const known = Object.fromEntries(g.known);
    g.cut();
    const again = await gani.gateway(known);
    assert.ok(!again.ready.rooms.some((r) => [guild.id, channel.id].includes(r.id)));
    await assert.rejects(again.op('typing', { room: channel.id, on: true }), (e) => e.frame.error === 'not_found');
    await Promise.all([v.close(), again.close()]);
    lawful(v, g, again);
});

/** A picture of w by w pixels in one colour. */
function png(w) {
    const chunk = (type, data) => {
        const body = Buffer.concat([Buffer.from(type), data]);
        const out = Buffer.alloc(body.length + 8);
        out.writeUInt32BE(data.length, 0);
        body.copy(out, 4);
        out.writeUInt32BE(crc32(body), body.length + 4);
        return out;
    };
    const head = Buffer.alloc(13);
    head.writeUInt32BE(w, 0), head.writeUInt32BE(w, 4), head.set([8, 2, 0, 0, 0], 8);
    const rows = Buffer.alloc(w * (1 + 3 * w), 0x80);
    for (let y = 0; y < w; y++) rows[y * (1 + 3 * w)] = 0;
    return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}
function crc32(bytes) {
    let crc = ~0;
    for (const byte of bytes) {
        crc ^= byte;
        for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc >>> 0;
}

test('a guild shows a picture, which goes with it', async () => {
    const upload = async () => (await ali.api.ok('PUT', '/files?name=icon.png', png(32), { 'content-type': 'image/png' })).id;
    const guild = await guildOf(ali);
    await put(ali, guild, vali);
    const v = await vali.gateway();
    const { icon } = await ali.api.patch(`/guilds/${guild.id}`, { icon: await upload() });
    assert.equal((await v.event('room_changed', (e) => e.room === guild.id)).icon, icon);
    const shown = () => vali.api.call('GET', `/avatars/${icon}`).then((a) => a.status);
    assert.equal(await shown(), 200);
    await refused(ali.api.patch(`/guilds/${guild.id}`, { icon: 999999 }), 404, 'file');
    const [channel] = await channelsOf(ali, guild);
    await refused(ali.api.patch(`/rooms/${channel.id}`, { icon: await upload() }), 400, 'icon');
    const second = await guildOf(ali, { icon: await upload() });
    assert.match(second.icon, /^[\w-]{22}$/);
    await ali.api.delete(`/guilds/${guild.id}`);
    assert.equal(await shown(), 404);
    await v.close();
    lawful(v);
});

test('what was said in a deleted guild is erased, with its files', async () => {
    const words = 'nobody else has these bytes';
    // Others' files come and go beside it: what counts is where these bytes are.
    const is_on_disk = () => fs.readdirSync(path.join(server.data, 'files'), { recursive: true, withFileTypes: true }).some((f) => {
        try {
            return f.isFile() && fs.readFileSync(path.join(f.parentPath ?? f.path, f.name)).includes(words);
        } catch (error) {
            if (error.code === 'ENOENT') return false;
            throw error;
        }
    });
    const guild = await guildOf(ali);
    const [channel] = await channelsOf(ali, guild);
    const file = await ali.api.ok('PUT', '/files?name=secret.txt', words, { 'content-type': 'text/plain' });
    await ali.api.post(`/rooms/${channel.id}/messages`, { text: 'oʻchiriladigan gap', files: [file.id] });
    assert.ok(is_on_disk());
    await until(async () => (await ali.api.get('/search?query=oʻchiriladigan')).messages.length === 1);
    await ali.api.delete(`/guilds/${guild.id}`);
    assert.deepEqual((await ali.api.get('/search?query=oʻchiriladigan')).messages, []);
    await ali.say(await ali.lobby(), 'the newest message is another');
    await until(() => !is_on_disk(), { what: 'the end of its bytes' });
});

test('nothing of it is lost by a kill', async () => {
    const guild = await guildOf(ali);
    const [channel] = await channelsOf(ali, guild);
    await put(ali, guild, vali, 'moderator');
    await ali.api.patch(`/rooms/${channel.id}`, { topic: 'saqlandi' });
    await ali.api.put(`/rooms/${guild.id}/bans/${gani.id}`);
    await server.restart();
    const room = await vali.api.get(`/rooms/${channel.id}`);
    assert.deepEqual([room.role, room.topic, room.guild], ['moderator', 'saqlandi', guild.id]);
    assert.equal((await vali.api.get(`/rooms/${guild.id}/bans`)).bans[0].account.id, gani.id);
});
