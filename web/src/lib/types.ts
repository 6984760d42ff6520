// The shapes of docs/protocol.md, word for word.

export interface Person {
  id: number;
  username: string;
}

export interface Account extends Person {
  site_admin: boolean;
  created_at: string;
}

export type Role = 'owner' | 'admin' | 'member';

export interface Reaction {
  emoji: string;
  count: number;
  by: number[];
}

export interface Quote {
  id: number;
  author: Person;
  text: string;
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
}

export interface Room {
  id: number;
  kind: 'lobby' | 'group' | 'direct';
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
}

export interface Member {
  account: Person;
  role: Role;
  joined_at: string;
  read: number | null;
  online: boolean;
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
    | { t: 'reaction_added' | 'reaction_removed'; message_id: number; emoji: string; by: Person }
    | { t: 'room_read'; by: Person; read: number }
    | { t: 'member_joined' | 'member_changed'; member: Person; role: Role; by: Person }
    | { t: 'member_left'; member: Person; by: Person }
    | { t: 'room_changed'; name: string | null; by: Person }
  );

export type PassingEvent =
  | { t: 'typing'; room: number; by: Person; on: boolean }
  | { t: 'presence'; account: number; online: boolean }
  | { t: 'room_read'; room: number; seq: null; by: Person; read: number };

export type ChatEvent = LastingEvent | PassingEvent;

export interface HistoryPage {
  messages: Message[];
  more: boolean;
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

  constructor(word: FaultWord, detail: string | null = null, message = '', retry_after_s: number | null = null) {
    super(message || word);
    this.name = 'Fault';
    this.problem = { word, detail, message, retry_after_s };
  }
}

export function problem_of(error: unknown): Problem {
  if (error instanceof Fault) return error.problem;
  return { word: 'internal', detail: null, message: error instanceof Error ? error.message : '', retry_after_s: null };
}

/** True when nothing can be said about the outcome, or the server asked for patience: the same send may be repeated with its key. */
export function is_passing(word: FaultWord): boolean {
  return ['limited', 'busy', 'unavailable', 'uncertain', 'offline', 'timeout', 'unauthenticated'].includes(word);
}
