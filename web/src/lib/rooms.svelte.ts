// Which rooms there are: the lobby, groups, direct conversations, guilds and their channels; and which of them is open.
// What always holds: a room is here once; when a guild goes, its channels go with it.

import { counted } from './counts';
import { RoomState } from './room_state.svelte';
import type { Room } from './types';

export interface RoomsHooks {
  /** The server told of a room: for the first time, or once more. */
  on_told: (room: RoomState, info: Room, is_new: boolean) => void;
  on_gone: (id: number) => void;
}

export class Rooms {
  all = $state.raw<RoomState[]>([]);
  open = $state.raw<RoomState | null>(null);
  private by_id = new Map<number, RoomState>();

  constructor(private readonly hooks: RoomsHooks) {}

  /** Everything one can write in, newest first; chats of the support desk have a place of their own. */
  sorted = $derived(this.all.filter((r) => r.info.kind !== 'guild' && r.info.kind !== 'desk').sort((a, b) => b.activity.localeCompare(a.activity)));
  /** The lobby, groups and direct conversations: what stands outside of guilds. */
  talks = $derived(this.sorted.filter((r) => r.info.kind !== 'channel'));
  guilds = $derived(this.all.filter((r) => r.info.kind === 'guild').sort((a, b) => a.id - b.id));
  n_unread = $derived(this.all.reduce((n, r) => n + counted(this, r), 0));

  channels_of(guild: number): RoomState[] {
    return this.all.filter((r) => r.info.guild === guild).sort((a, b) => a.info.position - b.info.position || a.id - b.id);
  }

  room(id: number): RoomState | undefined {
    // So that whoever asked for a room that is not known yet hears of it.
    void this.all;
    return this.by_id.get(id);
  }

  /** The sequence up to which each room has been heard. */
  cursors(): Record<number, number> {
    return Object.fromEntries(this.all.map((r) => [r.id, r.cursor]));
  }

  add(info: Room): RoomState {
    const known = this.by_id.get(info.id);
    if (known) {
      known.refresh(info);
      this.hooks.on_told(known, info, false);
      return known;
    }
    const room = new RoomState(info);
    this.hooks.on_told(room, info, true);
    this.by_id.set(room.id, room);
    this.all = [...this.all, room];
    return room;
  }

  forget(id: number): void {
    if (this.by_id.get(id)?.info.kind === 'guild') for (const channel of this.channels_of(id)) this.forget(channel.id);
    this.by_id.delete(id);
    this.all = this.all.filter((r) => r.id !== id);
    this.hooks.on_gone(id);
    if (this.open?.id === id) this.open = null;
  }

  forget_others(rooms: Room[]): void {
    const mine = new Set(rooms.map((r) => r.id));
    for (const room of this.all) if (!mine.has(room.id)) this.forget(room.id);
  }
}
