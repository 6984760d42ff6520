// One's own presence: chosen by hand, or idle when nobody has touched the page for a while. The chosen word is kept in this browser.

import type { Chat } from './chat.svelte';
import type { Status } from './types';
import { kept, keep } from './prefs.svelte';

const IDLE_MS = 10 * 60_000;

let chosen: Status = 'online';

export function set_my_status(chat: Chat, status: Status): void {
  chosen = status;
  keep('status', status);
  chat.set_status(status);
}

/** Follows the hands of the reader. Returns what ends it. */
export function follow_idleness(chat: Chat): () => void {
  const word = kept('status');
  chosen = word === 'dnd' || word === 'idle' ? word : 'online';
  if (chosen !== 'online') chat.set_status(chosen);
  let touched = Date.now();
  const alive = (): void => {
    touched = Date.now();
    if (chosen === 'online' && chat.my_status === 'idle') chat.set_status('online');
  };
  const timer = setInterval(() => {
    if (chosen === 'online' && chat.my_status === 'online' && Date.now() - touched > IDLE_MS) chat.set_status('idle');
  }, 30_000);
  const signs = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const;
  for (const sign of signs) addEventListener(sign, alive, { passive: true, capture: true });
  return () => {
    clearInterval(timer);
    for (const sign of signs) removeEventListener(sign, alive, { capture: true });
  };
}
