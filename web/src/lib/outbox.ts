// What was written and is not yet acknowledged. A message enters with a client key, is kept on disk (storage), and is
// offered to the server again and again under the same key until it is acknowledged, refused for good, or dropped by its author.
//
//   waiting --turn--> sending --ack--> gone;  sending --passing fault--> waiting (later);  sending --refusal--> failed
//   failed --retry--> waiting;  waiting or failed --drop--> gone;  any --its event seen--> gone
//
// What always holds: in each room one message at a time is under way, oldest first, so order survives every failure. Only a message that
// waits for its files lets others pass.

import { backoff_ms, resend_backoff } from './backoff';
import { is_passing, problem_of, type Message, type Problem, type Quote } from './types';

export interface Pending {
  key: string;
  account: number;
  room: number;
  text: string;
  reply_to: Quote | null;
  created_at: string;
  state: 'waiting' | 'sending' | 'failed';
  problem: Problem | null;
  /** The uploads that go with it: it is sent when all of them have arrived. */
  uploads?: string[];
}

export interface OutboxStorage {
  all(account: number): Promise<Pending[]>;
  put(pending: Pending): Promise<void>;
  remove(key: string): Promise<void>;
}

export interface OutboxHooks {
  storage: OutboxStorage;
  send(pending: Pending): Promise<Message>;
  /** The list of a room changed; the array is new. */
  on_change(room: number, pending: Pending[]): void;
  on_sent(message: Message): void;
  /** False: it still waits for its files. Others may be sent before it. */
  is_ready?(pending: Pending): boolean;
  /** It is there, or was given up. */
  on_gone?(key: string, sent: boolean): void;
  random?: () => number;
}

interface Lane {
  items: Pending[];
  busy: boolean;
  attempt: number;
  /** A way opened while a message was under way another way: should that fail, the next try does not wait. */
  hurried: boolean;
  timer?: ReturnType<typeof setTimeout>;
}

