// What people set up once, all of it by the page: the first steps, their picture and those of guilds and groups, an address that a letter proves, a new
// password, the language of letters, bots, webhooks both ways, invitations and links that lead in or say why not, and the log of what administrators did.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { MailServer } from '../lib/mail.mjs';
import { Api, Person } from '../lib/native.mjs';
import { Host, isSigned } from '../lib/outside.mjs';
import { picture } from '../lib/pictures.mjs';
import { freePort, run, Server, until } from '../lib/server.mjs';
import { openBrowser, password, skip, Window } from './window.mjs';

const shots = process.env.SUHBAT_SHOTS;
const mail = new MailServer();
let server, service, browser, boss, ali, bossApi, aliApi;

before(async () => {
    if (skip) return;
    const port = await freePort();
    await mail.listen(port);
    service = await Host.start(() => 200);
    server = await Server.start({ env: { SUHBAT_SMTP_URL: `smtp://127.0.0.1:${port}`, SUHBAT_SMTP_FROM: 'chat@house.example', SUHBAT_SMTP_TLS: 'off',
        SUHBAT_PUBLIC_URL: 'https://house.example', SUHBAT_OUTBOUND_ALLOW: '127.0.0.1' } });
    await new Api(`${server.url}/api/v1`).post('/setup', { token: server.setupToken(), username: 'boss', password });
    bossApi = (await Person.logIn(server, 'boss')).api;
    browser = await openBrowser();
    boss = await Window.open(browser, server.url);
    ali = await Window.open(browser, server.url);
});
after(async () => {
    await browser?.close();
    await server?.stop();
    await service?.stop();
    mail.server?.close();
});

let broken = '';
function step(name, work) {
    test(name, { skip }, async () => {
        if (broken) throw new Error(`not tried, because of "${broken}"`);
        try {
            await work();
        } catch (error) {
            broken = name;
            for (const [who, w] of Object.entries({ boss, ali })) if (shots && w) await w.page.screenshot({ path: path.join(shots, `broken-${who}.png`) }).catch(() => {});
            throw error;
        }
    });
}

const go = (w, hash) => w.page.evaluate((h) => { location.hash = h; }, hash);
const seen = (w, selector, options) => w.page.locator(selector).first().waitFor(options);
const gone = (w, selector) => w.page.locator(selector).first().waitFor({ state: 'detached' });
const toast = (w, words) => seen(w, `.toast:has-text("${words}")`);
const file = (name, mimeType, buffer) => ({ name, mimeType, buffer });
const drawn = file('men.png', 'image/png', picture);
const room = async (name) => (await bossApi.get('/rooms')).rooms.find((r) => r.name === name);
/** Waits until a picture stands there and has really been drawn. */
const drawnAt = (w, selector) => until(() => w.page.locator(selector).first().evaluate((i) => i.complete && i.naturalWidth > 0), { what: selector });

async function shot(w, name) {
    if (!shots) return;
    fs.mkdirSync(shots, { recursive: true });
    for (const [colorScheme, width, height] of [['light', 1280, 800], ['dark', 390, 844]]) {
        await w.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await w.page.setViewportSize({ width, height });
        await w.page.screenshot({ path: path.join(shots, `${name}-${colorScheme}-${width}.png`) });
    }
    await w.page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference' });
    await w.page.setViewportSize({ width: 1100, height: 760 });
}

/** Chooses a picture inside `place`, looks at it, uses it. */
async function give(w, place, done = 'The picture is set.') {
    await w.page.setInputFiles(`${place} input[type=file]`, drawn);
    await w.page.click(`${place} button:has-text("Use this picture")`);
    await toast(w, done);
}

step('the page asks who is there without an error, and whoever signs in meets none either', async () => {
    const errors = [];
    for (const w of [ali, boss]) w.page.on('console', (m) => { if (m.type() === 'error') errors.push(m.text()); });
    await ali.page.goto(server.url);
    await seen(ali, 'input[name=username]');
    await boss.signIn('boss');
    await boss.online();
    await boss.page.reload();
    await seen(boss, 'nav li a');
    assert.deepEqual(errors, []);
});

