// Who has read one's own message: told in small rooms only, from the members' read marks.

import type { RoomState } from '../lib/room_state.svelte';
import type { Message } from '../lib/types';

const SMALL = 30;

export interface Readers {
  names: string[];
  all: boolean;
}

export function readers_of(room: RoomState, message: Message, me: number): Readers | null {
  if (!room.members_loaded || room.info.n_members > SMALL || room.members.length < 2) return null;
  const others = room.members.filter((m) => m.account.id !== me);
  const have = others.filter((m) => (m.read ?? 0) >= message.seq);
  return { names: have.map((m) => m.account.username), all: have.length === others.length };
}
