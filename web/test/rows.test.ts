import { expect, test } from 'vitest';
import type { Loaded } from '../src/lib/window';
import { make_rows } from '../src/ui/rows';

const message = (seq: number, webhook: string | null): Loaded =>
  ({ id: seq, seq, author: { id: 7 }, created_at: '2026-05-01T10:00:00Z', text: 'x', reactions: [], webhook: webhook && { name: webhook, avatar: null } }) as unknown as Loaded;

test('what a webhook says stands under its own name, also right after its maker, and the maker under theirs again', () => {
  const all = [message(1, null), message(2, null), message(3, 'Qurilish'), message(4, 'Qurilish'), message(5, 'Sinov'), message(6, null)];
  const rows = make_rows(all, [], null, 1).filter((r) => r.kind === 'message');
  expect(rows.map((r) => r.kind === 'message' && r.first)).toEqual([true, false, true, false, true, true]);
});
