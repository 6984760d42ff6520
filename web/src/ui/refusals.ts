// Why a file was not taken, in words: said before a byte of it is sent.

import { language, t } from '../lib/i18n.svelte';
import { size_text } from '../lib/picture';
import type { Uploads } from '../lib/uploads.svelte';

type Refused = Awaited<ReturnType<Uploads['add']>>;

export function refusals(refused: Refused): string[] {
  const size = (bytes: number): string => size_text(bytes, language());
  const lines = refused.map(({ name, problem, most }) => {
    if (problem === 'too_large') return t('file_too_large', { name, most: size(most) });
    if (problem === 'no_room') return t('file_no_room', { name, left: size(Math.max(0, most)) });
    if (problem === 'empty') return t('file_empty', { name });
    return t('files_too_many', { most: String(most) });
  });
  return [...new Set(lines)];
}