step('first steps: a name, a picture that is looked at first, places to go, and how to be called', async () => {
    await ali.signUp('ali');
    aliApi = (await Person.logIn(server, 'ali')).api;
    await seen(ali, 'main h1:has-text("Welcome")');
    await ali.page.setInputFiles('main input[type=file]', file('men.png', 'image/png', Buffer.from('not a picture at all')));
    await seen(ali, 'main [role=alert]:has-text("not a picture")');
    await ali.page.setInputFiles('main input[type=file]', drawn);
    await drawnAt(ali, 'main img[src^="blob:"]');
    await seen(ali, 'main :text("This is how it will look")');
    await shot(ali, 'first-steps-picture');
    await ali.page.click('main button:text-is("Cancel")');
    await gone(ali, 'main img[src^="blob:"]');
    await give(ali, 'main');
    await drawnAt(ali, 'main img[src^="/api/v1/avatars/"]');
    await drawnAt(ali, 'nav.rail .me img');
    await ali.page.fill('main input[name=display]', 'Ali Karimov');
    await ali.page.click('main form button.main');
    await seen(ali, 'main .way:has-text("Add a guild")');
    await shot(ali, 'first-steps-places');
    await ali.page.click('main .buttons button:text-is("Back")');
    assert.equal(await ali.page.inputValue('main input[name=display]'), 'Ali Karimov');
    await ali.page.click('main form button.main');
    await ali.page.click('main .buttons button.main');
    await shot(ali, 'first-steps-calls');
    await ali.page.click('main .buttons button:has-text("Begin")');
    await seen(ali, '.nothing');
    const me = await aliApi.get('/me');
    assert.equal(me.name, 'Ali Karimov');
    assert.match(me.avatar, /^[\w-]{22}$/);
});

step('a picture is taken off and put on again in the settings; others see it without a reload', async () => {
    await boss.enter('Lobby');
    await boss.page.click('header button[aria-label="Details"]');
    await drawnAt(boss, 'aside li:has-text("Ali Karimov") img');
    await go(ali, '#/settings/profile');
    await ali.page.click('main button:text-is("Remove it")');
    await toast(ali, 'The picture is removed.');
    await gone(boss, 'aside li:has-text("Ali Karimov") img');
    await give(ali, 'main');
    await drawnAt(boss, 'aside li:has-text("Ali Karimov") img');
    await ali.page.fill('main textarea[name=about]', 'Toshkentdan');
    await ali.page.click('main form button.main');
    await toast(ali, 'Saved.');
    await boss.page.click('aside li button.person:has-text("Ali Karimov")');
    await seen(boss, 'dialog :text("Toshkentdan")');
    await boss.page.keyboard.press('Escape');
    await gone(boss, 'dialog[open]');
});

step('who comes to the lobby is counted when somebody looks', async () => {
    await Person.register(server, 'vali', password);
    await boss.page.click('aside button[aria-label="Close"]');
    await go(boss, '#/');
    await boss.enter('Lobby');
    await seen(boss, 'main header :text("3 members")');
});

step('the language is told to the server: letters come in it', async () => {
    await go(ali, '#/settings/look');
    await ali.page.click('main button[lang=uz]');
    await seen(ali, 'main h2:text-is("Til va koʻrinish")');
    await ali.page.waitForFunction(async () => (await (await fetch('/api/v1/me')).json()).locale === 'uz');
    await ali.page.click('main button[lang=en]');
    await ali.page.waitForFunction(async () => (await (await fetch('/api/v1/me')).json()).locale === 'en');
    await ali.page.click('main button[lang=uz]');
    await ali.page.waitForFunction(async () => (await (await fetch('/api/v1/me')).json()).locale === 'uz');
});

