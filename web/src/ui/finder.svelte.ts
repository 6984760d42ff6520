// Finds people by the beginning of their name while it is typed: asks after a short rest, and an answer that comes late is dropped.

import { explain } from '../lib/i18n.svelte';
import type { Person } from '../lib/types';

const REST_MS = 200;

export interface Finder {
  text: string;
  readonly found: Person[];
  readonly asked: boolean;
  readonly problem: string;
}

export function make_finder(find: (prefix: string) => Promise<Person[]>): Finder {
  let text = $state('');
  let found = $state.raw<Person[]>([]);
  let asked = $state(false);
  let problem = $state('');

  $effect(() => {
    const prefix = text.trim();
    asked = false;
    problem = '';
    if (prefix === '') {
      found = [];
      return;
    }
    let late = false;
    const timer = setTimeout(async () => {
      try {
        const people = await find(prefix);
        if (late) return;
        found = people;
        asked = true;
      } catch (error) {
        if (!late) problem = explain(error);
      }
    }, REST_MS);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  });

  return {
    get text() {
      return text;
    },
    set text(next) {
      text = next;
    },
    get found() {
      return found;
    },
    get asked() {
      return asked;
    },
    get problem() {
      return problem;
    },
  };
}
