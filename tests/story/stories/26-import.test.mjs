// People move house: four older systems in their own schemas are taken over, with all that had gone wrong in them. What is left out or changed is said, record by
// record; a second run adds what is new; a kill in the middle costs nothing; old passwords open the door and are then kept as ours are.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Server, binary, cleanEnvironment, dropDatabase, freshDatabase, run, temporaryDirectory, until } from '../lib/server.mjs';
import { Api, Person, password } from '../lib/native.mjs';
import { databaseBeside, deskChat, deskMessage, djangoHash, hashes, large, oid, oldDesk, oldLobby, oldReceipts, oldRooms, passwords, postgresForOld, psql, sqlite } from '../lib/old.mjs';
import { png } from '../lib/pictures.mjs';

const work = temporaryDirectory('suhbat-import-');
const houses = [];
let old; // the PostgreSQL server that holds the old chats

before(async () => { old = process.env.DATABASE_URL ? { url: process.env.DATABASE_URL, stop() {} } : await postgresForOld(); });
after(async () => {
    for (const house of houses) await house.stop();
    await old.stop();
    fs.rmSync(work, { recursive: true, force: true });
});

/** A house of ours, not running yet. */
class House {
    constructor() {
        this.data = path.join(work, `data-${houses.length}`);
        this.database = freshDatabase();
        this.env = {};
        houses.push(this);
    }

    get args() { return ['--data', this.data, ...(this.database ? ['--database', this.database] : [])]; }
    import(...args) {
        const r = run(['import', ...this.args, ...args], { env: this.env, timeout: 240000 });
        assert.doesNotMatch(r.err, /runtime error:|Sanitizer/);
        return r;
    }

    /** Runs it, expecting the code; {tables, lines}. */
    take(code, ...args) {
        const r = this.import(...args);
        assert.equal(r.code, code, `${r.out}\n${r.err}`);
        const tables = Object.fromEntries([...r.out.matchAll(/^(\w+(?: \w+)?)s +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)$/gm)]
            .map(([, noun, source, fresh, there, skipped, changed]) => [noun, { source: +source, fresh: +fresh, there: +there, skipped: +skipped, changed: +changed }]));
        return { ...tables, out: r.out, lines: r.err.split('\n').filter((line) => line && !/^time=/.test(line)) };
    }

    /** psql and sqlite3 draw columns apart by |. */
    ask(sql) { return this.database ? psql(this.database, sql) : sqlite(path.join(this.data, 'suhbat.db'), sql); }
    /** What the database is, to the last byte. */
    print() {
        const all = this.database ? ['account', 'room', 'member', 'message', 'file', 'blob', 'import_id', 'import_source', 'desk_chat', 'message_reader']
            .map((table) => psql(this.database, `SELECT t::text FROM ${table} t ORDER BY t::text`)).join('\n') : fs.readFileSync(path.join(this.data, 'suhbat.db'));
        return crypto.createHash('sha256').update(all).digest('hex');
    }

    async open(env = {}) {
        fs.mkdirSync(this.data, { recursive: true, mode: 0o700 });
        this.server = new Server({ data: this.data, database: this.database, env: { ...this.env, ...env } });
        await this.server.start();
        return this.server;
    }

    async close() {
        await this.server?.stop();
        this.server = null;
    }

    async stop() {
        await this.close();
        if (this.database) dropDatabase(this.database);
    }

    /** The invariants of the core, asked of the tables themselves. */
    audit() {
        const laws = {
            'rooms whose head is not their last number': 'SELECT count(*) FROM room o WHERE o.last_post <> coalesce((SELECT max(seq) FROM message WHERE room_id = o.id), 0) OR o.head < o.last_post',
            'rooms whose numbers have a hole': `SELECT count(*) FROM room o WHERE o.head <> (SELECT count(*) FROM message WHERE room_id = o.id)
                + (SELECT count(*) FROM change WHERE room_id = o.id) AND NOT EXISTS (SELECT 1 FROM change WHERE room_id = o.id)`,
            'rooms with a wrong number of members': 'SELECT count(*) FROM room o WHERE n_members <> (SELECT count(*) FROM member WHERE room_id = o.id)',
            'marks beyond the head': 'SELECT count(*) FROM member e JOIN room o ON o.id = e.room_id WHERE e.read_mark > o.head OR (e.seen_mark > o.head AND e.seen_mark < 9007199254740991)',
            'messages with a wrong number of files': 'SELECT count(*) FROM message m WHERE n_files <> (SELECT count(*) FROM file WHERE message_id = m.id)',
            'bytes with a wrong number of references': 'SELECT count(*) FROM blob b WHERE n_refs <> (SELECT count(*) FROM file WHERE blob_id = b.id)',
            'accounts with a wrong sum': 'SELECT count(*) FROM account a WHERE used_bytes <> coalesce((SELECT sum(b.n_bytes) FROM file f JOIN blob b ON b.id = f.blob_id WHERE f.account_id = a.id), 0)',
            'replies to other rooms': 'SELECT count(*) FROM message m JOIN message r ON r.id = m.reply_to WHERE r.room_id <> m.room_id',
            'things still to be settled': 'SELECT count(*) FROM import_id WHERE noun = 6',
        };
        for (const [what, sql] of Object.entries(laws)) assert.equal(this.ask(sql), '0', what);
    }
}

