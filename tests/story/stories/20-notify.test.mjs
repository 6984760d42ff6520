// What leaves the house: pushes to browsers and what happens in a room to webhooks, on hosts of our own; and what comes in through webhooks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, sleep } from '../lib/server.mjs';
import { Api, Person, password } from '../lib/native.mjs';
import { Browser, Host, isSigned, vapidClaims } from '../lib/outside.mjs';

const env = { SUHBAT_OUTBOUND_ALLOW: '127.0.0.1', SUHBAT_PUSH_CONTACT: 'mailto:root@example.org' };
let server, ali, vali, gani, key;
const hosts = [];
const host = async (answer) => {
    hosts.push(await Host.start(answer));
    return hosts.at(-1);
};
const status = async (promise, wanted, detail) => {
    const answer = await promise;
    assert.equal(answer.status, wanted, answer.text);
    if (detail) assert.equal(answer.body.detail, detail, answer.text);
    return answer.body;
};
const subscribe = async (person, endpoint) => {
    const browser = new Browser(endpoint);
    browser.id = (await status(person.api.call('POST', '/push/subscriptions', browser.toJSON()), 201)).id;
    return browser;
};
let settledAt = 0;
/** The server looks once a second whether anybody wants to be told. */
const noticed = async () => {
    if (!settledAt) await sleep(1200);
    settledAt = Date.now();
};

before(async () => {
    server = await Server.start({ env });
    [ali, vali, gani] = await Promise.all(['ali', 'vali', 'gani'].map((name) => Person.register(server, name)));
    key = (await vali.api.get('/push/key')).key;
});
after(async () => {
    await server.stop();
    for (const h of hosts) await h.stop();
});

// Gani sits at an open page and reads nothing: what becomes of that is told by the last test.
const unread = {};
test('somebody is online and looks away', async () => {
    unread.service = await host(() => 201);
    unread.browser = await subscribe(gani, `${unread.service.origin}/gani`);
    await noticed();
    unread.gateway = await gani.gateway();
    await ali.say(await ali.direct(gani), 'look here');
    unread.from = Date.now();
});

test('a push reaches the browser of who is away, and only that browser can read it', async () => {
    const service = await host(() => 201);
    const browser = await subscribe(vali, `${service.origin}/push/vali`);
    await noticed();
    const room = await ali.direct(vali);
    const text = `Salom! ${'ў'.repeat(150)}`;
    const message = await ali.say(room, text);
    const push = await service.request();
    assert.equal(push.method, 'POST');
    assert.equal(push.path, '/push/vali');
    assert.equal(push.headers['content-encoding'], 'aes128gcm');
    assert.equal(push.headers.topic, `room-${room.id}`);
    assert.ok(Number(push.headers.ttl) > 86000 && Number(push.headers.ttl) <= 86400);
    const claims = vapidClaims(push.headers.authorization, key);
    assert.equal(claims.aud, service.origin);
    assert.equal(claims.sub, 'mailto:root@example.org');
    assert.ok(claims.exp > Date.now() / 1000 && claims.exp < Date.now() / 1000 + 86400);
    assert.ok(!push.body.includes('Salom'));
    const told = JSON.parse(browser.decrypt(push.body));
    assert.deepEqual({ ...told, by: told.by.username, at: null }, { t: 'message_posted', room: room.id, seq: message.seq, message: message.id, kind: 'direct',
        room_name: null, by: 'ali', text: `Salom! ${'ў'.repeat(113)}…`, n_files: 0, unread: 1, at: null });
    await vali.api.delete(`/push/subscriptions/${browser.id}`);
});

