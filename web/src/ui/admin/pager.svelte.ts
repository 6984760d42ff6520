// A list that is read page by page, anew when the question changes.

import { make_attempt } from '../../lib/attempt.svelte';
import type { Api } from '../../lib/api';

export interface Page<T> {
  items: T[];
  next: string | number | null;
}

export function make_pager<T>(api: Api, path: () => string, read: (body: Record<string, unknown>) => Page<T>) {
  let items = $state.raw<T[] | null>(null);
  let next = $state<string | number | null>(null);
  const attempt = make_attempt();

  async function load(more: boolean): Promise<void> {
    await attempt.run(async () => {
      const at = path();
      const page = read(await api.get<Record<string, unknown>>(more && next !== null ? `${at}${at.includes('?') ? '&' : '?'}after=${encodeURIComponent(String(next))}` : at));
      if (at !== path()) return;
      items = more ? [...(items ?? []), ...page.items] : page.items;
      next = page.next;
    });
    if (!more && wanted !== path()) void load(false);
    wanted = path();
  }

  let wanted = '';
  $effect(() => {
    const at = path();
    const timer = setTimeout(() => {
      wanted = at;
      void load(false);
    }, items === null ? 0 : 250);
    return () => clearTimeout(timer);
  });

  return {
    get items() {
      return items;
    },
    set items(found) {
      items = found;
    },
    get more() {
      return next !== null;
    },
    get problem() {
      return attempt.problem;
    },
    get busy() {
      return attempt.busy;
    },
    load,
  };
}

/** A list under this name, which goes on after the last id while the server says `more`. */
export function page_of<T extends { id: number }>(name: string): (body: Record<string, unknown>) => Page<T> {
  return (body) => {
    const items = body[name] as T[];
    return { items, next: body.more === true ? (items.at(-1)?.id ?? null) : null };
  };
}
