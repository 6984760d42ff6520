// One room as the page knows it: its facts, its window of messages, its members, its unsent messages.
// What always holds: every lasting event with a sequence up to `cursor` has been applied, each exactly once, in order.

import type { Pending } from './outbox';
import type { LastingEvent, Member, Message, PassingEvent, Person, Room } from './types';
import type { Upload } from './uploads.svelte';
import { apply, as_of, merge, unread_above, type Loaded } from './window';

export interface Mark {
  read: number;
  unread: number;
  mentions?: number;
}

export interface Typist {
  person: Person;
  until: number;
}

const TYPING_MS = 6_000;

type RoomChanged = Extract<LastingEvent, { t: 'room_changed' }>;

function room_facts(event: RoomChanged): Partial<Room> {
  const facts: Partial<Room> = {};
  for (const key of ['name', 'topic', 'icon', 'public', 'read_only', 'slow_s', 'position'] as const)
    if (event[key] !== undefined) Object.assign(facts, { [key]: event[key] });
  return facts;
}

export class RoomState {
  readonly id: number;
  info = $state.raw({} as Room);
  messages = $state.raw<Loaded[]>([]);
  /** The window holds something at all; then whether older and newer messages exist outside of it. */
  loaded = $state(false);
  more_before = $state(false);
  more_after = $state(false);
  pending = $state.raw<Pending[]>([]);
  members = $state.raw<Member[]>([]);
  more_members = $state(false);
  members_loaded = $state(false);
  typists = $state.raw<Typist[]>([]);
  /** Sequence above which messages of others were unread when the room was opened. */
  divider = $state<number | null>(null);
  /** A place to go to: set by whoever wants the reader there, taken by the list of messages when it has gone. */
  /** The reader wants it unread: what is on screen does not mark it, until the room is entered anew. */
  kept_unread = false;
  target = $state.raw<{ seq: number } | null>(null);
  draft = $state('');
  /** The message a draft from another device answers; looked up when the room is opened. */
  draft_reply: number | null = null;
  /** Files chosen and not yet sent with a message; and those under way with one, by its key. */
  tray = $state.raw<Upload[]>([]);
  under_way = $state.raw<ReadonlyMap<string, Upload[]>>(new Map());
  editing = $state.raw<Message | null>(null);
  edited = $state('');
  reply_to = $state.raw<Message | null>(null);

  cursor: number;
  /** Sequence at which `info` was true: older events no longer change its counters. */
  info_as_of: number;
  /** Set while missed events are fetched: live ones wait here. */
  held: LastingEvent[] | null = null;
  /** Set while a page of history is read: a copy of what is applied meanwhile. */
  recording: LastingEvent[] | null = null;

  constructor(info: Room) {
    this.id = info.id;
    this.info = info;
    this.cursor = info.head;
    this.info_as_of = info.head;
  }

  /** The server told the whole Room anew. The cursor stays: the events up to info.head are still to come or already applied. */
  refresh(info: Room): void {
    if (info.head < this.info_as_of) return;
    this.info = info;
    this.info_as_of = info.head;
  }

  apply(event: LastingEvent, me: number): void {
    if (event.seq <= this.cursor) return;
    this.cursor = event.seq;
    this.recording?.push(event);
    if (this.loaded) this.messages = apply(this.messages, event, !this.more_after);
    this.apply_to_members(event);
    if (event.seq > this.info_as_of) {
      this.info_as_of = event.seq;
      this.info = { ...this.info, head: event.seq, ...this.change_of_info(event, me) };
    }
    if (event.t === 'message_posted') this.stopped_typing(event.message.author.id);
  }

  /** Facts that are told elsewhere than in this room's own sequence. */
  change(facts: Partial<Room>): void {
    this.info = { ...this.info, ...facts };
  }

  take_passing(event: Extract<PassingEvent, { t: 'read_by_all' | 'draft_changed' }>): void {
    if (event.t === 'read_by_all') this.change({ read_by_all: Math.max(this.info.read_by_all ?? 0, event.read) });
    else this.change({ draft: event.draft });
  }

