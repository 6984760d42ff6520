// Which window stands over the page: one at a time. Whoever wants a person's card or a new group asks here.

import type { RoomState } from './room_state.svelte';
import type { Person } from './types';

export type Shown =
  | { name: 'group' | 'public' | 'guild' | 'switcher' | 'keys' }
  | { name: 'channel'; guild: RoomState; channel: RoomState | null }
  | { name: 'group_settings'; room: RoomState }
  | { name: 'person'; person: Person; room: RoomState | null }
  | { name: 'report'; room: number; message: number };

let current = $state.raw<Shown | null>(null);

export const shown = (): Shown | null => current;

export function show(next: Shown): void {
  current = next;
}

export function shut(): void {
  current = null;
}

/** The card of a person; with the room they were met in, its moderators may act there. */
export const show_person = (person: Person, room: RoomState | null = null): void => show({ name: 'person', person, room });
