// The widget's parts that need no page: what counts as a link, colours that can be read, the order of what is shown, and what is sent again.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
vi.mock('socket.io-client', () => ({ io: () => ({ io: { on: () => {}, opts: {} }, on: () => {}, emit: () => {}, connect: () => {}, disconnect: () => {}, connected: false }) }));
import { title_with } from '../src/desk/bell';
import { day } from '../src/desk/clock';
import { colours, contrast, parse_colour, type Rgb } from '../src/desk/colour';
import { Door, type DeskMessage } from '../src/desk/door';
import { make_entries, merge } from '../src/desk/entries';
import { pieces } from '../src/desk/links';
import { read_settings } from '../src/desk/settings';
import { make_shelf, type Shelf } from '../src/desk/shelf';
import { Talk } from '../src/desk/talk.svelte';
import { all_words, choose, count } from '../src/desk/words';

const said = (id: string, at: string, more: Partial<DeskMessage> = {}): DeskMessage => ({
  _id: id,
  chatId: 'c',
  senderId: 'u',
  senderType: 'user',
  senderName: 'Ali',
  content: id,
  messageType: 'text',
  fileUrl: null,
  isRead: false,
  createdAt: at,
  ...more,
});

describe('links', () => {
  test('addresses become links, what ends a sentence does not belong to them', () => {
    expect(pieces('see https://a.uz/x?y=1. And (http://b.uz/c_(d)) now')).toEqual([
      { text: 'see ' },
      { text: 'https://a.uz/x?y=1', href: 'https://a.uz/x?y=1' },
      { text: '. And (' },
      { text: 'http://b.uz/c_(d)', href: 'http://b.uz/c_(d)' },
      { text: ') now' },
    ]);
    expect(pieces('ali@shop.uz')).toEqual([{ text: 'ali@shop.uz', href: 'mailto:ali@shop.uz' }]);
  });
  test('no other scheme is a link, markup stays text', () => {
    for (const text of ['javascript:alert(1)', 'data:text/html,x', '<img src=x onerror=alert(1)>', '//evil.example']) expect(pieces(text)).toEqual([{ text }]);
    expect(pieces('https://a.uz/"onclick="x').map((p) => p.href)).toEqual(['https://a.uz/', undefined]);
  });
  test('a file opens only by http', () => {
    const door = new Door('https://chat.example');
    expect(door.address('/api/messages/files/1/s/a.png')).toBe('https://chat.example/api/messages/files/1/s/a.png');
    expect(door.address('javascript:alert(1)')).toBeNull();
    expect(door.address('http://[')).toBeNull();
  });
});

describe('colours', () => {
  test('any colour can be read on and as text', () => {
    for (const c of ['#ffeb3b', '#000', '#fff', '#0d7268', '#ff0000', '#123456', '#7fffd4']) {
      const found = colours(c);
      const rgb = (name: string): Rgb => parse_colour(found[name]) as Rgb;
      expect(contrast(rgb('--own'), rgb('--on-own'))).toBeGreaterThan(4.5);
      expect(contrast(rgb('--own-ink-light'), [238, 242, 239])).toBeGreaterThan(4.5);
      expect(contrast(rgb('--own-ink-dark'), [36, 47, 43])).toBeGreaterThan(4.5);
    }
  });
  test('what is no colour changes nothing', () => expect(colours('url(x)')).toEqual({}));
});

describe('words', () => {
  test('each language has each word, with the same places to fill', () => {
    const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const words of Object.values(all_words)) {
      for (const [key, english] of Object.entries(all_words.en)) {
        const own = words[key as keyof typeof words];
        expect(typeof own, key).toBe(typeof english);
        if (typeof own === 'string' && typeof english === 'string') expect(places(own), key).toEqual(places(english));
      }
    }
  });
  test('the language is that of the attribute, the page, the browser, or English', () => {
    expect(choose(['', 'de', 'ru-RU'])).toBe('ru');
    expect(choose(['uz-Cyrl-UZ'])).toBe('uz');
    expect(choose(['toString'])).toBe('en');
    expect(count(all_words.ru.wait, 3, 'ru')).toBe('Примерно 3 минуты.');
    const settings = read_settings('https://chat.example/desk.js?x', { userName: 'Ali', position: 'left' }, 'uk', ['en']);
    expect(settings).toMatchObject({ server: 'https://chat.example', language: 'uk', name: 'Ali', left: true, theme: 'auto' });
  });
  test('days in Uzbek have Uzbek months', () => {
    expect(day('2026-03-05T12:00:00Z', 'uz', all_words.uz, new Date('2026-06-01'))).toBe('5-mart');
    expect(day('2026-06-01T02:00:00', 'uz', all_words.uz, new Date('2026-06-01T20:00:00'))).toBe('Bugun');
  });
});

describe('entries', () => {
  test('each message once, in order; read marks do not go back', () => {
    const a = said('1', '2026-06-01T10:00:00.000Z', { isRead: true, clientKey: 'k' });
    const b = said('2', '2026-06-01T10:01:00.000Z');
    expect(merge([a], [b, said('1', a.createdAt)])).toEqual([a, b]);
  });
  test('what happened stands between the messages, pending last, and what has arrived is no longer pending', () => {
    const entries = make_entries(
      [said('1', '2026-06-01T10:00:00Z'), said('2', '2026-06-01T10:02:00Z', { clientKey: 'k2' })],
      [{ at: '2026-06-01T10:01:00Z', kind: 'joined', name: 'Oy' }],
      [
        { key: 'k2', chat: 'c', text: '2', at: '2026-06-01T10:02:00Z', state: 'sending' },
        { key: 'k3', chat: 'c', text: '3', at: '2026-06-01T10:03:00Z', state: 'waiting' },
      ],
    );
    expect(entries.map((e) => e.kind + e.key.replace(/^d.*/, ''))).toEqual(['day', 'message1', 'notejoined2026-06-01T10:01:00Z', 'messagek2', 'pendingk3']);
  });
});

