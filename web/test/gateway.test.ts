import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Gateway, type GatewayHooks, type GatewayState, type Socket } from '../src/lib/gateway';
import { Fault } from '../src/lib/types';

class FakeSocket implements Socket {
  onmessage: ((e: { data: unknown }) => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  closed: number | null = null;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(code = 1000): void {
    this.closed = code;
  }
  say(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  fall(code: number): void {
    this.onclose?.({ code });
  }
  last(): Record<string, unknown> {
    return this.sent.at(-1) ?? {};
  }
}

const hello = { op: 'hello', heartbeat_s: 30, account: { id: 1 }, session: 5, server: 'a' };

let sockets: FakeSocket[];
let states: GatewayState[];
let events: unknown[];
let verdict: 'yes' | 'no' | 'unknown';
let signed_out: number;

function make(more: Partial<GatewayHooks> = {}): Gateway {
  return new Gateway({
    open_socket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    known: () => ({ 3: 120 }),
    authorize: async () => verdict,
    on_state: (s) => states.push(s),
    on_hello: () => {},
    on_ready: (rooms) => events.push({ ready: rooms }),
    on_resumed: (room, to) => events.push({ resumed: room, to }),
    on_reload: (room, from) => events.push({ reload: room, from }),
    on_event: (e) => events.push(e),
    on_signed_out: () => signed_out++,
    random: () => 1,
    ...more,
  });
}

function online(gateway: Gateway): FakeSocket {
  gateway.start();
  const socket = sockets.at(-1) as FakeSocket;
  socket.say(hello);
  socket.say({ op: 'ready', id: socket.last().id, rooms: [] });
  return socket;
}

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  states = [];
  events = [];
  verdict = 'yes';
  signed_out = 0;
});
afterEach(() => vi.useRealTimers());

test('hello is answered by resume with what is known, ready makes it online', () => {
  const gateway = make();
  gateway.start();
  sockets[0].say(hello);
  expect(sockets[0].sent).toEqual([{ op: 'resume', id: 1, rooms: { 3: 120 } }]);
  expect(gateway.is_online).toBe(false);
  sockets[0].say({ op: 'ready', id: 1, rooms: [{ id: 3 }] });
  sockets[0].say({ t: 'message_posted', room: 3, seq: 121 });
  sockets[0].say({ op: 'resumed', room: 3, to: 121 });
  sockets[0].say({ op: 'reload', room: 4, from: 900 });
  expect(gateway.is_online).toBe(true);
  expect(events).toEqual([
    { ready: [{ id: 3 }] },
    { t: 'message_posted', room: 3, seq: 121 },
    { resumed: 3, to: 121 },
    { reload: 4, from: 900 },
  ]);
});

test('answers find their question; an error answer is a fault with its word and patience', async () => {
  const gateway = make();
  const socket = online(gateway);
  const one = gateway.request('send', { room: 3 });
  const first = socket.last().id;
  const two = gateway.request('send', { room: 4 });
  socket.say({ op: 'error', id: socket.last().id, error: 'limited', detail: null, message: 'slow', retry_after_s: 3 });
  socket.say({ op: 'ok', id: first, message: { id: 9 } });
  await expect(one).resolves.toMatchObject({ message: { id: 9 } });
  const fault = await two.catch((e: Fault) => e);
  expect((fault as Fault).problem).toEqual({ word: 'limited', detail: null, message: 'slow', retry_after_s: 3 });
});

test('what is under way when the socket falls is uncertain, once', async () => {
  const gateway = make();
  const socket = online(gateway);
  const asked = gateway.request('send', { room: 3 });
  socket.fall(1006);
  socket.say({ op: 'ok', id: 2 });
  await expect(asked).rejects.toMatchObject({ problem: { word: 'uncertain' } });
  await expect(gateway.request('send')).rejects.toMatchObject({ problem: { word: 'offline' } });
});

