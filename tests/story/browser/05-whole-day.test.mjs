// A whole day, all of it by the page: an administrator from the one-time link, two people, a guild and an invitation, a large file over a bad line, what one
// says and takes back, calls and counts, search in both scripts, silence, push, a server that restarts at noon, a report, and a ban in the evening.
// SUHBAT_SHOTS=DIR leaves pictures of the pages there, light and dark, wide and narrow.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser, Host, vapidClaims } from '../lib/outside.mjs';
import { Road } from '../lib/proxy.mjs';
import { Server, until } from '../lib/server.mjs';
import { openBrowser, skip, Window } from './window.mjs';

const MB = 1024 * 1024;
const LARGE = 100 * MB;
const shots = process.env.SUHBAT_SHOTS;
let server, road, browser, boss, ali, vali, service, subscription, link;

before(async () => {
    if (skip) return;
    if (shots) fs.mkdirSync(shots, { recursive: true });
    server = await Server.start({ env: { SUHBAT_OUTBOUND_ALLOW: '127.0.0.1' } });
    road = await Road.open(server.url);
    service = await Host.start(() => 201);
    browser = await openBrowser();
});
after(async () => {
    await browser?.close();
    await road?.close();
    await server?.stop();
    await service?.stop();
});

/** One step of the day. After one that failed the others are not tried: each stands on those before it. */
let broken = '';
function step(name, run) {
    test(name, { skip }, async () => {
        if (broken) throw new Error(`not tried, because of "${broken}"`);
        try {
            await run();
        } catch (error) {
            broken = name;
            for (const [who, w] of Object.entries({ boss, ali, vali })) if (shots && w) await w.page.screenshot({ path: path.join(shots, `broken-${who}.png`) }).catch(() => {});
            throw error;
        }
    });
}

const go = (w, hash) => w.page.evaluate((h) => { location.hash = h; }, hash);
const seen = (w, selector, options) => w.page.locator(selector).first().waitFor(options);
const gone = (w, selector) => w.page.locator(selector).first().waitFor({ state: 'detached' });
const rowOf = (w, file) => w.page.locator(`.row:has(a.file:has-text("${file}"))`);
const text = (name, words) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(words) });

async function menuOf(w, row, action) {
    await row.hover();
    await row.locator('[data-actions]').click();
    await w.page.click(`[popover] button:has-text("${action}")`);
}

/** Says a text with files that have all arrived. */
async function sayWith(w, files, words) {
    await w.page.setInputFiles('input[type=file]', files);
    await w.page.locator('.tray .upload').nth(files.length - 1).waitFor();
    await w.say(words);
    await w.row(words).locator('a.file').nth(files.length - 1).waitFor({ timeout: 30000 });
}

step('morning: the one-time link makes the administrator, once', async () => {
    boss = await Window.open(browser, server.url);
    const token = server.setupToken();
    await boss.setUp(token, 'boss');
    await seen(boss, 'a[aria-label="Administration"]');
    const late = await Window.open(browser, server.url);
    await late.page.goto(`${server.url}/setup#${token}`);
    await seen(late, ':text("already has its administrator")');
    await late.context.close();
});

step('two people register; one says what to be called', async () => {
    ali = await Window.open(browser, road.url.replace(/\/$/, ''));
    vali = await Window.open(browser, server.url, { serviceWorkers: 'allow', permissions: ['notifications'] });
    subscription = new Browser(`${service.origin}/push/vali`);
    // A headless browser has no push service of its own: what it would be given comes from here, all else is the page's.
    await vali.context.addInitScript((given) => {
        if (!('PushManager' in globalThis)) return;
        const made = () => localStorage.getItem('test-push-key') && { endpoint: given.endpoint, toJSON: () => given,
            unsubscribe: async () => { localStorage.removeItem('test-push-key'); return true; } };
        PushManager.prototype.getSubscription = async () => made() || null;
        PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
            if (!userVisibleOnly) throw new Error('every push must be visible');
            localStorage.setItem('test-push-key', Array.from(new Uint8Array(applicationServerKey)).join());
            return made();
        };
    }, subscription.toJSON());
    await ali.signUp('ali');
    await seen(ali, 'main h1:has-text("Welcome")');
    await ali.page.fill('main input[name=display]', 'Ali Karimov');
    await ali.page.click('main form button.main');
    await ali.page.click('main .buttons button.main');
    await ali.page.click('main .buttons button:has-text("Begin")');
    await vali.signUp('vali');
    await vali.page.click('main .buttons button:has-text("Skip")');
});

