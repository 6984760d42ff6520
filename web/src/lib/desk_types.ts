// The shapes of the support desk, as docs/protocol.md has them.

import type { Message, Person } from './types';

export type DeskRole = 'none' | 'agent' | 'supervisor';
export type DeskState = 'waiting' | 'active' | 'locked' | 'closed';
export type DeskStep = 'open' | 'assign' | 'lock' | 'unlock' | 'transfer' | 'close' | 'return';

export interface DeskChat {
  id: number;
  room: number;
  /** proven: the shop signed the id; otherwise a visitor only says so. */
  customer: { id: number; name: string | null; external_id: string | null; proven: boolean };
  state: DeskState;
  agent: Person | null;
  locked_by: Person | null;
  last_text: string;
  last_at: string;
  unread: number;
  position: number | null;
  wait_s: number | null;
  /** null: does not wait. */
  waiting_since: string | null;
  created_at: string;
  closed_at: string | null;
  rating: number | null;
  tags: string[];
  online: boolean;
}

export interface DeskNote {
  id: number;
  author: Person;
  text: string;
  at: string;
}

export interface DeskCanned {
  id: number;
  title: string;
  shortcut: string | null;
  text: string;
}

export interface DeskAgent {
  account: Person;
  role: DeskRole;
  capacity: number;
  /** Held now. */
  chats: number;
  online: boolean;
}

export interface DeskFigure {
  /** YYYY-MM-DD */
  day: string;
  agent: Person;
  taken: number;
  closed: number;
  messages: number;
  first_answer_s: number | null;
  rating: number | null;
  n_ratings: number;
}

export type DeskEvent =
  | { t: 'desk'; step: DeskStep; chat: DeskChat; from?: Person | null }
  | { t: 'desk_message'; chat: DeskChat; message: Message }
  | { t: 'desk_status'; customer: number; online: boolean }
  | { t: 'desk_agent_changed'; role: DeskRole }
  | { t: 'desk_note'; room: number; seq: number; at: string; note: number; text: string; by: Person };