test('reconnects for ever, with doubling waits up to a ceiling', async () => {
  const gateway = make();
  online(gateway);
  sockets[0].fall(1006);
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    const state = gateway.state;
    if (state.name !== 'waiting') throw new Error(state.name);
    waits.push(state.until - Date.now());
    await vi.advanceTimersByTimeAsync(state.until - Date.now());
    expect(sockets.length).toBe(i + 2);
    sockets.at(-1)?.fall(1006);
    await vi.advanceTimersByTimeAsync(0);
  }
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
});

test('a steady connection starts the waits anew; a shaky one does not', async () => {
  const gateway = make();
  online(gateway).fall(1006);
  await vi.advanceTimersByTimeAsync(500);
  sockets[1].say(hello);
  sockets[1].say({ op: 'ready', id: sockets[1].last().id, rooms: [] });
  sockets[1].fall(1006);
  expect(gateway.state).toMatchObject({ name: 'waiting', attempt: 2 });
  await vi.advanceTimersByTimeAsync(1000);
  let at = 2;
  for (; at < 8; at++) {
    sockets[at].say(hello);
    sockets[at].say({ op: 'ready', id: sockets[at].last().id, rooms: [] });
    sockets[at].fall(1006);
    expect(gateway.state).toMatchObject({ name: 'waiting', attempt: 3, until: Date.now() + 2000 });
    await vi.advanceTimersByTimeAsync(2000);
  }
  sockets[at].say(hello);
  sockets[at].say({ op: 'ready', id: sockets[at].last().id, rooms: [] });
  await vi.advanceTimersByTimeAsync(6_000);
  sockets[at].fall(1006);
  expect(gateway.state).toMatchObject({ name: 'waiting', attempt: 1 });
});

test('bye tells that the server restarts and when to come back', () => {
  const gateway = make();
  const socket = online(gateway);
  socket.say({ op: 'bye', reconnect_in_ms: 2000 });
  socket.fall(1001);
  expect(gateway.state).toMatchObject({ name: 'waiting', restarting: true, until: Date.now() + 2500 });
});

test('4401 asks for a session first: with one it comes back at once, without it signs out', async () => {
  const gateway = make();
  online(gateway).fall(4401);
  await vi.advanceTimersByTimeAsync(0);
  expect(sockets.length).toBe(2);
  sockets[1].say(hello);
  sockets[1].say({ op: 'ready', id: sockets[1].last().id, rooms: [] });
  verdict = 'no';
  sockets[1].fall(4401);
  await vi.advanceTimersByTimeAsync(0);
  expect(signed_out).toBe(1);
  expect(gateway.state.name).toBe('stopped');
  await vi.advanceTimersByTimeAsync(120_000);
  expect(sockets.length).toBe(2);
});

test('an upgrade that is refused asks too; a server that is away does not sign anybody out', async () => {
  verdict = 'unknown';
  const gateway = make();
  gateway.start();
  sockets[0].fall(1006);
  await vi.advanceTimersByTimeAsync(0);
  expect(signed_out).toBe(0);
  verdict = 'no';
  await vi.advanceTimersByTimeAsync(500);
  sockets[1].fall(1006);
  await vi.advanceTimersByTimeAsync(0);
  expect(signed_out).toBe(1);
});

test('a silent line is pinged, and given up when no pong comes', async () => {
  const gateway = make();
  const socket = online(gateway);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(socket.last()).toEqual({ op: 'ping' });
  socket.say({ op: 'pong' });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(gateway.is_online).toBe(true);
  expect(socket.sent.filter((f) => f.op === 'ping').length).toBe(2);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(gateway.state.name).toBe('waiting');
  expect(socket.closed).not.toBeNull();
});

test('waking up while waiting tries at once; while online it asks whether the line is alive', async () => {
  const gateway = make();
  online(gateway).fall(1006);
  gateway.wake();
  expect(sockets.length).toBe(2);
  sockets[1].say(hello);
  sockets[1].say({ op: 'ready', id: sockets[1].last().id, rooms: [] });
  gateway.wake();
  expect(sockets[1].last()).toEqual({ op: 'ping' });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(gateway.state.name).toBe('waiting');
});

test('a request without an answer ends as uncertain', async () => {
  const gateway = make();
  online(gateway);
  const asked = gateway.request('send', {}).catch((e: Fault) => e.problem.word);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await asked).toBe('uncertain');
});
