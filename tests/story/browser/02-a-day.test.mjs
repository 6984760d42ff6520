// An ordinary day on the page: groups, direct messages, replies, edits, reactions, typing, unread and seen, long history, a narrow telephone, four languages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Api, Person } from '../lib/native.mjs';
import { Server, until } from '../lib/server.mjs';
import { openBrowser, password, skip, Window } from './window.mjs';

let server, browser, ali, vali, gulnora;

before(async () => {
    if (skip) return;
    server = await Server.start();
    await new Api(`${server.url}/api/v1`).post('/setup', { token: server.setupToken(), username: 'boss', password });
    for (const name of ['ali', 'vali']) await Person.register(server, name, password);
    gulnora = await Person.register(server, 'gulnora', password);
    browser = await openBrowser();
    ali = await Window.open(browser, server.url);
    vali = await Window.open(browser, server.url);
    await ali.signIn('ali');
    await vali.signIn('vali');
});
after(async () => {
    await browser?.close();
    await server?.stop();
});

test('a wrong password and a taken name are told in words', { skip }, async () => {
    const w = await Window.open(browser, server.url);
    await w.page.goto(server.url);
    await w.page.fill('input[name=username]', 'ali');
    await w.page.fill('input[name=password]', 'not this');
    await w.page.click('form button.main');
    await w.page.waitForSelector('[role=alert]:has-text("do not match")');
    await w.page.click('.switch');
    await w.page.fill('input[name=password]', password);
    await w.page.click('form button.main');
    await w.page.waitForSelector('[role=alert]:has-text("is taken")');
    await w.context.close();
});

test('a direct conversation: found by the beginning of a name; typing and seen are shown', { skip }, async () => {
    await ali.page.fill('.search input', 'val');
    await ali.page.click('button:has-text("vali")');
    await ali.page.waitForSelector('header strong:text-is("vali")');
    await vali.page.waitForSelector('nav b:text-is("ali")');
    await vali.enter('ali');
    await vali.page.type('textarea', 'yoz');
    await ali.page.waitForSelector('header :text("vali is typing")');
    await vali.say('yozdim');
    await ali.sees('yozdim');
    await ali.page.bringToFront();
    await ali.page.waitForFunction(() => !document.querySelector('nav .badge'));
    await vali.row('yozdim').locator('[aria-label="Seen"]').waitFor();
});

test('unread is counted in the list and the title, divided in the room, and goes when it is read', { skip }, async () => {
    await ali.enter('Lobby');
    await vali.say('birinchi');
    await vali.say('ikkinchi');
    await ali.page.waitForSelector('nav li:has(b:text-is("vali")) .badge:has-text("2")');
    await ali.page.waitForFunction(() => document.title.startsWith('(2) '));
    await ali.enter('vali');
    await ali.sees('ikkinchi');
    await ali.page.locator('.divider').waitFor();
    await ali.page.waitForFunction(() => !document.querySelector('nav .badge'));
    await ali.page.waitForFunction(() => !document.title.includes('('));
});

test('reply, jump, edit, react, delete', { skip }, async () => {
    await ali.act('birinchi', 'Reply');
    await ali.say('javob');
    await vali.sees('javob');
    assert.equal(await vali.row('javob').locator('.quote').innerText().then((t) => t.replace(/\s+/g, ' ')), 'vali birinchi');
    await vali.shines('birinchi', () => vali.row('javob').locator('.quote').click());
    await vali.act('ikkinchi', 'Edit');
    await vali.page.fill('textarea', 'ikkinchi, tuzatilgan');
    await vali.page.press('textarea', 'Enter');
    await ali.sees('tuzatilgan');
    await ali.row('tuzatilgan').locator('.meta:has-text("edited")').waitFor();
    await ali.page.press('textarea', 'ArrowUp');
    assert.equal(await ali.page.inputValue('textarea'), 'javob', 'Up edits the last own message');
    await ali.page.press('textarea', 'Escape');
    assert.equal(await ali.page.inputValue('textarea'), '');
    await ali.act('birinchi', '🎉');
    await vali.row('birinchi').locator('.reactions button:has-text("🎉")').click();
    await ali.row('birinchi').locator('.reactions .count:text-is("2")').waitFor();
    await vali.row('birinchi').hover();
    await vali.row('birinchi').locator('[data-actions]').click();
    await vali.page.fill('[popover] input', 'ab');
    await vali.page.press('[popover] input', 'Enter');
    await vali.page.waitForSelector('[popover] [role=alert]');
    await vali.page.fill('[popover] input', '🇺🇿');
    await vali.page.press('[popover] input', 'Enter');
    await ali.row('birinchi').locator('.reactions button:has-text("🇺🇿")').waitFor();
    await ali.act('javob', 'Delete');
    await ali.page.click('dialog .danger');
    await vali.page.waitForSelector('.row:has-text("Message deleted")');
    await vali.row('javob').waitFor({ state: 'detached' });
});

