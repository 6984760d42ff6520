// A customer on a shop's page of another origin talks with an agent in the console: the queue, typing, read marks, files, the passing on, the end with its
// stars, the dark in between, and the note that is left when nobody is there.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { root, Server, until } from '../lib/server.mjs';
import { Customer, Shop } from './shop.mjs';
import { openBrowser, skip, Window } from './window.mjs';

let server, shop, browser, ali, nodira, aziza;
const picture = fs.readFileSync(path.join(root, 'web/public/icon-512.png'));

before(async () => {
    if (skip) return;
    shop = await Shop.open();
    server = await Server.start({ env: { CORS_ORIGIN: shop.url, SUHBAT_DESK_SECRET: 'the shop and the desk know it' } });
    shop.server = server;
    browser = await openBrowser();
    ali = await Window.open(browser, server.url);
    await ali.setUp(server.setupToken(), 'ali');
    nodira = await Window.open(browser, server.url);
    await nodira.signUp('nodira');
});
after(async () => {
    await browser?.close();
    await server?.stop();
    await shop?.close();
});

const call = (who, method, where, body) => who.page.evaluate(async ([method, where, body]) => {
    const answer = await fetch('/api/v1' + where, { method, headers: body ? { 'Content-Type': 'application/json' } : {}, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
}, [method, where, body]);

async function axe(page, within) {
    const source = fs.readFileSync(createRequire(path.join(root, 'web/package.json')).resolve('axe-core/axe.min.js'), 'utf8');
    const cdp = await page.context().newCDPSession(page);
    const { result } = await cdp.send('Runtime.evaluate', {
        expression: `(async () => { ${source}; const r = await axe.run(${JSON.stringify(within)}); return JSON.stringify(r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).join(', '))) })()`,
        awaitPromise: true, returnByValue: true,
    });
    assert.deepEqual(JSON.parse(result.value ?? '["axe did not run"]'), []);
}

test('an administrator makes an agent; the console is at the edge of their page at once', { skip }, async () => {
    await ali.page.goto(`${server.url}/#/admin/desk`);
    await ali.page.fill('input[type=search]', 'nodira');
    await ali.page.click('.found button:has-text("nodira")');
    await ali.page.waitForSelector('tr:has-text("nodira")');
    await nodira.page.waitForSelector('a[href="#/desk"]');
    await ali.page.goto(`${server.url}/#/desk`);
    await ali.page.waitForSelector('.next button');
});

test('the page of the shop keeps its looks and so does the widget; before the first word nothing is asked', { skip }, async () => {
    aziza = await Customer.open(browser, shop);
    const asked = [];
    aziza.page.on('request', (r) => r.url().startsWith(server.url) && asked.push(r.url()));
    assert.equal(await aziza.page.evaluate(() => getComputedStyle(document.querySelector('h1')).color), 'rgb(255, 0, 0)');
    await aziza.page.waitForTimeout(300);
    assert.deepEqual(asked, []);
    await aziza.show();
    const looks = await aziza.at('.main').evaluate((b) => { const s = getComputedStyle(b); return [s.backgroundColor, s.borderTopWidth, s.fontFamily.includes('serif') && !s.fontFamily.includes('sans')]; });
    assert.deepEqual(looks, ['rgb(13, 114, 104)', '0px', false]);
    await axe(aziza.page, '#suhbat-desk');
    await aziza.page.keyboard.press('Escape');
    await aziza.at('.panel').waitFor({ state: 'detached' });
    assert.equal(await aziza.page.evaluate(() => document.querySelector('#suhbat-desk').shadowRoot.activeElement?.className), 'launch', 'focus goes back to the button');
});

test('a customer asks, sees the place in the queue, is taken, and they talk', { skip }, async () => {
    await aziza.begin('Aziza', 'Where is my order?');
    await aziza.at('.queue:has-text("You are next")').waitFor();
    await ali.page.waitForSelector('.list a:has-text("Aziza")');
    await ali.page.keyboard.press('n');
    await ali.page.waitForSelector('.composer textarea');
    await ali.sees('Where is my order?');
    await aziza.sees('ali joined the chat');
    await ali.page.waitForSelector('header .names:has-text("on the page"):not(:has-text("not on"))');
    await ali.say('Let me look: https://track.example/1?a=b. <b>bold</b>');
    await aziza.sees('Let me look');
    assert.equal(await aziza.at('.bubble a').getAttribute('href'), 'https://track.example/1?a=b');
    assert.equal(await aziza.at('.bubble b').count(), 0, 'markup stays text');
    await aziza.say('<img src=x onerror=alert(1)> thank you');
    await ali.sees('thank you');
});

test('typing is told both ways, and read marks', { skip }, async () => {
    await ali.page.locator('textarea').last().pressSequentially('hm', { delay: 20 });
    await aziza.at('header .sub:has-text("ali is typing")').waitFor();
    await ali.page.fill('textarea', '');
    await aziza.at('.writer textarea').pressSequentially('hm', { delay: 20 });
    await ali.page.waitForSelector('header .typing');
    await aziza.at('.writer textarea').fill('');
    await aziza.at('.mine:has-text("thank you") .under:has-text("Read")').waitFor();
    await ali.say('You are welcome');
    await aziza.sees('You are welcome');
    await ali.row('You are welcome').locator('[aria-label="Seen"]').first().waitFor();
});

test('files go both ways: pictures are shown, others are a line', { skip }, async () => {
    await aziza.at('input[type=file]').setInputFiles({ name: 'parcel.png', mimeType: 'image/png', buffer: picture });
    await aziza.at('.mine img').waitFor();
    await until(() => aziza.at('.mine img').evaluate((img) => img.complete && img.naturalWidth > 0), { what: 'the picture on the page of the shop' });
    await ali.page.waitForSelector('[role=log] .row img');
    await ali.page.setInputFiles('form input[type=file]', { name: 'invoice 1.txt', mimeType: 'text/plain', buffer: Buffer.from('100 so‘m') });
    await ali.page.waitForSelector('.tray');
    await ali.say('here it is');
    await aziza.at('.theirs .file:has-text("invoice 1.txt")').waitFor();
    const href = await aziza.at('.theirs .file').getAttribute('href');
    assert.equal(await (await fetch(href)).text(), '100 so‘m');
});

test('kill -9: what is written in the dark comes once, after the reconnect', { skip }, async () => {
    await server.kill9();
    await aziza.at('.line.on').waitFor();
    await aziza.say('in the dark');
    await aziza.at('.mine:has-text("in the dark") svg[aria-label="Waits for the connection"]').waitFor();
    await server.start();
    await ali.online();
    await ali.sees('in the dark');
    await aziza.at('.mine:has-text("in the dark") svg[aria-label="Sent"], .mine:has-text("in the dark") svg[aria-label="Read"]').waitFor();
    await aziza.at('.line:not(.on)').waitFor({ state: 'attached' });
    await ali.say('I am back, too');
    await aziza.sees('I am back, too');
    assert.equal((await aziza.texts()).filter((text) => text === 'in the dark').length, 1);
    assert.equal((await ali.texts()).filter((text) => text === 'in the dark').length, 1);
});

test('a second page of the shop shows the same chat; closed windows count what is new', { skip }, async () => {
    const other = await aziza.context.newPage();
    await other.goto(shop.url);
    await other.locator('#suhbat-desk .launch').waitFor();
    await ali.say('one more thing');
    await other.locator('#suhbat-desk .badge:has-text("1")').waitFor();
    await other.close();
});

test('the chat is passed on; the customer hears with whom they talk', { skip }, async () => {
    await nodira.page.goto(`${server.url}/#/desk/mine`);
    await ali.page.click('.acts button:has-text("Pass on")');
    await ali.page.click('dialog button:has-text("nodira")');
    await aziza.sees('You are now talking with nodira');
    await nodira.page.click('.list a:has-text("Aziza")');
    await nodira.sees('in the dark');
    await nodira.say('Hello, I am Nodira');
    await aziza.sees('Hello, I am Nodira');
});

test('the end: stars, and the way to begin anew', { skip }, async () => {
    await nodira.page.click('.acts button:has-text("Close")');
    await nodira.page.click('dialog button:has-text("Close"):not([aria-label])');
    await aziza.at('.rating').waitFor();
    await aziza.sees('The chat has ended');
    await axe(aziza.page, '#suhbat-desk');
    await aziza.at('.stars button').nth(3).click();
    await aziza.at('.rating:has-text("Thank you")').waitFor();
    await nodira.page.waitForSelector('header:has-text("4 stars of 5")');
    await aziza.page.reload();
    await aziza.at('.launch').click();
    await aziza.at('.rating:has-text("Thank you")').waitFor();
    await aziza.at('.rating .main').click();
    await aziza.at('form.start').waitFor();
});

test('nobody is there: a question with an address is left, and waits', { skip }, async () => {
    await nodira.page.goto('about:blank');
    await ali.page.goto('about:blank');
    const late = await Customer.open(browser, shop, { width: 390, height: 844, hasTouch: true, colorScheme: 'dark' });
    await until(async () => {
        await late.page.reload();
        await late.at('.launch').click();
        await late.at('form.start').waitFor();
        return late.at('input[type=email]').waitFor({ timeout: 1500 }).then(() => true, () => false);
    }, { what: 'the house to notice that nobody is there' });
    await late.at('input[autocomplete=name]').fill('Late');
    await late.at('form textarea').fill('Are you open on Sunday?');
    await late.at('form button.main').click();
    await late.at('.wrong').waitFor();
    await axe(late.page, '#suhbat-desk');
    await late.at('input[type=email]').fill('late@example.uz');
    await late.at('form button.main').click();
    await late.at('.mine:has-text("late@example.uz")').waitFor();
    await late.at('.queue:has-text("Nobody is here")').waitFor();
    const size = await late.at('.panel').boundingBox();
    assert.deepEqual([size.width, size.height], [390, 844], 'a phone shows nothing else');
    await ali.page.goto(`${server.url}/#/desk`);
    await ali.page.waitForSelector('.list a:has-text("Late")');
    assert.deepEqual(late.wrong, []);
});

test('the shop says who it is, signed; by the script, too', { skip }, async () => {
    const { createHmac } = await import('node:crypto');
    const sign = (user) => createHmac('sha256', 'the shop and the desk know it').update(user).digest('hex');
    shop.attributes = `data-user="order 77" data-user-name="Bobur" data-user-signature="${sign('order 77')}" data-language="uz" data-color="#ffcc00" data-position="left"`;
    const bobur = await Customer.open(browser, shop);
    await bobur.page.evaluate(() => window.suhbatDesk.open());
    await bobur.at('form textarea').fill('Salom');
    await bobur.at('form button.main').click();
    await bobur.at('.mine:has-text("Salom")').waitFor();
    await ali.page.waitForSelector('.list a:has-text("Bobur")');
    await ali.page.click('.list a:has-text("Bobur")');
    await ali.page.click('header .card');
    await ali.page.waitForSelector('aside:has-text("order 77")');
    assert.equal(await bobur.page.evaluate(() => Object.keys(localStorage).some((k) => k.includes('visitor'))), false, 'no visitor is made');
    await bobur.page.evaluate(([signature]) => window.suhbatDesk.identify({ user: 'order 78', name: 'Lola', signature }), [sign('order 78')]);
    await bobur.at('form.start').waitFor();
    assert.equal(await bobur.at('.mine').count(), 0);
    shop.attributes = '';
    assert.deepEqual([...bobur.wrong, ...aziza.wrong], []);
    assert.deepEqual([...ali.wrong, ...nodira.wrong], []);
});