test('nobody is pushed their own words, what they have read, or what they do not want to hear', async () => {
    const service = await host(() => 201);
    const own = await subscribe(ali, `${service.origin}/ali`), browser = await subscribe(vali, `${service.origin}/vali`);
    await noticed();
    const [loud, quiet, muted] = await Promise.all(['loud', 'quiet', 'muted'].map((name) => ali.group(name, [vali])));
    assert.deepEqual(await vali.api.put(`/rooms/${quiet.id}/notify`, { level: 'none', until: null }), { level: 'none', until: null });
    const until = new Date(Date.now() + 3600000).toISOString();
    await vali.api.put(`/rooms/${muted.id}/notify`, { level: 'mentions', until });
    await ali.say(quiet, 'psst');
    await ali.say(muted, 'psst');
    await ali.say(loud, 'hear, hear');
    const push = await service.request();
    assert.equal(JSON.parse(browser.decrypt(push.body)).room, loud.id);
    await sleep(1500);
    assert.deepEqual(service.requests.map((r) => r.path), ['/vali']);
    const listed = (await vali.api.get('/me/notify')).rooms;
    assert.deepEqual(listed.map((r) => [r.room, r.notify.level, r.notify.until !== null]).sort(), [[quiet.id, 'none', false], [muted.id, 'mentions', true]].sort());
    assert.equal((await vali.api.get(`/rooms/${quiet.id}`)).notify.level, 'none');
    await vali.api.put(`/rooms/${quiet.id}/notify`, { level: null, until: null });
    assert.deepEqual((await vali.api.get(`/rooms/${quiet.id}`)).notify, { level: null, until: null });
    await ali.say(muted, 'come, @vali');
    assert.equal(JSON.parse(browser.decrypt((await service.request(() => true, { n: 2 })).body)).room, muted.id, 'a mention is told');
    await ali.say(quiet, 'again');
    assert.equal(JSON.parse(browser.decrypt((await service.request(() => true, { n: 3 })).body)).room, quiet.id);
    for (const b of [own, browser]) await (b === own ? ali : vali).api.delete(`/push/subscriptions/${b.id}`);
});

test('who has a device online is left in peace while it reads', async () => {
    const service = await host(() => 201);
    const browser = await subscribe(vali, `${service.origin}/vali`);
    const room = await ali.group('read at once', [vali]);
    await noticed();
    const gateway = await vali.gateway();
    const message = await ali.say(room, 'are you there?');
    await gateway.event('message_posted', (e) => e.message.id === message.id);
    await gateway.op('read', { room: room.id, read: message.seq });
    await sleep(2500);
    await gateway.op('status', { status: 'dnd' });
    await ali.say(room, 'not now');
    await sleep(1500);
    assert.equal(service.requests.length, 0);
    await gateway.op('status', { status: 'idle' });
    await ali.say(room, 'while you are away');
    assert.equal(JSON.parse(browser.decrypt((await service.request()).body)).text, 'while you are away');
    await gateway.close();
    await ali.say(room, 'and now?');
    assert.equal(JSON.parse(browser.decrypt((await service.request(() => true, { n: 2 })).body)).text, 'and now?');
    await vali.api.delete(`/push/subscriptions/${browser.id}`);
});

test('a subscription that is over is dropped; a service in trouble is asked again', async () => {
    const gone = await host(() => 410), busy = await host((request, n) => (n === 1 ? { status: 429, headers: { 'retry-after': '3' } } : 201));
    await subscribe(vali, `${gone.origin}/gone`);
    const browser = await subscribe(vali, `${busy.origin}/busy`);
    await noticed();
    const room = await ali.direct(vali);
    await ali.say(room, 'first');
    await gone.request();
    const first = await busy.request(), again = await busy.request(() => true, { n: 2 });
    assert.ok(again.at - first.at >= 3000, 'it was asked to wait');
    assert.equal(JSON.parse(browser.decrypt(again.body)).text, 'first');
    const left = (await vali.api.get('/push/subscriptions')).subscriptions;
    assert.deepEqual(left.map((s) => s.id), [browser.id]);
    assert.equal(left[0].host, new URL(busy.origin).host);
    assert.equal(left[0].current, true);
    await ali.say(room, 'second');
    await busy.request(() => true, { n: 3 });
    assert.equal(gone.requests.length, 1);
    await vali.api.delete(`/push/subscriptions/${browser.id}`);
});