test('a group: made, joined, renamed, somebody added and removed, left', { skip }, async () => {
    const { page } = ali;
    await page.click('button[aria-label="New group"]');
    await page.fill('dialog input[name=name]', 'Choyxona');
    await page.check('dialog input[type=checkbox]');
    await page.fill('dialog input[type=search]', 'gul');
    await page.click('dialog .found button');
    await page.click('dialog button.main');
    await page.waitForSelector('header strong:text-is("Choyxona")');
    await vali.page.click('button[aria-label="Public rooms"]');
    await vali.page.click('dialog li:has-text("Choyxona") button');
    await vali.page.waitForSelector('header strong:text-is("Choyxona")');
    await page.click('button[aria-label="Details"]');
    await page.waitForSelector('aside li:has-text("vali")');
    await page.click('button[aria-label="Rename"]');
    await page.fill('aside form input', 'Choyxona 2');
    await page.click('aside form .main');
    await vali.page.waitForSelector('header strong:text-is("Choyxona 2")');
    await page.click('aside button[aria-label="Remove: gulnora"]');
    await page.click('dialog .danger');
    await page.waitForFunction(() => !document.querySelector('aside ul')?.textContent.includes('gulnora'));
    await until(async () => !(await gulnora.api.get('/rooms')).rooms.some((r) => r.name === 'Choyxona 2'), { what: 'gulnora is out' });
    await vali.page.click('button[aria-label="Details"]');
    await vali.page.click('aside .danger');
    await vali.page.click('dialog .danger');
    await vali.page.waitForFunction(() => !document.querySelector('nav').textContent.includes('Choyxona'));
    await page.waitForFunction(() => !document.querySelector('aside ul')?.textContent.includes('vali'));
    await page.click('aside button[aria-label="Close"]');
});

test('history loads on the way up, and the message under the eye does not move', { skip }, async () => {
    const group = await gulnora.api.post('/rooms', { kind: 'group', name: 'Uzun', public: true, members: [] });
    for (let i = 1; i <= 320; i++)
        await gulnora.api.post(`/rooms/${group.id}/messages`, { text: `qator ${i} ${'soʻz '.repeat(i % 23)}`, key: `k${i}`, reply_to: null });
    await ali.page.click('button[aria-label="Public rooms"]');
    await ali.page.click('dialog li:has-text("Uzun") button');
    await ali.page.waitForSelector('header strong:text-is("Uzun")');
    await ali.page.waitForSelector('.row');
    const moved = await ali.page.evaluate(async () => {
        const view = document.querySelector('[role=log]');
        const frame = () => new Promise((r) => requestAnimationFrame(() => setTimeout(r, 0)));
        view.scrollTop = view.scrollHeight;
        let worst = 0;
        let steps = 0;
        let most = 0;
        const met = new Map();
        while (!view.textContent.includes('qator 1 ') && steps++ < 4000) {
            view.scrollTop -= 90;
            await frame();
            const top = view.getBoundingClientRect().top;
            const row = [...view.querySelectorAll('.row')].find((r) => r.getBoundingClientRect().top > top + 40);
            // Its lower edge: the oldest row that is held loses its author's name when the one before it is read.
            const was = row.getBoundingClientRect().bottom;
            for (let i = 0; i < 3; i++) await frame();
            worst = Math.max(worst, Math.abs(row.getBoundingClientRect().bottom - was));
            const rows = [...view.querySelectorAll('.row')];
            most = Math.max(most, rows.length);
            for (const r of rows) met.set(Number(r.dataset.seq), Number(r.querySelector('.text').textContent.split(' ')[1]));
        }
        return { worst, steps, most, met: [...met].sort((a, b) => a[0] - b[0]).map((pair) => pair[1]), first: view.querySelector('.row .text').textContent };
    });
    assert.match(moved.first, /^qator 1 /);
    assert.ok(moved.worst <= 1, `a row moved by ${moved.worst} px`);
    assert.deepEqual(moved.met, Array.from({ length: 320 }, (_, i) => i + 1));
    assert.ok(moved.most < 150, `${moved.most} rows on the page at once`);
});

