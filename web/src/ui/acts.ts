// What can be done with messages: the conversation provides it, rows and menus call it.

import type { Pending } from '../lib/outbox';
import type { Upload } from '../lib/uploads.svelte';
import type { FileInfo, Message, Person } from '../lib/types';

export interface Acts {
  reply: (m: Message) => void;
  edit: (m: Message) => void;
  remove: (m: Message) => void;
  react: (m: Message, emoji: string, on: boolean) => void;
  pin: (m: Message, on: boolean) => void;
  report: (m: Message) => void;
  unread_from: (m: Message) => void;
  show_readers: (m: Message) => void;
  show_versions: (m: Message) => void;
  show_reactions: (m: Message, emoji: string) => void;
  show_picture: (m: Message, file: FileInfo) => void;
  show_person: (p: Person) => void;
  retry: (p: Pending) => void;
  drop: (p: Pending) => void;
  edit_pending: (p: Pending) => void;
  cancel_upload: (u: Upload, p: Pending | null) => void;
}
