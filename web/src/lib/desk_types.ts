// The shapes of the support desk, as docs/protocol.md has them.

import type { Message, Person } from './types';

export type DeskRole = 'none' | 'agent' | 'supervisor';
export type DeskState = 'waiting' | 'active' | 'locked' | 'closed';
export type DeskStep = 'open' | 'assign' | 'lock' | 'unlock' | 'transfer' | 'close' | 'return';

export interface DeskChat {
  id: number;
  room: number;
  customer: { id: number; name: string; external_id: string };
  state: DeskState;
  agent: Person | null;
  locked_by: Person | null;
  last_text: string;
  last_at: string;
  unread: number;
  position: number;
  wait_s: number;
  waiting_since: string;
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
  shortcut: string;
  text: string;
}

export interface DeskAgent {
  account: Person;
  role: DeskRole;
  capacity: number;
  n_chats: number;
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
}

export type DeskEvent =
  | { t: 'desk'; step: DeskStep; chat: DeskChat; from?: Person | null }
  | { t: 'desk_message'; chat: DeskChat; message: Message }
  | { t: 'desk_status'; customer: number; online: boolean }
  | { t: 'desk_agent'; role: DeskRole };
