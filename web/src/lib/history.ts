// Reading history: the newest page, the page around the read mark, older, newer, and the page around one message.
// One read at a time in a room; a result that arrives after the window was thrown away is thrown away too.

import type { Api } from './api';
import type { RoomState } from './room_state.svelte';
import type { HistoryPage } from './types';
import { apply, as_of, merge, type Loaded } from './window';

const PAGE = 50;
/** More than this is not held: the far end of the window is let go. */
const WINDOW_MAX = 600;

const busy = new WeakMap<RoomState, Promise<unknown>>();

async function alone<T>(room: RoomState, work: () => Promise<T>): Promise<T> {
  while (busy.has(room)) await busy.get(room);
  // Events that happen while a page is on its way may concern what it brings: they are applied again when it is here.
  room.recording = [];
  const run = work().then((result) => {
    for (const event of room.recording ?? []) room.messages = apply(room.messages, event, !room.more_after);
    return result;
  });
  busy.set(
    room,
    run.then(
      () => {},
      () => {},
    ),
  );
  try {
    return await run;
  } finally {
    room.recording = null;
    busy.delete(room);
  }
}

const loaded = (page: HistoryPage): Loaded[] => page.messages.map((m) => as_of(m, page.head));

function read(api: Api, room: RoomState, query: string): Promise<HistoryPage> {
  return api.get<HistoryPage>(`/rooms/${room.id}/messages?${query}`);
}

function show(room: RoomState, messages: Loaded[], before: boolean, after: boolean): void {
  room.messages = merge([], messages);
  room.more_before = before;
  room.more_after = after;
  room.loaded = true;
}

export function read_newest(api: Api, room: RoomState): Promise<void> {
  return alone(room, async () => {
    const page = await read(api, room, `limit=${PAGE}`);
    show(room, loaded(page), page.more, false);
  });
}

/** What a person who comes back wants to see: a little of what they know, then what is new. */
export function read_from_mark(api: Api, room: RoomState): Promise<void> {
  if (room.info.unread === 0) return read_newest(api, room);
  return read_around(api, room, room.info.read);
}

export function read_around(api: Api, room: RoomState, seq: number): Promise<void> {
  return alone(room, async () => {
    const page = await read(api, room, `around=${Math.max(1, seq)}&limit=${2 * PAGE}`);
    show(room, loaded(page), page.more, page.more_after === true);
  });
}

export function read_older(api: Api, room: RoomState): Promise<void> {
  return alone(room, async () => {
    const oldest = room.messages[0];
    if (!room.more_before || !oldest) return;
    const page = await read(api, room, `before=${oldest.seq}&limit=${PAGE}`);
    if (room.messages[0]?.id !== oldest.id) return;
    let all = merge(room.messages, loaded(page));
    if (all.length > WINDOW_MAX) {
      all = all.slice(0, WINDOW_MAX);
      room.more_after = true;
    }
    room.messages = all;
    room.more_before = page.more;
  });
}

export function read_newer(api: Api, room: RoomState): Promise<void> {
  return alone(room, async () => {
    const newest = room.messages.at(-1);
    if (!room.more_after || !newest) return;
    const page = await read(api, room, `after=${newest.seq}&limit=${PAGE}`);
    if (room.messages.at(-1)?.id !== newest.id) return;
    let all = merge(room.messages, loaded(page));
    if (all.length > WINDOW_MAX) {
      all = all.slice(-WINDOW_MAX);
      room.more_before = true;
    }
    room.messages = all;
    room.more_after = page.more;
  });
}

/** Live messages make the window grow at its new end; called when nobody looks at the old one. */
export function let_go_of_old(room: RoomState): void {
  if (room.messages.length <= WINDOW_MAX) return;
  room.messages = room.messages.slice(-PAGE * 2);
  room.more_before = true;
}

/** Ids grow with the sequence of their room, so a message is found by halving. Null: it is not there. */
export async function find_seq(api: Api, room: RoomState, id: number): Promise<number | null> {
  const near = room.messages[0];
  let low = 0; // below or at: older than it
  let high = near && near.id > id ? near.seq - 1 : room.info.head;
  while (low < high) {
    const middle = Math.floor((low + high + 1) / 2);
    const { messages } = await read(api, room, `before=${middle + 1}&limit=20`);
    const newest = messages.at(-1);
    if (!newest || newest.id < id) low = middle;
    else if (messages[0].id > id) high = messages[0].seq - 1;
    else return messages.find((m) => m.id === id)?.seq ?? null;
  }
  return null;
}