step('one makes a guild and another channel, and sends the other a link that leads in', async () => {
    await ali.page.click('button[aria-label="Add a guild"]');
    await ali.page.fill('dialog input[name=name]', 'Mahalla');
    await ali.page.click('dialog form button.main');
    await seen(ali, 'header strong:text-is("general")');
    await ali.page.click('button:has-text("New channel")');
    await ali.page.fill('dialog input[name=name]', 'bozor');
    await ali.page.fill('dialog input[name=topic]', 'Nima qancha turadi');
    await ali.page.click('dialog button.main');
    await seen(ali, 'header strong:text-is("bozor")');
    await ali.page.click('nav button.name');
    await ali.page.click('[popover] button:has-text("Guild settings")');
    await ali.page.click('nav a:has-text("Invitation links")');
    await ali.page.click('form button:has-text("Make a link")');
    link = new URL(await ali.page.locator('main li code').first().innerText());
    await go(vali, link.hash);
    await seen(vali, 'main h1:text-is("Mahalla")');
    await seen(vali, 'main :text("Ali Karimov")');
    await vali.page.click('main button:text-is("Join")');
    await seen(vali, 'nav h1:text-is("Mahalla")');
    await vali.enter('bozor');
    await go(ali, '#/');
    await ali.page.click('nav a[aria-label^="Mahalla"]');
    await ali.enter('bozor');
    await ali.say('Xush kelibsiz!');
    await vali.sees('Xush kelibsiz!');
});

step('a direct message, found by the beginning of a name', async () => {
    await vali.page.click('a.home');
    await vali.page.fill('.search input', 'al');
    await vali.page.click('button[aria-label="Write to ali"]');
    await seen(vali, 'header strong:text-is("Ali Karimov")');
    await vali.say('Assalomu alaykum');
    await seen(ali, 'nav a[aria-label="Chats, 1 mention"]');
    await ali.page.click('a.home');
    await ali.enter('vali');
    await ali.sees('Assalomu alaykum');
    await ali.say('Va alaykum assalom');
    await vali.sees('Va alaykum assalom');
    await gone(ali, 'nav .badge');
});

step('100 MB whose line is cut at half goes on from there, and arrives whole', async () => {
    const offsets = [];
    const listen = (r) => { if (r.method() === 'PATCH' && /uploads/.test(r.url())) offsets.push(Number(r.headers()['upload-offset'])); };
    ali.page.on('request', listen);
    const cdp = await ali.context.newCDPSession(ali.page);
    await cdp.send('Network.enable');
    await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 25 * MB });
    const sum = await ali.page.evaluate(async (size) => {
        const bytes = new Uint8Array(size);
        for (let i = 0; i < size; i += 4096) bytes[i] = (i >> 12) % 251;
        const bag = new DataTransfer();
        bag.items.add(new File([bytes], 'toʻy.mp3'));
        document.querySelector('textarea').dispatchEvent(new ClipboardEvent('paste', { clipboardData: bag, bubbles: true, cancelable: true }));
        return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((b) => b.toString(16).padStart(2, '0')).join('');
    }, LARGE);
    await seen(ali, '.tray .upload');
    await ali.say('toʻydan');
    await ali.page.waitForFunction(() => document.querySelector('progress')?.value >= 0.5, null, { timeout: 40000 });
    await road.close();
    await seen(ali, '.told:has-text("waiting for the connection")');
    await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    await road.reopen();
    await ali.row('toʻydan').locator('a.file').waitFor({ timeout: 45000 });
    await vali.row('toʻydan').locator('a.file:has-text("100 MB")').waitFor();
    assert.ok(offsets.length >= 2 && offsets.at(-1) > LARGE / 4, `it began again at ${offsets}`);
    const [download] = await Promise.all([vali.page.waitForEvent('download'), vali.row('toʻydan').locator('a.file').click()]);
    const hash = crypto.createHash('sha256');
    for await (const piece of fs.createReadStream(await download.path())) hash.update(piece);
    assert.equal(hash.digest('hex'), sum);
    await download.delete();
    ali.page.off('request', listen);
    await cdp.detach();
});