test('a subscription ends with its session', async () => {
    const service = await host(() => 201);
    const device = await Person.logIn(server, 'vali');
    await subscribe(device, `${service.origin}/device`);
    assert.equal((await vali.api.get('/push/subscriptions')).subscriptions.length, 1);
    await device.api.delete('/sessions/current');
    assert.equal((await vali.api.get('/push/subscriptions')).subscriptions.length, 0);
});

test('bad subscriptions are refused', async () => {
    const good = new Browser('https://push.example/x').toJSON();
    const bad = (change, detail) => status(vali.api.call('POST', '/push/subscriptions', { ...good, ...change }), 400, detail);
    await bad({ endpoint: 'ftp://push.example/x' }, 'endpoint');
    await bad({ endpoint: 'https://user:word@push.example/x' }, 'endpoint');
    await bad({ endpoint: 'https:///x' }, 'endpoint');
    await bad({ endpoint: `https://push.example/${'x'.repeat(2048)}` }, 'endpoint');
    await bad({ keys: { ...good.keys, auth: 'short' } }, 'keys');
    await bad({ keys: { ...good.keys, p256dh: good.keys.p256dh.replace(/.{6}$/, 'AAAAAA') } }, 'keys');
    await bad({ more: 1 }, 'more');
    await status(vali.api.call('PUT', `/rooms/${(await ali.group('not his')).id}/notify`, { level: 'all', until: null }), 404, 'room');
    await status(vali.api.call('PUT', `/rooms/${(await vali.lobby()).id}/notify`, { level: 'loud', until: null }), 400, 'level');
    await status(vali.api.call('PUT', `/rooms/${(await vali.lobby()).id}/notify`, { level: 'none', until: '2020-01-01T00:00:00Z' }), 400, 'until');
});

test('an outgoing webhook is told in order, signed, until it has heard', async () => {
    let trouble = true;
    const receiver = await host((request) => (trouble ? (trouble = false, 500) : 204));
    const room = await ali.group('told', [vali]);
    const hook = await status(ali.api.call('POST', `/rooms/${room.id}/outgoing`, { url: `${receiver.origin}/in`, events: ['message_posted', 'message_edited', 'member_left'] }), 201);
    assert.equal(hook.secret.length, 64);
    assert.deepEqual(hook.events, ['message_posted', 'message_edited', 'member_left']);
    await sleep(1200);
    const message = await ali.say(room, 'hear this');
    const first = await receiver.request();
    assert.ok(isSigned(first, hook.secret));
    assert.ok(!isSigned(first, hook.secret.replace(/^./, (c) => (c === 'a' ? 'b' : 'a'))));
    const second = await receiver.request(() => true, { n: 2 });
    assert.equal(second.headers['x-suhbat-delivery'], first.headers['x-suhbat-delivery']);
    assert.deepEqual(JSON.parse(second.body), (await ali.changes(room)).find((e) => e.seq === message.seq));
    await ali.api.patch(`/rooms/${room.id}/messages/${message.id}`, { text: 'hear that' });
    await ali.api.put(`/rooms/${room.id}/messages/${message.id}/reactions/x`);
    await vali.api.delete(`/rooms/${room.id}/members/${vali.id}`);
    const rest = [await receiver.request(() => true, { n: 3 }), await receiver.request(() => true, { n: 4 })].map((r) => JSON.parse(r.body));
    assert.deepEqual(rest.map((e) => e.t).sort(), ['member_left', 'message_edited']);
    let listed;
    for (let i = 0; i < 600; i++) {
        [listed] = (await ali.api.get(`/rooms/${room.id}/outgoing`)).hooks;
        if (listed.last_status === 204 && !listed.n_waiting) break;
        await sleep(50);
    }
    assert.equal(listed.last_status, 204);
    assert.equal(listed.n_waiting, 0);
    assert.equal(listed.failing_since, null);
    assert.ok(!('secret' in listed));
    await status(ali.api.call('POST', `/rooms/${room.id}/outgoing/${hook.id}/test`), 202);
    assert.equal(JSON.parse((await receiver.request(() => true, { n: 5 })).body).t, 'test');
    await status(ali.api.call('DELETE', `/rooms/${room.id}/outgoing/${hook.id}`), 204);
    await ali.say(room, 'to nobody');
    await sleep(1500);
    assert.equal(receiver.requests.length, 5);
});