test('the number before the title comes and goes, and is never there twice', () => {
  expect(title_with(2, '(1) Shop')).toBe('(2) Shop');
  expect(title_with(0, '(1) Shop')).toBe('Shop');
});

test('a shelf that is refused, or holds what nobody can read, is an empty one', () => {
  const refused = make_shelf(() => {
    throw new Error('denied');
  }, 'x');
  refused.put('a', 1);
  expect(refused.get('a')).toBeNull();
  const odd = make_shelf(() => ({ getItem: () => '{oops' }) as unknown as Storage, 'x');
  expect(odd.get('a')).toBeNull();
});

describe('talk', () => {
  const chat = { _id: 'c', userId: 'u', userName: 'Ali', assignedAdminId: null, assignedAdminName: null, status: 'waiting', createdAt: '2026-06-01T10:00:00.000Z' };
  let server: { dark: boolean; refuse: number; lose_answers: number; said: Map<string, DeskMessage>; asked: string[] };
  let shelf: Shelf;
  let kept: Map<string, unknown>;

  beforeEach(() => {
    vi.useFakeTimers();
    server = { dark: false, refuse: 0, lose_answers: 0, said: new Map(), asked: [] };
    kept = new Map();
    shelf = { get: <T>(n: string) => (kept.get(n) ?? null) as T | null, put: (n, v) => void (v === null ? kept.delete(n) : kept.set(n, structuredClone(v))) };
    vi.stubGlobal('document', { visibilityState: 'visible' });
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      server.asked.push(`${init.method} ${new URL(url).pathname}`);
      if (server.dark) throw new TypeError('offline');
      return answer(new URL(url).pathname, init);
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const json = (body: object, status = 200): Response => new Response(JSON.stringify(body), { status });

  function answer(path: string, init: RequestInit): Response {
    if (path === '/api/chats') return json({ success: true, chat, isNew: true, visitorToken: 'tok' });
    if (path === '/api/chats/mine') return json({ success: true, userId: 'u', chat: server.said.size > 0 ? chat : null, queue: { position: 1, waitSeconds: 30 }, rating: null, agentsOnline: true, maxFileBytes: 5 });
    if (path === '/api/messages/c') return json({ success: true, messages: [...server.said.values()], pagination: { page: 1, limit: 50, total: 1, pages: 1 } });
    if (path !== '/api/messages') return json({ success: true });
    if (server.refuse) return json({ error: 'no' }, server.refuse);
    const body = JSON.parse(String(init.body));
    if (!server.said.has(body.clientKey)) server.said.set(body.clientKey, said('m' + server.said.size, new Date().toISOString(), { content: body.content }));
    if (server.lose_answers-- > 0) throw new TypeError('cut');
    return json({ success: true, message: server.said.get(body.clientKey) });
  }

  const make = (): Talk => new Talk('https://chat.example', shelf, { on_message: () => {} });

  async function begun(): Promise<Talk> {
    const talk = make();
    await talk.identify({ user: '', name: '', signature: '' });
    await talk.begin('Ali', 'first');
    await vi.advanceTimersByTimeAsync(10);
    return talk;
  }

  test('nobody is asked anything before the first word; then the token is kept', async () => {
    const talk = make();
    await talk.identify({ user: '', name: '', signature: '' });
    expect(server.asked).toEqual([]);
    await talk.begin('Ali', 'salom');
    await vi.advanceTimersByTimeAsync(10);
    expect([...server.said.values()].map((m) => m.content)).toEqual(['salom']);
    expect(kept.get('visitor')).toEqual({ token: 'tok', user: '' });
    expect(talk.pending).toEqual([]);
  });

  test('an answer that is lost does not double the message', async () => {
    const talk = await begun();
    server.lose_answers = 1;
    talk.say('second');
    await vi.advanceTimersByTimeAsync(10);
    expect(talk.pending.map((p) => p.state)).toEqual(['waiting']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(talk.pending).toEqual([]);
    expect([...server.said.values()].map((m) => m.content)).toEqual(['first', 'second']);
  });

  test('what is written in the dark is kept over a reload and sent in its order', async () => {
    const talk = await begun();
    server.dark = true;
    talk.say('one');
    talk.say('two');
    await vi.advanceTimersByTimeAsync(10);
    const anew = make();
    server.dark = false;
    await anew.identify({ user: '', name: '', signature: '' });
    await vi.advanceTimersByTimeAsync(10);
    expect([...server.said.values()].map((m) => m.content)).toEqual(['first', 'one', 'two']);
    expect(kept.has('unsent')).toBe(false);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.said.size).toBe(3);
    expect(talk.pending).toEqual([]);
  });

  test('a refusal is told and can be tried again or dropped', async () => {
    const talk = await begun();
    server.refuse = 400;
    talk.say('no');
    await vi.advanceTimersByTimeAsync(10);
    expect(talk.pending.map((p) => p.state)).toEqual(['failed']);
    server.refuse = 0;
    talk.retry(talk.pending[0].key);
    await vi.advanceTimersByTimeAsync(10);
    expect(talk.pending).toEqual([]);
  });

  test('another person on the same page starts with an empty window', async () => {
    const talk = await begun();
    await talk.identify({ user: '42', name: 'Vali', signature: '' });
    expect(talk.chat).toBeNull();
    expect(talk.messages).toEqual([]);
    expect(talk.door.proof.token).toBe('');
  });
});
