// What the page had when it was last open, so that it opens without a network: the rooms of one account and the newest messages
// of those that were looked at. Kept in the browser, thrown away when one signs out or the session is over.

import { openDB, type IDBPDatabase } from 'idb';
import type { Chat } from './chat.svelte';
import type { Account, Message, Room } from './types';

export interface KeptRoom {
  id: number;
  info: Room;
  messages: Message[];
  whole: boolean;
}

export interface Kept {
  account: Account;
  rooms: KeptRoom[];
}

const ROOMS_MAX = 60;
const MESSAGES_MAX = 60;

let db: Promise<IDBPDatabase> | null = null;

function open(): Promise<IDBPDatabase> {
  db ??= openDB('suhbat-kept', 1, {
    upgrade(fresh) {
      fresh.createObjectStore('rooms', { keyPath: 'id' });
      fresh.createObjectStore('facts');
    },
  });
  return db;
}

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Only windows that reach the newest message are kept: what comes after them is asked for by sequence. */
export async function keep_chat(chat: Chat): Promise<void> {
  const rooms = [...chat.rooms].sort((a, b) => b.activity.localeCompare(a.activity));
  const kept: KeptRoom[] = rooms.map((room, i) => {
    const reaches = i < ROOMS_MAX && room.loaded && !room.more_after;
    const messages = reaches ? room.messages.slice(-MESSAGES_MAX).map(({ as_of: _, ...m }) => m) : [];
    return plain({ id: room.id, info: { ...room.info, head: room.cursor }, messages, whole: reaches && !room.more_before && messages.length === room.messages.length });
  });
  try {
    const work = (await open()).transaction(['rooms', 'facts'], 'readwrite');
    await work.objectStore('rooms').clear();
    for (const room of kept) void work.objectStore('rooms').put(room);
    void work.objectStore('facts').put(plain(chat.account), 'account');
    await work.done;
  } catch {
    // A browser that keeps nothing: then the page opens only with a network.
  }
}

export async function read_kept(): Promise<Kept | null> {
  try {
    const base = await open();
    const account = (await base.get('facts', 'account')) as Account | undefined;
    return account ? { account, rooms: (await base.getAll('rooms')) as KeptRoom[] } : null;
  } catch {
    return null;
  }
}

export async function forget_kept(): Promise<void> {
  try {
    const work = (await open()).transaction(['rooms', 'facts'], 'readwrite');
    await Promise.all([work.objectStore('rooms').clear(), work.objectStore('facts').clear(), work.done]);
    navigator.serviceWorker?.controller?.postMessage('forget');
  } catch {
    // Nothing was kept.
  }
}

const KEEP_MS = 20_000;

/** Keeps while the page lives, and once more when it is put away. */
export function keep_on(chat: Chat): () => void {
  const save = (): void => void (chat.ready && keep_chat(chat));
  const hidden = (): void => {
    if (document.visibilityState === 'hidden') save();
  };
  const first = setTimeout(save, 4_000);
  const timer = setInterval(save, KEEP_MS);
  document.addEventListener('visibilitychange', hidden);
  addEventListener('pagehide', save);
  return () => {
    clearTimeout(first);
    clearInterval(timer);
    document.removeEventListener('visibilitychange', hidden);
    removeEventListener('pagehide', save);
  };
}
