// Who has read one's own message: by name in small rooms, from the members' read marks; in rooms of any size whether all have.

import { called } from '../lib/people.svelte';
import type { RoomState } from '../lib/room_state.svelte';
import type { Message } from '../lib/types';

const SMALL = 30;

export interface Readers {
  names: string[];
  some: boolean;
  all: boolean;
}

export function readers_of(room: RoomState, message: Message, me: number): Readers | null {
  const by_all = (room.info.read_by_all ?? 0) >= message.seq && room.info.n_members > 1;
  if (!room.members_loaded || room.info.n_members > SMALL || room.members.length < 2) return by_all ? { names: [], some: true, all: true } : null;
  const others = room.members.filter((m) => m.account.id !== me);
  const have = others.filter((m) => (m.read ?? 0) >= message.seq);
  return { names: have.map((m) => called(m.account)), some: by_all || have.length > 0, all: by_all || have.length === others.length };
}
