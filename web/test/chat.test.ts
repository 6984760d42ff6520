// The whole client without a page: Chat over a socket and a fetch that play the server.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Api } from '../src/lib/api';
import { Chat } from '../src/lib/chat.svelte';
import type { Socket } from '../src/lib/gateway';
import type { Pending } from '../src/lib/outbox';
import type { Message, Room } from '../src/lib/types';
import { account, at, message, person, room } from './make';

const me = account(1, 'ali');
const vali = person(2, 'vali');
const posted = (seq: number, more: Partial<Message> = {}) => ({ t: 'message_posted', room: 3, seq, at, message: message(seq, more) });

class FakeSocket implements Socket {
  onmessage: ((e: { data: unknown }) => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {}
  say(...frames: unknown[]): void {
    for (const f of frames) this.onmessage?.({ data: JSON.stringify(f) });
  }
  asked(op: string): Record<string, unknown>[] {
    return this.sent.filter((f) => f.op === op);
  }
}

let sockets: FakeSocket[];
let answers: Map<string, unknown>;
let calls: string[];
let chat: Chat;
let rows: Map<string, Pending>;
let others = 0;

function socket(): FakeSocket {
  return sockets.at(-1) as FakeSocket;
}

function connect(rooms: Room[] = [room()]): FakeSocket {
  const s = socket();
  s.say({ op: 'hello', heartbeat_s: 30, account: me, session: 1, server: 'x' });
  s.say({ op: 'ready', id: s.asked('resume')[0].id, rooms });
  return s;
}

const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  calls = [];
  rows = new Map();
  answers = new Map();
  answers.set('GET /rooms/3/members?after=0&limit=100', { members: [], more: false });
  const api = new Api({
    language: () => 'en',
    renew: async () => true,
    fetch: async (input, init) => {
      const call = `${init.method} ${input.replace('/api/v1', '')}`;
      calls.push(call);
      const body = answers.get(call);
      if (body === undefined) throw new TypeError('no way to the server');
      return new Response(JSON.stringify(body), { status: 200 });
    },
  });
  chat = new Chat({
    api,
    account: me,
    storage: { all: async () => [...rows.values()], put: async (p) => void rows.set(p.key, p), remove: async (key) => void rows.delete(key) },
    open_socket: () => {
      sockets.push(new FakeSocket());
      return socket();
    },
    renew: async () => true,
    on_signed_out: () => {},
    on_other_account: () => others++,
  });
  chat.start();
});

afterEach(() => {
  chat.stop();
  vi.useRealTimers();
});

test('events are applied once, however often they come, and the cursor is what resume says', async () => {
  connect().say(posted(11), posted(11), posted(12, { author: me }));
  const r = chat.room(3)!;
  expect(r.cursor).toBe(12);
  expect(r.info).toMatchObject({ unread: 1, head: 12, last: { seq: 12 } });
  socket().onclose?.({ code: 1006 });
  await settle(1_000);
  socket().say({ op: 'hello', heartbeat_s: 30, account: me, session: 1, server: 'x' });
  expect(socket().asked('resume')[0].rooms).toEqual({ 3: 12 });
});

test('a replay changes messages, but not the counters that ready has already told', async () => {
  answers.set('GET /rooms/3/messages?limit=50', { messages: [message(9)], more: false, head: 10 });
  connect();
  await chat.open(3);
  socket().onclose?.({ code: 1006 });
  await settle(1_000);
  connect([room({ head: 12, unread: 2, last: message(12) })]).say(posted(11), posted(12), { op: 'resumed', room: 3, to: 12 }, posted(13));
  const r = chat.room(3)!;
  expect(r.messages.map((m) => m.seq)).toEqual([9, 11, 12, 13]);
  expect(r.info.unread).toBe(3);
});

test('a hole is filled from the replay; what came meanwhile waits and follows in order', async () => {
  answers.set('GET /rooms/3/messages?limit=50', { messages: [message(9)], more: false, head: 10 });
  answers.set('GET /rooms/3/changes?after=10&limit=500', { events: [posted(11), posted(12)], to: 12, head: 13 });
  answers.set('GET /rooms/3/changes?after=12&limit=500', { events: [posted(13)], to: 13, head: 13 });
  connect();
  await chat.open(3);
  socket().say(posted(13), posted(14));
  expect(chat.room(3)!.messages.map((m) => m.seq)).toEqual([9]);
  await settle();
  expect(chat.room(3)!.messages.map((m) => m.seq)).toEqual([9, 11, 12, 13, 14]);
  expect(chat.room(3)!.cursor).toBe(14);
});

test('reload throws the window away and reads it anew', async () => {
  answers.set('GET /rooms/3/messages?limit=50', { messages: [message(9)], more: false, head: 10 });
  connect();
  await chat.open(3);
  answers.set('GET /rooms/3/messages?limit=50', { messages: [message(899)], more: true, head: 900 });
  socket().say({ op: 'reload', room: 3, from: 900 });
  await settle();
  expect(chat.room(3)!.messages.map((m) => m.seq)).toEqual([899]);
  socket().say(posted(901));
  expect(chat.room(3)!.messages.map((m) => m.seq)).toEqual([899, 901]);
});

test('an event that comes while a page is on its way is not lost', async () => {
  let release: (page: unknown) => void = () => {};
  const page = new Promise((r) => (release = r));
  answers.set('GET /rooms/3/messages?limit=50', { toJSON: undefined });
  const get = vi.spyOn(Api.prototype, 'get').mockImplementation(((path: string) =>
    path.includes('messages') ? page : Promise.resolve({ members: [], more: false })) as typeof Api.prototype.get);
  connect();
  const opening = chat.open(3);
  await settle();
  socket().say(posted(11), { t: 'message_edited', room: 3, seq: 12, at, message: message(9, { text: 'edited' }) });
  release({ messages: [message(9)], more: false, head: 10 });
  await opening;
  expect(chat.room(3)!.messages.map((m) => m.text)).toEqual(['edited', 't11']);
  get.mockRestore();
});