step('an answer, and a text that is put right', async () => {
    await vali.act('toʻydan', 'Reply');
    await vali.say('rahmat');
    await ali.row('rahmat').locator('.quote:has-text("toʻydan")').waitFor();
    await vali.act('rahmat', 'Edit');
    await vali.page.fill('textarea', 'katta rahmat');
    await vali.page.press('textarea', 'Enter');
    await ali.row('katta rahmat').locator('.meta:has-text("edited")').waitFor();
});

step('what was said is taken back in each way: one file, the text, the last file, a text alone, all at once', async () => {
    await sayWith(ali, [text('bir.txt', 'bir'), text('ikki.txt', 'ikki')], 'ikkita fayl');
    await rowOf(vali, 'bir.txt').waitFor();
    await menuOf(ali, ali.row('ikkita fayl'), 'Delete');
    await ali.page.click('dialog button:has-text("Delete the file bir.txt")');
    await rowOf(vali, 'bir.txt').waitFor({ state: 'detached' });
    await vali.row('ikkita fayl').locator('a.file:has-text("ikki.txt")').waitFor();
    await menuOf(ali, ali.row('ikkita fayl'), 'Delete');
    await ali.page.click('dialog button:has-text("Delete the text, keep the files")');
    await vali.row('ikkita fayl').waitFor({ state: 'detached' });
    await rowOf(vali, 'ikki.txt').waitFor();
    await menuOf(ali, rowOf(ali, 'ikki.txt'), 'Delete');
    await ali.page.click('dialog button:has-text("Delete the whole message")');
    await rowOf(vali, 'ikki.txt').waitFor({ state: 'detached' });
    await vali.page.waitForFunction(() => document.querySelectorAll('.row .text > i').length === 1);
    await sayWith(ali, [text('uch.txt', 'uch')], 'fayl ketadi');
    await vali.row('fayl ketadi').locator('a.file').waitFor();
    await menuOf(ali, ali.row('fayl ketadi'), 'Delete');
    await ali.page.click('dialog button:has-text("Delete 1 file, keep the text")');
    await vali.row('fayl ketadi').locator('a.file').waitFor({ state: 'detached' });
    await vali.sees('fayl ketadi');
    await ali.act('fayl ketadi', 'Delete');
    await ali.page.click('dialog button.danger');
    await vali.row('fayl ketadi').waitFor({ state: 'detached' });
    await sayWith(ali, [text('toʻrt.txt', 'toʻrt')], 'hammasi ketadi');
    await vali.row('hammasi ketadi').locator('a.file').waitFor();
    await menuOf(ali, ali.row('hammasi ketadi'), 'Delete');
    await ali.page.click('dialog button:has-text("Delete the whole message")');
    await vali.row('hammasi ketadi').waitFor({ state: 'detached' });
    await vali.page.waitForFunction(() => document.querySelectorAll('.row .text > i').length === 3);
});

step('a reaction and its count, given and taken', async () => {
    await ali.act('katta rahmat', '🎉');
    await vali.row('katta rahmat').locator('.reactions button').click();
    await ali.row('katta rahmat').locator('.reactions .count:text-is("2")').waitFor();
    await vali.row('katta rahmat').locator('.reactions button[aria-pressed=true]').click();
    await ali.row('katta rahmat').locator('.reactions .count:text-is("1")').waitFor();
});