step('an address: a wrong password is said, the letter is in Uzbek, and its link proves it in another browser', async () => {
    await go(ali, '#/settings/account');
    await ali.page.fill('main input[name=email]', 'ali@house');
    await ali.page.fill('main form:has(input[name=email]) input[name=password]', password);
    await ali.page.click('main form:has(input[name=email]) button.main');
    await seen(ali, 'main [role=alert]:has-text("elektron pochta manzili emas")');
    await ali.page.fill('main input[name=email]', 'ali@почта.example');
    await ali.page.fill('main form:has(input[name=email]) input[name=password]', 'not this one');
    await ali.page.click('main form:has(input[name=email]) button.main');
    await seen(ali, 'main [role=alert]:has-text("Parol notoʻgʻri")');
    await ali.page.fill('main form:has(input[name=email]) input[name=password]', password);
    await ali.page.click('main form:has(input[name=email]) button.main');
    await toast(ali, 'Manzil saqlandi');
    await seen(ali, 'main :text("hali tasdiqlanmagan")');
    const first = await mail.letter('ali@xn--80a1acny.example');
    assert.match(first.text, /havola/);
    await ali.page.click('main button:has-text("Xatni qayta yuborish")');
    await ali.page.fill('main form:has(input[name=email]) input[name=password]', password);
    await ali.page.click('main form:has(input[name=email]) button.main');
    await toast(ali, 'Xat yoʻlda');
    const again = await mail.letter('ali@xn--80a1acny.example', mail.letters.findIndex((l) => l.raw === first.raw) + 1);
    const link = new URL(again.text.match(/https:\/\/house\.example\S+/)[0]);
    const phone = await Window.open(browser, server.url);
    await phone.page.goto(`${server.url}/${link.hash}`);
    await seen(phone, 'main [role=status]:has-text("confirmed")');
    await shot(phone, 'verified');
    await phone.page.reload();
    await seen(phone, 'main [role=alert]:has-text("not valid any more")');
    await phone.context.close();
    await ali.page.reload();
    await seen(ali, 'main :text("Bu manzil tasdiqlangan")');
});

step('a new password: the old one must be right; other devices are signed out, this one is not', async () => {
    const other = await Person.logIn(server, 'ali');
    const form = 'main form:has(input[name=old])';
    await ali.page.fill(`${form} input[name=old]`, 'not this one');
    await ali.page.fill(`${form} input[name=new]`, 'yangi uzun parol');
    await ali.page.click(`${form} button.main`);
    await seen(ali, `${form} [role=alert]:has-text("Parol notoʻgʻri")`);
    await ali.page.fill(`${form} input[name=old]`, password);
    await ali.page.click(`${form} button.main`);
    await toast(ali, 'Parol oʻzgartirildi');
    assert.equal((await other.api.call('GET', '/me')).status, 401);
    await ali.page.reload();
    await seen(ali, form);
    const phone = await Window.open(browser, server.url);
    await phone.page.goto(server.url);
    await phone.page.fill('input[name=username]', 'ali@почта.example');
    await phone.page.fill('input[name=password]', password);
    await phone.page.click('form button.main');
    await seen(phone, '[role=alert]:has-text("do not match")');
    await phone.page.fill('input[name=password]', 'yangi uzun parol');
    await phone.page.click('form button.main');
    await seen(phone, 'nav li a');
    await phone.context.close();
    aliApi = (await Person.logIn(server, 'ali', 'yangi uzun parol')).api;
});

step('a forgotten password: the letter leads to a new one', async () => {
    const w = await Window.open(browser, server.url);
    await w.page.goto(server.url);
    await w.page.click('a:has-text("Forgot the password?")');
    await w.page.fill('input[name=username]', 'ali');
    const before = mail.letters.length;
    await w.page.click('form button.main');
    await seen(w, 'main [role=status]:has-text("a letter is on its way")');
    const letter = await mail.letter('ali@xn--80a1acny.example', before);
    await go(w, new URL(letter.text.match(/https:\/\/house\.example\S+/)[0]).hash);
    await w.page.fill('input[name=password]', password);
    await w.page.click('form button.main');
    await seen(w, 'main [role=status]:has-text("Sign in")');
    await w.fillDoor('ali');
    await w.context.close();
    await seen(ali, 'input[name=username]');
    await ali.page.click('button[lang=en]');
    await ali.fillDoor('ali');
    aliApi = (await Person.logIn(server, 'ali')).api;
    await ali.page.waitForFunction(async () => (await (await fetch('/api/v1/me')).json()).locale === 'en');
});

