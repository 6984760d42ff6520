// What we know of others: who is here and how, when they were last seen, and whom we have blocked.

import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Person, Status } from './types';

export interface Presence {
  online: boolean;
  status: Status | null;
  last_seen: string | null;
}

export class People {
  readonly known = new SvelteMap<number, Presence>();
  readonly blocked = new SvelteSet<number>();

  take(told: { account: number; online: boolean; status?: Status | null; last_seen?: string | null }): void {
    const old = this.known.get(told.account);
    this.known.set(told.account, {
      online: told.online,
      status: told.online ? (told.status ?? old?.status ?? 'online') : null,
      last_seen: told.last_seen ?? old?.last_seen ?? null,
    });
  }

  of(id: number): Presence | undefined {
    return this.known.get(id);
  }

  set_blocked(people: Person[]): void {
    this.blocked.clear();
    for (const p of people) this.blocked.add(p.id);
  }
}

/** What a person is called: the name they chose, else the user name. */
export const called = (person: Person): string => person.name || person.username;
