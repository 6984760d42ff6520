// What this browser remembers of its reader: language, theme, clock, time zone.

import type { Language } from '../i18n/shape';
import { set_time_form } from './time';
import { choose_language, use_language } from './i18n.svelte';

export type Theme = 'auto' | 'light' | 'dark';
export type Clock = '24' | '12';

export interface TimePrefs {
  clock: Clock;
  /** IANA name; empty: the zone of the device. */
  zone: string;
}

let current_theme = $state<Theme>('auto');

export function kept(name: string): string | null {
  try {
    return localStorage.getItem('suhbat.' + name);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem('suhbat.' + name, value);
  } catch {
    // Then it holds until the page is closed.
  }
}

let current_time = $state.raw<TimePrefs>({ clock: '24', zone: '' });

export const time_prefs = (): TimePrefs => current_time;

export function set_time_prefs(next: TimePrefs, lasting = true): void {
  current_time = next;
  set_time_form(next.clock, next.zone);
  if (!lasting) return;
  keep('clock', next.clock);
  keep('zone', next.zone);
}

export const zones = (): string[] => Intl.supportedValuesOf('timeZone');

const is_zone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

export const theme = (): Theme => current_theme;

export function set_theme(next: Theme, lasting = true): void {
  current_theme = next;
  if (next === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  if (lasting) keep('theme', next);
}

export async function set_language(next: Language): Promise<void> {
  await use_language(next);
  keep('language', next);
}

export async function load_prefs(): Promise<void> {
  const wish = kept('theme');
  set_theme(wish === 'light' || wish === 'dark' ? wish : 'auto', false);
  const clock = kept('clock');
  const zone = kept('zone') ?? '';
  set_time_prefs({ clock: clock === '12' ? '12' : '24', zone: zone && is_zone(zone) ? zone : '' }, false);
  const wanted = kept('language');
  await use_language(choose_language([...(wanted ? [wanted] : []), ...navigator.languages]));
}
