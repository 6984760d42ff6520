// Whole people, messages and rooms for the tests, of which only the interesting part needs to be said.
import type { Account, Message, Person, Room } from '../src/lib/types';

export const at = '2026-11-21T09:00:00.000000Z';

export const person = (id: number, username = 'p' + id): Person => ({ id, username, name: null, avatar: null, bot: false });

export const account = (id: number, username: string): Account => ({
  ...person(id, username), site_admin: false, created_at: at, email: null, email_verified: false, about: '', locale: null, hide_read: false, hide_last_seen: false,
  status: 'online', quota_bytes: 0, used_bytes: 0,
});

export const message = (seq: number, more: Partial<Message> = {}): Message => ({
  id: seq * 10, room: 3, seq, author: person(2, 'vali'), text: 't' + seq, key: null, reply_to: null, created_at: at, edited_at: null, deleted: false,
  reactions: [], mentions: [], mentions_everyone: false, files: [], pinned: false, n_versions: 1, webhook: null, ...more,
});

export const room = (more: Partial<Room> = {}): Room => ({
  id: 3, kind: 'group', name: 'g', public: false, role: 'member', head: 10, read: 10, unread: 0, n_members: 2, created_at: at, last: null, peer: null,
  guild: null, position: 0, topic: null, icon: null, read_only: false, slow_s: 0, muted_until: null, mentions: 0, read_by_all: 0, draft: null,
  notify: { level: null, until: null }, blocked: false, n_pins: 0, ...more,
});
