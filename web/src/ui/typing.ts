import { t, tn } from '../lib/i18n.svelte';
import type { Typist } from '../lib/room_state.svelte';

export function typing_text(typists: Typist[]): string {
  const [one, two] = typists;
  if (typists.length === 1) return t('typing_one', { name: one.person.username });
  if (typists.length === 2) return t('typing_two', { name: one.person.username, other: two.person.username });
  return tn('typing_many', typists.length);
}
