// How rooms are called on the page, and who may do what in them.

import { called } from './people.svelte';
import type { RoomState } from './room_state.svelte';
import type { Role, Room } from './types';
import { t } from './i18n.svelte';

/** The lobby is called so in the language of the reader, until its administrators give it another name. */
const BORN_AS = 'Lobby';
export const lobby_name = (name: string | null): string => (name && name !== BORN_AS ? name : t('lobby'));

export function room_name(info: Room): string {
  if (info.kind === 'direct') return info.peer ? called(info.peer) : '…';
  if (info.kind === 'lobby') return lobby_name(info.name);
  return info.name ?? '…';
}

const rank: Record<Role, number> = { member: 1, moderator: 2, admin: 3, owner: 4 };

export const rank_of = (role: Role | null): number => (role ? rank[role] : 0);
export const at_least = (info: Room, role: Role): boolean => rank_of(info.role) >= rank[role];

export const may_manage = (room: RoomState): boolean => room.info.kind === 'group' && at_least(room.info, 'admin');

/** Whether the asker may write there now. */
export function may_write(info: Room, now = Date.now()): boolean {
  if (info.blocked) return false;
  if (info.muted_until && Date.parse(info.muted_until) > now) return false;
  return !info.read_only || at_least(info, 'moderator');
}
