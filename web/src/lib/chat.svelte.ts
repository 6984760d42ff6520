// The conversation of one signed-in account: its rooms, the gateway, the outbox, who is online. The only place where
// events meet rooms. Components read its state and call its verbs.

import { Api } from './api';
import { counted } from './counts';
import { Drafts } from './drafts';
import { Gateway, type GatewayState, type Socket } from './gateway';
import { find_seq, let_go_of_old, read_around, read_from_mark, read_newer, read_newest, read_older } from './history';
import { client_key, Outbox, type OutboxStorage, type Pending } from './outbox';
import { SvelteMap } from 'svelte/reactivity';
import type { Kept } from './keepsake';
import { People } from './people.svelte';
import { as_of } from './window';
import { RoomState } from './room_state.svelte';
import { tus_wire } from './tus';
import { Uploads, type UploadStorage } from './uploads.svelte';
import {
  Fault,
  problem_of,
  type Account,
  type ChangesPage,
  type ChatEvent,
  type FileInfo,
  type LastingEvent,
  type Member,
  type Message,
  type Person,
  type Quote,
  type Role,
  type Room,
  type Status,
} from './types';

export interface ChatOptions {
  api: Api;
  account: Account;
  storage: OutboxStorage & { uploads?: UploadStorage };
  /** What the page had when it was last open: shown until the server answers. */
  kept?: Kept | null;
  open_socket: () => Socket;
  renew: () => Promise<boolean>;
  on_signed_out: () => void;
  /** The browser's cookies are somebody else's now: nothing more may be said in this one's name. */
  on_other_account: () => void;
  /** Somebody wrote: the page decides whether to call for attention. */
  on_message?: (room: RoomState, message: Message) => void;
}

