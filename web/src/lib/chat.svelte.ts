// The conversation of one signed-in account: ties its rooms, the gateway, what is being sent and who is around together. Components read
// its state and call its verbs; each part says in its own file what it keeps.

import { Api } from './api';
import { Company } from './company.svelte';
import type { DeskEvent, DeskRole } from './desk_types';
import { Drafts } from './drafts';
import { Gateway, type GatewayState, type Socket } from './gateway';
import { find_seq, let_go_of_old, read_around, read_from_mark, read_newer, read_newest, read_older } from './history';
import { Incoming } from './incoming';
import type { Kept } from './keepsake';
import type { OutboxStorage, Pending } from './outbox';
import { RoomState } from './room_state.svelte';
import { Rooms } from './rooms.svelte';
import { Sending } from './sending.svelte';
import { Fault, problem_of, type Account, type Message, type Person, type Role, type Room, type Status } from './types';
import type { UploadStorage } from './uploads.svelte';
import { as_of } from './window';

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
  on_desk?: (event: DeskEvent) => void;
  /** With each connection: what was said at the desk meanwhile was missed. */
  on_desk_role?: (role: DeskRole) => void;
}

const POLL_MS = 5_000;

export class Chat {
  account = $state.raw({} as Account);
  /** False until the server has told which rooms there are. */
  ready = $state(false);
  link = $state.raw<GatewayState>({ name: 'stopped' });
  /** The socket is down but HTTP answers: messages go and come that way, slower. */
  by_http = $state(false);

  readonly api: Api;
  readonly drafts: Drafts;
  private readonly shelf: Rooms;
  private readonly gateway: Gateway;
  private readonly company: Company;
  private readonly incoming: Incoming;
  private readonly sending: Sending;
  private tick_timer?: ReturnType<typeof setInterval>;
  private polled_at = 0;
  /** The server answered over HTTP after the socket had failed. While it does not answer at all, nothing but the socket is tried. */
  private http_answers = false;
  private stopped = false;

  constructor(private readonly options: ChatOptions) {
    const { api, storage, renew } = options;
    this.account = options.account;
    this.api = api;
    this.drafts = new Drafts(api, () => this.account.id);
    this.shelf = new Rooms({
      on_told: (room, info, is_new) => this.room_told(room, info, is_new),
      on_gone: (id) => this.sending.forget_room(id),
    });
    this.gateway = this.make_gateway();
    const rooms = this.shelf;
    const gateway = this.gateway;
    this.company = new Company({ api, gateway, rooms, me: () => this.account.id });
    this.incoming = this.make_incoming();
    const bytes_left = (): number | null => (this.account.quota_bytes > 0 ? this.account.quota_bytes - (this.account.used_bytes ?? 0) : null);
    this.sending = new Sending({ api, gateway, rooms, storage, renew, bytes_left });
    if (options.kept) this.take_kept(options.kept);
  }

  private make_gateway(): Gateway {
    return new Gateway({
      open_socket: this.options.open_socket,
      known: () => this.shelf.cursors(),
      authorize: () => this.authorize(),
      on_state: (state) => this.link_changed(state),
      on_hello: ({ account, desk }) => {
        if (account.id !== this.account.id) this.options.on_other_account();
        else this.options.on_desk_role?.(desk ?? 'none');
      },
      on_ready: (rooms) => this.be_ready(rooms),
      on_resumed: (room, to) => this.incoming.resumed(room, to),
      on_reload: (room, from) => this.incoming.reload(room, from),
      on_event: (event) => this.incoming.take(event),
      on_signed_out: this.options.on_signed_out,
    });
  }

  private make_incoming(): Incoming {
    return new Incoming({
      api: this.api,
      rooms: this.shelf,
      company: this.company,
      drafts: this.drafts,
      me: () => this.account,
      on_me: (person) => (this.account = { ...this.account, ...person }),
      on_message: (room, message) => {
        this.options.on_message?.(room, message);
        if (message.author.id === this.account.id && message.key) this.sending.seen(message.key);
      },
      on_desk: this.options.on_desk,
      on_reload: (room) => {
        if (this.open_room === room) void this.show_room(room);
      },
    });
  }

  private take_kept(kept: Kept): void {
    for (const { info, messages, whole } of kept.rooms) {
      const room = this.shelf.add(info);
      if (messages.length === 0) continue;
      room.messages = messages.map((m) => as_of(m, info.head));
      room.loaded = true;
      room.more_before = !whole;
    }
    this.ready = true;
  }

  // What the parts keep, for those who read it

  get rooms(): RoomState[] {
    return this.shelf.all;
  }
  /** Everything one can write in, newest first. */
  get sorted(): RoomState[] {
    return this.shelf.sorted;
  }
  /** The lobby, groups and direct conversations: what stands outside of guilds. */
  get talks(): RoomState[] {
    return this.shelf.talks;
  }
  get guilds(): RoomState[] {
    return this.shelf.guilds;
  }
  get n_unread(): number {
    return this.shelf.n_unread;
  }
  get open_room(): RoomState | null {
    return this.shelf.open;
  }
  get n_unsent(): number {
    return this.sending.n_unsent;
  }
  get uploads(): Sending['uploads'] {
    return this.sending.uploads;
  }
  get online(): Company['online'] {
    return this.company.online;
  }
  get presence(): Company['presence'] {
    return this.company.presence;
  }
  get my_status(): Status {
    return this.company.my_status;
  }

