// Who is around: the members of rooms, who of them is here, what we say of ourselves, and whom we do not want to hear.

import type { Api } from './api';
import type { Gateway } from './gateway';
import { People } from './people.svelte';
import type { RoomState } from './room_state.svelte';
import type { Rooms } from './rooms.svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { Member, Person, Room, Status } from './types';

export interface CompanyOptions {
  api: Api;
  gateway: Gateway;
  rooms: Rooms;
  /** The account that looks. */
  me: () => number;
}

const WATCH_MAX = 500;
const PAGE = 100;

export class Company {
  /** Who is here, among those we watch. */
  readonly online = new SvelteMap<number, boolean>();
  readonly presence = new People();
  my_status = $state<Status>('online');
  private watched = '';

  constructor(private readonly options: CompanyOptions) {}

  /** The gateway has come or gone: it knows nothing of what we asked before. */
  link_changed(online: boolean): void {
    this.watched = '';
    if (!online) return;
    this.watch();
    if (this.my_status !== 'online') this.options.gateway.tell('status', { status: this.my_status });
  }

  took(event: { account: number; online: boolean; status?: Status | null; last_seen?: string | null }): void {
    this.online.set(event.account, event.online);
    this.presence.take(event);
  }

  /** What every device of ours says of us; repeated at each new connection. */
  set_status(status: Status): void {
    this.my_status = status;
    this.options.gateway.tell('status', { status });
  }

  async load_members(room: RoomState, more = false): Promise<void> {
    const after = more ? (room.members.at(-1)?.account.id ?? 0) : 0;
    const page = await this.options.api.get<{ members: Member[]; more: boolean }>(`/rooms/${room.id}/members?after=${after}&limit=${PAGE}`);
    room.members = more ? [...room.members, ...page.members] : page.members;
    room.more_members = page.more;
    room.members_loaded = true;
    // Who comes to the lobby is not told one by one: the whole list knows better.
    if (!page.more && room.info.n_members !== room.members.length) room.change({ n_members: room.members.length });
    for (const m of page.members) this.took({ account: m.account.id, online: m.online, status: m.status });
    this.watch();
  }

  /** Nobody is told who comes to the lobby, so its number is asked for when somebody looks at it. */
  async count_members(room: RoomState): Promise<void> {
    try {
      const { n_members } = await this.options.api.get<Room>(`/rooms/${room.id}`);
      if (n_members !== room.info.n_members) room.change({ n_members });
    } catch {
      // Then the old number stays.
    }
  }

  /** Whose coming and going we want to hear of: partners of direct rooms, and the members on screen. */
  watch(): void {
    const { gateway, rooms, me } = this.options;
    const ids = new Set<number>();
    for (const room of rooms.all) if (room.info.peer) ids.add(room.info.peer.id);
    for (const m of rooms.open?.members ?? []) ids.add(m.account.id);
    ids.delete(me());
    const accounts = [...ids].slice(0, WATCH_MAX);
    const wish = accounts.join();
    if (!gateway.is_online || wish === this.watched) return;
    this.watched = wish;
    gateway.request('watch', { accounts }).then(
      (answer) => {
        const here = new Set(answer.online as number[]);
        for (const id of accounts) this.online.set(id, here.has(id));
      },
      () => (this.watched = ''),
    );
  }

  async find(prefix: string): Promise<Person[]> {
    const found = await this.options.api.get<{ accounts: Person[] }>(`/accounts?prefix=${encodeURIComponent(prefix)}`);
    return found.accounts.filter((p) => p.id !== this.options.me());
  }

  /** Whom we do not want to hear. */
  async read_blocks(): Promise<void> {
    try {
      const { blocks } = await this.options.api.get<{ blocks: ({ account: Person } | Person)[] }>('/me/blocks');
      this.presence.set_blocked(blocks.map((b) => ('account' in b ? b.account : b)));
    } catch {
      // Asked again when the page is loaded anew.
    }
  }

  set_blocked(account: number, on: boolean): void {
    if (on) this.presence.blocked.add(account);
    else this.presence.blocked.delete(account);
  }
}
