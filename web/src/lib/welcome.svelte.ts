// Whether a new account is still to be shown around.

import { keep, kept } from './prefs.svelte';

let due = $state(kept('welcome') === 'due');

export const welcome_due = (): boolean => due;

export function set_welcome(on: boolean): void {
  due = on;
  keep('welcome', on ? 'due' : 'done');
}
