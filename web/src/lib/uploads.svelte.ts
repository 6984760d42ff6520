// Files on their way to the server. Each is sent as soon as it is chosen, and again from where it broke off; it waits in the tray of its
// room until it is sent with a message, or goes with one that is already written (its client key). Kept on disk with its bytes, so that a
// reload takes nothing away.
//
//   waiting --turn--> sending --all bytes--> done;  sending --passing fault--> resting --time or wake--> sending
//   sending --refusal--> failed --retry--> waiting;  any --cancel--> gone
//
// What always holds: at most AT_ONCE of them are under way; what the server has of a file is asked from it, never guessed.

import { backoff_ms, resend_backoff } from './backoff';
import { client_key } from './outbox';
import type { Wire } from './tus';
import { Fault, is_passing, problem_of, type FileInfo, type Problem } from './types';

export interface KeptUpload {
  id: string;
  account: number;
  room: number;
  name: string;
  type: string;
  blob: Blob;
  url: string | null;
  key: string | null;
  width: number | null;
  height: number | null;
  created_at: string;
}

export interface UploadStorage {
  all(account: number): Promise<KeptUpload[]>;
  put(upload: KeptUpload): Promise<void>;
  remove(id: string): Promise<void>;
}

export interface UploadHooks {
  wire: Wire;
  storage: UploadStorage;
  /** The file of a finished upload. */
  info: (url: string) => Promise<FileInfo>;
  /** The uploads of a room that wait in its tray, or what became of one. */
  on_change: (room: number) => void;
  /** A file that was uploaded and will not be sent. */
  discard?: (file: FileInfo) => void;
  /** Bytes the account may still store; null: not known. */
  room_left?: () => number | null;
  now?: () => number;
}

const AT_ONCE = 3;
const SPEED_MEMORY_MS = 4_000;
export const FILES_MAX = 10;
const DEFAULT_LIMIT = 100 * 1024 * 1024;

export class Upload {
  state = $state<'waiting' | 'sending' | 'resting' | 'done' | 'failed'>('waiting');
  sent = $state(0);
  /** Bytes a second, as of late; 0: not known yet. */
  speed = $state(0);
  problem = $state.raw<Problem | null>(null);
  file = $state.raw<FileInfo | null>(null);
  preview = $state<string | null>(null);
  url: string | null = null;
  key: string | null = null;
  width: number | null = null;
  height: number | null = null;
  attempt = 0;
  stop = new AbortController();
  timer?: ReturnType<typeof setTimeout>;

  constructor(
    readonly id: string,
    readonly room: number,
    readonly name: string,
    readonly type: string,
    readonly blob: Blob,
    readonly created_at: string,
  ) {}

  get size(): number {
    return this.blob.size;
  }

  get left_s(): number | null {
    return this.state === 'sending' && this.speed > 0 ? Math.ceil((this.size - this.sent) / this.speed) : null;
  }
}

export class Uploads {
  private all = new Map<string, Upload>();
  private account = 0;
  private open = false;
  private limit: number | null = null;

  constructor(private readonly hooks: UploadHooks) {}

  async start(account: number): Promise<void> {
    this.account = account;
    this.open = true;
    const left = await this.hooks.storage.all(account).catch(() => []);
    if (!this.open || this.account !== account) return;
    left.sort((a, b) => a.created_at.localeCompare(b.created_at));
    for (const k of left) {
      if (this.all.has(k.id)) continue;
      const upload = new Upload(k.id, k.room, k.name, k.type, k.blob, k.created_at);
      Object.assign(upload, { url: k.url, key: k.key, width: k.width, height: k.height });
      this.show(upload);
      this.all.set(k.id, upload);
      this.hooks.on_change(k.room);
    }
    this.pump();
  }

  stop(): void {
    this.open = false;
    for (const u of this.all.values()) {
      clearTimeout(u.timer);
      u.stop.abort();
    }
    this.all.clear();
  }

  get(id: string): Upload | undefined {
    return this.all.get(id);
  }