test('a killed server tells what it had not told', async () => {
    let open;
    const held = new Promise((done) => { open = done; });
    const receiver = await host(async (request, n) => (n === 1 ? (await held, 200) : 200));
    const room = await ali.group('killed', [vali]);
    const hook = await ali.api.post(`/rooms/${room.id}/outgoing`, { url: receiver.origin, events: ['message_posted'] });
    await sleep(1200);
    const texts = [];
    for (let i = 0; i < 20; i++) texts.push((await ali.say(room, `before ${i}`)).text);
    await receiver.request();
    await server.restart();
    open();
    for (let i = 0; i < 5; i++) texts.push((await ali.say(room, `after ${i}`)).text);
    const heard = () => new Set(receiver.requests.map((r) => JSON.parse(r.body).message.text));
    for (let i = 0; i < 600 && heard().size < texts.length; i++) await sleep(50);
    assert.deepEqual([...heard()].sort(), texts.sort());
    const twice = receiver.requests.length - texts.length;
    assert.ok(twice <= 8, `${twice} were told twice: no more than were under way`);
    await ali.api.delete(`/rooms/${room.id}/outgoing/${hook.id}`);
});

test('private addresses are refused unless they are allowed', async () => {
    const strict = await Server.start();
    try {
        const person = await Person.register(strict, 'someone');
        const secretive = await host(() => 200), room = await person.group('curious');
        for (const url of [secretive.origin, secretive.origin.replace('127.0.0.1', 'localhost'), secretive.origin.replace('http', 'https')]) {
            const hook = await person.api.post(`/rooms/${room.id}/outgoing`, { url, events: ['message_posted'] });
            await person.api.post(`/rooms/${room.id}/outgoing/${hook.id}/test`);
        }
        for (let i = 0; i < 600; i++) {
            const hooks = (await person.api.get(`/rooms/${room.id}/outgoing`)).hooks;
            if (hooks.every((h) => h.failing_since && !h.n_waiting)) break;
            assert.ok(i < 599, JSON.stringify(hooks));
            await sleep(50);
        }
        assert.equal(secretive.requests.length, 0);
    } finally {
        await strict.stop();
    }
});

test('an incoming webhook posts under its own name', async () => {
    const room = await ali.group('builds', [vali]);
    const hook = await status(ali.api.call('POST', `/rooms/${room.id}/hooks`, { name: 'Builder' }), 201);
    assert.match(hook.path, new RegExp(`^/api/v1/hooks/${hook.id}/${room.id}\\.[0-9a-f]{48}$`));
    const gateway = await vali.gateway();
    const outside = new Api(server.url);
    const answer = await outside.call('POST', hook.path, { text: 'done &lt;3 <https://ci.example/1|build 1> <!here>', unfurl_links: false });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.text, 'ok');
    const { message } = await gateway.event('message_posted', (e) => e.room === room.id);
    assert.equal(message.text, 'done <3 build 1 (https://ci.example/1) @here');
    assert.deepEqual(message.webhook, { name: 'Builder', avatar: null });
    assert.equal(message.author.id, ali.id);
    await outside.call('POST', hook.path, { username: 'Tester', text: 'a', attachments: [{ title: 'b', text: 'c' }, { fallback: 'd' }] });
    await outside.call('POST', hook.path, `payload=${encodeURIComponent(JSON.stringify({ text: 'form' }))}`, { 'content-type': 'application/x-www-form-urlencoded' });
    const said = (await vali.history(room)).messages;
    assert.deepEqual(said.map((m) => [m.text, m.webhook.name]), [[message.text, 'Builder'], ['a\nb\nc\nd', 'Tester'], ['form', 'Builder']]);
    await status(outside.call('POST', hook.path, { text: '' }), 400, 'text');
    await status(outside.call('POST', hook.path, 'not json'), 400, 'body');
    await status(outside.call('POST', hook.path, { text: 'x'.repeat(4001) }), 413, 'text');
    await status(outside.call('POST', hook.path.replace(/.$/, (c) => (c === '0' ? '1' : '0')), { text: 'x' }), 404, 'hook');
    await status(outside.call('POST', hook.path.replace(/\/\d+\./, '/1.'), { text: 'x' }), 404, 'hook');
    const listed = (await ali.api.get(`/rooms/${room.id}/hooks`)).hooks;
    assert.equal(listed.length, 1);
    assert.ok(listed[0].used_at && !('path' in listed[0]));
    await status(vali.api.call('GET', `/rooms/${room.id}/hooks`), 403, 'role');
    await status(ali.api.call('DELETE', `/rooms/${room.id}/hooks/${hook.id}`), 204);
    await status(outside.call('POST', hook.path, { text: 'too late' }), 404, 'hook');
    await gateway.close();
    assert.ok(!server.log.includes(hook.path.split('.').at(-1)));
});

