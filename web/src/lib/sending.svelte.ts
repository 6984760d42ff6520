// What is said and not yet acknowledged: messages in the outbox, their files under way, and the tray of files a room has.

import type { Api } from './api';
import type { Gateway } from './gateway';
import { client_key, Outbox, type OutboxStorage, type Pending } from './outbox';
import type { RoomState } from './room_state.svelte';
import type { Rooms } from './rooms.svelte';
import { asked } from './xhr';
import { tus_wire } from './tus';
import { Fault, type FileInfo, type Message, type Quote, type Room } from './types';
import { Uploads, type UploadStorage } from './uploads.svelte';

export interface SendingOptions {
  api: Api;
  gateway: Gateway;
  rooms: Rooms;
  storage: OutboxStorage & { uploads?: UploadStorage };
  renew: () => Promise<boolean>;
  /** Bytes that the account may still store; null: as many as it likes. */
  bytes_left: () => number | null;
}

const quote_of = (m: Message): Quote => ({
  id: m.id,
  seq: m.seq,
  author: m.author,
  text: Array.from(m.text).slice(0, 140).join(''),
  has_file: (m.files ?? []).length > 0,
});

const no_storage: UploadStorage = { all: async () => [], put: async () => {}, remove: async () => {} };

async function read_uploaded(api: Api, url: string): Promise<FileInfo> {
  const { file } = await api.get<{ file: FileInfo | null }>(url.replace(/^\/api\/v1/, ''));
  if (!file) throw new Fault('uncertain');
  return file;
}

export class Sending {
  n_unsent = $state(0);
  readonly uploads: Uploads;
  private readonly outbox: Outbox;
  private waiting = new Map<number, Pending[]>();

  constructor(private readonly options: SendingOptions) {
    const { api, rooms, storage } = options;
    this.outbox = new Outbox({
      storage,
      send: (pending) => this.transmit(pending),
      on_change: (room, pending) => this.outbox_changed(room, pending),
      on_sent: (message) => rooms.room(message.room)?.add_sent(message),
      is_ready: (p) => (p.uploads ?? []).every((id) => this.uploads.get(id)?.state === 'done'),
      on_gone: (key, sent) => (sent ? this.uploads.settle(key) : this.uploads.drop_message(key)),
    });
    this.uploads = new Uploads({
      wire: tus_wire(() => options.renew()),
      storage: storage.uploads ?? no_storage,
      info: async (url) => read_uploaded(api, url),
      on_change: (id) => this.uploads_changed(id),
      discard: (file) => void api.call('DELETE', `/files/${file.id}`).catch(() => {}),
      room_left: options.bytes_left,
    });
  }

  start(account: number): void {
    void this.uploads.start(account).then(() => this.outbox.start(account));
  }

  stop(): void {
    this.outbox.stop();
    this.uploads.stop();
  }

  /** There may be a way to the server again. */
  kick(): void {
    this.outbox.kick();
  }

  /** A message of ours came back by the gateway. */
  seen(key: string): void {
    this.outbox.seen(key);
  }

  /** What waits for a room that has just become known. */
  adopt(room: RoomState): void {
    room.pending = this.waiting.get(room.id) ?? [];
    this.tell_uploads(room);
  }

  forget_room(id: number): void {
    this.outbox.forget_room(id);
    this.uploads.forget_room(id);
  }

  /** Messages to rooms that are no longer ours have nowhere to go. */
  forget_others(rooms: Room[]): void {
    const mine = new Set(rooms.map((r) => r.id));
    for (const id of this.waiting.keys()) if (!mine.has(id)) this.outbox.forget_room(id);
  }

  async forget_all(): Promise<void> {
    await this.outbox.clear();
    await this.uploads.clear();
  }

  /** Sends the text, and with it the files that wait in the tray of the room. */
  send(room: RoomState, text: string, reply_to: Message | null): void {
    const quote = reply_to ? quote_of(reply_to) : null;
    const uploads = this.uploads.tray(room.id).filter((u) => u.state !== 'failed').map((u) => u.id);
    const key = client_key();
    this.uploads.bind(uploads, key);
    this.outbox.add(room.id, text, quote, uploads, key);
    room.divider = null;
    room.kept_unread = false;
  }

  /** A small file for something else than a message: at once, or not at all. */
  async put_file(name: string, file: Blob, on_progress: (sent: number) => void, stop?: AbortSignal): Promise<FileInfo> {
    const url = `/api/v1/files?name=${encodeURIComponent(name)}`;
    const headers = { 'Content-Type': 'application/octet-stream' };
    const answer = await asked({ method: 'PUT', url, headers, body: file, on_progress, stop }, this.options.renew);
    return JSON.parse(answer.text) as FileInfo;
  }

  /** A message that is not sent yet, back to where it is written: its files into the tray. */
  take_back(pending: Pending): void {
    this.uploads.unbind(pending.key);
    this.outbox.drop(pending.key);
  }

  /** One file of a message that waits for its files; without the last one and without text there is no message. */
  cancel_upload(id: string, pending: Pending | null): void {
    this.uploads.cancel(id);
    if (pending) this.outbox.without(pending.key, id);
  }

  retry(pending: Pending): void {
    this.outbox.retry(pending.key);
  }

  drop(pending: Pending): void {
    this.outbox.drop(pending.key);
  }

  private async transmit(p: Pending): Promise<Message> {
    const files = (p.uploads ?? []).map((id) => this.uploads.get(id)?.file?.id);
    const fields = { text: p.text, key: p.key, reply_to: p.reply_to?.id ?? null, ...(files.length > 0 ? { files } : {}) };
    const { api, gateway } = this.options;
    if (!gateway.is_online) return api.post<Message>(`/rooms/${p.room}/messages`, fields);
    return (await gateway.request('send', { room: p.room, ...fields })).message as Message;
  }

  private outbox_changed(id: number, pending: Pending[]): void {
    this.waiting.set(id, pending);
    const room = this.options.rooms.room(id);
    if (room) this.adopt(room);
    this.n_unsent = this.outbox.n_unsent;
  }

  private uploads_changed(id: number): void {
    const room = this.options.rooms.room(id);
    if (room) this.tell_uploads(room);
    this.outbox.poke(id);
  }

  private tell_uploads(room: RoomState): void {
    room.tray = this.uploads.tray(room.id);
    room.under_way = new Map(room.pending.map((p) => [p.key, this.uploads.of_message(p.key)]));
  }
}
