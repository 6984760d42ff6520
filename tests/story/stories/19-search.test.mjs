// Finding again: both scripts, filters, only what one may see, the jump to the place, and an index that is lost and made anew.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Person } from '../lib/native.mjs';
import { Server, until } from '../lib/server.mjs';

let server, ali, vali, gani, room;
before(async () => {
    server = await Server.start();
    [ali, vali, gani] = await Promise.all(['ali', 'vali', 'gani'].map((name) => Person.register(server, name)));
    room = await ali.group('Йўллар', [vali]);
});
after(() => server.stop());

const search = (who, query, more = '') => who.api.get(`/search?query=${encodeURIComponent(query)}${more}`);
const texts = (found) => found.messages.map((hit) => hit.message.text);
const finds = (who, query, n, more) => until(async () => (await search(who, query, more)).messages.length === n, { what: `${n} hits for ${query}` });

test('what was said in one script is found in the other, a moment later', async () => {
    await ali.say(room, 'Ўзбекистонда йўллар яхши');
    await vali.say(room, 'Oʻzbekistonning yoʻllari');
    await finds(ali, "o'zbekiston", 2);
    assert.deepEqual(texts(await search(vali, 'йўл')), ['Oʻzbekistonning yoʻllari', 'Ўзбекистонда йўллар яхши']);
    assert.deepEqual(texts(await search(vali, 'yaxshi')), ['Ўзбекистонда йўллар яхши']);
    assert.deepEqual(texts(await search(vali, '"yollar yaxshi"')), ['Ўзбекистонда йўллар яхши']);
});

test('who is not in the room finds nothing, also by naming the room', async () => {
    assert.deepEqual((await search(gani, 'йўл')).messages, []);
    assert.equal((await gani.api.call('GET', `/search?query=x&room=${room.id}`)).status, 404);
});

test('a hit leads to its place in the room', async () => {
    const [{ message, room: where }] = (await search(ali, 'yoʻllari')).messages;
    assert.deepEqual(where, { id: room.id, kind: 'group', name: 'Йўллар', guild: null });
    const page = await ali.api.get(`/rooms/${room.id}/messages?before=${message.seq + 1}&limit=1`);
    assert.equal(page.messages[0].id, message.id);
});

test('filters narrow, pages go on', async () => {
    for (let i = 0; i < 25; i++) await vali.say(room, `sahifa ${i}${i % 5 ? '' : ' https://example.uz'}`);
    await finds(ali, 'sahifa', 25, '&limit=50');
    const first = await search(ali, 'sahifa', '&limit=20'), second = await search(ali, 'sahifa', `&limit=20&cursor=${first.next}`);
    assert.equal(first.messages.length, 20);
    assert.deepEqual(texts(second), [4, 3, 2, 1, 0].map((i) => `sahifa ${i}${i % 5 ? '' : ' https://example.uz'}`));
    assert.equal(second.next, null);
    assert.equal((await search(ali, 'sahifa', '&has=link&limit=50')).messages.length, 5);
    assert.equal((await search(ali, 'sahifa', `&from=${ali.id}`)).messages.length, 0);
    assert.equal((await search(ali, 'sahifa', '&before=2020-01-01')).messages.length, 0);
    assert.equal((await search(ali, 'sahifa', '&after=2020-01-01T00:00:00Z&limit=50')).messages.length, 25);
});

test('what is edited or deleted is found as it is now', async () => {
    const message = await ali.say(room, 'avvalgi soʻz');
    await finds(ali, 'avvalgi', 1);
    await ali.api.patch(`/rooms/${room.id}/messages/${message.id}`, { text: 'keyingi soʻz' });
    assert.deepEqual((await search(ali, 'avvalgi')).messages, [], 'at once');
    await finds(ali, 'keyingi', 1);
    await ali.api.delete(`/rooms/${room.id}/messages/${message.id}`);
    assert.deepEqual((await search(ali, 'keyingi')).messages, [], 'at once');
});

test('files are found by their names until they are deleted', async () => {
    const put = async (name) => (await fetch(`${server.url}/api/v1/files?name=${encodeURIComponent(name)}`, { method: 'PUT', headers: { authorization: `Bearer ${ali.token}` }, body: name })).json();
    const file = await put('Йиллик ҳисобот.pdf');
    const message = await ali.api.post(`/rooms/${room.id}/messages`, { text: 'mana', files: [file.id] });
    await finds(vali, 'hisobot', 1);
    const [hit] = (await search(vali, 'yillik pdf', '&type=files')).messages;
    assert.deepEqual(hit.message.files.map((f) => f.id), [file.id]);
    assert.equal((await search(vali, 'mana', '&type=files')).messages.length, 0);
    assert.equal((await search(vali, 'mana', '&has=file')).messages.length, 1);
    assert.equal((await search(vali, 'mana', '&has=picture')).messages.length, 0);
    await ali.api.delete(`/rooms/${room.id}/messages/${message.id}?part=files`);
    assert.equal((await search(vali, 'hisobot')).messages.length, 0);
    await finds(vali, 'mana', 1);
});

test('an index that was lost or damaged is made anew after a restart', { skip: process.env.DATABASE_URL ? 'SQLite only' : false }, async () => {
    const file = path.join(server.data, 'suhbat.db-search');
    for (const spoil of [() => fs.writeFileSync(file, Buffer.alloc(65536, 7)), () => fs.rmSync(file)]) {
        await server.kill9();
        for (const end of ['-wal', '-shm']) fs.rmSync(file + end, { force: true });
        spoil();
        await server.start();
        await finds(ali, 'sahifa', 25, '&limit=50');
    }
});
