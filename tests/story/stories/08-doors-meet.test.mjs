// One house, many doors: what is said through one is heard, edited and deleted through every other.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { after, before, test } from 'node:test';
import { Server } from '../lib/server.mjs';
import { Api, Person, password } from '../lib/native.mjs';
import { LobbySocket, lobbyLogIn, lobbyRegister } from '../lib/lobby.mjs';

let server, native, gateway, lobby, a, b;
before(async () => {
    server = await Server.start();
    native = await Person.register(server, 'yangi');
    lobby = await native.lobby();
    gateway = await native.gateway();
    for (const name of ['eski', 'eskiroq']) await lobbyRegister(server, name, password);
    a = await LobbySocket.a(server, 'eski', await lobbyLogIn(server, 'eski', password));
    b = await LobbySocket.b(server, await lobbyLogIn(server, 'eskiroq', password));
});
after(async () => {
    await Promise.all([gateway.close(), a.close(), b.close()]);
    await server.stop();
});

const doors = {
    'the gateway': (text) => gateway.op('send', { room: lobby.id, text, key: crypto.randomUUID(), reply_to: null }),
    'native HTTP': (text) => native.say(lobby, text),
    'generation A': (text) => a.send(text),
    'generation B': (text) => b.sendJson({ type: 'message', message: text }),
};
const speakers = { 'the gateway': 'yangi', 'native HTTP': 'yangi', 'generation A': 'eski', 'generation B': 'eskiroq' };

for (const [door, say] of Object.entries(doors)) {
    test(`L-22 L-29 what is said through ${door} is heard through every door, and kept`, async () => {
        const text = `through ${door} 🚪 <i>`;
        const who = speakers[door];
        await say(text);
        const event = await gateway.event('message_posted', (e) => e.message.text === text);
        assert.equal(event.message.author.username, who);
        assert.equal(event.room, lobby.id);
        await a.line(`💬 ${who}: ${text}`);
        assert.equal((await b.frame((f) => f.message === text)).username, who);
        assert.equal((await native.history(lobby)).messages.at(-1).text, text);
    });
}

test('all doors hear the same order', async () => {
    const from = { gateway: gateway.events.length, a: a.lines.length, b: b.lines.length };
    await Promise.all(Array.from({ length: 100 }, (_, i) => {
        const names = Object.keys(doors);
        return doors[names[i % 4]](`order ${i}`);
    }));
    const heard = () => gateway.events.slice(from.gateway).filter((e) => e.t === 'message_posted').map((e) => e.message.text);
    await gateway.next(() => heard().length === 100);
    const last = heard().at(-1);
    await a.line((line) => line.endsWith(`: ${last}`));
    await b.frame((f) => f.message === last);
    assert.deepEqual(a.lines.slice(from.a).filter((l) => l.startsWith('💬')).map((l) => l.replace(/^💬 \S+: /, '')), heard());
    assert.deepEqual(b.frames.filter((f) => f.type === 'message' && /^order/.test(f.message)).map((f) => f.message), heard());
    assert.deepEqual(gateway.wrong, []);
});

test('L-37 what an old client said is edited and deleted through the new door; old clients that come later see that', async () => {
    const eski = await Person.logIn(server, 'eski');
    a.send('tahrir qilinadi');
    const { message } = await gateway.event('message_posted', (e) => e.message.text === 'tahrir qilinadi');
    b.sendJson({ type: 'message', message: "o'chiriladi" });
    const second = (await gateway.event('message_posted', (e) => e.message.text === "o'chiriladi")).message;
    await Promise.all([a.line((line) => line.endsWith(": o'chiriladi")), b.frame((f) => f.message === "o'chiriladi")]);
    const before_ = [a.lines.length, b.lines.length];
    await eski.api.patch(`/rooms/${lobby.id}/messages/${message.id}`, { text: 'tahrir qilindi' });
    await (await Person.logIn(server, 'eskiroq')).api.delete(`/rooms/${lobby.id}/messages/${second.id}`);
    await eski.api.put(`/rooms/${lobby.id}/messages/${message.id}/reactions/x`);
    await gateway.event('reaction_added', (e) => e.message_id === message.id);
    a.send('oxiri');
    await Promise.all([a.line('💬 eski: oxiri'), b.frame((f) => f.message === 'oxiri')]);
    assert.ok(!a.lines.slice(before_[0]).some((l) => l.includes('tahrir')), 'edits are silent to who is there');
    assert.ok(!b.lines.slice(before_[1]).some((l) => l.includes('tahrir') || l.includes('chirildi')));
    const lateA = await LobbySocket.a(server, 'eski', await lobbyLogIn(server, 'eski', password));
    await lateA.line('📜 eski: oxiri');
    assert.ok(lateA.lines.includes('📜 eski: tahrir qilindi'));
    assert.ok(!lateA.lines.some((l) => l.includes("o'chiriladi") || l.includes('tahrir qilinadi')));
    const lateB = await LobbySocket.b(server, await lobbyLogIn(server, 'eskiroq', password));
    await lateB.frame((f) => f.message === 'oxiri');
    assert.ok(lateB.frames.some((f) => f.message === 'tahrir qilindi'));
    assert.ok(!lateB.frames.some((f) => f.message === "o'chiriladi"));
    await Promise.all([lateA.close(), lateB.close()]);
});

test('L-24 typing in the new client shows in generation B, and the other way round', async () => {
    await gateway.op('typing', { room: lobby.id, on: true });
    await b.frame((f) => f.type === 'typing' && f.username === 'yangi' && f.is_typing === true);
    b.sendJson({ type: 'typing', typing: true });
    assert.equal((await gateway.event('typing', (e) => e.by.username === 'eskiroq')).on, true);
});

test('an account of the old door is an account of the new one, and the other way round', async () => {
    const eski = await Person.logIn(server, 'eski');
    assert.equal((await eski.lobby()).id, lobby.id);
    const token = await lobbyLogIn(server, 'yangi', password);
    const socket = await LobbySocket.b(server, token);
    socket.sendJson({ type: 'message', message: 'eski eshikdan' });
    assert.equal((await gateway.event('message_posted', (e) => e.message.text === 'eski eshikdan')).message.author.id, native.id);
    await socket.close();
});

test('rooms of the new door are not heard in the old one', async () => {
    const group = await native.group('sir', []);
    await native.say(group, 'sirli gap');
    await gateway.event('message_posted', (e) => e.message.text === 'sirli gap');
    a.send('eshitilmadi');
    await Promise.all([a.line('💬 eski: eshitilmadi'), b.frame((f) => f.message === 'eshitilmadi')]);
    assert.ok(![...a.lines, ...b.lines].some((l) => String(l).includes('sirli')));
});

test('the page and its files are served with a strict policy', async () => {
    const page = await new Api(server.url).call('GET', '/');
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type'), /^text\/html/);
    const policy = page.headers.get('content-security-policy');
    assert.match(policy, /default-src 'self'|default-src 'none'/);
    assert.doesNotMatch(policy, /script-src[^;]*'unsafe-inline'/);
    assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
    const tag = page.headers.get('etag');
    assert.ok(tag);
    const again = await fetch(`${server.url}/`, { headers: { 'if-none-match': tag } });
    assert.equal(again.status, 304);
    const script = page.text.match(/src="(\/[^"]+\.js)"/)?.[1];
    assert.ok(script, 'the page has a script of its own');
    const file = await new Api(server.url).call('GET', script);
    assert.match(file.headers.get('cache-control'), /immutable/);
    const packed = await fetch(`${server.url}${script}`, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(packed.headers.get('content-encoding'), 'gzip');
    assert.equal(await packed.text(), file.text);
});
