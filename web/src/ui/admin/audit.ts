// An act of the audit log as a sentence. The server names the act by a word (docs/protocol.md); one we do not know is shown as it is.

import { bytes } from '../../lib/bytes';
import { language, t, tn } from '../../lib/i18n.svelte';
import { called } from '../../lib/people.svelte';
import type { AuditLine } from './types';

const sentences: Record<string, (whom: string, detail: string) => string> = {
  setup: () => t('act_setup'),
  user_create: (whom, detail) => (detail === 'site_admin' ? t('act_admin_create', { whom }) : t('act_user_create', { whom })),
  invite_create: () => t('act_invite_create'),
  admin_grant: (whom) => t('act_admin_grant', { whom }),
  admin_revoke: (whom) => t('act_admin_revoke', { whom }),
  user_deactivate: (whom) => t('act_user_deactivate', { whom }),
  user_activate: (whom) => t('act_user_activate', { whom }),
  user_quota: (whom, detail) => (detail ? t('act_user_quota', { whom, size: bytes(Number(detail), language()) }) : t('act_user_quota_usual', { whom })),
  user_reset: (whom) => t('act_user_reset', { whom }),
  sessions_end: (whom, detail) => tn('act_sessions_end', Number(detail), { whom }),
  message_delete: (whom) => t('act_message_delete', { whom }),
  report_close: (whom) => t('act_report_close', { whom }),
  report_open: (whom) => t('act_report_open', { whom }),
};

export function audit_sentence(line: AuditLine): string {
  const detail = line.detail ?? '';
  const sentence = sentences[line.what];
  return sentence ? sentence(line.whom ? called(line.whom) : '–', detail) : [line.what, detail].filter(Boolean).join(' ');
}
