// What the older systems left behind, made anew in their exact schemas: small samples with every kind of trouble, and large ones for figures.
import crypto from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './server.mjs';

/** What each hash of the samples was made of. */
export const passwords = { bcrypt: 'eski parol', dearer: 'vali parol', php: 'php parol', django: 'django parol' };
export const hashes = {
    bcrypt: '$2b$04$abcdefghijklmnopqrstuu8FDShPMF4y9FiTLWw.lgRb9u6Qv8jY2',
    dearer: '$2a$05$abcdefghijklmnopqrstuugXOb22egLkugF.SkK6s2OoYhu2kPey6',
    php: '$2y$04$abcdefghijklmnopqrstuuCEJ/ISaChyUnfd9PhSBAlFOUYofBG/.',
    django: djangoHash(passwords.django, 30000),
};
export function djangoHash(password, rounds) {
    const salt = crypto.randomBytes(16).toString('hex').slice(0, 22);
    return `pbkdf2_sha256$${rounds}$${salt}$${crypto.pbkdf2Sync(password, salt, rounds, 32, 'sha256').toString('base64')}`;
}

/** A value as SQL says it. Buffers are texts of those very bytes. */
function literal(value) {
    if (value === null || value === undefined) return 'NULL';
    if (typeof value === 'number') return String(value);
    if (typeof value === 'boolean') return value ? '1' : '0';
    if (Buffer.isBuffer(value)) return `CAST(X'${value.toString('hex')}' AS TEXT)`;
    return `'${value.replaceAll("'", "''")}'`;
}
const insert = (table, columns, rows) => rows.map((row) => `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((c) => literal(row[c])).join(', ')});`).join('\n');
export const sqlite = (file, sql) => execFileSync('sqlite3', [file], { input: sql, encoding: 'utf8', maxBuffer: 1 << 28, stdio: 'pipe' }).trim();
export const psql = (url, sql) => execFileSync('psql', ['-q', '-At', '-v', 'ON_ERROR_STOP=1', '-d', url], { input: sql, encoding: 'utf8', maxBuffer: 1 << 28, stdio: 'pipe' }).trim();

// ---- 000: one room, SQLAlchemy on SQLite

const lobbySchema = (pictures) => `
CREATE TABLE users (id INTEGER NOT NULL, username VARCHAR NOT NULL, hashed_password VARCHAR NOT NULL, created_at DATETIME, PRIMARY KEY (id));
CREATE UNIQUE INDEX ix_users_username ON users (username); CREATE INDEX ix_users_id ON users (id);
CREATE TABLE messages (id INTEGER NOT NULL, username VARCHAR, content VARCHAR,${pictures ? ' image VARCHAR,' : ''} created_at DATETIME, PRIMARY KEY (id));
CREATE INDEX ix_messages_username ON messages (username); CREATE INDEX ix_messages_id ON messages (id);`;

export function oldLobby(file, { users = [], messages = [], pictures = true }) {
    const columns = ['id', 'username', 'content', ...(pictures ? ['image'] : []), 'created_at'];
    if (!fs.existsSync(file)) sqlite(file, lobbySchema(pictures));
    sqlite(file, `BEGIN;${insert('users', ['id', 'username', 'hashed_password', 'created_at'], users)}${insert('messages', columns, messages)}COMMIT;`);
    return file;
}

// ---- 001: rooms, Django on SQLite

const roomsSchema = `
CREATE TABLE django_migrations (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, app varchar(255) NOT NULL, name varchar(255) NOT NULL, applied datetime NOT NULL);
CREATE TABLE auth_user (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, password varchar(128) NOT NULL, last_login datetime NULL, is_superuser bool NOT NULL,
    username varchar(150) NOT NULL UNIQUE, last_name varchar(150) NOT NULL, email varchar(254) NOT NULL, is_staff bool NOT NULL, is_active bool NOT NULL,
    date_joined datetime NOT NULL, first_name varchar(150) NOT NULL);
CREATE TABLE django_session (session_key varchar(40) NOT NULL PRIMARY KEY, session_data text NOT NULL, expire_date datetime NOT NULL);
CREATE TABLE chat_room (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, name varchar(255) NOT NULL, created_at datetime NOT NULL,
    created_by_id integer NOT NULL REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE chat_message (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, content text NULL, message_type varchar(10) NOT NULL, file varchar(100) NULL,
    file_size bigint NOT NULL, file_type varchar(100) NULL, timestamp datetime NOT NULL, reply_to_id bigint NULL REFERENCES chat_message (id) DEFERRABLE INITIALLY DEFERRED,
    room_id bigint NOT NULL REFERENCES chat_room (id) DEFERRABLE INITIALLY DEFERRED, user_id integer NOT NULL REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE chat_roommember (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, joined_at datetime NOT NULL, is_admin bool NOT NULL,
    room_id bigint NOT NULL REFERENCES chat_room (id) DEFERRABLE INITIALLY DEFERRED, user_id integer NOT NULL REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT chat_roommember_room_user_uniq UNIQUE (room_id, user_id));`;

