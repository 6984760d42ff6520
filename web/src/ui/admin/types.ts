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
  guild: number | null;
  name: string | null;
  public: boolean;
  n_members: number;
  n_messages: number;
  created_at: string;
  last: { text: string; has_file: boolean; deleted: boolean; at: string; author: Person | null } | null;
}

export interface AdminReport {
  id: number;
  state: 'open' | 'closed';
  by: Person | null;
  room: { id: number; name: string | null };
  message: { id: number; seq: number | null; text: string; author: Person | null };
  reason: string;
  created_at: string;
  closed_at: string | null;
  closed_by: Person | null;
  note: string | null;
}

export interface AuditLine {
  id: number;
  at: string;
  /** Null: the command line. */
  who: Person | null;
  what: string;
  whom: Person | null;
  room: number | null;
  detail: string | null;
  /** An address, or "command line". */
  from: string | null;
}

export interface AdminFigures {
  version: string;
  uptime_s: number;
  n_connections: number;
  n_sockets: number;
  n_online: number;
  memory_bytes: number;
  n_accounts: number;
  n_rooms: number;
  n_messages: number;
  n_sessions: number;
  /** Open ones. */
  n_reports: number;
  database_bytes: number;
  disk_free_bytes: number;
  disk_total_bytes: number;
}

export interface Setting {
  name: string;
  value: string | null;
  source: 'default' | 'environment' | 'file' | 'command_line';
  secret: boolean;
}
