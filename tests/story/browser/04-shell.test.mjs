// The shell of the page: guilds and their channels, invitations, people and order among them, settings, administration, search with a jump, keys, an account's
// first steps, the page without a network; and axe, which must find nothing wrong on any page, light and dark, wide and narrow.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Api, Person } from '../lib/native.mjs';
import { root, Server, until } from '../lib/server.mjs';
import { openBrowser, password, skip, Window } from './window.mjs';

const axe = skip ? '' : fs.readFileSync(createRequire(path.join(root, 'web/package.json')).resolve('axe-core/axe.min.js'), 'utf8');
let server, browser, boss, vali, gulnora, bossApi;

before(async () => {
    if (skip) return;
    server = await Server.start();
    await new Api(`${server.url}/api/v1`).post('/setup', { token: server.setupToken(), username: 'boss', password });
    bossApi = (await Person.logIn(server, 'boss')).api;
    gulnora = await Person.register(server, 'gulnora', password);
    await Person.register(server, 'vali', password);
    browser = await openBrowser();
    boss = await Window.open(browser, server.url);
    vali = await Window.open(browser, server.url);
    await boss.signIn('boss');
    await vali.signIn('vali');
});
after(async () => {
    await browser?.close();
    await server?.stop();
});

const go = async (w, hash) => {
    await w.page.evaluate((h) => { location.hash = h; }, hash);
};

let guild;

test('a guild is made; its first channel is open; another channel gets a topic', { skip }, async () => {
    const { page } = boss;
    await page.click('button[aria-label="Add a guild"]');
    await page.fill('dialog input[name=name]', 'Dasturchilar');
    await page.click('dialog form button.main');
    await page.waitForSelector('nav h1:text-is("Dasturchilar")');
    await page.waitForSelector('header strong:text-is("general")');
    guild = (await bossApi.get('/rooms')).rooms.find((r) => r.kind === 'guild');
    await page.click('button:has-text("New channel")');
    await page.fill('dialog input[name=name]', 'savollar');
    await page.fill('dialog input[name=topic]', 'Soʻrang, tortinmang');
    await page.click('dialog button.main');
    await page.waitForSelector('header strong:text-is("savollar")');
    await page.waitForSelector('header :text("tortinmang")');
});

