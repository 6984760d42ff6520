// Which channel of a guild one was in last, so that coming back lands there.

import type { Chat } from './chat.svelte';
import { keep, kept } from './prefs.svelte';

export function remember_channel(guild: number, channel: number): void {
  keep(`guild.${guild}`, String(channel));
}

/** The last one, or the first; null when the guild has none. */
export function last_channel(chat: Chat, guild: number): number | null {
  const last = Number(kept(`guild.${guild}`));
  if (last && chat.room(last)?.info.guild === guild) return last;
  return chat.channels_of(guild)[0]?.id ?? null;
}
