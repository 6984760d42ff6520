// A shop's page on an origin of its own, with the one line that puts the support desk on it, and what a customer does there. The page brings styles that would
// spoil everything they reach, and a strict content policy.
import http from 'node:http';
import { freePort } from '../lib/server.mjs';
import { Window } from './window.mjs';

const styles = '* { font-family: serif !important; color: red; background: none } button { background: yellow !important; border: 5px solid red !important } div { margin: 30px; display: inline }';

export class Shop {
    static async open(port = null) {
        const shop = new Shop();
        shop.port = port ?? await freePort();
        shop.attributes = '';
        shop.http = http.createServer((request, response) => {
            const server = shop.server.url;
            const policy = `default-src 'none'; script-src ${server}; connect-src ${server} ${server.replace('http', 'ws')}; img-src ${server}; style-src 'unsafe-inline'`;
            response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': policy });
            response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Shop</title><style>${styles}</style>
                <main><h1>Shop</h1><p>Lamps and chairs</p></main><script src="${server}/desk.js" async ${shop.attributes}></script></html>`);
        });
        await new Promise((done) => shop.http.listen(shop.port, '127.0.0.1', done));
        return shop;
    }

    get url() { return `http://127.0.0.1:${this.port}`; }

    close() {
        this.http.closeAllConnections();
        return new Promise((done) => this.http.close(done));
    }
}

export class Customer extends Window {
    static async open(browser, shop, options = {}) {
        const { context, page } = await Window.open(browser, shop.url, options);
        const customer = new Customer(context, page, shop.url);
        await page.goto(shop.url);
        await customer.at('.launch').waitFor();
        return customer;
    }

    at(selector) { return this.page.locator(`#suhbat-desk ${selector}`); }

    async show() { await this.at('.launch').click(); await this.at('.panel').waitFor(); }

    async begin(name, question) {
        await this.show();
        await this.at('input[autocomplete=name]').fill(name);
        await this.at('form textarea').fill(question);
        await this.at('form button.main').click();
        await this.at(`.mine:has-text("${question}")`).waitFor();
    }

    async say(text) {
        await this.at('.writer textarea').fill(text);
        await this.at('.writer textarea').press('Enter');
    }

    async sees(text) { await this.at(`.list:has-text("${text}")`).waitFor(); }

    /** The words of all bubbles, oldest first. */
    texts() { return this.at('.bubble .text').allTextContents(); }
}
