// Keys that work everywhere on the page. Whoever is writing keeps the keys that write.

import type { Chat } from './chat.svelte';
import { counted } from './counts';
import type { RoomState } from './room_state.svelte';
import { go, route, show_search } from './route.svelte';
import { show, shown, shut } from './windows.svelte';

const writes = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The room before or after the open one, as they stand in the list; only unread ones when asked. */
export function neighbour(chat: Chat, guild: RoomState | null, step: 1 | -1, unread: boolean): RoomState | null {
  const all = guild ? chat.channels_of(guild.id) : chat.talks;
  const n = all.length;
  const at = all.findIndex((r) => r.id === route().room);
  for (let i = 1; i <= n; i++) {
    const room = all[(((at < 0 && step < 0 ? 0 : at) + step * i) % n + n) % n];
    if (room.id !== route().room && (!unread || counted(chat, room) > 0)) return room;
  }
  return null;
}

export function shell_keys(e: KeyboardEvent, chat: Chat, guild: RoomState | null): void {
  if (e.isComposing || e.defaultPrevented) return;
  const command = e.ctrlKey || e.metaKey;
  if (command && !e.shiftKey && !e.altKey && e.key.toLowerCase() === 'k') {
    e.preventDefault();
    if (shown()?.name === 'switcher') shut();
    else show({ name: 'switcher' });
    return;
  }
  if (document.querySelector('dialog[open]')) return;
  if (e.altKey && !command && (e.key === 'ArrowUp' || e.key === 'ArrowDown')) {
    e.preventDefault();
    const room = neighbour(chat, guild, e.key === 'ArrowUp' ? -1 : 1, e.shiftKey);
    if (room) go(room.id);
    return;
  }
  if (command || e.altKey) return;
  if (e.key === 'Escape' && route().search) {
    e.preventDefault();
    show_search(false);
    return;
  }
  if (writes(e.target)) return;
  if (e.key === '/') {
    e.preventDefault();
    if (route().search) document.querySelector<HTMLInputElement>('aside input[type=search]')?.focus();
    else show_search(true);
  } else if (e.key === '?') {
    e.preventDefault();
    show({ name: 'keys' });
  }
}
