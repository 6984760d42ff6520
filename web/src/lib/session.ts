// Keeps the session alive. A refresh token works once and using it twice ends the session, so of all tabs only one
// may renew at a time, and it first looks whether another one has just done so.

import type { Api } from './api';
import { Fault, type Account } from './types';

async function alone<T>(work: () => Promise<T>): Promise<T> {
  // Web Locks need a secure context; on a plain-http address in the local network we do without.
  if (!('locks' in navigator) || !navigator.locks) return work();
  return navigator.locks.request('suhbat-renew', work);
}

async function tell<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault && ['unauthenticated', 'invalid', 'gone', 'forbidden'].includes(error.problem.word)) return null;
    throw error;
  }
}

export function who_am_i(api: Api): Promise<Account | null> {
  return tell(() => api.get<Account>('/me', { plain: true }));
}

/** One renewal at a time within the tab, too. False: signed out. Throws a Fault when the server cannot be asked. */
export function make_renew(api: () => Api): () => Promise<boolean> {
  let running: Promise<boolean> | null = null;
  const renew = async (): Promise<boolean> => {
    if (await who_am_i(api())) return true;
    return (await tell(() => api().post('/sessions/refresh', undefined, { plain: true }))) !== null;
  };
  return () => {
    running ??= alone(renew).finally(() => (running = null));
    return running;
  };
}