step('a bot: its token is shown once and works; a new one ends the old one; then it is deleted', async () => {
    await go(ali, '#/settings/bots');
    await ali.page.fill('main input[name=username]', 'xabarchi');
    await ali.page.fill('main input[name=name]', 'Xabarchi bot');
    await ali.page.click('main form button.main');
    const token = (await ali.page.locator('main .secret code').innerText()).trim();
    await shot(ali, 'bot-made');
    const bot = (t) => new Api(`${server.url}/api/v1`, t).call('GET', '/me');
    assert.equal((await bot(token)).body.username, 'xabarchi');
    await ali.page.reload();
    await seen(ali, 'main li:has-text("Xabarchi bot")');
    assert.equal(await ali.page.locator('main .secret').count(), 0);
    await ali.page.click('main li:has-text("Xabarchi bot") button:text-is("New token")');
    await ali.page.click('dialog button.danger, dialog button.main');
    const fresh = (await ali.page.locator('main .secret code').innerText()).trim();
    assert.notEqual(fresh, token);
    assert.equal((await bot(token)).status, 401);
    assert.equal((await bot(fresh)).status, 200);
    await ali.page.click('main li:has-text("Xabarchi bot") button[aria-label="Delete: xabarchi"]');
    await ali.page.click('dialog button.danger, dialog button.main');
    await seen(ali, 'main :text("You have no bots")');
    assert.equal((await bot(fresh)).status, 401);
});

let guild;
step('a guild gets a picture: the rail, the list of public ones and the invitation show it', async () => {
    await boss.page.click('button[aria-label="Add a guild"]');
    await boss.page.fill('dialog input[name=name]', 'Dasturchilar');
    await boss.page.check('dialog input[name=public]');
    await boss.page.click('dialog form button.main');
    await seen(boss, 'header strong:text-is("general")');
    guild = await room('Dasturchilar');
    await go(boss, `#g${guild.id}/settings/about`);
    await give(boss, 'main');
    await drawnAt(boss, 'nav.rail a[aria-label="Dasturchilar"] img');
    await go(boss, `#g${guild.id}/settings/invites`);
    await boss.page.click('form button:has-text("Make a link")');
    const link = new URL(await boss.page.locator('main li code').first().innerText());
    await go(ali, '#/');
    await ali.page.click('button[aria-label="Public rooms"]');
    await drawnAt(ali, 'dialog li:has-text("Dasturchilar") img');
    await ali.page.keyboard.press('Escape');
    await gone(ali, 'dialog[open]');
    const w = await Window.open(browser, server.url);
    await w.page.goto(`${server.url}/${link.hash}`);
    await seen(w, '.note:has-text("You have an invitation")');
    await shot(w, 'invited-outside');
    await w.page.fill('input[name=username]', 'vali');
    await w.page.fill('input[name=password]', password);
    await w.page.click('form button.main');
    await seen(w, 'main h1:text-is("Dasturchilar")');
    await drawnAt(w, 'main section img');
    await shot(w, 'invited-inside');
    await w.page.click('main button:text-is("Join")');
    await drawnAt(w, 'nav.rail a[aria-label="Dasturchilar"] img');
    await go(boss, `#g${guild.id}/settings/about`);
    await boss.page.click('main button:text-is("Remove it")');
    await gone(w, 'nav.rail a[aria-label="Dasturchilar"] img');
    await give(boss, 'main');
    await drawnAt(w, 'nav.rail a[aria-label="Dasturchilar"] img');
    await w.context.close();
});