export function oldRooms(file, { users = [], rooms = [], members = [], messages = [] }) {
    const at = '2025-10-01 08:00:00';
    if (!fs.existsSync(file)) {
        sqlite(file, roomsSchema + insert('django_migrations', ['app', 'name', 'applied'], [{ app: 'contenttypes', name: '0001_initial', applied: `2025-10-01 07:59:59.${crypto.randomInt(100000, 999999)}` }]));
    }
    const person = { is_superuser: false, is_staff: false, is_active: true, first_name: '', last_name: '', email: '', date_joined: at };
    const said = { message_type: 'text', file_size: 0 };
    sqlite(file, `BEGIN;
${insert('auth_user', ['id', 'username', 'password', 'is_superuser', 'is_staff', 'is_active', 'first_name', 'last_name', 'email', 'date_joined'], users.map((u) => ({ ...person, ...u })))}
${insert('chat_room', ['id', 'name', 'created_by_id', 'created_at'], rooms.map((r) => ({ created_at: at, ...r })))}
${insert('chat_roommember', ['id', 'room_id', 'user_id', 'is_admin', 'joined_at'], members.map((m) => ({ is_admin: false, joined_at: at, ...m })))}
${insert('chat_message', ['id', 'room_id', 'user_id', 'content', 'message_type', 'file', 'file_size', 'timestamp', 'reply_to_id'], messages.map((m) => ({ ...said, ...m })))}
COMMIT;`);
    return file;
}

// ---- 003: chats with receipts, PostgreSQL

const receiptsSchema = `
CREATE TABLE users (id SERIAL PRIMARY KEY, name VARCHAR NOT NULL, email VARCHAR NOT NULL UNIQUE, password VARCHAR NOT NULL);
CREATE TABLE chats (id SERIAL PRIMARY KEY, name VARCHAR, chat_type VARCHAR NOT NULL);
CREATE TABLE chat_members (chat_id INTEGER REFERENCES chats (id) ON DELETE CASCADE, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE,
    role VARCHAR DEFAULT 'member', PRIMARY KEY (chat_id, user_id));
CREATE TABLE messages (id SERIAL PRIMARY KEY, chat_id INTEGER REFERENCES chats (id) ON DELETE CASCADE, sender_id INTEGER REFERENCES users (id) ON DELETE CASCADE,
    text VARCHAR NOT NULL, "timestamp" TIMESTAMP WITH TIME ZONE DEFAULT now(), read BOOLEAN DEFAULT false, CONSTRAINT unique_message UNIQUE (chat_id, sender_id, text, "timestamp"));
CREATE TABLE message_readers (message_id INTEGER REFERENCES messages (id) ON DELETE CASCADE, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (message_id, user_id));`;

export function oldReceipts(url, { users = [], chats = [], members = [], messages = [], readers = [] }) {
    if (psql(url, "SELECT to_regclass('chats') IS NULL") === 't') psql(url, receiptsSchema);
    psql(url, `BEGIN;
${insert('users', ['id', 'name', 'email', 'password'], users)}
${insert('chats', ['id', 'name', 'chat_type'], chats.map((c) => ({ chat_type: 'group', ...c })))}
${insert('chat_members', ['chat_id', 'user_id'], members.map(([chat_id, user_id]) => ({ chat_id, user_id })))}
${insert('messages', ['id', 'chat_id', 'sender_id', 'text', '"timestamp"'], messages.map((m) => ({ ...m, '"timestamp"': m.timestamp })))}
${insert('message_readers', ['message_id', 'user_id'], readers.map(([message_id, user_id]) => ({ message_id, user_id })))}
COMMIT;`);
    return url;
}

