// Keeps the session alive. A refresh token works once and using it twice ends the session, so of all tabs only one
// may renew at a time, and it first looks whether another one has just done so.

import type { Api } from './api';
import { Fault, type Account } from './types';

async function alone<T>(work: () => Promise<T>): Promise<T> {
  // Web Locks need a secure context; on a plain-http address in the local network we do without.
  if (!('locks' in navigator) || !navigator.locks) return work();
  return navigator.locks.request('suhbat-renew', work);
}

interface Who {
  account: Account | null;
  /** There is a cookie to renew with; whether it still holds is found out by renewing. */
  renewable: boolean;
}

/** Who the cookies say we are. Nobody is an answer. */
const look = (api: Api): Promise<Who> => api.get<Who>('/sessions/current', { plain: true });

export async function who_am_i(api: Api, renew: () => Promise<boolean>): Promise<Account | null> {
  const who = await look(api);
  if (who.account || !who.renewable) return who.account;
  return (await renew()) ? (await look(api)).account : null;
}

const SIGNED_OUT = ['unauthenticated', 'invalid', 'gone', 'forbidden'];

/** One renewal at a time within the tab, too. False: signed out. Throws a Fault when the server cannot be asked. */
export function make_renew(api: () => Api): () => Promise<boolean> {
  let running: Promise<boolean> | null = null;
  const renew = async (): Promise<boolean> => {
    const who = await look(api());
    if (who.account || !who.renewable) return who.account !== null;
    try {
      await api().post('/sessions/refresh', undefined, { plain: true });
      return true;
    } catch (error) {
      if (error instanceof Fault && SIGNED_OUT.includes(error.problem.word)) return false;
      throw error;
    }
  };
  return () => {
    running ??= alone(renew).finally(() => (running = null));
    return running;
  };
}
