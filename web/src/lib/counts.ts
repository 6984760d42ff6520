// What of the unread is worth a number: everything, only mentions, or nothing, by the notification level of the room, which a
// channel takes from its guild when it has none of its own.

import type { RoomState } from './room_state.svelte';
import type { NotifyLevel, Room } from './types';

interface Rooms {
  room(id: number): RoomState | undefined;
}

const LARGE_GUILD = 200;

const holds = (notify: Room['notify'] | undefined, now: number): NotifyLevel | null => {
  if (!notify?.level) return null;
  return notify.until && Date.parse(notify.until) <= now ? null : notify.level;
};

export function level_of(rooms: Rooms, room: RoomState, now = Date.now()): NotifyLevel {
  const own = holds(room.info.notify, now);
  if (own) return own;
  const guild = room.info.guild ? rooms.room(room.info.guild) : undefined;
  const inherited = guild && holds(guild.info.notify, now);
  if (inherited) return inherited;
  return room.info.kind === 'channel' && room.info.n_members > LARGE_GUILD ? 'mentions' : 'all';
}

export const is_muted = (rooms: Rooms, room: RoomState): boolean => level_of(rooms, room) === 'none';

/** What the title counts: a guild itself has nothing to read. */
export function counted(rooms: Rooms, room: RoomState): number {
  if (room.info.kind === 'guild') return 0;
  const level = level_of(rooms, room);
  if (level === 'none') return 0;
  return level === 'mentions' ? (room.info.mentions ?? 0) : room.info.unread;
}