/** A PostgreSQL server for the old database alone, when the stories bring none: {url, stop}. */
export async function postgresForOld() {
    const child = spawn(path.join(root, 'tests/tools/with-postgres'), ['sh', '-c', 'echo "$DATABASE_URL"; cat >/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const gone = new Promise((done) => child.once('exit', done));
    const url = await new Promise((done, fail) => {
        let text = '';
        child.stdout.on('data', (more) => { text += more; if (text.includes('\n')) done(text.trim()); });
        gone.then(() => fail(new Error('with-postgres ended')));
    });
    return { url, stop: () => (child.stdin.end(), gone) };
}
export function databaseBeside(url, name) {
    psql(url, `CREATE DATABASE ${name}`);
    return url.replace(/\/[^/?]*(\?|$)/, `/${name}$1`);
}

// ---- 004: support desk, an export of Mongo

export const oid = (n) => `65a5${n.toString(16).padStart(20, '0')}`;
const date = (text, canonical) => ({ $date: canonical ? { $numberLong: String(Date.parse(text)) } : text });
const int = (n, canonical) => (canonical ? { $numberInt: String(n) } : n);

export function deskChat(chat, canonical = false) {
    const { createdAt, updatedAt = createdAt, lastMessageAt = createdAt, unreadCount = 0, _id, ...rest } = chat;
    return { _id: { $oid: _id }, userName: 'Mijoz', assignedAdminId: null, assignedAdminName: null, status: 'waiting', lastMessage: '', userOnline: false, isLocked: false,
        lockedByAdminId: null, lockedByAdminName: null, ...rest, unreadCount: int(unreadCount, canonical), lastMessageAt: date(lastMessageAt, canonical),
        createdAt: date(createdAt, canonical), updatedAt: date(updatedAt, canonical), __v: int(0, canonical) };
}
export function deskMessage(message, canonical = false) {
    const { createdAt, _id, chatId, readAt, ...rest } = message;
    return { _id: { $oid: _id }, chatId: { $oid: chatId }, senderName: 'Mijoz', messageType: 'text', fileUrl: null, isRead: false, ...rest,
        readAt: readAt ? date(readAt, canonical) : null, createdAt: date(createdAt, canonical), updatedAt: date(createdAt, canonical), __v: int(0, canonical) };
}
/** Entries are objects, or Buffers for lines that no exporter should have written. */
export function oldDesk(dir, { chats = [], messages = [] }) {
    const lines = (entries) => Buffer.concat(entries.flatMap((e) => [Buffer.isBuffer(e) ? e : Buffer.from(JSON.stringify(e)), Buffer.from('\n')]));
    fs.mkdirSync(dir, { recursive: true });
    fs.appendFileSync(path.join(dir, 'chats.json'), lines(chats));
    fs.appendFileSync(path.join(dir, 'messages.json'), lines(messages));
    return dir;
}

// ---- Large ones. words: texts of about 60 bytes; a tenth are replies where the system has replies.

const nth = (n, from) => `substr('the quick brown fox jumps over the lazy dog again and again until it is tired of it', 1 + ${n} % 20, 40 + ${n} % 21) || ' ' || ${from}`;
const many = (n) => `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${n})`;
const when = (i) => `strftime('%Y-%m-%d %H:%M:%f', 1704067200 + ${i} * 0.5, 'unixepoch') || '000'`;

export const large = {
    '000': (file, n, people = 200) => {
        sqlite(file, lobbySchema(true));
        sqlite(file, `PRAGMA synchronous=OFF; BEGIN;
${many(people)} INSERT INTO users SELECT i, 'person' || i, '${hashes.bcrypt}', ${when('i')} FROM n;
${many(n)} INSERT INTO messages (id, username, content, created_at) SELECT i, 'person' || (1 + i * 7919 % ${people}), ${nth('i', 'i')}, ${when('i')} FROM n; COMMIT;`);
    },
    '001': (file, n, people = 200, rooms = 100) => {
        oldRooms(file, {});
        sqlite(file, `PRAGMA synchronous=OFF; BEGIN;
${many(people)} INSERT INTO auth_user (id, username, password, is_superuser, is_staff, is_active, first_name, last_name, email, date_joined)
 SELECT i, 'person' || i, '${hashes.django}', 0, 0, 1, '', '', 'person' || i || '@old.example', ${when('i')} FROM n;
${many(rooms)} INSERT INTO chat_room (id, name, created_by_id, created_at) SELECT i, 'room ' || i, 1 + i % ${people}, ${when('i')} FROM n;
${many(rooms * 20)} INSERT OR IGNORE INTO chat_roommember (room_id, user_id, is_admin, joined_at) SELECT 1 + i % ${rooms}, 1 + i * 31 % ${people}, 0, ${when('i')} FROM n;
${many(n)} INSERT INTO chat_message (id, room_id, user_id, content, message_type, file_size, timestamp, reply_to_id)
 SELECT i, 1 + i % ${rooms}, 1 + i * 7919 % ${people}, ${nth('i', 'i')}, 'text', 0, ${when('i')}, CASE WHEN i % 10 = 0 AND i > 1000 THEN i - ${rooms} END FROM n; COMMIT;`);
    },
    '003': (url, n, people = 200, chats = 500) => {
        oldReceipts(url, {});
        psql(url, `INSERT INTO users SELECT i, 'person ' || i, 'person' || i || '@old.example', '${hashes.bcrypt}' FROM generate_series(1, ${people}) i;
INSERT INTO chats SELECT i, 'chat ' || i, 'group' FROM generate_series(1, ${chats}) i;
INSERT INTO chat_members (chat_id, user_id) SELECT DISTINCT c, 1 + (c * 13 + k * 17) % ${people} FROM generate_series(1, ${chats}) c, generate_series(0, 3) k;
INSERT INTO messages (id, chat_id, sender_id, text, "timestamp") SELECT i, 1 + i % ${chats}, 1 + ((1 + i % ${chats}) * 13 + (i / ${chats}) % 4 * 17) % ${people},
 ${nth('i', 'i')}, timestamptz '2024-01-01' + i * interval '500 ms' FROM generate_series(1, ${n}) i;
INSERT INTO message_readers SELECT m.id, c.user_id FROM messages m JOIN chat_members c USING (chat_id) WHERE c.user_id <> m.sender_id AND m.id % 2 = 0;`);
    },
    '004': (dir, n, chats = 10000) => {
        fs.mkdirSync(dir, { recursive: true });
        const out = { chats: fs.openSync(path.join(dir, 'chats.json'), 'w'), messages: fs.openSync(path.join(dir, 'messages.json'), 'w') };
        const iso = (i) => new Date(1704067200000 + i * 500).toISOString();
        for (let i = 1; i <= chats; i++) {
            const taken = i % 3 ? { status: i % 3 === 1 ? 'closed' : 'active', assignedAdminId: `agent${i % 20}`, assignedAdminName: `Agent ${i % 20}` } : {};
            fs.writeSync(out.chats, `${JSON.stringify(deskChat({ _id: oid(i), userId: `shop-${i}`, userName: `Customer ${i}`, createdAt: iso(i), ...taken }, i % 2 === 0))}\n`);
        }
        for (let i = 1, lines = []; i <= n; i++) {
            const chat = 1 + i % chats, agent = chat % 3 && (i / chats) % 2 >= 1;
            lines.push(JSON.stringify(deskMessage({ _id: oid(1e9 + i), chatId: oid(chat), senderId: agent ? `agent${chat % 20}` : `shop-${chat}`, senderType: agent ? 'admin' : 'user',
                content: `message ${i} of a customer who asks about the parcel that has not come`, isRead: i < n - chats, createdAt: iso(chats + i) }, i % 2 === 0)));
            if (lines.length === 5000 || i === n) fs.writeSync(out.messages, `${lines.splice(0).join('\n')}\n`);
        }
        Object.values(out).forEach((fd) => fs.closeSync(fd));
    },
};

// As a program: node tests/story/lib/old.mjs 000|001|003|004 WHERE N
if (process.argv[1] === new URL(import.meta.url).pathname) {
    const [kind, where, n] = process.argv.slice(2);
    if (!large[kind] || !where || !Number(n)) {
        console.error('usage: old.mjs 000|001|003|004 WHERE N     a large sample of an older system: a file, a URL (003) or a directory (004)');
        process.exit(64);
    }
    large[kind](where, Number(n));
}
