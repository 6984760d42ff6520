// What this browser remembers of its reader: language and theme.

import type { Language } from '../i18n/shape';
import { choose_language, use_language } from './i18n.svelte';

export type Theme = 'auto' | 'light' | 'dark';

let current_theme = $state<Theme>('auto');

function remembered(name: string): string | null {
  try {
    return localStorage.getItem('suhbat.' + name);
  } catch {
    return null;
  }
}

function remember(name: string, value: string): void {
  try {
    localStorage.setItem('suhbat.' + name, value);
  } catch {
    // Then it holds until the page is closed.
  }
}

export const theme = (): Theme => current_theme;

export function set_theme(next: Theme, keep = true): void {
  current_theme = next;
  if (next === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  if (keep) remember('theme', next);
}

export async function set_language(next: Language): Promise<void> {
  await use_language(next);
  remember('language', next);
}

export async function load_prefs(): Promise<void> {
  const kept = remembered('theme');
  set_theme(kept === 'light' || kept === 'dark' ? kept : 'auto', false);
  const wanted = remembered('language');
  await use_language(choose_language([...(wanted ? [wanted] : []), ...navigator.languages]));
}
