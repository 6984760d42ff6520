// A client of the old chats with receipts: what its manual and its tests sent, with our proof of identity added.
import { Api, password } from './native.mjs';
import { LobbySocket } from './lobby.mjs';

export const form = (fields) => [new URLSearchParams(fields).toString(), { 'content-type': 'application/x-www-form-urlencoded' }];

/** Somebody who came through this door: {id, email, token, api}. */
export class Reader {
    constructor(server, email) { Object.assign(this, { server, email, api: new Api(server.url) }); }

    static async register(server, name, email = `reader-${Math.random().toString(36).slice(2)}@example.com`) {
        const reader = new Reader(server, email);
        const answer = await reader.api.call('POST', '/register', { name, email, password });
        if (answer.status !== 200) throw new Error(`/register: ${answer.status} ${answer.text}`);
        return reader.logIn();
    }

    async logIn() {
        const answer = await this.api.call('POST', '/token', ...form({ username: this.email, password }));
        if (answer.status !== 200) throw new Error(`/token: ${answer.status} ${answer.text}`);
        this.token = answer.body.access_token;
        this.id = JSON.parse(Buffer.from(this.token.split('.')[1], 'base64url')).aid;
        this.api = new Api(this.server.url, this.token);
        return this;
    }

    call(...args) { return this.api.call(...args); }
    async chat(name = 'Test Chat') { return (await this.api.post('/chats', { name, chat_type: 'group' })).chat_id; }
    add(chat, who) { return this.call('POST', `/chats/${chat}/members?user_id=${who.id ?? who}`); }
    history(chat, query = '') { return this.api.get(`/history/${chat}${query}`); }
    read(id) { return this.call('PUT', `/message/read/${id}`); }
    socket(chat, options = {}) { return new LobbySocket(this.server, `${options.as ?? this.id}/${chat}`, { token: this.token, ...options }).open(); }

    /** A chat of one's own with these in it. */
    async chatWith(...others) {
        const chat = await this.chat();
        for (const who of [this, ...others]) await this.add(chat, who);
        return chat;
    }
}
