// The shapes of docs/protocol.md, word for word.

import type { DeskEvent, DeskState, DeskStep } from './desk_types';

export interface Person {
  id: number;
  username: string;
  /** The name shown, when the person chose one. */
  name: string | null;
  /** Token of the picture at /api/v1/avatars/<token>. */
  avatar: string | null;
  bot: boolean;
}

export type Status = 'online' | 'idle' | 'dnd';

export interface Account extends Person {
  site_admin: boolean;
  created_at: string;
  email: string | null;
  email_verified: boolean;
  about: string;
  /** The language of letters to them. */
  locale: string | null;
  hide_read: boolean;
  hide_last_seen: boolean;
  status: Status;
  quota_bytes: number;
  used_bytes: number;
}

/** An account as GET /accounts/{id} tells it. */
export interface Profile extends Person {
  about: string;
  online: boolean;
  status: Status | null;
  last_seen: string | null;
  created_at: string;
}

export type Role = 'owner' | 'admin' | 'moderator' | 'member';

export interface Reaction {
  emoji: string;
  count: number;
  by: number[];
}

export interface Quote {
  id: number;
  seq: number;
  author: Person;
  text: string;
  has_file: boolean;
}

export interface FileInfo {
  id: number;
  name: string;
  size: number;
  type: string;
  width: number | null;
  height: number | null;
  blurhash: string | null;
  has_thumbnail: boolean;
  sha256: string;
  state: 'ready' | 'processing';
}

export interface Message {
  id: number;
  room: number;
  seq: number;
  author: Person;
  text: string;
  key: string | null;
  reply_to: Quote | null;
  created_at: string;
  edited_at: string | null;
  deleted: boolean;
  reactions: Reaction[];
  mentions: number[];
  mentions_everyone: boolean;
  files: FileInfo[];
  pinned: boolean;
  n_versions: number;
  webhook: { name: string; avatar: string | null } | null;
}

/** desk: a chat of the support desk. */
export type RoomKind = 'lobby' | 'group' | 'direct' | 'guild' | 'channel' | 'desk';

export type NotifyLevel = 'all' | 'mentions' | 'none';

export interface Draft {
  text: string;
  reply_to: number | null;
  updated_at: string;
}

export interface Room {
  id: number;
  kind: RoomKind;
  name: string | null;
  public: boolean;
  role: Role | null;
  head: number;
  read: number;
  unread: number;
  n_members: number;
  created_at: string;
  last: Message | null;
  peer: Person | null;
  /** The guild of a channel; null for every other room. */
  guild: number | null;
  position: number;
  topic: string | null;
  icon: string | null;
  read_only: boolean;
  slow_s: number;
  muted_until: string | null;
  mentions: number;
  read_by_all: number;
  draft: Draft | null;
  notify: { level: NotifyLevel | null; until: string | null };
  blocked: boolean;
  n_pins: number;
}

export interface Member {
  account: Person;
  role: Role;
  joined_at: string;
  read: number | null;
  online: boolean;
  status?: Status | null;
  muted_until?: string | null;
}

export interface Session {
  id: number;
  created_at: string;
  last_used_at: string;
  agent: string;
  address: string;
  current: boolean;
}

export interface Grant {
  account: Account;
  session: number;
}

export interface SetupState {
  needed: boolean;
  /** The server sends letters. */
  mail: boolean;
  registration: 'open' | 'invite' | 'closed';
}

interface Lasting {
  room: number;
  seq: number;
  at: string;
}

export type LastingEvent = Lasting &
  (
    | { t: 'message_posted' | 'message_edited'; message: Message }
    | { t: 'message_deleted'; message: Message; by: Person }
    | { t: 'message_pinned' | 'message_unpinned'; message_id: number; message?: Message; by: Person }
    | { t: 'reaction_added' | 'reaction_removed'; message_id: number; emoji: string; by: Person }
    | { t: 'room_read'; by: Person; read: number }
    | { t: 'member_joined' | 'member_changed'; member: Person; role: Role; muted_until?: string | null; by: Person }
    | { t: 'member_left'; member: Person; by: Person }
    | ({ t: 'room_changed'; by: Person } & Partial<Pick<Room, 'name' | 'topic' | 'icon' | 'public' | 'read_only' | 'slow_s' | 'position'>>)
    | { t: 'channel_added' | 'channel_changed'; channel: Partial<Room> & { id: number }; by: Person }
    | { t: 'channel_removed'; channel: { id: number }; by: Person }
    | { t: 'desk_moved'; step: DeskStep; state: DeskState; agent: Person | null; by: Person | null }
    | { t: 'desk_note'; note: number; text: string; by: Person }
  );

export type PassingEvent =
  | { t: 'typing'; room: number; by: Person; on: boolean }
  | { t: 'presence'; account: number; online: boolean; status?: Status | null; last_seen?: string | null }
  | { t: 'room_read'; room: number; seq: null; by: Person; read: number }
  | { t: 'read_by_all'; room: number; read: number }
  | { t: 'block_changed'; room: number | null; account: number; on: boolean }
  | { t: 'draft_changed'; room: number; draft: Draft | null }
  | { t: 'room_removed'; room: number }
  | { t: 'person_changed'; person: Person };

export type ChatEvent = LastingEvent | PassingEvent | DeskEvent;

export interface HistoryPage {
  messages: Message[];
  more: boolean;
  /** Around a message only: whether newer ones follow. */
  more_after?: boolean | null;
  head: number;
}

export interface ChangesPage {
  events: LastingEvent[];
  to: number;
  head: number;
}

/** Why something did not work: the stable words of the server, and three of our own for what never reached it. */
export type FaultWord =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'gone'
  | 'too_large'
  | 'limited'
  | 'busy'
  | 'unavailable'
  | 'uncertain'
  | 'internal'
  | 'offline'
  | 'timeout'
  | 'unreadable';

export interface Problem {
  word: FaultWord;
  detail: string | null;
  message: string;
  retry_after_s: number | null;
}

export class Fault extends Error {
  readonly problem: Problem;
  /** The whole answer: some refusals tell more than why. */
  body: Record<string, unknown> = {};

  constructor(word: FaultWord, detail: string | null = null, message = '', retry_after_s: number | null = null) {
    super(message || word);
    this.name = 'Fault';
    this.problem = { word, detail, message, retry_after_s };
  }
}

export function problem_of(error: unknown): Problem {
  if (error instanceof Fault) return error.problem;
  console.error(error);
  return { word: 'internal', detail: null, message: error instanceof Error ? error.message : '', retry_after_s: null };
}

/** True when nothing can be said about the outcome, or the server asked for patience: the same send may be repeated with its key. */
export function is_passing(word: FaultWord): boolean {
  return ['limited', 'busy', 'unavailable', 'uncertain', 'offline', 'timeout', 'unauthenticated'].includes(word);
}
