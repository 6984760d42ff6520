// One wish at a time: while it is on its way the form waits; what went wrong is kept in words.

import { untrack } from 'svelte';
import { explain } from './i18n.svelte';
import type { PlainKey } from '../i18n/shape';
import { say } from './toast.svelte';

export interface Attempt {
  readonly busy: boolean;
  problem: string;
  /** True when it worked. */
  run(work: () => Promise<unknown>, done?: string): Promise<boolean>;
}

export function make_attempt(special: Partial<Record<string, PlainKey>> = {}): Attempt {
  let busy = $state(false);
  let problem = $state('');
  return {
    get busy() {
      return busy;
    },
    get problem() {
      return problem;
    },
    set problem(text) {
      problem = text;
    },
    async run(work, done = '') {
      // Asked from an effect, this must not make the effect wait for itself.
      if (untrack(() => busy)) return false;
      busy = true;
      problem = '';
      try {
        await work();
        if (done) say(done);
        return true;
      } catch (error) {
        problem = explain(error, special);
        return false;
      } finally {
        busy = false;
      }
    },
  };
}