test('a room that ready does not name is forgotten, and so is one from which one is removed', () => {
  connect([room(), room({ id: 4 })]);
  expect(chat.rooms.map((r) => r.id)).toEqual([3, 4]);
  socket().say({ t: 'member_left', room: 4, seq: 11, at, member: me, by: vali });
  expect(chat.rooms.map((r) => r.id)).toEqual([3]);
  socket().onclose?.({ code: 1006 });
  chat.wake();
  connect([]);
  expect(chat.rooms).toEqual([]);
});

test('a room one is added to appears, with the events that came while it was fetched', async () => {
  answers.set('GET /rooms/5', room({ id: 5, head: 2 }));
  connect();
  socket().say({ t: 'member_joined', room: 5, seq: 2, at, member: me, role: 'member', by: vali });
  socket().say({ ...posted(3), room: 5 });
  await settle();
  expect(chat.room(5)).toMatchObject({ cursor: 3, info: { unread: 1 } });
});

test('a message is shown at once, becomes one solid message, whichever of answer and event comes first', async () => {
  answers.set('GET /rooms/3/messages?limit=50', { messages: [], more: false, head: 10 });
  connect();
  const r = (await chat.open(3))!;
  for (const event_first of [true, false]) {
    chat.send(r, 'salom', null);
    expect(r.pending.map((p) => p.text)).toEqual(['salom']);
    const { id, key } = socket().asked('send').at(-1)!;
    const seq = r.cursor + 1;
    const frames = [posted(seq, { author: me, key: key as string }), { op: 'ok', id, message: message(seq, { author: me, key: key as string }), repeat: false }];
    socket().say(...(event_first ? frames : frames.reverse()));
    await settle();
    expect(r.pending).toEqual([]);
    expect(r.messages.filter((m) => m.key === key).length).toBe(1);
  }
});

test('what was under way when the line broke goes again with the same key after resume', async () => {
  connect();
  chat.send(chat.room(3)!, 'salom', null);
  const first = socket().asked('send')[0];
  socket().onclose?.({ code: 1006 });
  await settle();
  expect(chat.n_unsent).toBe(1);
  chat.wake();
  connect();
  await settle();
  expect(socket().asked('send')[0]).toMatchObject({ key: first.key, text: 'salom' });
});

test('with the socket down and HTTP up, messages go and come over HTTP', async () => {
  connect();
  socket().onclose?.({ code: 1006 });
  await settle(600);
  socket().onclose?.({ code: 1006 }); // this time before hello: the session is asked for, and HTTP answers
  answers.set('GET /rooms', { rooms: [room({ head: 11, unread: 1 })] });
  answers.set('GET /rooms/3/changes?after=10&limit=500', { events: [posted(11)], to: 11, head: 11 });
  answers.set('POST /rooms/3/messages', message(12, { author: me }));
  chat.send(chat.room(3)!, 'salom', null);
  await settle(2_000);
  expect(calls).toContain('POST /rooms/3/messages');
  expect(chat.n_unsent).toBe(0);
  expect(chat.by_http).toBe(true);
  expect(chat.room(3)!.cursor).toBe(11);
  connect([room({ head: 11 })]);
  expect(chat.by_http).toBe(false);
});

test('reading on another device lowers the count here, "unread from here" raises it', async () => {
  connect([room({ read: 5, unread: 3, head: 10, last: message(10) })]);
  const r = chat.room(3)!;
  socket().say({ t: 'room_read', room: 3, seq: 11, at, by: { id: 1, username: 'ali' }, read: 10 });
  expect(r.info).toMatchObject({ read: 10, unread: 0 });
  answers.set('GET /rooms/3', room({ read: 4, unread: 6, head: 12 }));
  socket().say({ t: 'room_read', room: 3, seq: 12, at, by: { id: 1, username: 'ali' }, read: 4 });
  expect([r.info.read, r.kept_unread]).toEqual([4, true]);
  await settle(600);
  expect(r.info.unread).toBe(6);
  socket().say({ t: 'room_read', room: 3, seq: null, by: { id: 1, username: 'ali' }, read: 9 });
  expect([r.info.read, r.kept_unread]).toEqual([9, false]);
});

test('unsent messages of a room that is no longer one’s own are not kept for ever', async () => {
  rows.set('k', { key: 'k', account: 1, room: 77, text: 'x', reply_to: null, created_at: at, state: 'waiting', problem: null });
  chat.stop();
  await settle();
  chat.start();
  await settle();
  connect();
  await settle();
  expect(rows.size).toBe(0);
  expect(chat.n_unsent).toBe(0);
});

test('a socket that turns out to be somebody else’s is noticed', () => {
  const before = others;
  socket().say({ op: 'hello', heartbeat_s: 30, account: { ...me, id: 9 }, session: 1, server: 'x' });
  expect(others).toBe(before + 1);
});

test('typing shows others, ends by itself, and never oneself', async () => {
  connect();
  socket().say({ t: 'typing', room: 3, by: vali, on: true }, { t: 'typing', room: 3, by: me, on: true });
  expect(chat.room(3)!.typists.map((x) => x.person.username)).toEqual(['vali']);
  await settle(7_000);
  expect(chat.room(3)!.typists).toEqual([]);
});
