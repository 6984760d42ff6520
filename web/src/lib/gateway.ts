// The socket: one connection to the gateway, kept for ever. Knows nothing of rooms and messages; tells its owner what
// arrives and asks the owner what it already has.
//
//   stopped --start--> connecting --ready--> online --close--> waiting --time or wake--> connecting
//   any --stop--> stopped;  a close with 4401, or one before hello: authorize() is asked first, "no" leads to stopped.
//
// What always holds: every request() settles exactly once; at most one socket lives; a late answer of an old socket is ignored.

import { backoff_ms, reconnect_backoff } from './backoff';
import { fault_of } from './api';
import type { DeskRole } from './desk_types';
import { Fault, type Account, type ChatEvent, type Room } from './types';

export type GatewayState =
  | { name: 'stopped' }
  | { name: 'connecting'; attempt: number }
  | { name: 'online' }
  | { name: 'waiting'; attempt: number; until: number; restarting: boolean };

/** The part of WebSocket we use, so that tests can play the server. */
export interface Socket {
  onmessage: ((e: { data: unknown }) => void) | null;
  onclose: ((e: { code: number }) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export interface Hello {
  account: Account;
  session: number;
  /** What the account is at the support desk. */
  desk?: DeskRole;
  server: string;
}

export interface GatewayHooks {
  open_socket(): Socket;
  known(): Record<string, number>;
  /** Is there still a session? Renews it when needed. 'unknown': the server cannot be asked. */
  authorize(): Promise<'yes' | 'no' | 'unknown'>;
  on_state(state: GatewayState): void;
  on_hello(hello: Hello): void;
  on_ready(rooms: Room[]): void;
  on_resumed(room: number, to: number): void;
  on_reload(room: number, from: number): void;
  on_event(event: ChatEvent): void;
  on_signed_out(): void;
  random?: () => number;
  now?: () => number;
}

type Frame = Record<string, unknown>;

interface Waiter {
  resolve(answer: Frame): void;
  reject(fault: Fault): void;
  timer: ReturnType<typeof setTimeout>;
}

const ANSWER_MS = 15_000;
const OPEN_MS = 15_000;
const PONG_MS = 10_000;
const STEADY_MS = 5_000;
/** A server that answered and fell soon is there, if not well: the waits grow, but not far. */
const SHAKY_ATTEMPTS = 2;

export class Gateway {
  state: GatewayState = { name: 'stopped' };
  private socket: Socket | null = null;
  private waiters = new Map<number, Waiter>();
  private next_id = 1;
  private attempt = 0;
  private heartbeat_ms = 30_000;
  private online_since = 0;
  private greeted = false;
  private bye_ms: number | null = null;
  private retry_timer?: ReturnType<typeof setTimeout>;
  private open_timer?: ReturnType<typeof setTimeout>;
  private beat_timer?: ReturnType<typeof setTimeout>;
  private pong_timer?: ReturnType<typeof setTimeout>;

  constructor(private readonly hooks: GatewayHooks) {}

  start(): void {
    if (this.state.name === 'stopped') this.connect();
  }

  stop(): void {
    this.drop_socket(1000);
    clearTimeout(this.retry_timer);
    this.attempt = 0;
    this.set({ name: 'stopped' });
  }

  /** Something suggests that the network is back, or somebody looks at the page again. */
  wake(): void {
    if (this.state.name === 'waiting') this.connect();
    else if (this.state.name === 'online') this.ping(5_000);
  }

  get is_online(): boolean {
    return this.state.name === 'online';
  }

  request(op: string, fields: Frame = {}): Promise<Frame> {
    if (!this.socket || this.state.name !== 'online') return Promise.reject(new Fault('offline'));
    return this.ask(op, fields);
  }

  /** Best effort, no answer awaited. */
  tell(op: string, fields: Frame = {}): void {
    if (this.socket && this.state.name === 'online') this.socket.send(JSON.stringify({ op, ...fields }));
  }

  private ask(op: string, fields: Frame): Promise<Frame> {
    const socket = this.socket as Socket;
    const id = this.next_id++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiters.delete(id);
        reject(new Fault('uncertain'));
        this.ping(5_000);
      }, ANSWER_MS);
      this.waiters.set(id, { resolve, reject, timer });
      socket.send(JSON.stringify({ op, id, ...fields }));
    });
  }

  private connect(): void {
    clearTimeout(this.retry_timer);
    this.drop_socket(1000);
    this.set({ name: 'connecting', attempt: this.attempt });
    this.greeted = false;
    this.bye_ms = null;
    let socket: Socket;
    try {
      socket = this.hooks.open_socket();
    } catch {
      this.wait();
      return;
    }
    this.socket = socket;
    this.open_timer = setTimeout(() => this.closed(socket, 4408), OPEN_MS);
    socket.onmessage = (e) => socket === this.socket && this.receive(e.data);
    socket.onclose = (e) => socket === this.socket && this.closed(socket, e.code);
  }

  private receive(data: unknown): void {
    this.heard();
    let frame: Frame;
    try {
      frame = JSON.parse(String(data)) as Frame;
    } catch {
      this.socket?.close(4400);
      return;
    }
    if (typeof frame.t === 'string') this.hooks.on_event(frame as unknown as ChatEvent);
    else this.operate(frame);
  }

  private operate(frame: Frame): void {
    switch (frame.op) {
      case 'hello':
        this.hello(frame);
        break;
      case 'ready':
        this.ready(frame);
        break;
      case 'ok':
      case 'error':
        this.settle(frame);
        break;
      case 'resumed':
        this.hooks.on_resumed(frame.room as number, frame.to as number);
        break;
      case 'reload':
        this.hooks.on_reload(frame.room as number, frame.from as number);
        break;
      case 'bye':
        this.bye_ms = Number(frame.reconnect_in_ms) || 1_000;
        break;
      default: // pong, and words of a newer server
        break;
    }
  }

  private hello(frame: Frame): void {
    this.greeted = true;
    this.heartbeat_ms = Math.max(5, Number(frame.heartbeat_s) || 30) * 1000;
    this.hooks.on_hello(frame as unknown as Hello);
    this.ask('resume', { rooms: this.hooks.known() }).catch(() => this.socket?.close(4000));
  }

  private ready(frame: Frame): void {
    clearTimeout(this.open_timer);
    this.take_waiter(frame.id as number)?.resolve(frame);
    this.online_since = this.now();
    this.hooks.on_ready(frame.rooms as Room[]);
    this.set({ name: 'online' });
    this.beat();
  }

  private settle(frame: Frame): void {
    const waiter = this.take_waiter(frame.id as number);
    if (frame.op === 'ok') waiter?.resolve(frame);
    else waiter?.reject(fault_of(frame, 0));
  }

  private take_waiter(id: number): Waiter | undefined {
    const waiter = this.waiters.get(id);
    if (waiter) clearTimeout(waiter.timer);
    this.waiters.delete(id);
    return waiter;
  }

  private beat(): void {
    clearTimeout(this.beat_timer);
    this.beat_timer = setTimeout(() => {
      this.ping(PONG_MS);
      this.beat();
    }, this.heartbeat_ms);
  }

  private ping(patience_ms: number): void {
    if (!this.socket || this.state.name !== 'online' || this.pong_timer) return;
    const socket = this.socket;
    socket.send('{"op":"ping"}');
    this.pong_timer = setTimeout(() => this.closed(socket, 4408), patience_ms);
  }

  private heard(): void {
    clearTimeout(this.pong_timer);
    this.pong_timer = undefined;
  }

  private closed(socket: Socket, code: number): void {
    if (socket !== this.socket) return;
    const greeted = this.greeted;
    if (this.state.name === 'online') this.attempt = this.now() - this.online_since > STEADY_MS ? 0 : Math.min(this.attempt, SHAKY_ATTEMPTS);
    this.drop_socket(1000);
    if (code === 4401 || !greeted) void this.ask_then_wait(code === 4401);
    else this.wait();
  }

  /** The browser does not tell why an upgrade was refused, so we ask. */
  private async ask_then_wait(session_over: boolean): Promise<void> {
    this.wait();
    const verdict = await this.hooks.authorize();
    if (this.state.name !== 'waiting') return;
    if (verdict === 'no') {
      this.stop();
      this.hooks.on_signed_out();
    } else if (verdict === 'yes' && session_over && this.attempt <= 1) this.connect();
  }

  private wait(): void {
    const own = backoff_ms(reconnect_backoff, this.attempt, this.hooks.random);
    const wait_ms = this.bye_ms === null ? own : this.bye_ms + own;
    const restarting = this.bye_ms !== null;
    this.attempt++;
    this.set({ name: 'waiting', attempt: this.attempt, until: this.now() + wait_ms, restarting });
    this.retry_timer = setTimeout(() => this.connect(), wait_ms);
  }

  private drop_socket(code: number): void {
    clearTimeout(this.open_timer);
    clearTimeout(this.beat_timer);
    this.heard();
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onmessage = socket.onclose = null;
      socket.close(code);
    }
    for (const [id, waiter] of this.waiters) {
      clearTimeout(waiter.timer);
      this.waiters.delete(id);
      waiter.reject(new Fault('uncertain'));
    }
  }

  private set(state: GatewayState): void {
    this.state = state;
    this.hooks.on_state(state);
  }

  private now(): number {
    return this.hooks.now?.() ?? Date.now();
  }
}