  room = (id: number): RoomState | undefined => this.shelf.room(id);
  channels_of = (guild: number): RoomState[] => this.shelf.channels_of(guild);

  // Its life

  start(): void {
    this.sending.start(this.account.id);
    this.gateway.start();
    this.tick_timer = setInterval(() => this.tick(), 1_000);
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.tick_timer);
    this.drafts.save_all();
    this.drafts.stop();
    this.gateway.stop();
    this.sending.stop();
  }

  wake(): void {
    this.gateway.wake();
    this.uploads.wake();
    if (this.open_room?.info.kind === 'lobby') void this.company.count_members(this.open_room);
    if (!this.gateway.is_online) this.sending.kick();
  }

  private link_changed(state: GatewayState): void {
    this.link = state;
    const online = state.name === 'online';
    this.company.link_changed(online);
    if (!online) return;
    this.by_http = this.http_answers = false;
    this.sending.kick();
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
    this.shelf.forget_others(rooms);
    this.sending.forget_others(rooms);
    for (const info of rooms) this.shelf.add(info);
    this.ready = true;
  }

  private room_told(room: RoomState, info: Room, is_new: boolean): void {
    if (is_new || info.draft !== undefined) this.drafts.told(room, info.draft ?? null);
    if (is_new) this.sending.adopt(room);
  }

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
        const room = this.shelf.room(info.id);
        if (room && info.head > room.cursor) await this.incoming.catch_up(room);
      }
      this.sending.kick();
    } catch (error) {
      this.by_http = this.http_answers = false;
      if (error instanceof Fault && error.problem.word === 'unauthenticated') this.options.on_signed_out();
    }
  }

  // Writing

  send = (room: RoomState, text: string, reply_to: Message | null): void => this.sending.send(room, text, reply_to);
  take_back = (pending: Pending): void => this.sending.take_back(pending);
  cancel_upload = (id: string, pending: Pending | null): void => this.sending.cancel_upload(id, pending);
  retry = (pending: Pending): void => this.sending.retry(pending);
  drop = (pending: Pending): void => this.sending.drop(pending);
  put_file: Sending['put_file'] = (...file) => this.sending.put_file(...file);
  forget_unsent = (): Promise<void> => this.sending.forget_all();

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
    const room = this.shelf.room(id);
    if (!room) return null;
    if (this.open_room !== room) {
      room.kept_unread = false;
      room.divider = room.info.unread > 0 ? room.info.read : null;
      this.shelf.open = room;
    }
    if (room.info.kind === 'lobby') void this.company.count_members(room);
    await this.show_room(room);
    return room;
  }

  /** A room one may read without being in it: nothing of it is heard, look_again() reads what is new. */
  async look_at(id: number): Promise<RoomState> {
    const room = new RoomState(await this.api.get<Room>(`/rooms/${id}`));
    await read_newest(this.api, room);
    return room;
  }

  async look_again(room: RoomState): Promise<void> {
    if (room.loaded) await this.incoming.catch_up(room);
  }

  close(): void {
    if (this.open_room) {
      this.open_room.divider = null;
      let_go_of_old(this.open_room);
    }
    this.shelf.open = null;
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

  /** The picture others see; null: none. */
  async set_picture(file: number | null): Promise<void> {
    if (file === null) await this.api.call('DELETE', '/me/avatar');
    else await this.api.post('/me/avatar', { file });
    this.account = { ...this.account, ...(await this.api.get<Account>('/me')) };
  }

  load_members = (room: RoomState, more = false): Promise<void> => this.company.load_members(room, more);
  find_people = (prefix: string): Promise<Person[]> => this.company.find(prefix);
  set_status = (status: Status): void => this.company.set_status(status);
  read_blocks = (): Promise<void> => this.company.read_blocks();

  /** A room the server has just told us of. */
  async take_room(info: Room): Promise<RoomState> {
    const room = this.shelf.add(info);
    if (info.kind === 'guild') await this.incoming.read_channels(room);
    return room;
  }

  async start_direct(person: Person): Promise<RoomState> {
    return this.shelf.add(await this.api.post<Room>('/rooms', { kind: 'direct', members: [person.id] }));
  }

  async create_group(name: string, is_public: boolean, members: number[]): Promise<RoomState> {
    return this.shelf.add(await this.api.post<Room>('/rooms', { kind: 'group', name, public: is_public, members }));
  }

  async public_rooms(): Promise<Room[]> {
    return (await this.api.get<{ rooms: Room[] }>('/rooms/public')).rooms;
  }

  async join(id: number): Promise<RoomState> {
    await this.api.call('PUT', `/rooms/${id}/members/${this.account.id}`, { role: 'member' });
    return this.take_room(await this.api.get<Room>(`/rooms/${id}`));
  }

  async leave(room: RoomState): Promise<void> {
    await this.api.call('DELETE', `/rooms/${room.id}/members/${this.account.id}`);
    this.shelf.forget(room.id);
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
}
