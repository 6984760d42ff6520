import 'fake-indexeddb/auto';
import { person } from './make';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { client_key, Outbox, type OutboxStorage, type Pending } from '../src/lib/outbox';
import { open_outbox_storage } from '../src/lib/outbox_storage';
import { Fault, type Message } from '../src/lib/types';

type Answer = (p: Pending) => Promise<Message>;

const message = (p: Pending): Message => ({ id: 1, room: p.room, seq: 1, key: p.key, text: p.text }) as Message;

function memory(): OutboxStorage & { rows: Map<string, Pending> } {
  const rows = new Map<string, Pending>();
  return {
    rows,
    all: async (account) => [...rows.values()].filter((p) => p.account === account),
    put: async (p) => void rows.set(p.key, p),
    remove: async (key) => void rows.delete(key),
  };
}

let offered: Pending[];
let shown: Map<number, Pending[]>;
let sent: Message[];
let answer: Answer;

function make(storage: OutboxStorage = memory()): Outbox {
  return new Outbox({
    storage,
    send: (p) => {
      offered.push(p);
      return answer(p);
    },
    on_change: (room, pending) => shown.set(room, pending),
    on_sent: (m) => sent.push(m),
    random: () => 1,
  });
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  offered = [];
  shown = new Map();
  sent = [];
  answer = async (p) => message(p);
});
afterEach(() => vi.useRealTimers());

test('keys are of the alphabet and length the protocol allows, and differ', () => {
  const keys = new Set(Array.from({ length: 100 }, client_key));
  expect(keys.size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
});

test('a message is shown at once, offered, and gone when acknowledged', async () => {
  const storage = memory();
  const outbox = make(storage);
  await outbox.start(7);
  const p = outbox.add(3, 'salom', null);
  expect(shown.get(3)).toMatchObject([{ key: p.key, state: 'sending' }]);
  expect(storage.rows.size).toBe(1);
  await settle();
  expect(sent.map((m) => m.key)).toEqual([p.key]);
  expect(shown.get(3)).toEqual([]);
  expect(storage.rows.size).toBe(0);
  expect(outbox.n_unsent).toBe(0);
});

test('one at a time in a room, in the order of writing; other rooms do not wait', async () => {
  const outbox = make();
  await outbox.start(7);
  let release: () => void = () => {};
  answer = (p) => (p.room === 3 ? new Promise((r) => (release = () => r(message(p)))) : Promise.resolve(message(p)));
  outbox.add(3, 'a', null);
  outbox.add(3, 'b', null);
  outbox.add(4, 'c', null);
  await settle();
  expect(offered.map((p) => p.text)).toEqual(['a', 'c']);
  release();
  await settle();
  expect(offered.map((p) => p.text)).toEqual(['a', 'c', 'b']);
});

test('after an uncertain end it is offered again with the same key, before what was written later', async () => {
  const outbox = make();
  await outbox.start(7);
  answer = async () => {
    throw new Fault('uncertain');
  };
  outbox.add(3, 'a', null);
  outbox.add(3, 'b', null);
  await settle();
  answer = async (p) => message(p);
  await vi.advanceTimersByTimeAsync(1000);
  expect(offered.map((p) => p.text)).toEqual(['a', 'a', 'b']);
  expect(offered[0].key).toBe(offered[1].key);
  expect(outbox.n_unsent).toBe(0);
});

test('it never stops trying, with growing waits, and an open way ends the wait', async () => {
  const outbox = make();
  await outbox.start(7);
  answer = async () => {
    throw new Fault('offline');
  };
  outbox.add(3, 'a', null);
  await vi.advanceTimersByTimeAsync(1000 + 2000 + 4000);
  expect(offered.length).toBe(4);
  answer = async (p) => message(p);
  outbox.kick();
  await settle();
  expect(offered.length).toBe(5);
  expect(outbox.n_unsent).toBe(0);
});

test('the server’s patience is honoured', async () => {
  const outbox = make();
  await outbox.start(7);
  answer = async () => {
    throw new Fault('limited', null, '', 5);
  };
  outbox.add(3, 'a', null);
  await vi.advanceTimersByTimeAsync(4_900);
  expect(offered.length).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(offered.length).toBe(2);
});

test('a refusal stays with its reason and does not hold up the others; Retry and Delete work', async () => {
  const storage = memory();
  const outbox = make(storage);
  await outbox.start(7);
  answer = async (p) => {
    if (p.text === 'bad') throw new Fault('forbidden', 'room');
    return message(p);
  };
  const bad = outbox.add(3, 'bad', null);
  outbox.add(3, 'good', null);
  await settle();
  expect(shown.get(3)).toMatchObject([{ text: 'bad', state: 'failed', problem: { word: 'forbidden' } }]);
  expect(sent.map((m) => m.text)).toEqual(['good']);
  answer = async (p) => message(p);
  outbox.retry(bad.key);
  await settle();
  expect(offered.at(-1)?.key).toBe(bad.key);
  expect(shown.get(3)).toEqual([]);

  answer = async () => {
    throw new Fault('too_large');
  };
  const long = outbox.add(3, 'long', null);
  await settle();
  outbox.drop(long.key);
  await settle();
  expect(shown.get(3)).toEqual([]);
  expect(storage.rows.size).toBe(0);
});

test('its event takes it out even when the answer is lost', async () => {
  const outbox = make();
  await outbox.start(7);
  answer = () => new Promise(() => {});
  const p = outbox.add(3, 'a', null);
  outbox.seen(p.key);
  expect(shown.get(3)).toEqual([]);
  expect(outbox.n_unsent).toBe(0);
});

test('survives a reload: same key, same order, only of the same account', async () => {
  vi.useRealTimers();
  const storage = open_outbox_storage('test-' + client_key());
  answer = async () => {
    throw new Fault('offline');
  };
  const before = make(storage);
  await before.start(7);
  const a = before.add(3, 'a', { id: 1, seq: 1, author: person(2, 'vali'), text: 'q', has_file: false });
  await new Promise((r) => setTimeout(r, 5));
  const b = before.add(3, 'b', null);
  await new Promise((r) => setTimeout(r, 50));
  before.stop();

  offered = [];
  answer = async (p) => message(p);
  const stranger = make(storage);
  await stranger.start(8);
  await new Promise((r) => setTimeout(r, 20));
  expect(offered).toEqual([]);
  const after = make(storage);
  await after.start(7);
  await new Promise((r) => setTimeout(r, 50));
  expect(offered.map((p) => [p.key, p.text])).toEqual([
    [a.key, 'a'],
    [b.key, 'b'],
  ]);
  expect(offered[0].reply_to?.id).toBe(1);
  expect(await storage.all(7)).toEqual([]);
});