const hasLine = (lines, pattern) => assert.ok(lines.some((line) => pattern.test(line)), `no line ${pattern} in\n${lines.join('\n')}`);
const texts = (page) => page.messages.map((m) => m.text);
const hashOf = (house, name) => house.ask(`SELECT password_hash FROM account WHERE username = '${name}'`);
const listed = async (person) => (await person.api.get('/rooms')).rooms;

test('the command tells how it is used, and refuses what it does not understand', () => {
    const help = run(['import', '--help']);
    assert.equal(help.code, 0);
    for (const word of ['000|001|003|004', '--media', '--dry-run', '--administrators', '--same-people', 'Exit code 65']) assert.ok(help.out.includes(word), word);
    assert.match(run(['--help']).out, /import +take over/);
    const house = new House();
    for (const args of [[], ['000'], ['002', 'x'], ['000', 'x', 'y'], ['003', '/a/file.db'], ['--nonsense', '000', 'x']]) assert.equal(house.import(...args).code, 64, args.join(' '));
    assert.match(house.import('000', path.join(work, 'nowhere.db')).err, /no such source/);
    fs.writeFileSync(path.join(work, 'no.db'), 'this is no database at all, but it is long enough to be one perhaps '.repeat(20));
    for (const kind of ['000', '001']) assert.equal(house.import(kind, path.join(work, 'no.db')).code, 65);
    sqlite(path.join(work, 'other.db'), 'CREATE TABLE shopping (id)');
    assert.match(house.import('000', path.join(work, 'other.db')).err, /no tables users and messages/);
    assert.match(house.import('001', path.join(work, 'other.db')).err, /no tables of the chat app/);
    assert.match(house.import('003', old.url).err, /no tables users, chats/);
    assert.match(house.import('004', work).err, /no .*chats\.json/);
});

// ---- 000

const picture = png(40, 30), longText = Array.from({ length: 1500 }, (_, i) => `word${i}`).join(' ');
const lobbyAt = (i) => `2025-11-29 14:${String(i).padStart(2, '0')}:55.123456`;
const lobby = {
    users: [{ id: 1, username: 'ali', hashed_password: hashes.bcrypt, created_at: lobbyAt(0) }, { id: 2, username: 'vali', hashed_password: hashes.dearer, created_at: lobbyAt(0) },
        { id: 3, username: 'ALI', hashed_password: hashes.php, created_at: lobbyAt(0) }, { id: 4, username: 'a/b', hashed_password: hashes.bcrypt, created_at: lobbyAt(0) },
        { id: 5, username: 'odd', hashed_password: 'md5:0123', created_at: lobbyAt(0) }],
    messages: [{ id: 1, username: 'ali', content: 'salom', created_at: lobbyAt(1) }, { id: 2, username: 'vali', content: 'qalaysan 😀', created_at: lobbyAt(2) },
        { id: 3, username: 'ghost', content: 'I have no account', created_at: lobbyAt(3) }, { id: 4, username: 'ALI', content: null, image: `data:image/png;base64,${picture.toString('base64')}`, created_at: lobbyAt(4) },
        { id: 5, username: 'a/b', content: 'see', image: 'https://pictures.example/x.png', created_at: lobbyAt(5) }, { id: 6, username: 'ali', content: longText, created_at: lobbyAt(6) },
        { id: 7, username: 'ali', content: Buffer.from('broken \xff\xfe bytes', 'latin1'), created_at: lobbyAt(7) }, { id: 8, username: 'ali', content: '', created_at: lobbyAt(8) },
        { id: 9, username: 'vali', content: 'when was it?', created_at: null }, { id: 10, username: 'vali', content: null, image: 'data:image/png;base64,###', created_at: lobbyAt(10) }],
};

test('000: a dry run changes nothing and says what would come', async () => {
    const house = new House(), file = oldLobby(path.join(work, 'chat.db'), lobby);
    const bare = house.take(65, '--dry-run', '000', file);
    assert.equal(fs.existsSync(house.data), false, 'the data directory was made');
    assert.deepEqual(bare.account, { source: 6, fresh: 6, there: 0, skipped: 0, changed: 3 });
    await house.open();
    const native = await Person.register(house.server, 'vali');
    for (const text of ['we were here first', 'and we stay']) await native.say(await native.lobby(), text);
    await house.close();
    const before = house.print();
    const dry = house.take(65, '--dry-run', '000', file);
    assert.equal(house.print(), before);
    assert.match(dry.out, /dry run/);
    assert.deepEqual(dry.message, { source: 10, fresh: 10, there: 0, skipped: 0, changed: 4 });
    hasLine(dry.lines, /account vali: changed: is called "vali-2" here/);
    const real = house.take(65, '000', file);
    assert.deepEqual({ ...real, out: 0, lines: 0 }, { ...dry, out: 0, lines: 0 });
    assert.deepEqual(real.lines, dry.lines);
});

