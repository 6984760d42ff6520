// To the clipboard, with a word that it is there.

import { t } from './i18n.svelte';
import { say } from './toast.svelte';

export async function copy_text(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(t('copied'));
  } catch {
    // Without a secure context there is only the old way.
    const area = document.body.appendChild(document.createElement('textarea'));
    area.value = text;
    area.select();
    if (document.execCommand('copy')) say(t('copied'));
    area.remove();
  }
}