test('far from the end, new messages wait behind a pill', { skip }, async () => {
    const room = (await gulnora.api.get('/rooms')).rooms.find((r) => r.name === 'Uzun');
    await ali.page.evaluate(() => { document.querySelector('[role=log]').scrollTop = 0; });
    const first = await ali.page.$eval('.row', (r) => r.getBoundingClientRect().top);
    await gulnora.api.post(`/rooms/${room.id}/messages`, { text: 'yangi xabar', key: null, reply_to: null });
    await ali.page.waitForSelector('.pill:has-text("1 new message")');
    assert.ok(Math.abs(await ali.page.$eval('.row', (r) => r.getBoundingClientRect().top) - first) <= 1);
    await ali.page.click('.pill');
    await ali.page.waitForFunction(() => !document.querySelector('.pill'));
    await ali.sees('yangi xabar');
});

test('a proxy that kills sockets: messages go and come over HTTP', { skip }, async () => {
    const w = await Window.open(browser, server.url);
    await w.page.routeWebSocket(/gateway/, (socket) => socket.close());
    await w.page.goto(server.url);
    await w.fillDoor('boss');
    await w.enter('Lobby');
    await w.say('without a socket');
    await ali.enter('Lobby');
    await ali.sees('without a socket');
    await w.page.waitForSelector('.banner:has-text("No live connection")');
    await ali.say('I hear you');
    await w.sees('I hear you');
    await w.page.locator('.pale').waitFor({ state: 'detached' });
    await w.context.close();
});

test('a refused message stays with its reason; Retry sends it, Delete takes it away', { skip }, async () => {
    const w = await Window.open(browser, server.url);
    let refuse = true;
    await w.page.routeWebSocket(/gateway/, (socket) => {
        const upstream = socket.connectToServer();
        socket.onMessage((text) => {
            const frame = JSON.parse(text);
            if (frame.op === 'send' && refuse)
                socket.send(JSON.stringify({ op: 'error', id: frame.id, error: 'forbidden', detail: 'room', message: 'no', retry_after_s: null }));
            else upstream.send(text);
        });
    });
    await w.signIn('boss');
    await w.enter('Lobby');
    await w.say('unwelcome');
    await w.say('unwelcome too');
    await w.page.waitForSelector('.failed:has-text("Not sent. You are not allowed")');
    await w.page.reload();
    await w.page.waitForSelector('.failed >> nth=1');
    refuse = false;
    await w.page.click('.failed >> nth=0 >> button:text-is("Try again")');
    await ali.sees('unwelcome');
    await w.page.click('.failed >> button:text-is("Delete")');
    await w.page.waitForFunction(() => !document.querySelector('.failed, .pale'));
    assert.equal((await w.texts()).filter((t) => t.startsWith('unwelcome')).length, 1);
    await w.context.close();
});

test('an access token that is gone is renewed by itself, by one of two tabs', { skip }, async () => {
    const w = await Window.open(browser, server.url);
    await w.signIn('boss');
    const second = await w.context.newPage();
    await second.goto(server.url);
    await second.waitForSelector('nav li a');
    for (let round = 0; round < 3; round++) {
        await w.context.clearCookies({ name: 'suhbat_access' });
        await Promise.all([w.page.reload(), second.reload()]);
        for (const page of [w.page, second]) await page.waitForSelector('nav li a');
    }
    await w.context.clearCookies({ name: 'suhbat_access' });
    await w.page.click('button[aria-label="Public rooms"]');
    await w.page.waitForSelector('dialog li:has-text("Lobby")');
    await w.page.click('dialog button[aria-label="Close"]');
    await w.page.click('a[aria-label="Settings"]');
    await w.page.click('nav button:has-text("Sign out")');
    for (const page of [w.page, second]) await page.waitForSelector('input[name=password]');
    await w.page.reload();
    await w.page.waitForSelector('input[name=password]');
    await w.context.close();
});

