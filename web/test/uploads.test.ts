// Uploads over a wire that plays the server: it holds bytes, breaks, forgets and refuses.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Wire } from '../src/lib/tus';
import { Fault } from '../src/lib/types';
import { Uploads, type KeptUpload } from '../src/lib/uploads.svelte';

const MB = 1024 * 1024;
let held: Map<string, number>;
let sizes: Map<string, number>;
let breaks: number[];
let calls: string[];
let rows: Map<string, KeptUpload>;
let uploads: Uploads;
let refuse: Fault | null;
let gate: Promise<void>;

const wire: Wire = {
  limit: async () => 100 * MB,
  create: async (size) => {
    if (refuse) throw refuse;
    const url = '/u' + (held.size + 1);
    held.set(url, 0);
    sizes.set(url, size);
    calls.push('create');
    return url;
  },
  offset: async (url) => {
    calls.push('offset');
    if (!held.has(url)) throw new Fault('not_found');
    return held.get(url) as number;
  },
  send: async (url, offset, rest, on_progress, stop) => {
    calls.push(`send ${offset}+${rest.size}`);
    await gate;
    if (stop.aborted) throw new Fault('offline');
    if (offset !== held.get(url)) throw new Fault('conflict', 'offset');
    const cut = breaks.shift();
    const got = cut === undefined ? rest.size : Math.min(cut, rest.size);
    held.set(url, offset + got);
    on_progress(got);
    if (cut !== undefined) throw new Fault('offline');
    return offset + got;
  },
  drop: async (url) => {
    calls.push('drop');
    held.delete(url);
  },
};

const make = (): Uploads =>
  new Uploads({
    wire,
    storage: { all: async () => [...rows.values()], put: async (u) => void rows.set(u.id, u), remove: async (id) => void rows.delete(id) },
    info: async (url) => ({ id: 7, name: 'n', size: sizes.get(url) ?? 0, type: '', width: null, height: null, blurhash: null, has_thumbnail: false, sha256: '', state: 'ready' }),
    on_change: () => {},
  });
const file = (name: string, size: number): File => ({ name, size, type: '', slice: (from: number) => ({ size: size - from }) }) as unknown as File;
const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(async () => {
  vi.useFakeTimers();
  held = new Map();
  sizes = new Map();
  breaks = [];
  calls = [];
  rows = new Map();
  refuse = null;
  gate = Promise.resolve();
  uploads = make();
  await uploads.start(1);
});

afterEach(() => {
  uploads.stop();
  vi.useRealTimers();
});

test('what is too large, too many or nothing is told before a byte is sent', async () => {
  const refused = await uploads.add(3, [file('big', 100 * MB + 1), file('fits', 100 * MB), file('none', 0)]);
  expect(refused.map((r) => [r.name, r.problem])).toEqual([['big', 'too_large'], ['none', 'empty']]);
  const more = await uploads.add(3, Array.from({ length: 10 }, (_, i) => file('f' + i, 10)));
  expect(more.map((r) => [r.name, r.problem])).toEqual([['f9', 'too_many']]);
  await settle();
  expect(calls.filter((c) => c === 'create').length).toBe(10);
});

test('a broken line: it goes on from what the server has, not from the beginning', async () => {
  breaks = [40 * MB];
  await uploads.add(3, [file('a', 100 * MB)]);
  await settle();
  const [u] = uploads.tray(3);
  expect(u.state).toBe('resting');
  await settle(2_000);
  expect(calls).toEqual(['create', `send 0+${100 * MB}`, 'offset', `send ${40 * MB}+${60 * MB}`]);
  expect([u.state, u.sent, u.file?.id]).toEqual(['done', 100 * MB, 7]);
});

test('a reload takes nothing away; an upload the server has forgotten begins anew', async () => {
  breaks = [10];
  await uploads.add(3, [file('a', 100), file('b', 50)]);
  await settle();
  const [a] = uploads.tray(3);
  uploads.bind([a.id], 'key');
  uploads.stop();
  uploads = make();
  held.clear();
  calls = [];
  await uploads.start(1);
  await settle();
  expect(uploads.of_message('key').map((u) => [u.name, u.state])).toEqual([['a', 'done']]);
  expect(uploads.tray(3).map((u) => u.name)).toEqual(['b']);
  expect(calls).toContain('send 0+100');
});

test('cancel tells the server and keeps nothing', async () => {
  let open: () => void = () => {};
  gate = new Promise((r) => (open = r));
  await uploads.add(3, [file('a', 100)]);
  await settle();
  uploads.cancel(uploads.tray(3)[0].id);
  open();
  await settle();
  expect(uploads.tray(3)).toEqual([]);
  expect(rows.size).toBe(0);
  expect(calls).toContain('drop');
});

test('a refusal stays with its reason until it is tried again', async () => {
  refuse = new Fault('too_large', 'quota', 'full');
  await uploads.add(3, [file('a', 100)]);
  await settle();
  const [u] = uploads.tray(3);
  expect([u.state, u.problem?.detail]).toEqual(['failed', 'quota']);
  await settle(60_000);
  expect(u.state).toBe('failed');
  refuse = null;
  uploads.retry(u.id);
  await settle();
  expect(u.state).toBe('done');
});

test('three at once; the others wait their turn', async () => {
  let open: () => void = () => {};
  gate = new Promise((r) => (open = r));
  await uploads.add(3, Array.from({ length: 5 }, (_, i) => file('f' + i, 10)));
  await settle();
  expect(uploads.tray(3).map((u) => u.state)).toEqual(['sending', 'sending', 'sending', 'waiting', 'waiting']);
  open();
  await settle();
  expect(uploads.tray(3).every((u) => u.state === 'done')).toBe(true);
});
