// How long to wait before trying again: doubling, with a ceiling, and with half of it left to chance so that
// ten thousand pages do not come back in the same instant.

export interface Backoff {
  first_ms: number;
  most_ms: number;
}

export const reconnect_backoff: Backoff = { first_ms: 500, most_ms: 30_000 };
export const resend_backoff: Backoff = { first_ms: 1_000, most_ms: 30_000 };

/** attempt counts from 0. random gives [0, 1). */
export function backoff_ms(b: Backoff, attempt: number, random: () => number = Math.random): number {
  const whole = Math.min(b.most_ms, b.first_ms * 2 ** Math.min(attempt, 30));
  return Math.round(whole / 2 + (whole / 2) * random());
}