test('000: names, texts and pictures come; what cannot be as it was is told', () => {
    const house = houses.at(-1);
    house.audit();
    assert.equal(house.ask("SELECT count(*) FROM message WHERE room_id = 1"), String(2 + 10 + 3), 'two of ours, ten of theirs, one of them in four');
    const again = house.take(65, '000', path.join(work, 'chat.db'));
    assert.deepEqual(again.message, { source: 10, fresh: 0, there: 10, skipped: 0, changed: 0 });
    assert.deepEqual(again.account, { source: 6, fresh: 0, there: 6, skipped: 0, changed: 0 });
    assert.deepEqual(again.file, { source: 2, fresh: 0, there: 1, skipped: 1, changed: 0 });
    hasLine(again.lines, /file 10: not imported: its picture is no data in base64/);
});

test('000: people log in with their old passwords, which are then kept as ours are', async () => {
    const house = houses.at(-1), server = await house.open({ SUHBAT_BCRYPT_COST: '5' });
    const api = new Api(`${server.url}/api/v1`);
    assert.equal(hashOf(house, 'ali'), hashes.bcrypt);
    assert.equal((await api.call('POST', '/sessions', { username: 'ali', password: 'wrong one' })).status, 401);
    assert.equal(hashOf(house, 'ali'), hashes.bcrypt, 'a wrong password changes nothing');
    const ali = await Person.logIn(server, 'ali', passwords.bcrypt);
    const fresh = hashOf(house, 'ali');
    assert.match(fresh, /^\$2b\$05\$/);
    await Person.logIn(server, 'ali', passwords.bcrypt);
    assert.equal(hashOf(house, 'ali'), fresh, 'made anew once');
    await Person.logIn(server, 'ALI-2', passwords.php);
    const through = await fetch(`${server.url}/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username: 'ali', password: passwords.bcrypt }) });
    assert.equal(through.status, 200, 'through its own door too');
    await Person.logIn(server, 'ab', passwords.bcrypt);
    await Person.logIn(server, 'vali-2', passwords.dearer);
    assert.equal(hashOf(house, 'vali-2'), hashes.dearer, 'not cheaper than ours');
    for (const name of ['ghost', 'odd']) assert.equal((await api.call('POST', '/sessions', { username: name, password: '!' })).status, 401);
    const page = await ali.history(await ali.lobby(), '?limit=100');
    assert.deepEqual(texts(page).slice(0, 5), ['we were here first', 'and we stay', 'salom', 'qalaysan 😀', 'I have no account']);
    assert.equal(page.messages[3].created_at, '2025-11-29T14:02:55.123456Z');
    assert.equal(texts(page).filter((t) => t?.startsWith('word') || /^word\d/.test(t ?? '')).join(''), longText);
    assert.ok(texts(page).includes('broken \ufffd\ufffd bytes') && texts(page).includes('see\nhttps://pictures.example/x.png') && texts(page).includes('(picture)'));
    const shown = page.messages.find((m) => m.files?.length);
    assert.equal(shown.author.username, 'ALI-2');
    assert.deepEqual([shown.files[0].type, shown.files[0].width, shown.files[0].height], ['image/png', 40, 30]);
    const answer = await fetch(`${server.url}/api/v1/files/${shown.files[0].id}`, { headers: { authorization: `Bearer ${ali.token}` } });
    assert.equal(crypto.createHash('sha256').update(Buffer.from(await answer.arrayBuffer())).digest('hex'), shown.files[0].sha256);
    const native = await Person.logIn(server, 'vali'), [mine] = await listed(native);
    assert.deepEqual([mine.unread, mine.read], [0, mine.head], 'who had read everything still has');
    assert.equal((await listed(ali))[0].unread, 0);
    assert.deepEqual((await native.changes(await native.lobby())).map((e) => e.seq), page.messages.map((m) => m.seq), 'a client that knows nothing is told of all');
    await until(async () => (await ali.api.get('/search?query=qalaysan')).messages.length === 1, { what: 'a hit for an imported word' });
});

test('an import waits for the server to be stopped, and leaves it alone', async () => {
    const house = houses.at(-1), refused = house.import('000', path.join(work, 'chat.db'));
    assert.equal(refused.code, 75, refused.err);
    assert.match(refused.err, /in use by another suhbat.*\n.*stop the server first/s);
    assert.equal(house.import('--dry-run', '000', path.join(work, 'chat.db')).code, 65, 'a dry run may look');
    await house.close();
});

test('000: a second run adds what is new; generation A without pictures; another source of the same kind', () => {
    const house = houses.at(-1), file = path.join(work, 'chat.db');
    oldLobby(file, { users: [{ id: 6, username: 'new', hashed_password: hashes.bcrypt, created_at: lobbyAt(20) }],
        messages: [{ id: 11, username: 'new', content: 'later', created_at: lobbyAt(21) }, { id: 12, username: 'ali', content: 'later still', created_at: lobbyAt(22) }] });
    const more = house.take(65, '000', file);
    assert.deepEqual([more.account.fresh, more.message.fresh, more.message.there], [1, 2, 10]);
    const first = oldLobby(path.join(work, 'chat-a.db'), { pictures: false, users: [{ id: 1, username: 'ali', hashed_password: hashes.bcrypt, created_at: lobbyAt(40) }],
        messages: [{ id: 1, username: 'ali', content: 'from elsewhere', created_at: lobbyAt(30) }] });
    const other = house.take(0, '000', first);
    assert.deepEqual([other.account.fresh, other.message.fresh], [1, 1]);
    hasLine(other.lines, /account ali: changed: is called "ali-3" here/);
    const same = new House();
    assert.equal(same.take(0, '000', first).account.changed, 0);
    const second = oldLobby(path.join(work, 'chat-b.db'), { users: [{ id: 9, username: 'Ali', hashed_password: hashes.bcrypt, created_at: lobbyAt(1) }],
        messages: [{ id: 1, username: 'Ali', content: 'the same man', created_at: lobbyAt(31) }] });
    hasLine(same.take(0, '--same-people', '000', second).lines, /account Ali: changed: is taken for the account that is here/);
    assert.equal(same.ask("SELECT count(*) FROM account"), '1');
    house.audit(), same.audit();
});

// ---- 001

const roomsSample = () => ({
    users: [{ id: 1, username: 'admin', password: djangoHash('admin parol', 20000), is_superuser: true, is_staff: true, email: 'admin@old.example' },
        { id: 2, username: 'karim', password: hashes.django, first_name: 'Karim', last_name: 'Aka' }, { id: 3, username: 'gone', password: hashes.django, is_active: false },
        { id: 4, username: 'lola@old.example', password: hashes.django }, { id: 5, username: 'locked', password: '!9ljTqvWzVJlIjzDZ5Q2xEHy' }],
    rooms: [{ id: 1, name: 'Asosiy', created_by_id: 2 }, { id: 2, name: 'n'.repeat(140), created_by_id: 1 }, { id: 3, name: 'nobody made it', created_by_id: 77 }],
    members: [{ id: 1, room_id: 1, user_id: 2 }, { id: 2, room_id: 1, user_id: 4, is_admin: true }, { id: 3, room_id: 2, user_id: 1 }, { id: 4, room_id: 9, user_id: 1 }, { id: 5, room_id: 1, user_id: 3 }],
    messages: [
        { id: 1, room_id: 1, user_id: 2, content: 'birinchi', timestamp: '2025-10-02 10:00:00' },
        { id: 2, room_id: 1, user_id: 4, content: 'javob', timestamp: '2025-10-02 10:00:01.5', reply_to_id: 1 },
        { id: 3, room_id: 1, user_id: 2, content: 'answers what comes later', timestamp: '2025-10-02 10:00:02', reply_to_id: 6 },
        { id: 4, room_id: 1, user_id: 2, content: '', file: 'chat_files/hisobot_1a2B3c4.pdf', message_type: 'text', file_size: 9, timestamp: '2025-10-02 10:00:03' },
        { id: 5, room_id: 1, user_id: 4, content: 'with a picture', file: 'chat_files/rasm.png', timestamp: '2025-10-02 10:00:04' },
        { id: 6, room_id: 1, user_id: 4, content: 'oxirgi', timestamp: '2025-10-02 10:00:05.000001' },
        { id: 7, room_id: 1, user_id: 2, content: '', timestamp: '2025-10-02 10:00:06' },
        { id: 8, room_id: 1, user_id: 2, content: null, file: 'chat_files/lost.bin', timestamp: '2025-10-02 10:00:07' },
        { id: 9, room_id: 1, user_id: 2, content: 'sly', file: '../../secret', timestamp: '2025-10-02 10:00:08' },
        { id: 10, room_id: 8, user_id: 2, content: 'in no room', timestamp: '2025-10-02 10:00:09' },
        { id: 11, room_id: 1, user_id: 88, content: 'by nobody', timestamp: '2025-10-02 10:00:10' },
        { id: 12, room_id: 2, user_id: 1, content: 'about another room', timestamp: '2025-10-02 10:00:11', reply_to_id: 1 },
        { id: 13, room_id: 1, user_id: 2, content: 'about nothing', timestamp: '2025-10-02 10:00:12', reply_to_id: 999 },
    ],
});

test('001: rooms, members, files and replies; what is broken is named and the exit code says so', () => {
    const house = new House(), file = oldRooms(path.join(work, 'db.sqlite3'), roomsSample()), media = path.join(work, 'media');
    fs.mkdirSync(path.join(media, 'chat_files'), { recursive: true });
    fs.writeFileSync(path.join(media, 'chat_files/hisobot_1a2B3c4.pdf'), '%PDF-1.4\n');
    fs.writeFileSync(path.join(media, 'chat_files/rasm.png'), picture);
    fs.writeFileSync(path.join(work, 'secret'), 'not for you');
    const dry = house.take(65, '--dry-run', '--media', media, '001', file);
    const real = house.take(65, '--media', media, '001', file);
    assert.deepEqual({ ...real, out: 0, lines: 0 }, { ...dry, out: 0, lines: 0 });
    assert.deepEqual(real.account, { source: 5, fresh: 5, there: 0, skipped: 0, changed: 2 });
    assert.deepEqual(real.room, { source: 3, fresh: 3, there: 0, skipped: 0, changed: 2 });
    assert.deepEqual(real.membership, { source: 5, fresh: 4, there: 0, skipped: 1, changed: 0 });
    assert.deepEqual(real.message, { source: 13, fresh: 11, there: 0, skipped: 2, changed: 2 });
    assert.deepEqual(real.file, { source: 4, fresh: 2, there: 0, skipped: 2, changed: 0 });
    for (const line of [/account lola@old\.example: changed: is called "lola" here/, /account locked: changed: its password is kept in a way that is not known/,
        /room 2: changed: its name cannot be a name here/, /room 3: changed: whoever made it, 77, does not exist/, /membership 4: not imported: room 9 does not exist/,
        /message 10: not imported: its room 8 does not exist/, /message 11: not imported: its author 88 does not exist/, /file 8: not imported: .*lost\.bin is not there/,
        /file 9: not imported: its path leads out/, /message 12: changed: replies to message 1 of another room/, /replies to message 999, which does not exist/,
        /messages: the source has 13, 13 were read, 11 are here/, /account admin ruled the old system; it is an ordinary one here/]) hasLine(real.lines, line);
    house.audit();
});

test('001: log-in by name and by address, rights, order, replies and files as they were', async () => {
    const house = houses.at(-1), server = await house.open();
    const api = new Api(`${server.url}/api/v1`), karim = await Person.logIn(server, 'karim', passwords.django);
    assert.match(hashOf(house, 'karim'), /^\$2b\$04\$/, 'made anew');
    assert.equal(karim.grant.account.name, 'Karim Aka');
    await Person.logIn(server, 'karim', passwords.django);
    const lola = await Person.logIn(server, 'lola@old.example', passwords.django);
    assert.equal(lola.username, 'lola');
    assert.equal((await api.call('POST', '/sessions', { username: 'gone', password: passwords.django })).status, 401, 'was closed and is');
    assert.equal((await Person.logIn(server, 'admin', 'admin parol')).grant.account.site_admin, false);
    const room = (await listed(karim)).find((r) => r.name === 'Asosiy');
    assert.deepEqual([room.kind, room.public, room.role, room.unread], ['group', true, 'owner', 0]);
    assert.equal((await listed(lola)).find((r) => r.name === 'Asosiy').role, 'admin');
    const { messages } = await karim.history(room, '?limit=100');
    assert.deepEqual(messages.map((m) => m.deleted ? null : m.text), ['birinchi', 'javob', 'answers what comes later', '', 'with a picture', 'oxirgi', null, 'lost.bin', 'sly', 'about nothing'].map((t) => t === '' ? messages[3].text : t));
    assert.deepEqual(messages.map((m) => m.seq), messages.map((_, i) => i + 1));
    assert.equal(messages[1].reply_to?.id ?? messages[1].reply_to, messages[0].id);
    assert.equal(messages[2].reply_to?.id ?? messages[2].reply_to, messages[5].id, 'what is replied to came later');
    assert.deepEqual([messages[3].files[0].name, messages[3].files[0].type], ['hisobot_1a2B3c4.pdf', 'application/pdf']);
    assert.deepEqual([messages[4].files[0].width, messages[4].files[0].has_thumbnail ?? true], [40, true]);
    assert.ok(messages[6].deleted, 'emptied there, a gap here');
    const wide = (await api.as((await Person.logIn(server, 'admin', 'admin parol')).token).get('/rooms')).rooms.find((r) => r.name === 'n'.repeat(100));
    assert.equal(wide.topic, 'n'.repeat(140), 'the whole name is kept');
    await karim.api.patch(`/rooms/${room.id}/messages/${messages[0].id}`, { text: 'edited here' });
    await karim.api.delete(`/rooms/${room.id}/members/${lola.id}`).catch(() => {});
    await house.close();
});

test('001: a second run mends what is mended there, and touches nothing that was done here', () => {
    const house = houses.at(-1), file = path.join(work, 'db.sqlite3'), media = path.join(work, 'media');
    fs.writeFileSync(path.join(media, 'chat_files/lost.bin'), 'found again');
    sqlite(file, "INSERT INTO chat_room (id, name, created_by_id, created_at) VALUES (8, 'found', 2, '2025-10-05 00:00:00'); UPDATE chat_message SET user_id = 2 WHERE id = 11; UPDATE chat_message SET file = NULL WHERE id = 9; DELETE FROM chat_roommember WHERE id = 4");
    const members = house.ask('SELECT count(*) FROM member');
    const more = house.take(0, '--media', media, '001', file);
    assert.deepEqual([more.message.fresh, more.message.there, more.room.fresh, more.file.fresh], [2, 11, 1, 1]);
    assert.equal(house.ask('SELECT count(*) FROM member'), String(+members + 1), 'the owner of the new room and nobody else');
    assert.equal(house.ask("SELECT count(*) FROM message WHERE text = 'edited here'"), '1');
    house.audit();
    const ruled = new House();
    ruled.take(0, '--administrators', '--media', media, '001', file);
    assert.equal(ruled.ask("SELECT username FROM account WHERE site_admin = 1"), 'admin');
    const bare = ruled.import('--name', 'copy', '001', file);
    assert.equal(bare.code, 65);
    assert.match(bare.err, /file 4: not imported: no --media DIR was given/);
    assert.match(bare.out, /source 001:copy/);
    ruled.audit();
});

// ---- 003

const tedious = 'and so on '.repeat(900); // PostgreSQL's index takes long texts only when they can be packed
const receipts = {
    users: [{ id: 1, name: 'Anna', email: 'anna@old.example', password: hashes.bcrypt }, { id: 2, name: 'Boris', email: 'Boris@old.example', password: hashes.php },
        { id: 3, name: 'Anna', email: 'anna2@old.example', password: hashes.dearer }, { id: 4, name: 'Gleb', email: 'no address', password: hashes.bcrypt }],
    chats: [{ id: 1, name: 'Team' }, { id: 2, name: null, chat_type: 'private' }],
    members: [[1, 1], [1, 2], [1, 3], [2, 2], [2, 4]],
    messages: [{ id: 1, chat_id: 1, sender_id: 1, text: 'one', timestamp: '2025-03-16 22:22:47.123456+00' }, { id: 2, chat_id: 1, sender_id: 2, text: 'two', timestamp: '2025-03-16 22:22:48+00' },
        { id: 3, chat_id: 1, sender_id: 1, text: 'three', timestamp: '2025-03-17 01:22:49+03' }, { id: 4, chat_id: 1, sender_id: 1, text: 'four', timestamp: '2025-03-16 22:22:50+00' },
        { id: 5, chat_id: 2, sender_id: 2, text: 'hello Gleb', timestamp: '2025-03-16 22:22:51+00' }, { id: 6, chat_id: 1, sender_id: 1, text: tedious, timestamp: '2025-03-16 22:22:52+00' }],
    readers: [[1, 2], [1, 3], [2, 1], [3, 2], [4, 3], [6, 3], [1, 1], [5, 1]],
};

test('003: chats become private groups, reads become marks and single reads', async () => {
    const house = new House(), url = oldReceipts(databaseBeside(old.url, `old_${process.pid}`), receipts);
    const dry = house.take(0, '--dry-run', '003', url);
    const real = house.take(65, '003', url);
    assert.deepEqual(real.account, { source: 4, fresh: 4, there: 0, skipped: 0, changed: 2 });
    assert.deepEqual(real.message, { ...dry.message, changed: 1 });
    assert.deepEqual(real['read mark'], { source: 8, fresh: 6, there: 1, skipped: 1, changed: 0 });
    hasLine(real.lines, /account no address: changed: its address is none/);
    hasLine(real.lines, /account anna2@old\.example: changed: is called "Anna-2" here/);
    hasLine(real.lines, /read mark 5\/1: not imported: its reader is not in that room/);
    house.audit();
    const server = await house.open();
    const anna = await Person.logIn(server, 'anna@old.example', passwords.bcrypt), boris = await Person.logIn(server, 'boris@old.example', passwords.php);
    const second = await Person.logIn(server, 'anna2@old.example', passwords.dearer);
    const rooms = await Promise.all([anna, boris, second].map(listed)), team = rooms.map((all) => all.find((r) => r.name === 'Team'));
    assert.deepEqual([team[0].public, team[0].role, team[1].role], [false, 'owner', 'member']);
    assert.deepEqual(team.map((r) => r.unread), [0, 4, 6], 'read up to the first that was not read: 1 to 3 by the second, 1 alone by the third');
    assert.deepEqual(rooms[1].filter((r) => r.kind === 'group').map((r) => r.name).sort(), ['Chat 2', 'Team']);
    const { messages } = await anna.history(team[0], '?limit=100');
    assert.deepEqual(texts({ messages: messages.slice(0, 4) }), ['one', 'two', 'three', 'four']);
    assert.equal(messages[0].created_at, '2025-03-16T22:22:47.123456Z');
    assert.equal(texts({ messages: messages.slice(4) }).join(''), tedious);
    const form = await fetch(`${server.url}/token`, { method: 'POST', body: new URLSearchParams({ username: 'Boris@old.example', password: passwords.php }) });
    const { access_token: token } = await form.json();
    const shown = await (await fetch(`${server.url}/history/${team[0].id}`, { headers: { authorization: `Bearer ${token}` } })).json();
    assert.deepEqual(shown.slice(0, 4).map((m) => m.text), ['one', 'two', 'three', 'four'], 'through its own door too');
    assert.equal(house.ask(`SELECT count(*) FROM message_reader`), String(1 + 3), 'the fourth, and the three parts of the sixth, above the mark');
    await house.close();
    psql(url, 'INSERT INTO message_readers VALUES (4, 2), (2, 3)');
    const more = house.take(65, '003', url);
    assert.deepEqual([more['read mark'].fresh, more.message.fresh], [2, 0]);
    assert.equal(house.ask("SELECT e.read_mark FROM member e JOIN account a ON a.id = e.account_id JOIN room o ON o.id = e.room_id WHERE a.username = 'Anna-2' AND o.name = 'Team'"), '2');
    house.audit();
    const twin = databaseBeside(old.url, `twin_${process.pid}`);
    oldReceipts(twin, { ...receipts, users: receipts.users.map((u) => ({ ...u, email: `x${u.email}`, name: `X ${u.name}` })), readers: [] });
    assert.equal(house.take(0, '003', twin).message.fresh, 6, 'another database is another source');
    house.audit();
});

// ---- 004

const at = (s) => `2024-01-15T12:00:${String(s).padStart(2, '0')}.250Z`;
const say = (n, chat, who, more, canonical) => deskMessage({ _id: oid(1000 + n), chatId: oid(chat), senderId: who.id, senderType: who.type, senderName: who.name, createdAt: at(n), ...more }, canonical);
const shop = { id: '17', type: 'user', name: 'Nodira' }, agent = { id: 'sardor', type: 'admin', name: 'Sardor' };

test('004: support chats keep their state, agent, order and what either side has read', async () => {
    const house = new House();
    await house.open();
    const boss = new Person(house.server, await new Api(`${house.server.url}/api/v1`).post('/setup', { token: house.server.setupToken(), username: 'boss', password }));
    await house.close();
    const dir = oldDesk(path.join(work, 'desk'), {
        chats: [deskChat({ _id: oid(1), userId: '17', userName: 'Nodira', status: 'active', assignedAdminId: 'sardor', assignedAdminName: 'Sardor', createdAt: at(0), lastMessageAt: at(5) }, true),
            deskChat({ _id: oid(2), userId: '18', createdAt: at(1) }), deskChat({ _id: oid(3), userId: '17', userName: 'Nodira', status: 'closed', assignedAdminId: 'boss', createdAt: at(2) }),
            deskChat({ _id: oid(4), userId: '19', status: 'active', assignedAdminId: 'sardor', isLocked: true, lockedByAdminId: 'sardor', createdAt: at(3) }),
            deskChat({ _id: oid(5), userId: '18', createdAt: at(4) }), deskChat({ _id: oid(6), userId: '20', status: 'active', createdAt: at(5) }),
            deskChat({ _id: oid(7), userId: '21', status: 'asleep', createdAt: at(6) }), Buffer.from('{"_id": broken'), Buffer.from('')],
        messages: [say(3, 1, shop, { content: 'third, but written down first' }), say(1, 1, shop, { content: 'salom', isRead: true }, true), say(2, 1, agent, { content: 'keling', isRead: true }),
            say(4, 1, agent, { content: '', messageType: 'image', fileUrl: '/uploads/a.png' }, true), say(5, 1, agent, { content: 'and a note', messageType: 'file', fileUrl: 'not an address' }),
            say(6, 9, shop, { content: 'in no chat' }), say(7, 1, { id: '17', type: 'robot' }, { content: 'by whom?' }), say(8, 2, { id: 18, type: 'user' }, { content: 'a number for an id' }),
            Buffer.concat([Buffer.from('{"_id":{"$oid":"' + oid(1009) + '"},"chatId":{"$oid":"' + oid(4) + '"},"senderId":"19","senderType":"user","content":"bad \xff byte","createdAt":{"$date":"' + at(9) + '"}}', 'latin1')])],
    });
    const dry = house.take(65, '--dry-run', '004', dir), real = house.take(65, '004', dir);
    assert.deepEqual([real.account, real.message], [dry.account, dry.message]);
    assert.deepEqual(real.account, { source: 7, fresh: 7, there: 0, skipped: 0, changed: 1 });
    assert.deepEqual(real.room, { source: 8, fresh: 6, there: 0, skipped: 2, changed: 2 });
    assert.deepEqual(real.message, { source: 9, fresh: 7, there: 0, skipped: 2, changed: 2 });
    for (const line of [/agent sardor is new here and needs a password/, /account a:boss: changed: is taken for the account that is here/, /room .*7: not imported: its status is none/,
        /room of line 8: not imported: the line is no JSON/, /room .*5: changed: its customer has another chat that is not closed/, /room .*6: changed: it is active without an agent/,
        /message .*: not imported: its room 65a5\w+9 does not exist/, /not imported: its senderType is neither/, /message .*: changed: its fileUrl is no address/, /changed: bytes that are no UTF-8/])
        hasLine(real.lines, line);
    house.audit();
    await house.open();
    const server = house.server, admin = await Person.logIn(server, 'boss');
    const chats = house.ask(`SELECT u.username, d.state, coalesce(a.username, ''), d.room_id, d.customer_read, d.agent_read, o.read_only, d.created_us, d.last_us
        FROM desk_chat d JOIN room o ON o.id = d.room_id JOIN account u ON u.id = d.customer_id LEFT JOIN account a ON a.id = d.agent_id ORDER BY d.created_us`)
        .split('\n').map((line) => line.split('|'));
    const us = (s) => String(Date.parse(at(s)) * 1000), [chat] = chats;
    assert.deepEqual(chats.map((c) => c.slice(0, 3)), [['~=17', '2', 'sardor'], ['~=18', '1', ''], ['~=17', '4', 'boss'], ['~=19', '3', 'sardor'], ['~=18', '4', ''], ['~=20', '1', '']]);
    assert.deepEqual(chats.map((c) => c[6]), ['0', '0', '1', '0', '1', '0'], 'nobody writes into what is closed');
    assert.deepEqual(chat.slice(4), ['2', '1', '0', us(0), us(5)]);
    const { messages } = await admin.history(chat[3], '?limit=100');
    assert.deepEqual(texts({ messages: messages.slice(0, 3) }), ['salom', 'keling', 'third, but written down first']);
    assert.equal(messages[4].text, 'and a note\nnot an address');
    assert.equal(house.ask(`SELECT link FROM message WHERE id = ${messages[3].id}`), '1/uploads/a.png');
    assert.deepEqual(messages.map((m) => m.author.username), ['~=17', 'sardor', '~=17', 'sardor', 'sardor']);
    assert.equal(house.ask("SELECT count(*) FROM desk_agent g JOIN account a ON a.id = g.account_id WHERE a.username = 'sardor'"), '1');
    await house.close();
    oldDesk(dir, { messages: [say(20, 1, shop, { content: 'still there?' })] });
    const more = house.take(65, '004', dir);
    assert.deepEqual([more.message.fresh, more.message.there, more.room.fresh, more.account.fresh], [1, 7, 0, 0]);
    house.audit();
});

// ---- Kill in between

test('killed again and again, an import ends whole: nothing twice, nothing lost', async () => {
    const house = new House(), file = path.join(work, 'large.sqlite3'), n = 40000;
    large['001'](file, n, 50, 20);
    let kills = 0, done = false;
    for (let tries = 0; tries < 40 && !done; tries++) {
        const child = spawn(binary, ['import', ...house.args, '001', file], { env: cleanEnvironment({ SUHBAT_BCRYPT_COST: '4' }), stdio: ['ignore', 'pipe', 'pipe'] });
        child.stdout.resume(), child.stderr.resume();
        const ended = new Promise((tell) => child.once('exit', (code, signal) => tell({ code, signal })));
        if (kills < 6) {
            const before = kills * n / 8;
            await until(() => child.exitCode !== null || (() => { try { return +house.ask('SELECT count(*) FROM message') > before; } catch { return false; } })(), { ms: 60000, every: 2 });
            child.kill('SIGKILL');
        }
        const { code, signal } = await ended;
        kills += signal === 'SIGKILL';
        done = code === 0;
    }
    assert.ok(done && kills >= 4, `done ${done} after ${kills} kills`);
    assert.equal(house.ask('SELECT count(*) FROM message'), String(n));
    assert.equal(house.ask('SELECT count(*) FROM (SELECT DISTINCT room_id, seq FROM message) x'), String(n));
    assert.equal(house.ask('SELECT count(*) FROM message WHERE reply_to IS NOT NULL'), String(Math.floor((n - 1000) / 10)));
    house.audit();
    const again = house.take(0, '001', file);
    assert.deepEqual(again.message, { source: n, fresh: 0, there: n, skipped: 0, changed: 0 });
    const server = await house.open(), one = await Person.logIn(server, 'person2', passwords.django);
    const room = (await listed(one)).find((r) => r.kind === 'group');
    let all = [], before = '';
    for (let page; !page || page.more; before = `&before=${page.messages[0].seq}`) page = await one.history(room, `?limit=200${before}`), all = [...page.messages, ...all];
    assert.equal(all.length, n / 20);
    assert.ok(all.every((m, i) => i === 0 || (m.created_at >= all[i - 1].created_at && m.seq === all[i - 1].seq + 1)), 'in the order of their times');
    assert.equal(room.unread, 0);
    await house.close();
});
