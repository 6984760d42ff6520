// The support desk as an agent knows it: which chats there are and whose they are, and what can be done with them. The server decides; what it
// says, in an answer, an event or a refusal, is what is shown from then on.

import type { Chat } from '../../lib/chat.svelte';
import { explain, language } from '../../lib/i18n.svelte';
import { call_for } from '../../lib/notify.svelte';
import { called } from '../../lib/people.svelte';
import { say } from '../../lib/toast.svelte';
import type { RoomState } from '../../lib/room_state.svelte';
import { Fault, type Person } from '../../lib/types';
import type { DeskAgent, DeskCanned, DeskChat, DeskEvent, DeskRole, DeskState } from '../../lib/desk_types';
import { customer_name, in_queue, newest_first } from './order';
import { d, dn, follow_language } from './words.svelte';

const PAGE = 100;
const RECOUNT_MS = 1_500;

export type Filter = 'waiting' | 'mine' | 'all';
type Step = 'take' | 'lock' | 'unlock' | 'close';

export class Desk {
  role = $state<DeskRole>('agent');
  capacity = $state(0);
  known = $state.raw<ReadonlyMap<number, DeskChat>>(new Map());
  canned = $state.raw<DeskCanned[] | null>(null);
  /** By chat: how often somebody noted something while we listened. */
  noted = $state.raw<ReadonlyMap<number, number>>(new Map());
  more_all = $state(false);
  loaded = $state(false);
  problem = $state('');
  busy = $state(false);
  /** What the server counts; the list may hold fewer. */
  private told_waiting = $state(0);
  private recount?: ReturnType<typeof setTimeout>;

  readonly waiting = $derived([...this.known.values()].filter((c) => c.state === 'waiting').sort(in_queue));
  readonly mine = $derived([...this.known.values()].filter((c) => c.agent?.id === this.chat.account.id && c.state !== 'closed').sort(newest_first));
  readonly n_waiting = $derived(Math.max(this.told_waiting, this.waiting.length));

  constructor(readonly chat: Chat) {
    void follow_language(language());
  }

  is_mine = (c: DeskChat): boolean => c.agent?.id === this.chat.account.id && c.state !== 'closed';
  all = (state: DeskState | ''): DeskChat[] => [...this.known.values()].filter((c) => state === '' || c.state === state).sort(newest_first);

  // Reading

  async load(): Promise<void> {
    try {
      const { api } = this.chat;
      const [me, waiting, mine] = await Promise.all([
        api.get<{ role: DeskRole; capacity: number }>('/desk/me'),
        api.get<{ chats: DeskChat[]; waiting: number }>(`/desk/chats?filter=waiting&limit=${PAGE}`),
        api.get<{ chats: DeskChat[] }>(`/desk/chats?filter=mine&limit=${PAGE}`),
      ]);
      this.role = me.role;
      this.capacity = me.capacity;
      this.told_waiting = waiting.waiting;
      const fresh = new Map([...waiting.chats, ...mine.chats].map((c) => [c.id, c]));
      // What was waiting or ours and is not told any more has moved on while nobody listened.
      const old = [...this.known].filter(([id, c]) => !fresh.has(id) && c.state === 'closed');
      this.known = new Map([...old, ...fresh]);
      this.loaded = true;
      this.problem = '';
    } catch (error) {
      this.problem = explain(error);
    }
  }

  async load_all(state: DeskState | '', more: boolean): Promise<void> {
    try {
      const before = more ? this.all(state).at(-1)?.id : undefined;
      const path = `/desk/chats?filter=all&limit=${PAGE}${state ? '&state=' + state : ''}${before ? '&before=' + before : ''}`;
      const page = await this.chat.api.get<{ chats: DeskChat[]; more: boolean }>(path);
      this.put_all(page.chats);
      this.more_all = page.more;
      this.problem = '';
    } catch (error) {
      this.problem = explain(error);
    }
  }

  async of_customer(c: DeskChat): Promise<DeskChat[]> {
    const { chats } = await this.chat.api.get<{ chats: DeskChat[] }>(`/desk/chats?customer=${c.customer.id}&limit=50`);
    return chats;
  }

  async fetch(id: number): Promise<DeskChat> {
    const found = await this.chat.api.get<DeskChat>(`/desk/chats/${id}`);
    this.put(found);
    return found;
  }

  async read_canned(): Promise<void> {
    this.canned = (await this.chat.api.get<{ canned: DeskCanned[] }>('/desk/canned')).canned;
  }

  agents = async (): Promise<DeskAgent[]> => (await this.chat.api.get<{ agents: DeskAgent[] }>('/desk/agents')).agents;