step('who is called in a channel sees how often, in the rail and the list, until they have read it', async () => {
    await vali.page.click('nav a[aria-label^="Mahalla"]');
    await vali.enter('general');
    await ali.page.click('nav a[aria-label^="Mahalla"]');
    await ali.enter('bozor');
    await ali.say('@vali non oldingizmi?');
    await ali.say('@vali, suv ham kerak');
    await seen(vali, 'nav a[aria-label="Mahalla, 2 mentions"]');
    await seen(vali, 'nav li:has(b:text-is("bozor")) .badge.call:has-text("@2")');
    await vali.enter('bozor');
    await vali.page.bringToFront();
    await seen(vali, '.row.called:has-text("suv ham kerak") .mention.me');
    await seen(vali, 'nav a[aria-label="Mahalla"]');
    await gone(vali, 'nav .badge');
});

step('read by all is told to the writer', async () => {
    await ali.say('hammaga: ertaga soat oʻnda');
    await vali.page.bringToFront();
    await vali.sees('ertaga soat oʻnda');
    await ali.row('ertaga soat oʻnda').locator('[aria-label="Seen by everybody"]').waitFor();
});

step('search: Latin letters find Cyrillic, Cyrillic find Latin, and a hit opens in its place', async () => {
    await ali.say('Тошкентда ёмғир ёғяпти');
    await ali.say('Oʻrik gulladi, gʻozlar qaytdi');
    for (let i = 1; i <= 60; i++) await ali.say(`narx ${i}: ${i * 100} soʻm`);
    await vali.sees('narx 60:');
    for (const [words, found] of [['toshkentda yomgʻir', 'ёмғир'], ['ўрик ғоз', 'gulladi']]) {
        await vali.page.click('header button[aria-label="Search"]');
        const field = vali.page.locator('aside input[type=search]');
        await field.fill(words);
        // What was said a moment ago is found within a second or so; one who is told "nothing" asks again.
        const hit = vali.page.locator(`aside a.hit:has-text("${found}")`);
        await until(() => hit.waitFor({ timeout: 5000 }).then(() => true, async () => {
            await field.fill('');
            await field.fill(words);
            return false;
        }), { what: `"${words}"` });
        await vali.shines(found, () => hit.click());
        await vali.page.click('aside button[aria-label="Close"]');
        await gone(vali, 'aside');
    }
});

step('a room that is silenced shows no count and calls for nothing; another one does', async () => {
    await vali.page.click('header button[aria-label="Details"]');
    await vali.page.click('aside button:has-text("Notifications")');
    await vali.page.click('[popover] button:has-text("Silence for 1 hour")');
    await seen(vali, 'nav li:has(b:text-is("bozor")) [aria-label="Muted"]');
    await vali.page.click('aside button[aria-label="Close"]');
    await vali.page.click('a.home');
    await seen(vali, 'nav h1:text-is("Chats")');
    await vali.enter('Lobby');
    await ali.say('bu jim xonada');
    await ali.enter('general');
    await ali.say('bu eshitiladi');
    await vali.page.waitForFunction(() => document.title.startsWith('(1) '));
    await vali.page.click('nav a[aria-label="Mahalla, unread messages"]');
    await vali.enter('general');
    await vali.sees('bu eshitiladi');
    await vali.page.bringToFront();
    await vali.page.waitForFunction(() => !document.title.startsWith('('));
    assert.equal(await vali.page.locator('nav li:has(b:text-is("bozor")) .badge').count(), 0);
});

step('push is switched on in the settings', async () => {
    await vali.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await go(vali, '#/settings/notifications');
    await vali.page.locator('input[name=push]:enabled').check();
    await until(() => vali.page.evaluate(() => localStorage.getItem('test-push-key') !== null), { what: 'the subscription' });
    await seen(vali, 'input[name=push]:enabled:checked');
    await seen(vali, 'main li:has-text("bozor")');
    await go(vali, '#/');
});

