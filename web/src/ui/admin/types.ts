// What the administration routes tell.

import type { Person, Room } from '../../lib/types';

export interface AdminUser extends Person {
  email: string | null;
  site_admin: boolean;
  deactivated: boolean;
  created_at: string;
  last_seen: string | null;
  n_rooms: number;
  n_sessions: number;
  /** Of their own; null: as everybody on this server. */
  quota: number | null;
  quota_bytes: number;
  used_bytes: number;
}

export interface AdminRoom {
  id: number;
  kind: Room['kind'];
  name: string | null;
  public: boolean;
  guild?: number | null;
  n_members: number;
  n_messages: number;
  created_at: string;
  last: { text: string; has_file?: boolean; at?: string; author?: Person } | null;
  members?: Person[];
}

export interface AdminReport {
  id: number;
  by: Person | null;
  room: number | { id: number; name: string | null };
  message: number | { id: number; seq?: number; text: string; author: Person } | null;
  reason: string;
  state: string;
  created_at: string;
  text?: string | null;
  author?: Person | null;
}

export interface AuditLine {
  id: number;
  who: Person | string | null;
  what: string;
  whom: Person | string | null;
  at: string;
  from: string | null;
  detail?: string | null;
}