  /** What waits in the tray of a room. */
  tray(room: number): Upload[] {
    return [...this.all.values()].filter((u) => u.room === room && u.key === null);
  }

  of_message(key: string): Upload[] {
    return [...this.all.values()].filter((u) => u.key === key);
  }

  /** The most bytes a file may have. Asked once; while it cannot be asked, what servers usually take. */
  async most(): Promise<number> {
    this.limit ??= await this.hooks.wire.limit().catch(() => null);
    return this.limit ?? DEFAULT_LIMIT;
  }

  /** Takes what can be taken; the others are told with the reason, before a byte of them is sent. */
  async add(room: number, files: readonly File[]): Promise<{ name: string; problem: 'too_large' | 'no_room' | 'too_many' | 'empty'; most: number }[]> {
    const most = await this.most();
    const refused: { name: string; problem: 'too_large' | 'no_room' | 'too_many' | 'empty'; most: number }[] = [];
    let left = this.hooks.room_left?.() ?? Infinity;
    for (const file of files) {
      const problem = this.tray(room).length >= FILES_MAX ? 'too_many' : file.size > most ? 'too_large' : file.size > left ? 'no_room' : file.size === 0 ? 'empty' : null;
      if (problem) {
        refused.push({ name: file.name, problem, most: problem === 'no_room' ? left : problem === 'too_many' ? FILES_MAX : most });
        continue;
      }
      left -= file.size;
      const upload = new Upload(client_key(), room, file.name, file.type, file, new Date().toISOString());
      this.show(upload);
      this.all.set(upload.id, upload);
      void this.measure(upload).then(() => this.keep(upload));
      this.hooks.on_change(room);
    }
    this.pump();
    return refused;
  }

  /** These go with the message that has this key. */
  bind(ids: string[], key: string): void {
    for (const id of ids) {
      const u = this.all.get(id);
      if (!u) continue;
      u.key = key;
      this.keep(u);
      this.hooks.on_change(u.room);
    }
  }

  /** Back into the tray: the message they went with was taken back to be changed. */
  unbind(key: string): void {
    for (const u of this.of_message(key)) {
      u.key = null;
      this.keep(u);
      this.hooks.on_change(u.room);
    }
  }

  cancel(id: string): void {
    const u = this.all.get(id);
    if (!u) return;
    this.remove(u);
    if (u.state === 'done' && u.file) this.hooks.discard?.(u.file);
    else if (u.url) void this.hooks.wire.drop(u.url).catch(() => {});
  }

  /** The message is there (or was given up): its uploads have done their work. */
  settle(key: string): void {
    for (const u of this.of_message(key)) this.remove(u);
  }

  /** The message was given up. */
  drop_message(key: string): void {
    for (const u of this.of_message(key)) this.cancel(u.id);
  }

  retry(id: string): void {
    const u = this.all.get(id);
    if (u?.state !== 'failed') return;
    u.problem = null;
    u.state = 'waiting';
    this.pump();
    this.hooks.on_change(u.room);
  }

  /** A way to the server is open again. */
  wake(): void {
    for (const u of this.all.values()) {
      if (u.state !== 'resting') continue;
      clearTimeout(u.timer);
      u.attempt = 0;
      u.state = 'waiting';
    }
    this.pump();
  }

  forget_room(room: number): void {
    for (const u of [...this.all.values()]) if (u.room === room) this.cancel(u.id);
  }

  async clear(): Promise<void> {
    for (const u of [...this.all.values()]) this.cancel(u.id);
  }

  private pump(): void {
    if (!this.open) return;
    let busy = [...this.all.values()].filter((u) => u.state === 'sending').length;
    for (const u of this.all.values()) {
      if (busy >= AT_ONCE) return;
      if (u.state !== 'waiting') continue;
      busy++;
      void this.run(u);
    }
  }

