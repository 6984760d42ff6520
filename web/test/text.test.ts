import { expect, test } from 'vitest';
import { old_address, parse_route } from '../src/lib/route.svelte';
import { initial, is_emoji, is_only_emoji, n_points, pieces } from '../src/lib/text';
import { backoff_ms } from '../src/lib/backoff';
import { brief, day, moment } from '../src/lib/time';

test('links are found, without the punctuation that follows; nothing else becomes one', () => {
  const links = (s: string): string[] => pieces(s).flatMap((p) => (p.href ? [p.href] : []));
  expect(links('see https://a.uz/b?c=1, and (http://x.y/z).')).toEqual(['https://a.uz/b?c=1', 'http://x.y/z']);
  expect(links('https://en.wikipedia.org/wiki/A_(b)')).toEqual(['https://en.wikipedia.org/wiki/A_(b)']);
  expect(links('javascript:alert(1) ftp://x data:text/html,x')).toEqual([]);
  for (const s of ['', 'a', 'https://a.b c', ' https://a.b\n<script>']) {
    expect(
      pieces(s)
        .map((p) => p.text)
        .join(''),
    ).toBe(s);
  }
});

test('one emoji is one emoji, however many code points it has', () => {
  for (const e of ['👍', '❤️', '👩‍👩‍👧', '🇺🇿', '👍🏽', '1️⃣']) expect(is_emoji(e), e).toBe(true);
  for (const e of ['', 'a', '👍👍', '1', ' ', '👍 ', ':)']) expect(is_emoji(e), e).toBe(false);
  expect(is_only_emoji('👍 👍')).toBe(true);
  expect(is_only_emoji('👍👍👍👍')).toBe(false);
  expect(is_only_emoji('ok 👍')).toBe(false);
  expect(is_only_emoji('')).toBe(false);
});

test('code points, not code units', () => expect(n_points('a👍')).toBe(2));
test('initials', () => expect([initial('ali'), initial('@ўқ'), initial('…')]).toEqual(['A', 'Ў', '#']));

test('routes', () => {
  expect(parse_route('#r12')).toMatchObject({ room: 12, details: false, search: false, page: null });
  expect(parse_route('#r12/details?search')).toMatchObject({ room: 12, details: true, search: true });
  expect(parse_route('#r12/s345')).toMatchObject({ room: 12, seq: 345 });
  expect(parse_route('#g5')).toMatchObject({ guild: 5, room: null, page: null });
  expect(parse_route('#g5/settings/roles')).toMatchObject({ guild: 5, page: 'guild', rest: 'roles' });
  expect(parse_route('#/invite/aB%2Dc')).toMatchObject({ page: 'invite', rest: 'aB-c' });
  expect(parse_route('#/settings')).toMatchObject({ page: 'settings', rest: '' });
  expect(parse_route('#/x/%E0%A4%A')).toMatchObject({ page: 'x', rest: '%E0%A4%A' });
  for (const bad of ['', '#', '#r', '#rx', '#r1/other', '#r99999999999999999']) expect(parse_route(bad).room, bad).toBeNull();
});

test('addresses of the old rooms', () => {
  expect(old_address('/room/12/', '')).toBe('#r12');
  expect(old_address('/create/', '')).toBe('#/create');
  expect(old_address('/login/', '')).toBe('');
  expect(old_address('/login', '?next=%2Froom%2F12%2F')).toBe('#r12');
  expect(old_address('/login/', '?next=/room/12/%3Fa=1')).toBe('#r12');
  for (const next of ['/login/', '//evil.example/', '/download/5/', 'javascript:0']) expect(old_address('/login/', `?next=${next}`), next).toBe('');
  for (const path of ['/', '/setup', '/room/x/', '/room/12/more']) expect(old_address(path, ''), path).toBeNull();
});

test('waits stay between half and whole of their step and under the ceiling', () => {
  const b = { first_ms: 500, most_ms: 30_000 };
  expect(backoff_ms(b, 0, () => 0)).toBe(250);
  expect(backoff_ms(b, 3, () => 0.5)).toBe(3000);
  expect(backoff_ms(b, 1000, () => 0.999999)).toBeLessThanOrEqual(30_000);
});

test('days have names', () => {
  const now = new Date('2026-11-21T12:00:00');
  const words = { today: 'T', yesterday: 'Y' };
  expect(day('2026-11-21T01:00:00', 'en', words, now)).toBe('T');
  expect(day('2026-11-20T23:00:00', 'en', words, now)).toBe('Y');
  expect(day('2026-03-05T23:00:00', 'ru', words, now)).toBe('5 марта');
  expect(day('2025-03-05T23:00:00', 'en', words, now)).toContain('2025');
  expect(day('2025-03-05T23:00:00', 'uz', words, now)).toBe('2025-yil 5-mart');
  expect(brief('2026-11-05T23:00:00', 'uz', now)).toBe('5-noy');
  expect(brief('2025-03-05T23:00:00', 'uk', now)).toBe('05.03.25');
  expect(moment('2026-11-05T23:07:00', 'uz', now)).toBe('5-noyabr, 23:07');
});