/** Without what was not told. */
function told<T extends object>(change: T): T {
  return Object.fromEntries(Object.entries(change).filter(([, v]) => v !== undefined)) as T;
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

const FILL_LIMIT = 500;
const WATCH_MAX = 500;
const POLL_MS = 5_000;

export class Chat {
  account = $state.raw({} as Account);
  rooms = $state.raw<RoomState[]>([]);
  /** False until the server has told which rooms there are. */
  ready = $state(false);
  link = $state.raw<GatewayState>({ name: 'stopped' });
  /** The socket is down but HTTP answers: messages go and come that way, slower. */
  by_http = $state(false);
  n_unsent = $state(0);
  /** Who is here, among those we watch. */
  online = new SvelteMap<number, boolean>();
  open_room = $state.raw<RoomState | null>(null);

  readonly api: Api;
  readonly presence = new People();
  readonly drafts: Drafts;
  readonly uploads: Uploads;
  private readonly gateway: Gateway;
  private readonly outbox: Outbox;
  private by_id = new Map<number, RoomState>();
  private arriving = new Map<number, LastingEvent[]>();
  private tick_timer?: ReturnType<typeof setInterval>;
  private polled_at = 0;
  /** The server answered over HTTP after the socket had failed. While it does not answer at all, nothing but the socket is tried. */
  private http_answers = false;
  private watched = '';
  private stopped = false;

  constructor(private readonly options: ChatOptions) {
    this.account = options.account;
    this.api = options.api;
    this.drafts = new Drafts(this.api, () => this.account.id);
    this.gateway = new Gateway({
      open_socket: options.open_socket,
      known: () => Object.fromEntries([...this.by_id.values()].map((r) => [r.id, r.cursor])),
      authorize: () => this.authorize(),
      on_state: (state) => this.link_changed(state),
      on_hello: ({ account }) => {
        if (account.id !== this.account.id) options.on_other_account();
      },
      on_ready: (rooms) => this.be_ready(rooms),
      on_resumed: (room, to) => this.resumed(room, to),
      on_reload: (room, from) => this.reload(room, from),
      on_event: (event) => this.take(event),
      on_signed_out: options.on_signed_out,
    });
    this.outbox = new Outbox({
      storage: options.storage,
      send: (pending) => this.transmit(pending),
      on_change: (room, pending) => this.outbox_changed(room, pending),
      on_sent: (message) => this.by_id.get(message.room)?.add_sent(message),
      is_ready: (p) => (p.uploads ?? []).every((id) => this.uploads.get(id)?.state === 'done'),
      on_gone: (key, sent) => (sent ? this.uploads.settle(key) : this.uploads.drop_message(key)),
    });
    this.uploads = new Uploads({
      wire: tus_wire(() => options.renew()),
      storage: options.storage.uploads ?? no_storage,
      info: async (url) => read_uploaded(this.api, url),
      on_change: (id) => this.uploads_changed(id),
      discard: (file) => void this.api.call('DELETE', `/files/${file.id}`).catch(() => {}),
      room_left: () => (this.account.quota_bytes > 0 ? this.account.quota_bytes - (this.account.used_bytes ?? 0) : null),
    });
    if (options.kept) this.take_kept(options.kept);
  }

  /** Everything one can write in, newest first. */
  private take_kept(kept: Kept): void {
    for (const { info, messages, whole } of kept.rooms) {
      const room = this.add_room(info);
      if (messages.length === 0) continue;
      room.messages = messages.map((m) => as_of(m, info.head));
      room.loaded = true;
      room.more_before = !whole;
    }
    this.ready = true;
  }

  sorted = $derived(this.rooms.filter((r) => r.info.kind !== 'guild').sort((a, b) => b.activity.localeCompare(a.activity)));
  /** The lobby, groups and direct conversations: what stands outside of guilds. */
  talks = $derived(this.sorted.filter((r) => r.info.kind !== 'channel'));
  guilds = $derived(this.rooms.filter((r) => r.info.kind === 'guild').sort((a, b) => a.id - b.id));
  n_unread = $derived(this.rooms.reduce((n, r) => n + counted(this, r), 0));

  channels_of(guild: number): RoomState[] {
    return this.rooms.filter((r) => r.info.guild === guild).sort((a, b) => a.info.position - b.info.position || a.id - b.id);
  }

  start(): void {
    void this.uploads.start(this.account.id).then(() => this.outbox.start(this.account.id));
    this.gateway.start();
    this.tick_timer = setInterval(() => this.tick(), 1_000);
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.tick_timer);
    this.drafts.save_all();
    this.drafts.stop();
    this.gateway.stop();
    this.outbox.stop();
    this.uploads.stop();
  }

  wake(): void {
    this.gateway.wake();
    this.uploads.wake();
    if (!this.gateway.is_online) this.outbox.kick();
  }

  room(id: number): RoomState | undefined {
    return this.by_id.get(id);
  }

  // The gateway's side

  private link_changed(state: GatewayState): void {
    this.link = state;
    if (state.name !== 'online') {
      this.watched = '';
      return;
    }
    this.by_http = this.http_answers = false;
    this.watch();
    if (this.my_status !== 'online') this.gateway.tell('status', { status: this.my_status });
    this.outbox.kick();
    this.uploads.wake();
    this.drafts.save_all();
  }

  private async authorize(): Promise<'yes' | 'no' | 'unknown'> {
    try {
      if (!(await this.options.renew())) return 'no';
      this.http_answers = !this.gateway.is_online;
      return 'yes';
    } catch {
      this.http_answers = false;
      return 'unknown';
    }
  }

  private be_ready(rooms: Room[]): void {
    const mine = new Set(rooms.map((r) => r.id));
    for (const room of this.rooms) if (!mine.has(room.id)) this.forget(room.id);
    for (const id of this.waiting.keys()) if (!mine.has(id)) this.outbox.forget_room(id);
    for (const info of rooms) this.add_room(info);
    this.ready = true;
  }

  private add_room(info: Room): RoomState {
    const known = this.by_id.get(info.id);
    if (known) {
      known.refresh(info);
      if (info.draft !== undefined) this.drafts.told(known, info.draft);
      return known;
    }
    const room = new RoomState(info);
    this.drafts.told(room, info.draft ?? null);
    room.pending = this.waiting.get(info.id) ?? [];
    this.tell_uploads(room);
    this.by_id.set(room.id, room);
    this.rooms = [...this.rooms, room];
    return room;
  }

  private forget(id: number): void {
    if (this.by_id.get(id)?.info.kind === 'guild') for (const channel of this.channels_of(id)) this.forget(channel.id);
    this.by_id.delete(id);
    this.rooms = this.rooms.filter((r) => r.id !== id);
    this.outbox.forget_room(id);
    this.uploads.forget_room(id);
    if (this.open_room?.id === id) this.open_room = null;
  }

  private resumed(id: number, to: number): void {
    const room = this.by_id.get(id);
    if (room) room.cursor = Math.max(room.cursor, to);
  }

  private reload(id: number, from: number): void {
    const room = this.by_id.get(id);
    if (!room) return;
    room.cursor = from;
    room.held = null;
    room.forget_messages();
    if (this.open_room === room) void this.show_room(room);
  }

  private take(event: ChatEvent): void {
    if (event.t === 'presence') {
      this.online.set(event.account, event.online);
      this.presence.take(event);
      return;
    }
    if (event.t === 'block_changed') {
      if (event.on) this.presence.blocked.add(event.account);
      else this.presence.blocked.delete(event.account);
      if (event.room !== null) this.by_id.get(event.room)?.change({ blocked: event.on });
      return;
    }
    if (event.t === 'person_changed') {
      this.person_changed(event.person);
      return;
    }
    const room = this.by_id.get(event.room);
    if (event.t === 'room_removed') {
      if (room) this.forget(event.room);
      return;
    }
    if (event.t === 'read_by_all' || event.t === 'draft_changed') {
      room?.take_passing(event);
      if (room && event.t === 'draft_changed') this.drafts.told(room, event.draft);
      return;
    }
    if (event.t === 'typing') {
      if (event.by.id !== this.account.id) room?.typing(event.by, event.on, Date.now());
    } else if (event.t === 'room_read' && event.seq === null) {
      if (event.by.id !== this.account.id || !room) return;
      const back = event.read < room.info.read;
      room.mark_read(event.read, null, this.account.id);
      if (back) this.recount(room);
    } else if (event.seq === undefined || event.seq === null) return;
    else if (room) this.take_lasting(room, event as LastingEvent);
    else this.take_unknown(event as LastingEvent);
  }

  private take_lasting(room: RoomState, event: LastingEvent): void {
    if (event.seq <= room.cursor) return;
    if (room.held) room.held.push(event);
    else if (event.seq === room.cursor + 1) this.apply(room, event);
    else {
      room.held = [event];
      void this.fill(room);
    }
  }

  private apply(room: RoomState, event: LastingEvent): void {
    const read_before = room.info.read;
    room.apply(event, this.account.id);
    if (room.info.kind === 'guild') this.apply_to_guild(room, event);
    if (event.t === 'message_posted') {
      this.options.on_message?.(room, event.message);
      if (event.message.author.id === this.account.id && event.message.key) this.outbox.seen(event.message.key);
    }
    if (event.t === 'member_left' && event.member.id === this.account.id) this.forget(room.id);
    if (event.t === 'room_read' && event.by.id === this.account.id && (room.info.unread > 0 || event.read < read_before)) this.recount(room);
    if (event.t === 'member_joined' || event.t === 'member_left') this.watch();
    if (event.t === 'message_posted') this.meet(room, event.message.author);
  }

  /** Membership and channels of a guild are told in the guild's sequence; its channels follow. */
  private apply_to_guild(guild: RoomState, event: LastingEvent): void {
    switch (event.t) {
      case 'channel_added':
        if (!this.by_id.has(event.channel.id)) void this.arrive(event.channel.id);
        break;
      case 'channel_changed': {
        const channel = this.by_id.get(event.channel.id);
        channel?.change(told(event.channel));
        break;
      }
      case 'channel_removed':
        this.forget(event.channel.id);
        break;
      case 'member_changed':
        if (event.member.id === this.account.id)
          for (const c of this.channels_of(guild.id)) c.change(told({ role: event.role, muted_until: event.muted_until }));
        break;
      case 'member_joined':
      case 'member_left':
        for (const c of this.channels_of(guild.id)) c.change({ n_members: guild.info.n_members });
        break;
      default:
        break;
    }
  }

  /** A name or a picture is shown in many places; the lists are changed, old messages keep what they were read with. */
  private person_changed(person: Person): void {
    if (person.id === this.account.id) this.account = { ...this.account, ...person };
    for (const room of this.rooms) {
      if (room.info.peer?.id === person.id) room.change({ peer: person });
      if (room.members.some((m) => m.account.id === person.id)) room.change_member(person.id, (m) => ({ ...m, account: person }));
      room.messages = room.messages.map((m) => (m.author.id === person.id ? { ...m, author: person } : m));
    }
  }

  /** Joining the lobby is not announced: whoever speaks there and is not among the members we know is new. */
  private meet(room: RoomState, author: Person): void {
    if (room.info.kind !== 'lobby' || !room.members_loaded || room.more_members) return;
    if (room.members.some((m) => m.account.id === author.id)) return;
    this.recount(room);
    void this.load_members(room).catch(() => {});
  }

  private recount_timers = new Map<number, ReturnType<typeof setTimeout>>();

  /** The mark moved to the middle of what we hold only in part: only the server knows the number. */
  private recount(room: RoomState): void {
    if (this.recount_timers.has(room.id)) return;
    const timer = setTimeout(async () => {
      this.recount_timers.delete(room.id);
      try {
        room.refresh(await this.api.get<Room>(`/rooms/${room.id}`));
      } catch {
        // The next mark or resume tells.
      }
    }, 500);
    this.recount_timers.set(room.id, timer);
  }

  /** Something between the cursor and what just came is missing: read it, then go on with what waited. */
  private async fill(room: RoomState): Promise<void> {
    try {
      await this.read_changes(room);
      const held = room.held ?? [];
      room.held = null;
      for (const event of held) this.take_lasting(room, event);
    } catch (error) {
      const { word } = problem_of(error);
      if (word === 'gone' || word === 'invalid') this.reload(room.id, room.held?.at(-1)?.seq ?? room.cursor);
      else if (word === 'not_found' || word === 'forbidden') this.forget(room.id);
      else setTimeout(() => this.by_id.get(room.id) === room && room.held && void this.fill(room), 2_000);
    }
  }

  private async read_changes(room: RoomState): Promise<void> {
    for (;;) {
      const page = await this.api.get<ChangesPage>(`/rooms/${room.id}/changes?after=${room.cursor}&limit=${FILL_LIMIT}`);
      for (const event of page.events) if (event.seq > room.cursor) this.apply(room, event);
      room.cursor = Math.max(room.cursor, page.to);
      if (page.to >= page.head) return;
    }
  }

  /** An event of a room we do not know: when it says that we joined, the room is fetched, and what follows waits for it. */
  private take_unknown(event: LastingEvent): void {
    const waiting = this.arriving.get(event.room);
    if (waiting) waiting.push(event);
    else if (event.t === 'member_joined' && event.member.id === this.account.id) void this.arrive(event.room);
  }

  private async arrive(id: number): Promise<void> {
    this.arriving.set(id, []);
    try {
      const room = this.add_room(await this.api.get<Room>(`/rooms/${id}`));
      if (room.info.kind === 'guild') await this.read_channels(room);
      const held = this.arriving.get(id) ?? [];
      this.arriving.delete(id);
      for (const event of held) this.take_lasting(room, event);
      this.watch();
    } catch {
      this.arriving.delete(id);
    }
  }

  /** The channels of a guild that was just joined or made. */
  async read_channels(guild: RoomState): Promise<void> {
    const { rooms } = await this.api.get<{ rooms: Room[] }>(`/guilds/${guild.id}/channels`);
    for (const info of rooms) this.add_room(info);
  }

  /** A room the server has just told us of. */
  async take_room(info: Room): Promise<RoomState> {
    const room = this.add_room(info);
    if (info.kind === 'guild') await this.read_channels(room);
    return room;
  }

  // Sending

  private waiting = new Map<number, Pending[]>();

  private outbox_changed(id: number, pending: Pending[]): void {
    this.waiting.set(id, pending);
    const room = this.by_id.get(id);
    if (room) {
      room.pending = pending;
      this.tell_uploads(room);
    }
    this.n_unsent = this.outbox.n_unsent;
  }

  private async transmit(p: Pending): Promise<Message> {
    const files = (p.uploads ?? []).map((id) => this.uploads.get(id)?.file?.id);
    const fields = { text: p.text, key: p.key, reply_to: p.reply_to?.id ?? null, ...(files.length > 0 ? { files } : {}) };
    if (this.gateway.is_online) {
      const answer = await this.gateway.request('send', { room: p.room, ...fields });
      return answer.message as Message;
    }
    return this.api.post<Message>(`/rooms/${p.room}/messages`, fields);
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

  private uploads_changed(id: number): void {
    const room = this.by_id.get(id);
    if (room) this.tell_uploads(room);
    this.outbox.poke(id);
  }

  private tell_uploads(room: RoomState): void {
    room.tray = this.uploads.tray(room.id);
    room.under_way = new Map(room.pending.map((p) => [p.key, this.uploads.of_message(p.key)]));
  }

  retry(pending: Pending): void {
    this.outbox.retry(pending.key);
  }

  drop(pending: Pending): void {
    this.outbox.drop(pending.key);
  }

  /** Over the socket when it is there, else over HTTP. Only for wishes that may be said twice. */
  private async wish(op: string, fields: Record<string, unknown>, over_http: () => Promise<unknown>): Promise<void> {
    if (this.gateway.is_online) {
      try {
        await this.gateway.request(op, fields);
        return;
      } catch (error) {
        if (!['offline', 'uncertain'].includes(problem_of(error).word)) throw error;
      }
    }
    await over_http();
  }

  edit(m: Message, text: string): Promise<void> {
    const path = `/rooms/${m.room}/messages/${m.id}`;
    return this.wish('edit', { room: m.room, message: m.id, text }, () => this.api.call('PATCH', path, { text }));
  }

  remove(m: Message): Promise<void> {
    const path = `/rooms/${m.room}/messages/${m.id}`;
    return this.wish('delete', { room: m.room, message: m.id }, () => this.api.call('DELETE', path));
  }

  react(m: Message, emoji: string, on: boolean): Promise<void> {
    const path = `/rooms/${m.room}/messages/${m.id}/reactions/${encodeURIComponent(emoji)}`;
    return this.wish('react', { room: m.room, message: m.id, emoji, on }, () => this.api.call(on ? 'PUT' : 'DELETE', path));
  }

  typing(room: RoomState, on: boolean): void {
    this.gateway.tell('typing', { room: room.id, on });
  }

  async mark_read(room: RoomState, seq: number): Promise<void> {
    if (seq <= room.info.read || !this.gateway.is_online) return;
    try {
      const { read, unread, mentions } = await this.gateway.request('read', { room: room.id, read: seq });
      room.put_mark({ read: read as number, unread: unread as number, mentions: mentions as number | undefined });
    } catch {
      // The next message on screen marks again.
    }
  }

  // Looking

  async open(id: number): Promise<RoomState | null> {
    const room = this.by_id.get(id);
    if (!room) return null;
    if (this.open_room !== room) {
      room.kept_unread = false;
      room.divider = room.info.unread > 0 ? room.info.read : null;
      this.open_room = room;
    }
    await this.show_room(room);
    return room;
  }

  close(): void {
    if (this.open_room) {
      this.open_room.divider = null;
      let_go_of_old(this.open_room);
    }
    this.open_room = null;
  }

  private async show_room(room: RoomState): Promise<void> {
    void this.load_members(room).catch(() => {});
    void this.find_draft_reply(room);
    if (!room.loaded) await read_from_mark(this.api, room);
  }

  /** A draft from another device may answer a message. */
  private async find_draft_reply(room: RoomState): Promise<void> {
    const id = room.draft_reply;
    room.draft_reply = null;
    if (id === null || room.reply_to) return;
    try {
      const message = await this.api.get<Message>(`/rooms/${room.id}/messages/${id}`);
      if (!room.reply_to && room.draft !== '' && !message.deleted) room.reply_to = message;
    } catch {
      // Then it answers nothing.
    }
  }

  older = (room: RoomState): Promise<void> => read_older(this.api, room);
  newer = (room: RoomState): Promise<void> => read_newer(this.api, room);
  newest = (room: RoomState): Promise<void> => (room.more_after || !room.loaded ? read_newest(this.api, room) : Promise.resolve());

  /** Brings a message into the window. False: it is not to be found. */
  async bring(room: RoomState, id: number, seq?: number): Promise<boolean> {
    if (room.messages.some((m) => m.id === id)) return true;
    const at = seq ?? (await find_seq(this.api, room, id));
    if (at === null) return false;
    await read_around(this.api, room, at);
    return room.messages.some((m) => m.id === id);
  }

  /** The same by its place; when nothing stands there any more, the nearest message. */
  async bring_seq(room: RoomState, seq: number): Promise<Message | null> {
    const held = (): Message | undefined => room.messages.find((m) => m.seq === seq);
    if (!held()) await read_around(this.api, room, seq);
    return held() ?? room.messages.findLast((m) => m.seq <= seq) ?? room.messages[0] ?? null;
  }

  // People and rooms

  async load_members(room: RoomState, more = false): Promise<void> {
    const after = more ? (room.members.at(-1)?.account.id ?? 0) : 0;
    const page = await this.api.get<{ members: Member[]; more: boolean }>(`/rooms/${room.id}/members?after=${after}&limit=100`);
    room.members = more ? [...room.members, ...page.members] : page.members;
    room.more_members = page.more;
    room.members_loaded = true;
    // Who comes to the lobby is not told one by one: the whole list knows better.
    if (!page.more && room.info.n_members !== room.members.length) room.change({ n_members: room.members.length });
    for (const m of page.members) {
      this.online.set(m.account.id, m.online);
      this.presence.take({ account: m.account.id, online: m.online, status: m.status });
    }
    this.watch();
  }

  /** Whose coming and going we want to hear of: partners of direct rooms, and the members on screen. */
  private watch(): void {
    const ids = new Set<number>();
    for (const room of this.rooms) if (room.info.peer) ids.add(room.info.peer.id);
    for (const m of this.open_room?.members ?? []) ids.add(m.account.id);
    ids.delete(this.account.id);
    const accounts = [...ids].slice(0, WATCH_MAX);
    const wish = accounts.join();
    if (!this.gateway.is_online || wish === this.watched) return;
    this.watched = wish;
    this.gateway.request('watch', { accounts }).then(
      (answer) => {
        const here = new Set(answer.online as number[]);
        for (const id of accounts) this.online.set(id, here.has(id));
      },
      () => (this.watched = ''),
    );
  }

  async find_people(prefix: string): Promise<Person[]> {
    const found = await this.api.get<{ accounts: Person[] }>(`/accounts?prefix=${encodeURIComponent(prefix)}`);
    return found.accounts.filter((p) => p.id !== this.account.id);
  }

  async start_direct(person: Person): Promise<RoomState> {
    return this.add_room(await this.api.post<Room>('/rooms', { kind: 'direct', members: [person.id] }));
  }

  async create_group(name: string, is_public: boolean, members: number[]): Promise<RoomState> {
    return this.add_room(await this.api.post<Room>('/rooms', { kind: 'group', name, public: is_public, members }));
  }

  async public_rooms(): Promise<Room[]> {
    return (await this.api.get<{ rooms: Room[] }>('/rooms/public')).rooms;
  }

  async join(id: number): Promise<RoomState> {
    await this.api.call('PUT', `/rooms/${id}/members/${this.account.id}`, { role: 'member' });
    return this.take_room(await this.api.get<Room>(`/rooms/${id}`));
  }

  /** What every device of ours says of us; repeated at each new connection. */
  set_status(status: Status): void {
    this.my_status = status;
    this.gateway.tell('status', { status });
  }

  my_status = $state<Status>('online');

  async leave(room: RoomState): Promise<void> {
    await this.api.call('DELETE', `/rooms/${room.id}/members/${this.account.id}`);
    this.forget(room.id);
  }

  async rename(room: RoomState, name: string): Promise<void> {
    room.refresh(await this.api.call<Room>('PATCH', `/rooms/${room.id}`, { name }));
  }

  async set_member(room: RoomState, account: number, role: Role = 'member'): Promise<void> {
    await this.api.call('PUT', `/rooms/${room.id}/members/${account}`, { role });
  }

  async remove_member(room: RoomState, account: number): Promise<void> {
    await this.api.call('DELETE', `/rooms/${room.id}/members/${account}`);
  }

  async forget_unsent(): Promise<void> {
    await this.outbox.clear();
    await this.uploads.clear();
  }

  /** Whom we do not want to hear. */
  async read_blocks(): Promise<void> {
    try {
      const { blocks } = await this.api.get<{ blocks: ({ account: Person } | Person)[] }>('/me/blocks');
      this.presence.set_blocked(blocks.map((b) => ('account' in b ? b.account : b)));
    } catch {
      // Asked again when the page is loaded anew.
    }
  }

  // Time

  private tick(): void {
    const now = Date.now();
    for (const room of this.rooms) room.expire_typists(now);
    if (this.http_answers && now - this.polled_at > POLL_MS) {
      this.polled_at = now;
      void this.poll();
    }
  }

  /** Some proxies kill sockets and let requests pass: then we ask. */
  private async poll(): Promise<void> {
    try {
      const { rooms } = await this.api.get<{ rooms: Room[] }>('/rooms');
      if (this.stopped || this.gateway.is_online) return;
      this.by_http = true;
      this.be_ready(rooms);
      for (const info of rooms) {
        const room = this.by_id.get(info.id);
        if (!room || info.head <= room.cursor || room.held) continue;
        room.held = [];
        await this.fill(room);
      }
      this.outbox.kick();
    } catch (error) {
      this.by_http = this.http_answers = false;
      if (error instanceof Fault && error.problem.word === 'unauthenticated') this.options.on_signed_out();
    }
  }
}
