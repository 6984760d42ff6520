// What the gateway tells, applied to the rooms: each lasting event once and in order; what is missing in between is read over HTTP.
//
//   event --next in sequence--> applied;  event --gap--> held, gap read, then the held ones;  event of a room unknown --> the room is read first

import type { Api } from './api';
import type { Company } from './company.svelte';
import type { DeskEvent } from './desk_types';
import type { Drafts } from './drafts';
import type { RoomState } from './room_state.svelte';
import type { Rooms } from './rooms.svelte';
import { problem_of, type Account, type ChangesPage, type ChatEvent, type LastingEvent, type Message, type Person, type Room } from './types';

export interface IncomingOptions {
  api: Api;
  rooms: Rooms;
  company: Company;
  drafts: Drafts;
  me: () => Account;
  /** The account's own name or picture changed, perhaps on another device. */
  on_me: (person: Person) => void;
  on_message: (room: RoomState, message: Message) => void;
  /** What agents of the support desk are told. */
  on_desk?: (event: DeskEvent) => void;
  /** The window of a room was thrown away; it is read anew when the room is open. */
  on_reload: (room: RoomState) => void;
}

const FILL_LIMIT = 500;
const FILL_AGAIN_MS = 2_000;
const RECOUNT_MS = 500;

/** Without what was not told. */
function told<T extends object>(change: T): T {
  return Object.fromEntries(Object.entries(change).filter(([, v]) => v !== undefined)) as T;
}

export class Incoming {
  private arriving = new Map<number, LastingEvent[]>();
  private recount_timers = new Map<number, ReturnType<typeof setTimeout>>();

  constructor(private readonly options: IncomingOptions) {}

  resumed(id: number, to: number): void {
    const room = this.options.rooms.room(id);
    if (room) room.cursor = Math.max(room.cursor, to);
  }

  reload(id: number, from: number): void {
    const room = this.options.rooms.room(id);
    if (!room) return;
    room.cursor = from;
    room.held = null;
    room.forget_messages();
    this.options.on_reload(room);
  }

  /** A room whose head is ahead of us, seen without the gateway. */
  async catch_up(room: RoomState): Promise<void> {
    if (room.held) return;
    room.held = [];
    await this.fill(room);
  }

  take(event: ChatEvent): void {
    const { rooms, company, drafts } = this.options;
    const me = this.options.me().id;
    if (event.t === 'presence') return company.took(event);
    if (event.t === 'person_changed') return this.person_changed(event.person);
    if (event.t === 'desk' || event.t === 'desk_message' || event.t === 'desk_status' || event.t === 'desk_agent_changed') return this.options.on_desk?.(event);
    if (event.t === 'desk_note') this.options.on_desk?.(event);
    if (event.t === 'block_changed') {
      company.set_blocked(event.account, event.on);
      if (event.room !== null) rooms.room(event.room)?.change({ blocked: event.on });
      return;
    }
    const room = rooms.room(event.room);
    if (event.t === 'room_removed') {
      if (room) rooms.forget(event.room);
    } else if (event.t === 'read_by_all' || event.t === 'draft_changed') {
      room?.take_passing(event);
      if (room && event.t === 'draft_changed') drafts.told(room, event.draft);
    } else if (event.t === 'typing') {
      if (event.by.id !== me) room?.typing(event.by, event.on, Date.now());
    } else if (event.t === 'room_read' && event.seq === null) {
      if (event.by.id === me && room) this.mark_moved(room, event.read);
    } else if (event.seq === undefined || event.seq === null) return;
    else if (room) this.take_lasting(room, event as LastingEvent);
    else this.take_unknown(event as LastingEvent);
  }

  private mark_moved(room: RoomState, read: number): void {
    const back = read < room.info.read;
    room.mark_read(read, null, this.options.me().id);
    if (back) this.recount(room);
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
    const { rooms, company } = this.options;
    const me = this.options.me().id;
    const read_before = room.info.read;
    room.apply(event, me);
    if (room.info.kind === 'guild') this.apply_to_guild(room, event);
    if (event.t === 'message_posted') {
      this.options.on_message(room, event.message);
      this.meet(room, event.message.author);
    }
    if (event.t === 'member_left' && event.member.id === me) rooms.forget(room.id);
    if (event.t === 'room_read' && event.by.id === me && (room.info.unread > 0 || event.read < read_before)) this.recount(room);
    if (event.t === 'member_joined' || event.t === 'member_left') company.watch();
  }