  private change_of_info(event: LastingEvent, me: number): Partial<Room> {
    const info = this.info;
    switch (event.t) {
      case 'message_posted':
        return { last: event.message, ...this.counts_after(event.message, me) };
      case 'message_pinned':
        return { n_pins: (info.n_pins ?? 0) + 1 };
      case 'message_unpinned':
        return { n_pins: Math.max(0, (info.n_pins ?? 0) - 1) };
      case 'message_edited':
      case 'message_deleted':
        return info.last?.id === event.message.id ? { last: event.message } : {};
      case 'room_read':
        return event.by.id === me ? this.read_to(event.read, me) : {};
      case 'member_joined':
        return { n_members: info.n_members + 1, ...(event.member.id === me ? { role: event.role } : {}) };
      case 'member_left':
        return { n_members: Math.max(0, info.n_members - 1) };
      case 'member_changed':
        return event.member.id === me
          ? { role: event.role, ...(event.muted_until !== undefined ? { muted_until: event.muted_until } : {}) }
          : {};
      case 'room_changed':
        return room_facts(event);
      default:
        return {};
    }
  }

  private counts_after(message: Message, me: number): Partial<Room> {
    if (message.author.id === me && !message.webhook) return {};
    const called = message.mentions_everyone || (message.mentions ?? []).includes(me);
    return { unread: Math.min(1000, this.info.unread + 1), mentions: (this.info.mentions ?? 0) + Number(called) };
  }

  /** The account's own mark moved, here or on another device. */
  mark_read(read: number, unread: number | null, me: number): void {
    const change = this.read_to(read, me);
    this.info = { ...this.info, ...change, unread: unread ?? change.unread ?? this.info.unread };
  }

  /** The mark as the server says it is now; it may have gone back. */
  put_mark(mark: Mark): void {
    if (mark.read < this.info.read) this.kept_unread = true;
    this.info = { ...this.info, read: mark.read, unread: mark.unread, mentions: mark.mentions ?? this.info.mentions };
  }

  /** Going back ("unread from here") leaves the count to the server. */
  private read_to(read: number, me: number): Partial<Room> {
    if (read < this.info.read) {
      this.kept_unread = true;
      return { read };
    }
    if (read > this.info.read) this.kept_unread = false;
    const last = this.info.last;
    if (!last || last.seq <= read) return { read, unread: 0, mentions: 0 };
    const exact = this.loaded && !this.more_after ? unread_above(this.messages, read, me, !this.more_before) : null;
    return { read, unread: exact ?? this.info.unread, ...(exact === 0 ? { mentions: 0 } : {}) };
  }

  private apply_to_members(event: LastingEvent): void {
    if (!this.members_loaded) return;
    switch (event.t) {
      case 'room_read':
        this.change_member(event.by.id, (m) => ({ ...m, read: Math.max(m.read ?? 0, event.read) }));
        break;
      case 'member_changed':
        this.change_member(event.member.id, (m) => ({ ...m, role: event.role, ...(event.muted_until !== undefined ? { muted_until: event.muted_until } : {}) }));
        break;
      case 'member_left':
        this.members = this.members.filter((m) => m.account.id !== event.member.id);
        break;
      case 'member_joined':
        if (!this.members.some((m) => m.account.id === event.member.id)) {
          this.members = [...this.members, { account: event.member, role: event.role, joined_at: event.at, read: 0, online: false }];
        }
        break;
      default:
        break;
    }
  }

  change_member(id: number, work: (m: Member) => Member): void {
    this.members = this.members.map((m) => (m.account.id === id ? work(m) : m));
  }

  /** A message the server has acknowledged; its event may come before or after. */
  add_sent(message: Message): void {
    if (this.loaded && !this.more_after) this.messages = merge(this.messages, [as_of(message, message.seq)]);
  }

  forget_messages(): void {
    this.messages = [];
    this.loaded = this.more_before = this.more_after = false;
  }

  typing(person: Person, on: boolean, now: number): void {
    this.stopped_typing(person.id);
    if (on) this.typists = [...this.typists, { person, until: now + TYPING_MS }];
  }

  expire_typists(now: number): void {
    if (this.typists.some((t) => t.until <= now)) this.typists = this.typists.filter((t) => t.until > now);
  }

  private stopped_typing(id: number): void {
    if (this.typists.some((t) => t.person.id === id)) this.typists = this.typists.filter((t) => t.person.id !== id);
  }

  get activity(): string {
    const pending = this.pending.at(-1)?.created_at ?? '';
    const last = this.info.last?.created_at ?? this.info.created_at;
    return pending > last ? pending : last;
  }
}
