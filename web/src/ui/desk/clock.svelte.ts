// One clock for all waiting times on the page: it ticks while somebody looks at it.

import { createSubscriber } from 'svelte/reactivity';
import { span_of } from './order';
import { d, dn } from './words.svelte';

let now = Date.now();
const ticking = createSubscriber((update) => {
  const timer = setInterval(() => {
    now = Date.now();
    update();
  }, 1_000);
  return () => clearInterval(timer);
});

export function time_text(seconds: number): string {
  const { s, min, h, days } = span_of(seconds);
  if (s < 60) return d('time_s', { n: s });
  if (h < 1) return d('time_min', { n: min });
  if (days < 1) return d('time_h', { h, n: min % 60 });
  return dn('time_d', days);
}

export function since(iso: string): string {
  ticking();
  return time_text((Math.max(now, Date.now()) - Date.parse(iso)) / 1000);
}