step('a link to a channel opens its guild; one who is not in it is asked in, and lands there', async () => {
    const { rooms: [general] } = await bossApi.get(`/guilds/${guild.id}/channels`);
    await bossApi.post(`/rooms/${general.id}/messages`, { text: `qarang: ${server.url}/#r${general.id}`, key: null, reply_to: null });
    await go(ali, `#r${general.id}`);
    await seen(ali, 'main h1:text-is("Dasturchilar")');
    await seen(ali, 'main :text("you are not a member yet")');
    await shot(ali, 'room-door');
    await ali.page.click('main button:text-is("Join")');
    await seen(ali, 'nav h1:text-is("Dasturchilar")');
    await seen(ali, 'header strong:text-is("general")');
    await ali.sees('qarang:');
    await go(ali, '#/');
    await seen(ali, 'nav h1:text-is("Chats")');
    await ali.page.goto('about:blank');
    await ali.page.goto(`${server.url}/#r${general.id}`);
    await seen(ali, 'nav h1:text-is("Dasturchilar")');
    await ali.row('qarang:').locator('a').first().waitFor();
    assert.equal(await ali.row('qarang:').locator('.text a').getAttribute('target'), null);
    await go(ali, '#r999999');
    await seen(ali, 'main [role=alert]:has-text("gone, or it is not open to you")');
    await ali.page.click('main button:text-is("To the conversations")');
    await seen(ali, '.nothing');
});

step('a group has settings and a picture, which the others see in their list', async () => {
    await boss.page.click('a.home');
    await boss.page.click('button[aria-label="New group"]');
    await boss.page.fill('dialog input[name=name]', 'Choyxona');
    await boss.page.fill('dialog input[type=search]', 'al');
    await boss.page.click('dialog button:has-text("Ali Karimov"), dialog label:has-text("Ali Karimov")');
    await boss.page.click('dialog form button.main');
    await seen(boss, 'header strong:text-is("Choyxona")');
    await seen(ali, 'nav li a:has(b:text-is("Choyxona"))');
    await boss.page.click('header button[aria-label="Details"]');
    await boss.page.click('aside button:has-text("Group settings")');
    await give(boss, 'dialog');
    await shot(boss, 'group-settings');
    await boss.page.fill('dialog input[name=topic]', 'Oqshomgi suhbatlar');
    await boss.page.check('dialog input[name=read_only]');
    await boss.page.click('dialog form button.main');
    await gone(boss, 'dialog[open]');
    await drawnAt(ali, 'nav li a:has(b) img[src^="/api/v1/avatars/"]');
    await ali.page.click('nav li a:has(b:text-is("Choyxona"))');
    await seen(ali, 'main header :text("Oqshomgi suhbatlar")');
    await seen(ali, '.closed:has-text("Only moderators")');
    await drawnAt(ali, 'main header img');
});

