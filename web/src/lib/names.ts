// How rooms are called on the page.

import type { RoomState } from './room_state.svelte';
import type { Room } from './types';
import { t } from './i18n.svelte';

export function room_name(info: Room): string {
  if (info.kind === 'direct') return info.peer?.username ?? '…';
  if (info.kind === 'lobby') return t('lobby');
  return info.name ?? '…';
}

export const may_manage = (room: RoomState): boolean =>
  room.info.kind === 'group' && (room.info.role === 'owner' || room.info.role === 'admin');
