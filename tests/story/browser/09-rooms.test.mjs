// Whoever knows the old rooms by their addresses and forms finds the web client behind them: links to rooms, the old log-in, the old page's own requests.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Person } from '../lib/native.mjs';
import { Server } from '../lib/server.mjs';
import { openBrowser, password, skip, Window } from './window.mjs';

const shots = process.env.SUHBAT_SHOTS;
let server, browser, ali, vali, room, window;
before(async () => {
    if (skip) return;
    server = await Server.start();
    [ali, vali] = await Promise.all(['ali', 'vali'].map((name) => Person.register(server, name)));
    room = await ali.group('Eski xona', [], { public: true });
    await ali.say(room, 'bu yerda edik');
    browser = await openBrowser();
    window = await Window.open(browser, server.url);
});
after(async () => {
    await browser?.close();
    await server?.stop();
});

const shoot = (name) => (shots ? window.page.screenshot({ path: path.join(shots, `rooms-${name}.png`) }) : null);

test('R-05 R-08 R-21 a link to a room leads to the door of the web client, with the old form hidden in it', { skip }, async () => {
    const { page } = window;
    await page.goto(`${server.url}/room/${room.id}/`);
    await page.waitForSelector('form button.main');
    assert.equal(page.url(), `${server.url}/#r${room.id}`, 'the old address is left');
    const form = page.locator(`form[action="/login/?next=/room/${room.id}/"]`);
    assert.match(await form.locator('input[name=csrfmiddlewaretoken]').inputValue(), /^[A-Za-z0-9]{64}$/);
    assert.equal(await form.isVisible(), false);
    await shoot('door');
});

test('R-02 R-12 R-20 the old form logs in, and the web client stands at the room', { skip }, async () => {
    const { page } = window;
    await Promise.all([page.waitForURL(`${server.url}/#r${room.id}`, { waitUntil: 'load' }), page.evaluate((secret) => {
        const form = document.querySelector('form[action^="/login/"]');
        form.elements.username.value = 'vali';
        form.elements.password.value = secret;
        form.submit();
    }, password)]);
    await window.sees('bu yerda edik');
    assert.ok((await vali.api.get('/rooms')).rooms.some((r) => r.id === room.id), 'a member now');
    assert.match(await page.locator(`form[action="/room/${room.id}/"] input[name=csrfmiddlewaretoken]`).inputValue(), /^[A-Za-z0-9]{64}$/);
    await shoot('room');
    await window.say('web mijozdan');
    await window.sees('web mijozdan');
});

test('R-30 R-31 R-52 what the old page did from here still works: its upload, its socket', { skip }, async () => {
    const { page } = window;
    const heard = await page.evaluate(async (id) => {
        const socket = new WebSocket(`ws://${location.host}/ws/chat/${id}/`);
        const frames = [];
        socket.onmessage = (e) => frames.push(JSON.parse(e.data));
        await new Promise((done, fail) => { socket.onopen = done; socket.onerror = fail; });
        socket.send(JSON.stringify({ type: 'chat_message', message: 'eski sahifadan' }));
        const form = new FormData();
        form.append('csrfmiddlewaretoken', document.querySelector('[name=csrfmiddlewaretoken]').value);
        form.append('content', 'fayl bilan');
        form.append('file', new Blob(['x'.repeat(1_000_000)]), 'katta.bin');
        const progress = [];
        const status = await new Promise((done) => {
            const upload = new XMLHttpRequest();
            upload.upload.onprogress = (e) => progress.push(e.loaded);
            upload.onload = () => done(upload.status);
            upload.onerror = () => done(0);
            upload.open('POST', `/room/${id}/`);
            upload.send(form);
        });
        for (let i = 0; i < 200 && frames.filter((f) => f.type === 'chat_message').length < 2; i++) await new Promise((done) => setTimeout(done, 50));
        socket.close();
        return { status, progress: progress.length, frames };
    }, room.id);
    assert.equal(heard.status, 200, 'after the redirect');
    assert.ok(heard.progress > 0);
    assert.deepEqual(heard.frames.filter((f) => f.type === 'chat_message').map((f) => [f.user, f.message]), [['vali', 'eski sahifadan'], ['vali', 'fayl bilan']]);
    await window.sees('eski sahifadan');
    await window.sees('fayl bilan');
    await page.waitForSelector('.row:has-text("katta.bin")');
});

test('R-21 /create/ opens the window for a new group; a room that is not there says so', { skip }, async () => {
    const { page } = window;
    await page.goto(`${server.url}/create/`);
    await page.waitForSelector('dialog[open], [role=dialog]');
    assert.equal(page.url().replace(/#$/, ''), `${server.url}/`);
    await shoot('create');
    const lost = await page.goto(`${server.url}/room/999999/`);
    assert.equal(lost.status(), 404);
});

test('R-16 /logout/ ends the web client too', { skip }, async () => {
    const { page } = window;
    await page.goto(`${server.url}/logout/`);
    await page.waitForSelector('form button.main');
    await page.goto(`${server.url}/room/${room.id}/`);
    await page.waitForSelector('form button.main');
    await page.fill('input[name=username]:visible', 'vali');
    await page.fill('input[name=password]:visible', password);
    await page.click('form button.main');
    await window.sees('fayl bilan');
    assert.equal(page.url(), `${server.url}/#r${room.id}`, 'the web client\'s own form goes where the link led');
});

test('the page broke no policy and threw nothing', { skip }, () => assert.deepEqual(window.wrong, []));