step('webhooks: what a program posts is read in the channel; what happens there is told to another, signed', async () => {
    await go(boss, `#g${guild.id}/settings/webhooks`);
    await boss.page.fill('main input[name=hook]', 'Qurilish');
    await boss.page.click('main form:has(input[name=hook]) button');
    const address = new URL((await boss.page.locator('main .secret code').innerText()).trim());
    assert.equal(address.origin, server.url);
    const posted = await fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text: 'yigʻildi *42*' }) });
    assert.ok(posted.ok, `${posted.status}`);
    const { rooms: [general] } = await bossApi.get(`/guilds/${guild.id}/channels`);
    await go(ali, `#r${general.id}`);
    await ali.sees('yigʻildi');
    await seen(ali, '.row:has-text("Qurilish")');
    await boss.page.fill('main input[name=url]', 'http://10.0.0.1/');
    await boss.page.click('main form:has(input[name=url]) button:text-is("Create")');
    await boss.page.click('main li:has-text("10.0.0.1") button:text-is("Try")');
    await seen(boss, 'main li:has-text("10.0.0.1"):has-text("the address is private")');
    await boss.page.click('main li:has-text("10.0.0.1") button[aria-label^="Delete"]');
    await boss.page.click('dialog button.danger, dialog button.main');
    await gone(boss, 'main li:has-text("10.0.0.1")');
    await boss.page.fill('main input[name=url]', `${service.origin}/tinglovchi`);
    await boss.page.click('main form:has(input[name=url]) button:text-is("Create")');
    await seen(boss, 'main li:has-text("tinglovchi"):has-text("nothing has been sent yet")');
    const secret = (await boss.page.locator('main .secret:has-text("signature") code').innerText()).trim();
    await shot(boss, 'webhooks-made');
    await boss.page.click('main li:has-text("tinglovchi") button:text-is("Try")');
    await toast(boss, 'A trial was sent.');
    await service.request((r) => r.path === '/tinglovchi' && isSigned(r, secret));
    await seen(boss, 'main li:has-text("tinglovchi"):has-text("answered 200")');
    await ali.say('eshityapsizmi?');
    const told = await service.request((r) => r.body.includes('eshityapsizmi?'));
    assert.ok(isSigned(told, secret));
    await boss.page.click('main li:has-text("tinglovchi") button[aria-label^="Delete"]');
    await boss.page.click('dialog button.danger, dialog button.main');
    await gone(boss, 'main li:has-text("tinglovchi")');
    await boss.page.click('main li:has-text("Qurilish") button[aria-label^="Delete"]');
    await boss.page.click('dialog button.danger, dialog button.main');
    await gone(boss, 'main li:has-text("Qurilish")');
    assert.equal((await fetch(address, { method: 'POST', body: '{"text":"x"}', headers: { 'content-type': 'application/json' } })).status, 404);
});

step('an administrator makes an account, gives it room and takes it away again; the log tells it in sentences, in the language of the page', async () => {
    await boss.page.click('a[aria-label="Administration"]');
    await boss.page.click('main button:has-text("New account")');
    await boss.page.fill('main input[name=username]', 'gulnora');
    await boss.page.click('main form button.main');
    await seen(boss, 'main .secret code:has-text("/#/reset/")');
    await boss.page.click('main td button:has-text("gulnora")');
    await boss.page.fill('dialog input[name=quota]', '5');
    await boss.page.click('dialog form button:text-is("Save")');
    await toast(boss, 'Saved.');
    await boss.page.locator('dialog label:has-text("administrator") input').check();
    await seen(boss, 'main tr:has-text("gulnora") .tag:text-is("administrator")');
    await boss.page.locator('dialog label:has-text("deactivated") input').check();
    await boss.page.locator('dialog:has-text("Deactivate gulnora") button:text-is("Deactivate")').click();
    await seen(boss, 'main tr:has-text("gulnora") .tag.bad');
    await boss.page.click('dialog button[aria-label="Close"]');
    const made = run(['create-admin', '--username', 'zaxira', '--password-stdin', '--data', server.data], { input: `${password}\n` });
    assert.equal(made.code, 0, made.err);
    await boss.page.click('nav a:has-text("Log")');
    for (const words of ['boss · deactivated gulnora', 'boss · made gulnora an administrator', 'boss · gave gulnora storage of their own: 5 MB', 'boss · created the account gulnora',
        'command line · created the administrator zaxira', 'set the server up'])
        await seen(boss, `main li:has-text("${words}")`);
    await shot(boss, 'log');
    await go(boss, '#/settings/look');
    await boss.page.click('main button[lang=uz]');
    await go(boss, '#/admin/audit');
    await seen(boss, 'main li:has-text("gulnora administrator qilindi")');
    await go(boss, '#/settings/look');
    await boss.page.click('main button[lang=en]');
    await seen(boss, 'main h2:text-is("Language and look")');
});

step('no page broke its content policy or threw', () => {
    assert.deepEqual([...boss.wrong, ...ali.wrong], []);
});