/** The time first, so that keys sort as they were made (the server keeps them cheaper then), and 128 random bits. */
export function client_key(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Date.now().toString(36).padStart(9, '0') + '-' + Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

export class Outbox {
  private lanes = new Map<number, Lane>();
  private account = 0;
  private open = false;

  constructor(private readonly hooks: OutboxHooks) {}

  /** Takes over what an earlier life of the page left unsent. */
  async start(account: number): Promise<void> {
    this.account = account;
    this.open = true;
    const left = await this.hooks.storage.all(account).catch(() => []);
    if (!this.open || this.account !== account) return;
    left.sort((a, b) => a.created_at.localeCompare(b.created_at));
    for (const p of left) {
      const lane = this.lane(p.room);
      if (lane.items.some((q) => q.key === p.key)) continue;
      lane.items = [...lane.items, { ...p, state: p.state === 'failed' ? 'failed' : 'waiting' }];
    }
    for (const room of this.lanes.keys()) this.changed(room);
    this.kick();
  }

  stop(): void {
    this.open = false;
    for (const lane of this.lanes.values()) clearTimeout(lane.timer);
    this.lanes.clear();
  }

  add(room: number, text: string, reply_to: Quote | null, uploads: string[] = [], key = client_key()): Pending {
    const pending: Pending = {
      key,
      account: this.account,
      room,
      text,
      reply_to,
      created_at: new Date().toISOString(),
      state: 'waiting',
      problem: null,
      ...(uploads.length > 0 ? { uploads } : {}),
    };
    const lane = this.lane(room);
    lane.items = [...lane.items, pending];
    this.keep(pending);
    this.changed(room);
    void this.pump(room);
    return pending;
  }

  retry(key: string): void {
    const lane = this.lane_of(key);
    if (!lane) return;
    this.replace(lane, key, { state: 'waiting', problem: null });
    this.hurry(lane);
  }

  /** One of its files was taken away by its author. */
  without(key: string, upload: string): void {
    const lane = this.lane_of(key);
    const p = lane?.items.find((q) => q.key === key);
    if (!lane || !p || p.state === 'sending') return;
    const uploads = (p.uploads ?? []).filter((id) => id !== upload);
    if (uploads.length === 0 && p.text === '') {
      this.drop(key);
      return;
    }
    this.replace(lane, key, { uploads });
    this.keep({ ...p, uploads });
    void this.pump(p.room);
  }

  /** Forgets it. When it was already under way it may still arrive: then it comes back as an ordinary message. */
  drop(key: string): void {
    this.take(key, false);
  }

  /** Its event was seen: it is there, whatever became of the answer. */
  seen(key: string): void {
    this.take(key);
  }

  /** A way to the server is open again. */
  kick(): void {
    for (const lane of this.lanes.values()) this.hurry(lane);
  }

  /** The account left the room: nothing of it can be sent any more. */
  forget_room(room: number): void {
    for (const p of this.lanes.get(room)?.items ?? []) this.take(p.key, false);
  }

  /** A file of the room has arrived: what waited for it may go. */
  poke(room: number): void {
    if (this.lanes.has(room)) void this.pump(room);
  }

  async clear(): Promise<void> {
    const keys = [...this.lanes.values()].flatMap((lane) => lane.items.map((p) => p.key));
    await Promise.all(keys.map((key) => this.hooks.storage.remove(key).catch(() => {})));
    for (const key of keys) this.take(key, false);
  }

  get n_unsent(): number {
    let n = 0;
    for (const lane of this.lanes.values()) n += lane.items.length;
    return n;
  }

  private hurry(lane: Lane): void {
    clearTimeout(lane.timer);
    lane.timer = undefined;
    lane.attempt = 0;
    lane.hurried = lane.busy;
    const room = lane.items[0]?.room;
    if (room !== undefined) void this.pump(room);
  }

  private async pump(room: number): Promise<void> {
    const lane = this.lane(room);
    if (lane.busy || lane.timer || !this.open) return;
    const next = lane.items.find((p) => p.state === 'waiting' && (this.hooks.is_ready?.(p) ?? true));
    if (!next) return;
    lane.busy = true;
    this.replace(lane, next.key, { state: 'sending' });
    try {
      const message = await this.hooks.send(next);
      lane.attempt = 0;
      this.hooks.on_sent(message);
      this.take(next.key);
    } catch (error) {
      this.missed(lane, next.key, problem_of(error));
    } finally {
      lane.busy = false;
    }
    void this.pump(room);
  }

  private missed(lane: Lane, key: string, problem: Problem): void {
    if (!this.open) return;
    if (!is_passing(problem.word)) {
      this.replace(lane, key, { state: 'failed', problem });
      const failed = lane.items.find((p) => p.key === key);
      if (failed) this.keep(failed);
      return;
    }
    this.replace(lane, key, { state: 'waiting', problem });
    if (lane.hurried && problem.retry_after_s === null) {
      lane.hurried = false;
      return;
    }
    const asked_ms = (problem.retry_after_s ?? 0) * 1000;
    const wait_ms = Math.max(asked_ms, backoff_ms(resend_backoff, lane.attempt++, this.hooks.random));
    const room = lane.items[0]?.room;
    if (room === undefined) return;
    lane.timer = setTimeout(() => {
      lane.timer = undefined;
      void this.pump(room);
    }, wait_ms);
  }

  private take(key: string, sent = true): void {
    void this.hooks.storage.remove(key).catch(() => {});
    const lane = this.lane_of(key);
    if (!lane) return;
    this.hooks.on_gone?.(key, sent);
    const room = lane.items[0].room;
    lane.items = lane.items.filter((p) => p.key !== key);
    this.changed(room);
  }

  private replace(lane: Lane, key: string, change: Partial<Pending>): void {
    lane.items = lane.items.map((p) => (p.key === key ? { ...p, ...change } : p));
    if (lane.items.length > 0) this.changed(lane.items[0].room);
  }

  private keep(pending: Pending): void {
    void this.hooks.storage.put({ ...pending, state: pending.state === 'sending' ? 'waiting' : pending.state }).catch(() => {});
  }

  private lane(room: number): Lane {
    let lane = this.lanes.get(room);
    if (!lane) this.lanes.set(room, (lane = { items: [], busy: false, attempt: 0, hurried: false }));
    return lane;
  }

  private lane_of(key: string): Lane | undefined {
    return [...this.lanes.values()].find((lane) => lane.items.some((p) => p.key === key));
  }

  private changed(room: number): void {
    this.hooks.on_change(room, this.lanes.get(room)?.items ?? []);
  }
}
