// The outbox on disk: IndexedDB, one row a message. When the browser refuses (private windows), the outbox lives in memory only.

import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { OutboxStorage, Pending } from './outbox';

interface Schema extends DBSchema {
  outbox: { key: string; value: Pending; indexes: { account: number } };
}

export function open_outbox_storage(name = 'suhbat'): OutboxStorage {
  const db: Promise<IDBPDatabase<Schema>> = openDB<Schema>(name, 1, {
    upgrade(fresh) {
      fresh.createObjectStore('outbox', { keyPath: 'key' }).createIndex('account', 'account');
    },
  });
  db.catch(() => {});
  return {
    all: async (account) => (await db).getAllFromIndex('outbox', 'account', account),
    put: async (pending) => {
      await (await db).put('outbox', pending);
    },
    remove: async (key) => {
      await (await db).delete('outbox', key);
    },
  };
}
