import { expect, test } from 'vitest';
import type { LastingEvent, Message } from '../src/lib/types';
import { apply, as_of, merge, unread_above, with_reaction } from '../src/lib/window';
import { message, person } from './make';

const make = (seq: number, more: Partial<Message> = {}): Message => message(seq, { author: person(1), ...more });
const posted = (m: Message): LastingEvent => ({ t: 'message_posted', room: 3, seq: m.seq, at: '', message: m });

test('runs merge by id, in order, and the later state of a message stays', () => {
  const have = [as_of(make(5), 9), as_of(make(7), 9)];
  const more = [as_of(make(3), 20), as_of(make(5, { text: 'later' }), 20)];
  expect(merge(have, more).map((m) => m.text)).toEqual(['t3', 'later', 't7']);
  expect(merge(more, have).map((m) => m.text)).toEqual(['t3', 'later', 't7']);
});

test('a new message is added only where the window reaches the newest', () => {
  const have = [as_of(make(5), 5)];
  expect(apply(have, posted(make(6)), true).length).toBe(2);
  expect(apply(have, posted(make(6)), false)).toBe(have);
  const twice = apply(apply(have, posted(make(6)), true), posted(make(6)), true);
  expect(twice.length).toBe(2);
});

test('an event older than what was read changes nothing', () => {
  const have = [as_of(make(5, { text: 'edited twice' }), 12)];
  const old: LastingEvent = { t: 'message_edited', room: 3, seq: 8, at: '', message: make(5, { text: 'edited once' }) };
  expect(apply(have, old, true)).toBe(have);
  const add: LastingEvent = { t: 'reaction_added', room: 3, seq: 12, at: '', message_id: 50, emoji: '👍', by: person(2) };
  expect(apply(have, add, true)).toBe(have);
  expect(apply(have, { ...add, seq: 13 }, true)[0].reactions).toEqual([{ emoji: '👍', count: 1, by: [2] }]);
});

test('quotes follow their message', () => {
  const have = [as_of(make(5), 6), as_of(make(6, { reply_to: { id: 50, seq: 5, author: person(1), text: 't5', has_file: false } }), 6)];
  const edit: LastingEvent = { t: 'message_edited', room: 3, seq: 7, at: '', message: make(5, { text: 'x'.repeat(200) }) };
  expect(apply(have, edit, true)[1].reply_to?.text).toBe('x'.repeat(140));
});

test('reactions count people, also those beyond the named twenty', () => {
  const one = with_reaction([], '👍', 1, true);
  expect(with_reaction(one, '👍', 1, true)).toBe(one);
  expect(with_reaction(one, '👍', 1, false)).toEqual([]);
  expect(with_reaction([], '👍', 1, false)).toEqual([]);
  const many = [{ emoji: '👍', count: 25, by: Array.from({ length: 20 }, (_, i) => i + 1) }];
  expect(with_reaction(many, '👍', 99, true)[0]).toMatchObject({ count: 26 });
  expect(with_reaction(many, '👍', 99, true)[0].by.length).toBe(20);
  expect(with_reaction(many, '👍', 24, false)[0]).toMatchObject({ count: 24 });
});

test('unread is counted only when the window tells', () => {
  const have = [as_of(make(5), 9), as_of(make(6, { author: person(2) }), 9), as_of(make(7, { author: person(2) }), 9)];
  expect(unread_above(have, 5, 1, false)).toBe(2);
  expect(unread_above(have, 6, 1, false)).toBe(1);
  expect(unread_above(have, 3, 1, false)).toBeNull();
  expect(unread_above(have, 3, 1, true)).toBe(2);
});