  /** Membership and channels of a guild are told in the guild's sequence; its channels follow. */
  private apply_to_guild(guild: RoomState, event: LastingEvent): void {
    const { rooms } = this.options;
    switch (event.t) {
      case 'channel_added':
        if (!rooms.room(event.channel.id)) void this.arrive(event.channel.id);
        break;
      case 'channel_changed':
        rooms.room(event.channel.id)?.change(told(event.channel));
        break;
      case 'channel_removed':
        rooms.forget(event.channel.id);
        break;
      case 'member_changed':
        if (event.member.id === this.options.me().id)
          for (const c of rooms.channels_of(guild.id)) c.change(told({ role: event.role, muted_until: event.muted_until }));
        break;
      case 'member_joined':
      case 'member_left':
        for (const c of rooms.channels_of(guild.id)) c.change({ n_members: guild.info.n_members });
        break;
      default:
        break;
    }
  }

  /** A name or a picture is shown in many places. */
  private person_changed(person: Person): void {
    if (person.id === this.options.me().id) this.options.on_me(person);
    for (const room of this.options.rooms.all) {
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
    void this.options.company.load_members(room).catch(() => {});
  }

  /** The mark moved to the middle of what we hold only in part: only the server knows the number. */
  private recount(room: RoomState): void {
    if (this.recount_timers.has(room.id)) return;
    const timer = setTimeout(async () => {
      this.recount_timers.delete(room.id);
      try {
        room.refresh(await this.options.api.get<Room>(`/rooms/${room.id}`));
      } catch {
        // The next mark or resume tells.
      }
    }, RECOUNT_MS);
    this.recount_timers.set(room.id, timer);
  }

  /** Something between the cursor and what just came is missing: read it, then go on with what waited. */
  private async fill(room: RoomState): Promise<void> {
    const { rooms } = this.options;
    try {
      await this.read_changes(room);
      const held = room.held ?? [];
      room.held = null;
      for (const event of held) this.take_lasting(room, event);
    } catch (error) {
      const { word } = problem_of(error);
      if (word === 'gone' || word === 'invalid') this.reload(room.id, room.held?.at(-1)?.seq ?? room.cursor);
      else if (word === 'not_found' || word === 'forbidden') rooms.forget(room.id);
      else setTimeout(() => rooms.room(room.id) === room && room.held && void this.fill(room), FILL_AGAIN_MS);
    }
  }

  private async read_changes(room: RoomState): Promise<void> {
    for (;;) {
      const page = await this.options.api.get<ChangesPage>(`/rooms/${room.id}/changes?after=${room.cursor}&limit=${FILL_LIMIT}`);
      for (const event of page.events) if (event.seq > room.cursor) this.apply(room, event);
      room.cursor = Math.max(room.cursor, page.to);
      if (page.to >= page.head) return;
    }
  }

  /** An event of a room we do not know: when it says that we joined, the room is fetched, and what follows waits for it. */
  private take_unknown(event: LastingEvent): void {
    const waiting = this.arriving.get(event.room);
    if (waiting) waiting.push(event);
    else if (event.t === 'member_joined' && event.member.id === this.options.me().id) void this.arrive(event.room);
  }

  private async arrive(id: number): Promise<void> {
    this.arriving.set(id, []);
    try {
      const room = this.options.rooms.add(await this.options.api.get<Room>(`/rooms/${id}`));
      if (room.info.kind === 'guild') await this.read_channels(room);
      const held = this.arriving.get(id) ?? [];
      this.arriving.delete(id);
      for (const event of held) this.take_lasting(room, event);
      this.options.company.watch();
    } catch {
      this.arriving.delete(id);
    }
  }

  /** The channels of a guild that was just joined or made. */
  async read_channels(guild: RoomState): Promise<void> {
    const { rooms } = await this.options.api.get<{ rooms: Room[] }>(`/guilds/${guild.id}/channels`);
    for (const info of rooms) this.options.rooms.add(info);
  }
}
