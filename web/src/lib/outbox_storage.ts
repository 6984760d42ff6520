// What is not sent yet, on disk: IndexedDB, one row a message and one a file, with its bytes. When the browser refuses (private windows),
// it lives in memory only.

import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { OutboxStorage, Pending } from './outbox';
import type { KeptUpload, UploadStorage } from './uploads.svelte';

interface Schema extends DBSchema {
  outbox: { key: string; value: Pending; indexes: { account: number } };
  uploads: { key: string; value: KeptUpload; indexes: { account: number } };
}

export interface UnsentStorage extends OutboxStorage {
  uploads: UploadStorage;
}

export function open_outbox_storage(name = 'suhbat'): UnsentStorage {
  const db: Promise<IDBPDatabase<Schema>> = openDB<Schema>(name, 2, {
    upgrade(fresh, from) {
      if (from < 1) fresh.createObjectStore('outbox', { keyPath: 'key' }).createIndex('account', 'account');
      if (from < 2) fresh.createObjectStore('uploads', { keyPath: 'id' }).createIndex('account', 'account');
    },
    // A tab of an older page must not keep this one from its storage.
    blocking: (_now, _next, e) => (e.target as IDBDatabase).close(),
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
    uploads: {
      all: async (account) => (await db).getAllFromIndex('uploads', 'account', account),
      put: async (upload) => {
        await (await db).put('uploads', upload);
      },
      remove: async (id) => {
        await (await db).delete('uploads', id);
      },
    },
  };
}