  put = (c: DeskChat): void => this.put_all([c]);

  private put_all(chats: DeskChat[]): void {
    this.known = new Map([...this.known, ...chats.map((c) => [c.id, c] as const)]);
  }

  // Hearing


  take(event: Exclude<DeskEvent, { t: 'desk_agent_changed' }>): void {
    if (event.t === 'desk_note') {
      this.noted = new Map(this.noted).set(event.room, (this.noted.get(event.room) ?? 0) + 1);
      return;
    }
    if (event.t === 'desk_status') {
      for (const c of this.known.values()) if (c.customer.id === event.customer && c.online !== event.online) this.put({ ...c, online: event.online });
      return;
    }
    const before = this.known.get(event.chat.id);
    this.put(event.chat);
    if (event.t === 'desk') this.count_soon();
    if (event.t === 'desk' && event.step === 'open') call_for(this.chat, d('new_waiting'), customer_name(event.chat), `/desk/waiting/${event.chat.id}`);
    if (event.t === 'desk_message' && event.chat.state === 'waiting' && before && before.last_text === '') call_for(this.chat, customer_name(event.chat), event.chat.last_text, `/desk/waiting/${event.chat.id}`);
    if (event.t === 'desk' && event.step === 'transfer' && this.is_mine(event.chat)) {
      call_for(this.chat, d('step_transfer', { agent: called(event.chat.agent as Person) }), customer_name(event.chat), `/desk/mine/${event.chat.id}`);
    }
  }

  private count_soon(): void {
    if (this.told_waiting <= PAGE) {
      this.told_waiting = 0;
      return;
    }
    this.recount ??= setTimeout(() => {
      this.recount = undefined;
      void this.load();
    }, RECOUNT_MS);
  }

  // Doing. Each gives the chat as it is then, or null when it was not to be; why is said.

  private async attempt(work: () => Promise<DeskChat>): Promise<DeskChat | null> {
    if (this.busy) return null;
    this.busy = true;
    try {
      const c = await work();
      this.put(c);
      return c;
    } catch (error) {
      this.refused(error);
      return null;
    } finally {
      this.busy = false;
    }
  }

  private refused(error: unknown): void {
    const fault = error instanceof Fault ? error : null;
    const now = fault?.body.chat as DeskChat | undefined;
    if (now) this.put(now);
    const who = now?.agent ? called(now.agent) : '';
    const { word, detail } = fault?.problem ?? {};
    if (word === 'conflict' && detail === 'assigned' && who) say(d('taken_by', { name: who }));
    else if (word === 'conflict' && detail === 'locked') say(d('locked_now', { name: now?.locked_by ? called(now.locked_by) : who }));
    else if (word === 'conflict' && detail === 'closed') say(d('closed_already'));
    else if (word === 'conflict' && detail === 'capacity') say(d('full'));
    else if (word === 'conflict') say(d('changed_already'));
    else say(explain(error));
  }

  async next(): Promise<DeskChat | null> {
    try {
      if (this.busy) return null;
      this.busy = true;
      const c = await this.chat.api.post<DeskChat>('/desk/next');
      this.put(c);
      return c;
    } catch (error) {
      if (error instanceof Fault && error.problem.word === 'not_found') {
        say(d('none_left'));
        void this.load();
      } else this.refused(error);
      return null;
    } finally {
      this.busy = false;
    }
  }

  step = (c: DeskChat, step: Step): Promise<DeskChat | null> => this.attempt(() => this.chat.api.post<DeskChat>(`/desk/chats/${c.id}/${step}`));

  async pass_on(c: DeskChat, to: DeskAgent): Promise<DeskChat | null> {
    const name = called(to.account);
    return this.attempt(async () => {
      try {
        return await this.chat.api.post<DeskChat>(`/desk/chats/${c.id}/transfer`, { to: to.account.id });
      } catch (error) {
        if (error instanceof Fault && error.problem.detail === 'capacity') throw new Fault('conflict', 'said', d('full_other', { name }));
        throw error;
      }
    });
  }

  set_tags = (c: DeskChat, tags: string[]): Promise<DeskChat | null> => this.attempt(() => this.chat.api.call<DeskChat>('PUT', `/desk/chats/${c.id}/tags`, { tags }));

  /** The room of a chat: ours, or one to look at. */
  async room_of(c: DeskChat): Promise<RoomState | null> {
    const own = this.chat.room(c.room);
    return own ? await this.chat.open(c.room) : this.chat.look_at(c.room);
  }
}

export const load_text = (a: DeskAgent): string => (a.capacity > 0 ? d('load_of', { n: a.chats, most: a.capacity }) : dn('load', a.chats));
