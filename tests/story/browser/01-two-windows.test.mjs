// Two windows talk through a server whose plug is pulled between messages. Everything arrives, once, in the same order for both; nobody reloads anything.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, sleep, until } from '../lib/server.mjs';
import { openBrowser, skip, Window } from './window.mjs';

let server, browser, ali, vali;

before(async () => {
    if (skip) return;
    server = await Server.start();
    browser = await openBrowser();
    ali = await Window.open(browser, server.url);
    vali = await Window.open(browser, server.url, { width: 390, height: 844, hasTouch: true });
});
after(async () => {
    await browser?.close();
    await server?.stop();
});

test('a newcomer opens the one-time link, another one signs up, and they talk', { skip }, async () => {
    await ali.setUp(server.setupToken(), 'ali');
    await vali.signUp('vali');
    await ali.enter('Lobby');
    await vali.enter('Lobby');
    await ali.say('salom');
    await vali.sees('salom');
    await vali.say('vaalaykum');
    await ali.sees('vaalaykum');
    assert.doesNotMatch(ali.page.url(), /setup/);
});

test('kill -9 between messages, four times: all arrive once, both windows agree', { skip }, async () => {
    const said = ['salom', 'vaalaykum'];
    const say = async (who, text) => {
        said.push(text);
        await who.say(text);
    };
    for (let life = 1; life <= 4; life++) {
        await say(ali, `before ${life} of ali`);
        if (life % 2) await vali.sees(`before ${life} of ali`);
        await server.kill9();
        await ali.page.waitForSelector('.banner');
        await say(vali, `dark ${life} of vali`);
        await vali.row(`dark ${life} of vali`).locator('.pale').waitFor();
        if (life === 3) await sleep(2500);
        await server.start();
        await say(ali, `after ${life} of ali`);
        for (const w of [ali, vali]) for (const text of said.slice(-3)) await w.sees(text);
        await until(async () => (await ali.page.locator('.pale').count()) + (await vali.page.locator('.pale').count()) === 0, { what: 'every acknowledgement' });
    }
    await ali.online();
    await vali.online();
    const [a, v] = [await ali.texts(), await vali.texts()];
    assert.deepEqual([...a].sort(), [...said].sort(), 'everything, once');
    assert.deepEqual(v, a, 'the same order in both windows');
    await ali.page.reload();
    await ali.sees(said.at(-1));
    assert.deepEqual(await ali.texts(), a, 'and the server tells the same after a reload');
});

test('the banner tells the truth: no connection, how much is unsent, and it goes away', { skip }, async () => {
    await server.kill9();
    await ali.page.waitForSelector('.banner:has-text("No connection")');
    await ali.say('one in the dark');
    await ali.say('two in the dark');
    await ali.page.waitForSelector('.banner:has-text("2 messages are not sent yet")');
    assert.match(await ali.page.textContent('.banner'), /Trying again in \d+ s|Connecting/);
    await server.start();
    await ali.page.click('.banner button').catch(() => {});
    await ali.online();
    await vali.sees('two in the dark');
});

test('a polite stop says that the server is restarting', { skip }, async () => {
    await server.term();
    await ali.page.waitForSelector('.banner:has-text("restarting"), .banner:has-text("No connection")');
    await server.start();
    await ali.online();
    await vali.online();
});

test('what is unsent survives a reload of the page and goes once', { skip }, async () => {
    const { page } = ali;
    await page.routeWebSocket(/gateway/, (socket) => socket.close());
    await page.route('**/api/v1/rooms/*/messages', (route) => route.abort());
    await page.reload();
    await page.waitForSelector('textarea');
    await ali.say('kept in the browser');
    await page.waitForSelector('.pale:has-text("kept in the browser")');
    await ali.keeps('kept in the browser', 'outbox');
    await page.reload();
    await page.waitForSelector('.pale:has-text("kept in the browser")');
    await page.unroute('**/api/v1/rooms/*/messages');
    await vali.sees('kept in the browser');
    await until(async () => (await page.locator('.pale').count()) === 0, { ms: 60_000, what: 'the acknowledgement' });
    assert.equal((await vali.texts()).filter((t) => t === 'kept in the browser').length, 1);
    assert.equal((await ali.texts()).filter((t) => t === 'kept in the browser').length, 1);
});

test('neither page broke its content policy or threw', { skip }, () => {
    assert.deepEqual([...ali.wrong, ...vali.wrong], []);
});
