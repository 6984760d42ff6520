import { app } from './app.svelte';
import { ask } from './ask.svelte';
import type { Chat } from './chat.svelte';
import { t, tn } from './i18n.svelte';

/** Asks first when something would be lost. */
export async function sign_out(chat: Chat): Promise<void> {
  if (chat.n_unsent > 0 && !(await ask(tn('sign_out_unsent', chat.n_unsent), t('sign_out')))) return;
  await app.sign_out();
}
