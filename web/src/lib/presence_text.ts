// Presence in words.

import type { Chat } from './chat.svelte';
import { language, t } from './i18n.svelte';
import { moment } from './time';

export function presence_text(chat: Chat, id: number, last_seen: string | null = null): string {
  const here = chat.online.get(id) === true;
  const known = chat.presence.of(id);
  if (here) return known?.status === 'dnd' ? t('status_dnd') : known?.status === 'idle' ? t('status_idle') : t('online');
  const seen = known?.last_seen ?? last_seen;
  return seen ? t('last_seen', { when: moment(seen, language()) }) : t('offline');
}
