// Drafts: what is begun in a room and not sent. Kept by the server, the same on every device; until the server has it, kept by this browser.
//
//   clean --typed--> dirty (local copy, timer) --saved--> clean;  dirty --no way to the server--> dirty, again when there is one
//
// What always holds: what others of one's devices wrote never replaces what is being written here.

import type { Api } from './api';
import type { RoomState } from './room_state.svelte';
import { problem_of, type Draft } from './types';

const REST_MS = 900;
const PLACE = 'suhbat.draft.';

interface Kept {
  text: string;
  reply_to: number | null;
}

export class Drafts {
  private dirty = new Map<number, RoomState>();
  private saving = new Set<number>();
  private timers = new Map<number, ReturnType<typeof setTimeout>>();

  constructor(
    private readonly api: Api,
    private readonly account: () => number,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null = local(),
  ) {}

  /** The writer changed something. */
  changed(room: RoomState): void {
    this.dirty.set(room.id, room);
    this.keep(room);
    clearTimeout(this.timers.get(room.id));
    this.timers.set(
      room.id,
      setTimeout(() => void this.save(room), REST_MS),
    );
  }

  /** What the server says is begun there. */
  told(room: RoomState, draft: Draft | null): void {
    if (this.dirty.has(room.id) || this.saving.has(room.id)) return;
    const kept = this.kept(room);
    if (kept) {
      room.draft = kept.text;
      this.changed(room);
      return;
    }
    if (room.draft !== (draft?.text ?? '')) room.draft = draft?.text ?? '';
    room.draft_reply = draft?.reply_to ?? null;
  }

  /** Now, if there is anything to save. */
  async save(room: RoomState): Promise<void> {
    clearTimeout(this.timers.get(room.id));
    this.timers.delete(room.id);
    if (!this.dirty.delete(room.id)) return;
    const said = { text: room.draft.slice(0, 4000), reply_to: room.reply_to?.id ?? null };
    this.saving.add(room.id);
    try {
      await this.api.call('PUT', `/rooms/${room.id}/draft`, said);
      if (!this.dirty.has(room.id)) this.drop(room);
    } catch (error) {
      const { word } = problem_of(error);
      // Refused for good (a room that is gone, a server that knows no drafts): this browser keeps it.
      if (!['not_found', 'forbidden', 'invalid'].includes(word)) this.dirty.set(room.id, room);
    } finally {
      this.saving.delete(room.id);
    }
  }

  /** A way to the server is open again, or the page is about to go. */
  save_all(): void {
    for (const room of [...this.dirty.values()]) void this.save(room);
  }

  stop(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private place(room: RoomState): string {
    return `${PLACE}${this.account()}.${room.id}`;
  }

  private keep(room: RoomState): void {
    try {
      const kept: Kept = { text: room.draft, reply_to: room.reply_to?.id ?? null };
      this.storage?.setItem(this.place(room), JSON.stringify(kept));
    } catch {
      // Then it lives as long as the page.
    }
  }

  private kept(room: RoomState): Kept | null {
    try {
      const kept = JSON.parse(this.storage?.getItem(this.place(room)) ?? 'null') as Kept | null;
      return kept && typeof kept.text === 'string' ? kept : null;
    } catch {
      return null;
    }
  }

  private drop(room: RoomState): void {
    try {
      this.storage?.removeItem(this.place(room));
    } catch {
      // It was not kept.
    }
  }
}

function local(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
