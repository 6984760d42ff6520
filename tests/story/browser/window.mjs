// A browser window before the real page of the real binary, and what a person does in it. Chromium is the system's; its driver is among the packages of web/.
// A page that breaks the content policy, throws, or leaves an error on the console (other than a failed request) says so in `wrong`.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root, until } from '../lib/server.mjs';

export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => fs.existsSync(p));
/** For test(…, {skip}): why these stories cannot be told here, or false. */
export const skip = chromiumPath ? false : 'no chromium on this machine';
export const password = 'correct horse battery';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--no-proxy-server'];

export async function openBrowser() {
    const { chromium } = createRequire(path.join(root, 'web/package.json'))('playwright-core');
    return chromium.launch({ executablePath: chromiumPath, headless: true, args: flags });
}

export class Window {
    constructor(context, page, url) {
        Object.assign(this, { context, page, url, wrong: [], asked: new Set() });
        page.on('request', (request) => { if (!/favicon/.test(request.url())) this.asked.add(request); });
        for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => this.asked.delete(request));
        page.on('pageerror', (error) => this.wrong.push(`thrown: ${error.stack ?? error.message}`));
        page.on('console', (message) => {
            const text = message.text();
            if (message.type() === 'error' && !/Failed to load resource|WebSocket connection to|net::ERR_/.test(text)) this.wrong.push(text);
        });
    }

    static async open(browser, url, { width = 1100, height = 760, locale = 'en-US', serviceWorkers = 'block', ...more } = {}) {
        const context = await browser.newContext({ viewport: { width, height }, locale, serviceWorkers, ...more });
        const page = await context.newPage();
        page.setDefaultTimeout(30000);
        return new Window(context, page, url);
    }

    async setUp(token, username) {
        await this.page.goto(`${this.url}/setup#${token}`);
        await this.fillDoor(username);
    }

    async signUp(username) {
        await this.page.goto(this.url);
        await this.page.click('.switch');
        await this.fillDoor(username);
    }

    async signIn(username) {
        await this.page.goto(this.url);
        await this.fillDoor(username);
    }

    async fillDoor(username) {
        await this.page.fill('input[name=username]', username);
        await this.page.fill('input[name=password]', password);
        await this.page.click('form button.main');
        await this.page.waitForSelector('nav li a');
    }

    async enter(name) {
        await this.page.click(`nav li a:has(b:text-is("${name}"))`);
        await this.page.waitForSelector('textarea');
        await this.page.waitForSelector('[role=log] .row, [role=log] .empty');
    }

    async say(text) {
        await this.page.fill('textarea', text);
        await this.page.press('textarea', 'Enter');
    }

    row(text) {
        return this.page.locator('.row', { has: this.page.locator(`.text:has-text("${text}")`) });
    }

    async sees(text) {
        await this.row(text).first().waitFor();
    }

    /** All texts on screen, oldest first, without their times. */
    texts() {
        return this.page.$$eval('.row .text', (all) => all.map((p) => {
            const copy = p.cloneNode(true);
            copy.querySelector('.meta').remove();
            return copy.textContent.trim();
        }));
    }

    async act(text, action) {
        await this.row(text).hover();
        await this.row(text).locator('[data-actions]').click();
        await this.page.click(`[popover] button:has-text("${action}")`);
    }

    /** What is done makes the message with these words (or this id) shine for a moment: remembered by the page, because we may look too late. */
    async shines(words, act) {
        await this.page.evaluate(() => {
            window.shone ??= new MutationObserver(() => {
                for (const row of document.querySelectorAll('.flashed')) window.shone.rows.push(`#${row.dataset.id}# ${row.textContent}`);
            });
            window.shone.rows = [];
            window.shone.observe(document.body, { subtree: true, childList: true, attributeFilter: ['class'] });
        });
        await act();
        await this.page.waitForFunction((what) => window.shone.rows.some((row) => row.includes(what)), words);
    }

    /** The page has come to rest: nothing in it changes and it asks for nothing. The browser does not tell of every request how it ended: a long stillness is rest, too. */
    async rests() {
        const still = (ms) => this.page.evaluate((ms) => new Promise((done) => {
            const watch = new MutationObserver(() => { watch.disconnect(); done(false); });
            watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
            setTimeout(() => { watch.disconnect(); done(true); }, ms);
        }), ms);
        await until(() => still(this.asked.size === 0 ? 200 : 2000), { what: `the rest of ${this.page.url()}` });
    }

    /** These words are on the browser's disk. store: outbox or uploads of suhbat (what is unsent), rooms of suhbat-kept (what was read). */
    async keeps(words, store, base = 'suhbat') {
        await until(() => this.page.evaluate(async ([words, store, base]) => {
            if (!(await indexedDB.databases()).some((d) => d.name === base)) return false;
            const answer = (request) => new Promise((done, fail) => { request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error); });
            const db = await answer(indexedDB.open(base));
            try {
                return db.objectStoreNames.contains(store) && JSON.stringify(await answer(db.transaction(store).objectStore(store).getAll())).includes(words);
            } finally {
                db.close();
            }
        }, [words, store, base]), { what: `"${words}" in ${store}` });
    }

    async online() {
        await this.page.waitForFunction(() => !document.querySelector('.banner'));
    }
}