test('a webhook is limited', async () => {
    const strict = await Server.start({ env: { SUHBAT_RATE_LIMITS: 'on' } });
    try {
        const person = await Person.register(strict, 'someone');
        const hook = await person.api.post(`/rooms/${(await person.group('busy')).id}/hooks`, { name: 'Busy' });
        const outside = new Api(strict.url), answers = [];
        const guess = hook.path.replace(/\.[^.]*$/, '.guessed');
        for (let i = 0; i < 60; i++) assert.ok([404, 429].includes((await outside.call('POST', guess, { text: `${i}` })).status)); // silences nobody
        for (let i = 0; i < 35; i++) answers.push((await outside.call('POST', hook.path, { text: `${i}` })).status);
        assert.ok(answers.slice(0, 30).every((s) => s === 200));
        assert.ok(answers.includes(429));
    } finally {
        await strict.stop();
    }
});

test('who is online and reads nothing is pushed after a while', async () => {
    const push = await unread.service.request(() => true);
    assert.equal(JSON.parse(unread.browser.decrypt(push.body)).text, 'look here');
    assert.ok(push.at - unread.from > 13000, `${push.at - unread.from} ms`);
    await unread.gateway.close();
});

test('operators see what was sent, what failed and what waits', async () => {
    const service = await host(() => 201);
    const browsers = [await subscribe(vali, `${service.origin}/vali`), await subscribe(vali, 'http://127.0.0.1:9/nobody-listens')];
    await noticed();
    await ali.say(await ali.direct(vali), 'one goes, one waits');
    await service.request();
    let now;
    const figure = (name) => Number(now.match(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (.*)$`, 'm'))?.[1] ?? NaN);
    const figures = async () => { now = (await new Api(server.url).call('GET', '/metrics')).text; };
    const from = Date.now();
    do {
        await sleep(500);
        await figures();
    } while (!(figure('suhbat_outbox_waiting{kind="push"}') > 0 && figure('suhbat_search_behind') === 0) && Date.now() - from < 20000);
    assert.ok(figure('suhbat_outbox_waiting{kind="push"}') >= 1, now.slice(now.indexOf("suhbat_outbox")));
    assert.equal(figure('suhbat_outbox_waiting{kind="mail"}'), 0);
    assert.ok(figure('suhbat_outbox_oldest_seconds') < 60);
    assert.ok(figure('suhbat_outbox_sent_total{kind="push"}') >= 1, now.slice(now.indexOf("suhbat_outbox")));
    assert.ok(figure('suhbat_outbox_sent_total{kind="hook"}') >= 1, now.slice(now.indexOf("suhbat_outbox")));
    assert.ok(figure('suhbat_outbox_failed_total{kind="push"}') >= 1, now.slice(now.indexOf("suhbat_outbox")));
    assert.equal(figure('suhbat_outbox_failed_total{kind="mail"}'), 0);
    assert.equal(figure('suhbat_search_behind'), 0);
    assert.ok(figure('suhbat_search_filed_total') >= 1);
    assert.ok(Math.abs(figure('suhbat_queues_counted_timestamp_seconds') - Date.now() / 1000) < 15);
    for (const browser of browsers) await vali.api.delete(`/push/subscriptions/${browser.id}`);
});