step('noon: the server restarts; what is said meanwhile waits and arrives once, and the page goes on by itself', async () => {
    await vali.page.click('nav a[aria-label^="Mahalla"]');
    await vali.enter('general');
    await server.term();
    for (const w of [ali, vali]) await seen(w, '.banner');
    await ali.say('server yoʻq paytda, biri');
    await vali.say('server yoʻq paytda, ikkinchisi');
    await seen(ali, '.pale:has-text("biri")');
    await seen(vali, '.pale:has-text("ikkinchisi")');
    await server.start();
    for (const w of [boss, ali, vali]) await w.page.locator('.banner').waitFor({ state: 'detached', timeout: 40000 });
    await ali.sees('ikkinchisi');
    await vali.sees('paytda, biri');
    for (const w of [ali, vali]) await gone(w, '.pale');
    await vali.say('yana birgamiz');
    await ali.sees('yana birgamiz');
    for (const w of [ali, vali]) {
        const texts = (await w.texts()).filter((t) => /yoʻq paytda|birgamiz/.test(t));
        assert.deepEqual(texts.map((t) => t.replace(/^.* /, '')).sort(), ['birgamiz', 'biri', 'ikkinchisi']);
    }
});

step('afternoon: who has closed the page is called by push, and the browser shows who says what', async () => {
    const key = await vali.page.evaluate(() => localStorage.getItem('test-push-key').split(',').map(Number));
    await vali.page.goto('about:blank');
    await ali.page.click('a.home');
    await ali.enter('vali');
    await seen(ali, 'main header :text("last seen"), main header :text("not online")');
    await ali.say('Choyga keling');
    const push = await service.request((r) => JSON.parse(subscription.decrypt(r.body)).text === 'Choyga keling');
    assert.equal(push.path, '/push/vali');
    assert.equal(vapidClaims(push.headers.authorization, Buffer.from(key).toString('base64url')).aud, service.origin);
    const told = subscription.decrypt(push.body);
    const [worker] = vali.context.serviceWorkers();
    const cdp = await vali.context.newCDPSession(vali.page);
    const registered = new Promise((done) => cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        const mine = registrations.find((r) => r.scopeURL.startsWith(server.url) && !r.isDeleted);
        if (mine) done(mine.registrationId);
    }));
    await cdp.send('ServiceWorker.enable');
    await cdp.send('ServiceWorker.deliverPushMessage', { origin: server.url, registrationId: await registered, data: told });
    const notice = await until(() => worker.evaluate(async () => {
        const [n] = await self.registration.getNotifications();
        return n && { title: n.title, body: n.body, hash: n.data.hash };
    }), { what: 'the notification' });
    assert.equal(notice.title, 'Ali Karimov');
    assert.equal(notice.body, 'Choyga keling');
    await vali.page.goto(`${server.url}/${notice.hash}`);
    await vali.sees('Choyga keling');
    await seen(vali, 'header strong:text-is("Ali Karimov")');
    await vali.page.bringToFront();
    await ali.row('Choyga keling').locator('[aria-label="Seen"]').waitFor();
});

step('push is switched off again, and the server forgets the browser', async () => {
    await go(vali, '#/settings/notifications');
    await vali.page.locator('input[name=push]:enabled:checked').uncheck();
    await seen(vali, 'input[name=push]:enabled:not(:checked)');
    const left = await vali.page.evaluate(async () => (await fetch('/api/v1/push/subscriptions')).json());
    assert.deepEqual(left.subscriptions, []);
    await go(vali, '#/');
});

step('a bad word is reported; the administrator sees it, takes it away, and is done with it', async () => {
    await vali.enter('Lobby');
    await vali.say('yomon soʻz');
    await ali.page.click('a.home');
    await ali.enter('Lobby');
    await ali.sees('yomon soʻz');
    await ali.act('yomon soʻz', 'Report');
    await ali.page.fill('dialog textarea[name=reason]', 'haqorat');
    await ali.page.click('dialog button:has-text("Send the report")');
    await gone(ali, 'dialog[open]');
    await boss.page.click('a[aria-label="Administration"]');
    await boss.page.click('nav a:has-text("Reports")');
    await boss.shines('yomon soʻz', () => boss.page.click('main li:has-text("haqorat"):has-text("yomon soʻz") a:text-is("Open")'));
    await boss.act('yomon soʻz', 'Delete');
    await boss.page.click('dialog button.danger');
    for (const w of [ali, vali]) await seen(w, '.row:has-text("Message deleted")');
    await go(boss, '#/admin/reports');
    await boss.page.click('main li:has-text("haqorat") button:text-is("Done with it")');
    await seen(boss, 'main :text("There is nothing to look at")');
    await boss.page.click('main button:text-is("Closed")');
    await seen(boss, 'main li:has-text("haqorat")');
    await boss.page.click('nav a:has-text("Log")');
    await seen(boss, 'main :text("vali")');
});