test('when another tab signs in as somebody else, this one does not go on in the old name', { skip }, async () => {
    const w = await Window.open(browser, server.url);
    await w.signIn('boss');
    await w.context.clearCookies();
    const second = new Window(w.context, await w.context.newPage(), server.url);
    await second.signIn('gulnora');
    await w.page.bringToFront();
    await until(async () => {
        await w.page.click('a[aria-label="Settings"]', { timeout: 1000 }).catch(() => {});
        return w.page.locator('nav .foot b:text-is("gulnora")').count();
    }, { what: 'the other name' });
    await w.context.close();
});

test('Control and K open the way to another room', { skip }, async () => {
    await ali.page.keyboard.press('Control+k');
    await ali.page.locator('dialog input[role=combobox]:focus').waitFor();
    await ali.page.keyboard.type('uzu');
    await ali.page.locator('dialog [role=option][aria-selected=true]:has-text("Uzun")').waitFor();
    await ali.page.keyboard.press('Enter');
    await ali.page.waitForSelector('header strong:text-is("Uzun")');
});

test('a session that is ended elsewhere leads to the door, and says so', { skip }, async () => {
    const w = await Window.open(browser, server.url);
    await w.signIn('vali');
    const other = await Person.logIn(server, 'vali', password);
    const { sessions } = await other.api.get('/sessions');
    for (const s of sessions.filter((s) => !s.current)) await other.api.delete(`/sessions/${s.id}`);
    await w.page.waitForSelector('text=Your session has ended');
    await vali.page.waitForSelector('text=Your session has ended');
    await w.context.close();
});

test('a telephone: one column, a way back, nothing wider than the screen', { skip }, async () => {
    const w = await Window.open(browser, server.url, { width: 390, height: 844, hasTouch: true, isMobile: true });
    await w.signIn('ali');
    const wide = () => w.page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(await wide(), 390);
    await w.enter('Uzun');
    assert.equal(await wide(), 390);
    await w.page.locator('nav.left').waitFor({ state: 'hidden' });
    await w.page.click('button[aria-label="Details"]');
    await w.page.locator('aside').waitFor();
    assert.equal(await wide(), 390);
    await w.page.click('aside button[aria-label="Close"]');
    await w.page.click('button[aria-label="Back"]');
    await w.page.locator('nav.left').waitFor();
    assert.deepEqual(w.wrong, []);
    await w.context.close();
});

for (const [locale, words] of [['uz-UZ', 'Hisob oching'], ['uk-UA', 'Створіть акаунт'], ['ru-RU', 'Создайте аккаунт'], ['en-US', 'Create your account']]) {
    test(`the page speaks ${locale}`, { skip }, async () => {
        const w = await Window.open(browser, server.url, { locale });
        await w.page.goto(server.url);
        await w.page.click('.switch');
        await w.page.waitForSelector(`h1:text-is("${words}")`);
        assert.equal(await w.page.getAttribute('html', 'lang'), locale.slice(0, 2));
        assert.doesNotMatch(await w.page.textContent('body'), /undefined|\{\w+\}/);
        await w.context.close();
    });
}

test('the pages about the interface open under the content policy, without any other server', { skip }, async () => {
    for (const [path, sign] of [['/docs', '.opblock'], ['/redoc', '[data-section-id]']]) {
        const w = await Window.open(browser, server.url);
        const strangers = [];
        w.page.on('request', (r) => { if (!r.url().startsWith(server.url) && !/^(data|blob):/.test(r.url())) strangers.push(r.url()); });
        await w.page.goto(server.url + path);
        await w.page.waitForSelector(sign);
        await until(async () => (await w.page.textContent('body')).length > 1000, { what: `the text of ${path}` });
        assert.deepEqual(strangers, [], path);
        assert.deepEqual(w.wrong, [], path);
        await w.context.close();
    }
});

test('no page broke its content policy or threw', { skip }, () => {
    assert.deepEqual([...ali.wrong, ...vali.wrong], []);
});