test('an invitation link leads a stranger in, and they see the channels at once', { skip }, async () => {
    await go(boss, `#g${guild.id}/settings/invites`);
    await boss.page.click('form button:has-text("Make a link")');
    const link = await boss.page.locator('main li code').first().innerText();
    assert.match(link, /\/#\/invite\/[\w-]+$/);
    await go(vali, new URL(link).hash);
    await vali.page.waitForSelector('main h1:text-is("Dasturchilar")');
    await vali.page.click('main button:text-is("Join")');
    await vali.page.waitForSelector('nav h1:text-is("Dasturchilar")');
    await vali.page.waitForSelector('nav li a:has(b:text-is("savollar"))');
    await vali.page.waitForSelector('textarea');
    await boss.page.click('nav a:has-text("Members")');
    await boss.page.waitForSelector('main li:has-text("vali")');
});

test('channels made, renamed, moved and deleted are seen by a member without a reload', { skip }, async () => {
    await go(boss, `#g${guild.id}/settings/channels`);
    await boss.page.click('main button:has-text("New channel")');
    await boss.page.fill('dialog input[name=name]', 'eʼlonlar');
    await boss.page.check('dialog input[name=read_only]');
    await boss.page.click('dialog button.main');
    await vali.page.waitForSelector('nav li a:has(b:text-is("eʼlonlar"))');
    await go(boss, `#g${guild.id}/settings/channels`);
    await boss.page.click('button[aria-label="Move eʼlonlar up"]');
    await vali.page.waitForFunction(() => [...document.querySelectorAll('nav.left li b')].map((b) => b.textContent).join() === 'general,eʼlonlar,savollar');
    await vali.page.click('nav li a:has(b:text-is("eʼlonlar"))');
    await vali.page.waitForSelector('.closed:has-text("Only moderators")');
    await boss.page.click('button[aria-label="Settings of savollar"]');
    await boss.page.fill('dialog input[name=name]', 'yordam');
    await boss.page.click('dialog button.main');
    await vali.page.waitForSelector('nav li a:has(b:text-is("yordam"))');
    await boss.page.click('button[aria-label="Settings of eʼlonlar"]');
    await boss.page.click('dialog button.danger');
    await boss.page.click('dialog:has-text("for everybody") button.danger');
    await vali.page.waitForFunction(() => !document.querySelector('nav.left').textContent.includes('eʼlonlar'));
});

test('words in a channel are counted in the rail and the list, and going there reads them', { skip }, async () => {
    const channel = (await bossApi.get('/rooms')).rooms.find((r) => r.name === 'yordam');
    await go(vali, '#/');
    await bossApi.post(`/rooms/${channel.id}/messages`, { text: 'salom @vali, qarab yuboring', key: null, reply_to: null });
    await vali.page.waitForSelector('nav a[aria-label="Dasturchilar, 1 mention"]');
    await vali.page.click('nav a[aria-label^="Dasturchilar"]');
    await vali.page.click('nav li a:has(b:text-is("yordam"))');
    await vali.sees('qarab yuboring');
    await vali.page.waitForSelector('nav a[aria-label="Dasturchilar"]');
});

test('a role is given, a time-out silences, a ban removes and keeps out, lifting it lets in again', { skip }, async () => {
    const card = async () => {
        await go(boss, `#g${guild.id}/settings/members`);
        await boss.page.click('main li button:has-text("vali")');
        await boss.page.waitForSelector('dialog section[aria-label="Keeping order"]');
    };
    await card();
    await boss.page.selectOption('dialog select >> nth=0', 'moderator');
    await boss.page.click('dialog button[aria-label="Close"]');
    await boss.page.waitForSelector('main li:has-text("vali") .tag:text-is("moderator")');
    await card();
    await boss.page.selectOption('dialog select >> nth=0', 'member');
    await boss.page.click('dialog button:has-text("Silence")');
    await vali.page.waitForSelector('.closed:has-text("cannot write here until")');
    await boss.page.click('dialog button:has-text("End it")');
    await vali.page.waitForSelector('textarea');
    await boss.page.click('dialog button:has-text("Ban")');
    await boss.page.fill('dialog input[name=reason]', 'shovqin');
    await boss.page.click('dialog form button.danger');
    await vali.page.waitForFunction(() => !document.querySelector('a[aria-label^="Dasturchilar"]'));
    await go(boss, `#g${guild.id}/settings/bans`);
    await boss.page.click('main li:has-text("shovqin") button');
    await boss.page.waitForSelector('main :text("Nobody is banned")');
});

test('search finds across both Uzbek scripts and jumps to the hit', { skip }, async () => {
    const lobby = (await gulnora.api.get('/rooms')).rooms.find((r) => r.kind === 'lobby');
    await gulnora.say(lobby, 'Тошкентда ёмғир ёғяпти');
    await go(boss, '#/');
    await boss.page.keyboard.press('/');
    await boss.page.waitForSelector('aside input[type=search]');
    await until(async () => {
        await boss.page.fill('aside input[type=search]', '');
        await boss.page.fill('aside input[type=search]', 'toshkentda');
        return boss.page.locator('aside a.hit:has-text("ёмғир")').waitFor({ timeout: 5000 }).then(() => true, () => false);
    }, { what: 'the hit' });
    assert.equal(await boss.page.locator('aside a.hit mark').first().innerText(), 'Тошкентда');
    await boss.shines('ёмғир', () => boss.page.click('aside a.hit'));
    await boss.page.keyboard.press('Escape');
    await boss.page.waitForSelector('aside', { state: 'detached' });
});

test('keys: a sheet of them, the switcher, and a walk from room to room', { skip }, async () => {
    await go(boss, '#/');
    await boss.page.waitForSelector('nav h1:text-is("Chats")');
    await boss.page.evaluate(() => document.activeElement?.blur?.());
    await boss.page.keyboard.press('?');
    await boss.page.waitForSelector('dialog kbd:text-is("Alt")');
    await boss.page.keyboard.press('Escape');
    await boss.page.keyboard.press('Control+k');
    await boss.page.locator('dialog input[role=combobox]:focus').waitFor();
    await boss.page.keyboard.type('гене');
    await boss.page.locator('dialog [role=option][aria-selected=true]:has-text("general")').waitFor();
    await boss.page.keyboard.press('Enter');
    await boss.page.waitForSelector('header strong:text-is("general")');
    await boss.page.keyboard.press('Alt+ArrowDown');
    await boss.page.waitForSelector('header strong:text-is("yordam")');
    await boss.page.keyboard.press('Alt+ArrowUp');
    await boss.page.waitForSelector('header strong:text-is("general")');
});

test('the language changes at once, also to Uzbek in Cyrillic letters', { skip }, async () => {
    await go(boss, '#/settings/look');
    await boss.page.click('button[lang="uz-Cyrl"]');
    await boss.page.waitForSelector('h2:text-is("Тил ва кўриниш")');
    assert.equal(await boss.page.evaluate(() => document.documentElement.lang), 'uz-Cyrl');
    await boss.page.click('button[lang="en"]');
    await boss.page.waitForSelector('h2:text-is("Language and look")');
});

test('a new account is shown the first steps', { skip }, async () => {
    const w = await Window.open(browser, server.url);
    await w.signUp('yangi');
    await w.page.waitForSelector('main h1:has-text("Welcome")');
    await w.page.click('main form button.main');
    await w.page.waitForSelector('main .way');
    await w.page.click('main .buttons button.main');
    await w.page.click('main .buttons button:has-text("Begin")');
    await w.page.waitForSelector('.nothing');
    assert.deepEqual(w.wrong, []);
    await w.context.close();
});

test('the page opens without the server, with what it had, and goes on when it is back', { skip }, async () => {
    const w = await Window.open(browser, server.url, { serviceWorkers: 'allow' });
    await w.signIn('gulnora');
    await w.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await w.enter('Lobby');
    await w.sees('ёмғир');
    await w.page.evaluate(() => dispatchEvent(new Event('pagehide')));
    await w.keeps('ёмғир', 'rooms', 'suhbat-kept');
    await server.kill9();
    await w.page.reload();
    await w.sees('ёмғир');
    await w.page.waitForSelector('.banner');
    await w.say('uzilgan paytda');
    await w.page.waitForSelector('.pale:has-text("uzilgan paytda")');
    await server.start();
    await w.online();
    await until(async () => (await w.page.locator('.pale').count()) === 0, { what: 'the acknowledgement' });
    assert.deepEqual(w.wrong, []);
    await w.context.close();
});

async function check(w, where) {
    await w.page.evaluate(axe);
    const found = await w.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
    return found.violations.map((v) => `${where}: ${v.id} (${v.impact}): ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join(' | ')}`);
}

test('axe finds nothing on any page, light and dark, wide and narrow; nothing is wider than the screen; nothing leaves the origin', { skip }, async () => {
    const lobby = (await bossApi.get('/rooms')).rooms.find((r) => r.kind === 'lobby');
    const general = (await bossApi.get('/rooms')).rooms.find((r) => r.name === 'general');
    const places = ['#/', `#r${lobby.id}`, `#r${lobby.id}/details`, `#r${lobby.id}?search`, `#r${general.id}`, '#/welcome', '#/invite/nosuchcode',
        ...['about', 'members', 'channels', 'invites', 'bans', 'webhooks'].map((p) => `#g${guild.id}/settings/${p}`),
        ...['profile', 'account', 'sessions', 'privacy', 'notifications', 'look', 'bots'].map((p) => `#/settings/${p}`),
        ...['users', 'rooms', 'reports', 'figures', 'audit', 'settings', 'webhooks'].map((p) => `#/admin/${p}`)];
    const bad = [];
    for (const [colorScheme, width, height] of [['light', 1280, 800], ['dark', 1280, 800], ['light', 390, 844], ['dark', 390, 844]]) {
        const w = await Window.open(browser, server.url, { width, height, colorScheme, reducedMotion: 'reduce' });
        w.page.on('request', (r) => { if (!/^(data|blob):/.test(r.url()) && new URL(r.url()).host !== new URL(server.url).host) bad.push(`left the origin: ${r.url()}`); });
        await w.page.goto(server.url);
        await w.page.waitForSelector('input[name=username]');
        bad.push(...(await check(w, `sign in, ${colorScheme}`)));
        await w.page.click('.switch');
        bad.push(...(await check(w, `sign up, ${colorScheme}`)));
        for (const hash of ['#/forgot', '#/reset/x']) {
            await go(w, hash);
            await w.rests();
            bad.push(...(await check(w, `${hash}, ${colorScheme}`)));
        }
        await go(w, '#/');
        await w.signIn('boss');
        for (const hash of places) {
            await go(w, hash);
            await w.rests();
            bad.push(...(await check(w, `${hash}, ${colorScheme}, ${width}`)));
            const wide = await w.page.evaluate(() => document.documentElement.scrollWidth);
            if (wide > width) bad.push(`${hash}: ${wide} px wide on a screen of ${width}`);
        }
        await go(w, `#r${lobby.id}`);
        await w.page.waitForSelector('textarea');
        for (const key of ['Control+k']) {
            await w.page.keyboard.press(key);
            await w.page.waitForSelector('dialog[open]');
            bad.push(...(await check(w, `${key}, ${colorScheme}`)));
            await w.page.keyboard.press('Escape');
        }
        bad.push(...w.wrong.map((e) => `console: ${e}`));
        await w.context.close();
    }
    assert.deepEqual([...new Set(bad)], []);
});

test('neither page broke its content policy or threw', { skip }, () => {
    assert.deepEqual([...boss.wrong, ...vali.wrong], []);
});