step('evening: a ban shuts out at once, the link no longer helps; when it is lifted, it does', async () => {
    await vali.page.click('nav a[aria-label^="Mahalla"]');
    await vali.enter('general');
    await ali.page.click('nav a[aria-label^="Mahalla"]');
    await ali.enter('general');
    await ali.page.click('header button[aria-label="Details"]');
    await ali.page.click('aside li button.person:has-text("vali")');
    await ali.page.click('dialog button:text-is("Ban")');
    await ali.page.fill('dialog input[name=reason]', 'shovqin');
    await ali.page.click('dialog form button.danger');
    await gone(vali, 'nav a[aria-label^="Mahalla"]');
    await go(vali, link.hash);
    await vali.page.click('main button:text-is("Join")');
    await seen(vali, 'main [role=alert]:has-text("You are banned")');
    await vali.page.click('main button:text-is("Not now")');
    await ali.page.click('aside button[aria-label="Close"]');
    await ali.page.click('nav button.name');
    await ali.page.click('[popover] button:has-text("Guild settings")');
    await ali.page.click('nav a:has-text("Bans")');
    await ali.page.click('main li:has-text("shovqin") button');
    await seen(ali, 'main :text("Nobody is banned")');
    await go(vali, link.hash);
    await vali.page.click('main button:text-is("Join")');
    await seen(vali, 'nav h1:text-is("Mahalla")');
    await vali.enter('general');
    await vali.sees('yana birgamiz');
    await vali.say('xayrli kech');
    await go(ali, '#/');
    await ali.page.click('nav a[aria-label^="Mahalla"]');
    await ali.enter('general');
    await ali.sees('xayrli kech');
});

step('no page broke its content policy or threw', () => {
    assert.deepEqual([...boss.wrong, ...ali.wrong, ...vali.wrong], []);
});

test('pictures of the pages', { skip: skip || (shots ? false : 'SUHBAT_SHOTS is not set') }, async () => {
    if (broken) return;
    const id = async (w, name) => w.page.evaluate(async (n) => (await (await fetch('/api/v1/rooms')).json()).rooms.find((r) => r.name === n || r.peer?.username === n).id, name);
    const [guild, bozor, direct, lobby] = [await id(ali, 'Mahalla'), await id(ali, 'bozor'), await id(ali, 'vali'), await id(boss, null).catch(() => 1)];
    const places = [
        [ali, 'home', '#/'], [ali, 'guild', `#g${guild}`], [ali, 'channel', `#r${bozor}`], [ali, 'channel-details', `#r${bozor}/details`],
        [ali, 'search', `#r${bozor}?search`], [ali, 'direct', `#r${direct}`], [ali, 'direct-details', `#r${direct}/details`], [ali, 'welcome', '#/welcome'],
        [vali, 'invite', link.hash], [boss, 'lobby', `#r${lobby}`],
        ...['about', 'members', 'channels', 'invites', 'bans', 'webhooks'].map((p) => [ali, `guild-${p}`, `#g${guild}/settings/${p}`]),
        ...['profile', 'account', 'sessions', 'privacy', 'notifications', 'look', 'bots'].map((p) => [vali, `settings-${p}`, `#/settings/${p}`]),
        ...['users', 'rooms', 'reports', 'figures', 'audit', 'settings', 'webhooks'].map((p) => [boss, `admin-${p}`, `#/admin/${p}`]),
    ];
    for (const [colorScheme, width, height] of [['light', 1280, 800], ['dark', 1280, 800], ['light', 390, 844], ['dark', 390, 844]]) {
        for (const w of [boss, ali, vali]) {
            await w.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
            await w.page.setViewportSize({ width, height });
        }
        for (const [w, name, hash] of places) {
            await go(w, hash);
            await w.rests();
            await w.page.screenshot({ path: path.join(shots, `${name}-${colorScheme}-${width}.png`) });
        }
    }
});