  private async run(u: Upload): Promise<void> {
    u.state = 'sending';
    u.stop = new AbortController();
    try {
      const url = await this.transfer(u);
      u.file = await this.hooks.info(url);
      u.sent = u.size;
      u.state = 'done';
    } catch (error) {
      if (this.all.get(u.id) === u) this.missed(u, problem_of(error));
    }
    if (this.all.get(u.id) !== u) return;
    this.hooks.on_change(u.room);
    this.pump();
  }

  private async transfer(u: Upload): Promise<string> {
    const { wire } = this.hooks;
    let offset = 0;
    if (u.url) offset = await wire.offset(u.url).catch((error) => this.forgotten(u, error));
    if (!u.url) {
      u.url = await wire.create(u.size, u.name, u.type);
      this.keep(u);
    }
    const url = u.url;
    if (u.stop.signal.aborted) throw new Fault('offline');
    let seen = { at: this.now(), sent: offset };
    u.sent = offset;
    u.speed = 0;
    while (offset < u.size) {
      const from = offset;
      const progress = (more: number): void => {
        u.sent = Math.min(u.size, from + more);
        const passed = this.now() - seen.at;
        if (passed < 300) return;
        const speed = ((u.sent - seen.sent) * 1000) / passed;
        const weight = Math.min(1, passed / SPEED_MEMORY_MS);
        u.speed = u.speed === 0 ? speed : u.speed * (1 - weight) + speed * weight;
        seen = { at: this.now(), sent: u.sent };
      };
      offset = await wire.send(url, offset, u.blob.slice(offset), progress, u.stop.signal);
      if (!(offset > from)) throw new Fault('uncertain');
      u.attempt = 0;
    }
    return url;
  }

  /** The server no longer knows this upload: it begins anew. Any other trouble is trouble. */
  private forgotten(u: Upload, error: unknown): number {
    if (!['not_found', 'gone'].includes(problem_of(error).word)) throw error;
    u.url = null;
    return 0;
  }

  private missed(u: Upload, problem: Problem): void {
    if (problem.word === 'not_found' || problem.word === 'gone') u.url = null;
    // A conflict about the offset: what the server has is asked again.
    const passing = is_passing(problem.word) || problem.word === 'conflict' || problem.word === 'not_found' || problem.word === 'gone' || problem.word === 'internal';
    u.problem = problem;
    u.speed = 0;
    if (!passing || u.attempt > 40) {
      u.state = 'failed';
      return;
    }
    u.state = 'resting';
    const wait_ms = Math.max((problem.retry_after_s ?? 0) * 1000, backoff_ms(resend_backoff, u.attempt++));
    u.timer = setTimeout(() => {
      if (u.state !== 'resting') return;
      u.state = 'waiting';
      this.pump();
    }, wait_ms);
  }

  private remove(u: Upload): void {
    clearTimeout(u.timer);
    this.all.delete(u.id);
    u.stop.abort();
    if (u.preview) URL.revokeObjectURL(u.preview);
    void this.hooks.storage.remove(u.id).catch(() => {});
    this.hooks.on_change(u.room);
    this.pump();
  }

  private show(u: Upload): void {
    if (/^image\/(jpeg|png|webp|gif)$/.test(u.type) && typeof URL.createObjectURL === 'function') u.preview = URL.createObjectURL(u.blob);
  }

  /** The dimensions of a picture, so that it has its box from the beginning. */
  private async measure(u: Upload): Promise<void> {
    if (!u.preview || typeof Image === 'undefined') return;
    const image = new Image();
    image.src = u.preview;
    try {
      await image.decode();
      [u.width, u.height] = [image.naturalWidth, image.naturalHeight];
      this.hooks.on_change(u.room);
    } catch {
      u.preview = null;
    }
  }

  private keep(u: Upload): void {
    if (this.all.get(u.id) !== u) return;
    const { id, room, name, type, blob, url, key, width, height, created_at } = u;
    void this.hooks.storage.put({ id, account: this.account, room, name, type, blob, url, key, width, height, created_at }).catch(() => {});
  }

  private now(): number {
    return this.hooks.now?.() ?? Date.now();
  }
}
