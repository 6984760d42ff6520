// The customer's side of the desk: which chat there is, what was said in it, what waits to be sent, and how the line is. Components read its
// state and call its verbs. What always holds: a message that was written is shown until the server has it or the customer drops it; it is
// sent under one key, so that a second attempt cannot double it.

import { Door, Refusal, type DeskChat, type DeskMessage, type Mine } from './door';
import { key_of, merge, type Note, type Pending } from './entries';
import { Line } from './line';
import type { Shelf } from './shelf';

const PAGE = 50;
const PAGES_MOST = 20;
const ASK_WAITING_MS = 12_000;
const ASK_MS = 40_000;
const TYPING_MS = 6_000;
const TELL_TYPING_MS = 3_000;
const RETRY_MS = 4_000;
const NOTES_MOST = 20;

export interface TalkHooks {
  /** An agent wrote, and this message had not been seen here. */
  on_message: (message: DeskMessage) => void;
}

export interface Who {
  user: string;
  name: string;
  signature: string;
}

interface Kept {
  token: string;
  user: string;
}

export class Talk {
  chat = $state.raw<DeskChat | null>(null);
  messages = $state.raw<DeskMessage[]>([]);
  pending = $state.raw<Pending[]>([]);
  notes = $state.raw<Note[]>([]);
  mine = $state.raw<Mine | null>(null);
  /** null: not needed yet. */
  up = $state<boolean | null>(null);
  /** The server does not let this page or this person in. */
  refused = $state(false);
  typist = $state<string | null>(null);
  rated = $state<number | null>(null);
  loaded = $state(false);
  more_before = $state(false);
  n_new = $derived(this.messages.filter((m) => m.senderType === 'admin' && !m.isRead).length);
  name = $state('');

  readonly door: Door;
  private readonly line: Line;
  private ask_timer?: ReturnType<typeof setTimeout>;
  private typing_timer?: ReturnType<typeof setTimeout>;
  private retry_timer?: ReturnType<typeof setTimeout>;
  private told_typing_at = 0;
  private sending = false;
  private looking = false;

  constructor(
    server: string,
    private readonly shelf: Shelf,
    private readonly hooks: TalkHooks,
  ) {
    this.door = new Door(server);
    this.line = new Line(server, () => this.door.proof, {
      up: () => this.came_up(),
      down: () => (this.up = false),
      message: (m) => this.heard(m),
      typing: (user, name, on) => this.heard_typing(user, name, on),
      read: (reader) => this.heard_read(reader),
      agent: (name, is_new) => this.heard_agent(name, is_new),
      closed: () => this.heard_closed(),
    });
  }

  /** Who is in front of the page. Another person than before starts with an empty window. */
  async identify(who: Who): Promise<void> {
    const kept = this.shelf.get<Kept>('visitor');
    const is_other = this.chat !== null && this.door.proof.user !== who.user;
    if (is_other) this.forget();
    const mine = kept && kept.user === who.user && typeof kept.token === 'string' ? kept.token : '';
    this.door.proof = { token: mine, user: who.user, signature: who.signature };
    this.name = who.name || this.shelf.get<string>('name') || '';
    this.pending = (this.shelf.get<Pending[]>('unsent') ?? []).filter((p) => p.key && typeof p.text === 'string').map((p) => ({ ...p, state: 'waiting' }));
    if (mine || who.signature) await this.ask();
  }

  private forget(): void {
    this.line.hang_up();
    clearTimeout(this.ask_timer);
    this.chat = null;
    this.messages = this.pending = [];
    this.notes = [];
    this.mine = null;
    this.up = null;
    this.rated = null;
    this.loaded = false;
    this.shelf.put('unsent', null);
  }

  /** How things are: the chat, the place in the queue, whether somebody is there. */
  async ask(): Promise<void> {
    clearTimeout(this.ask_timer);
    try {
      const mine = await this.door.mine();
      this.refused = false;
      const before = this.chat;
      this.mine = mine;
      this.rated = mine.rating;
      if (mine.chat) {
        if (before?._id === mine.chat._id && before.status !== 'closed' && mine.chat.status === 'closed') this.note('ended', '');
        else if (mine.chat.assignedAdminName && mine.chat.assignedAdminName !== before?.assignedAdminName && before) this.note('joined', mine.chat.assignedAdminName);
        await this.enter(mine.chat);
      }
    } catch (error) {
      this.refused = error instanceof Refusal && (error.status === 403 || error.status === 401);
      // A token the server does not know any more is worth nothing: a new one comes with the next chat.
      if (error instanceof Refusal && error.status === 401 && this.door.proof.token) {
        this.shelf.put('visitor', null);
        this.door.proof = { ...this.door.proof, token: '' };
        this.refused = false;
      }
    }
    if (this.chat && this.chat.status !== 'closed') {
      this.ask_timer = setTimeout(() => (document.visibilityState === 'visible' || this.chat?.status === 'waiting' ? void this.ask() : undefined), this.chat.status === 'waiting' ? ASK_WAITING_MS : ASK_MS);
    }
  }

  private async enter(chat: DeskChat): Promise<void> {
    const is_new = chat._id !== this.chat?._id;
    this.chat = chat;
    if (is_new) {
      this.messages = [];
      this.notes = this.shelf.get<Note[]>('notes.' + chat._id) ?? [];
      this.loaded = this.more_before = false;
    }
    if (chat.status !== 'closed' || is_new) await this.read_newest();
    if (chat.status !== 'closed') this.line.join(chat);
    void this.send_all();
  }

  /** The newest messages, and back until they meet what we have: whatever was missed is here then. */
  private async read_newest(): Promise<void> {
    const chat = this.chat;
    if (!chat) return;
    const known = new Set(this.messages.map((m) => m._id));
    const heard: DeskMessage[] = [];
    for (let page = 1; page <= PAGES_MOST; page++) {
      const { messages, pagination } = await this.door.messages(chat._id, page, PAGE);
      if (chat._id !== this.chat?._id) return;
      heard.push(...messages);
      if (page === 1 && known.size === 0) this.more_before = pagination.pages > 1;
      if (known.size === 0 || messages.length < PAGE || messages.some((m) => known.has(m._id))) break;
    }
    this.take(heard, this.loaded);
    this.loaded = true;
  }

  async read_older(): Promise<void> {
    if (!this.chat || !this.more_before) return;
    const page = Math.floor(this.messages.length / PAGE) + 1;
    const { messages, pagination } = await this.door.messages(this.chat._id, page, PAGE);
    this.more_before = pagination.pages > page;
    this.take(messages, false);
  }

  private take(more: DeskMessage[], is_news: boolean): void {
    const known = new Set(this.messages.map((m) => m._id));
    this.messages = merge(this.messages, more);
    const arrived = new Set(more.map(key_of));
    if (this.pending.some((p) => arrived.has(p.key))) this.put_pending(this.pending.filter((p) => !arrived.has(p.key)));
    if (is_news) for (const m of more) if (m.senderType === 'admin' && !known.has(m._id)) this.hooks.on_message(m);
    if (this.looking) this.seen();
  }

  // What is heard

  private came_up(): void {
    this.up = true;
    this.here(true);
    void this.ask();
  }

  private heard(message: DeskMessage): void {
    if (message.senderType === 'admin') this.typist = null;
    // Our own message may be told before its POST is answered; without its key it is known by its words.
    if (message.senderType === 'user' && !message.clientKey) {
      const own = this.pending.find((p) => p.state === 'sending' && p.text === message.content);
      if (own) message = { ...message, clientKey: own.key };
    }
    this.take([message], true);
  }

  private heard_typing(user: string, name: string, on: boolean): void {
    if (user === this.chat?.userId) return;
    clearTimeout(this.typing_timer);
    this.typist = on ? name || this.chat?.assignedAdminName || '' : null;
    if (on) this.typing_timer = setTimeout(() => (this.typist = null), TYPING_MS);
  }

  private heard_read(reader: string): void {
    if (reader !== 'admin') return;
    this.messages = this.messages.map((m) => (m.senderType === 'user' && !m.isRead ? { ...m, isRead: true } : m));
  }

  private heard_agent(name: string, is_new: boolean): void {
    if (!this.chat) return;
    this.chat = { ...this.chat, status: 'active', assignedAdminName: name };
    this.note(is_new ? 'joined' : 'changed', name);
    void this.ask();
  }

  private heard_closed(): void {
    if (!this.chat || this.chat.status === 'closed') return;
    this.chat = { ...this.chat, status: 'closed' };
    this.typist = null;
    this.note('ended', '');
  }

  private note(kind: Note['kind'], name: string): void {
    if (!this.chat) return;
    const last = this.notes.at(-1);
    if (last?.kind === kind && last.name === name) return;
    this.notes = [...this.notes, { at: new Date().toISOString(), kind, name }].slice(-NOTES_MOST);
    this.shelf.put('notes.' + this.chat._id, this.notes);
  }

  // What is said

  /** The first words of a new chat. Fails with a Refusal. */
  async begin(name: string, text: string): Promise<void> {
    const { chat, visitorToken } = await this.door.open(name);
    if (visitorToken) {
      this.door.proof = { ...this.door.proof, token: visitorToken };
      this.shelf.put('visitor', { token: visitorToken, user: this.door.proof.user } satisfies Kept);
    }
    this.name = name;
    this.shelf.put('name', name);
    if (this.chat && this.chat._id !== chat._id) this.shelf.put('notes.' + this.chat._id, null);
    this.rated = null;
    this.chat = chat;
    this.messages = [];
    this.notes = [];
    this.loaded = true;
    this.more_before = false;
    this.line.join(chat);
    this.say(text);
    void this.ask();
  }

  say(text: string): void {
    this.add({ text });
    this.typing(false);
  }

  send_file(file: File): void {
    this.add({ text: file.name, file: { file, sent: 0, url: null, stop: new AbortController() } });
  }

  private add(what: Pick<Pending, 'text' | 'file'>): void {
    if (!this.chat) return;
    this.put_pending([...this.pending, { ...what, key: new_key(), chat: this.chat._id, at: new Date().toISOString(), state: 'waiting' }]);
    void this.send_all();
  }

  retry(key: string): void {
    this.change(key, { state: 'waiting' });
    void this.send_all();
  }

  drop(key: string): void {
    this.pending.find((p) => p.key === key)?.file?.stop.abort();
    this.put_pending(this.pending.filter((p) => p.key !== key));
  }

  /** Other tabs of the same page have their own: only what changed here is changed on the shelf. */
  private put_pending(next: Pending[]): void {
    const before = new Set(this.pending.map((p) => p.key));
    const after = new Set(next.map((p) => p.key));
    this.pending = next;
    const kept = (this.shelf.get<Pending[]>('unsent') ?? []).filter((p) => after.has(p.key) || !before.has(p.key));
    kept.push(...next.filter((p) => !before.has(p.key) && !p.file));
    this.shelf.put('unsent', kept.length > 0 ? kept : null);
  }

  private change(key: string, facts: Partial<Pending>): void {
    this.put_pending(this.pending.map((p) => (p.key === key ? { ...p, ...facts } : p)));
  }

  /** One after the other, so that they arrive in the order they were written. */
  private async send_all(): Promise<void> {
    if (this.sending || !this.chat) return;
    this.sending = true;
    clearTimeout(this.retry_timer);
    try {
      for (;;) {
        const next = this.pending.find((p) => p.state === 'waiting' && p.chat === this.chat?._id);
        if (!next || !(await this.send(next))) return;
      }
    } finally {
      this.sending = false;
    }
  }

  private async send(p: Pending): Promise<boolean> {
    const chat = this.chat as DeskChat;
    this.change(p.key, { state: 'sending' });
    try {
      const file = p.file ? await this.bring(p, p.file) : null;
      const message = await this.door.say(chat, p.text, p.key, file);
      this.take([{ ...message, clientKey: p.key }], false);
      return true;
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(0);
      if (!this.pending.some((q) => q.key === p.key)) return true;
      this.change(p.key, { state: refusal.passing ? 'waiting' : 'failed' });
      if (refusal.status === 403) void this.ask();
      if (!refusal.passing) return true;
      this.retry_timer = setTimeout(() => void this.send_all(), Math.max(refusal.retry_s * 1000, RETRY_MS));
      return false;
    }
  }

  private async bring(p: Pending, f: NonNullable<Pending['file']>): Promise<{ url: string; picture: boolean }> {
    const picture = /^image\/(png|jpe?g|gif|webp)$/.test(f.file.type);
    if (f.url) return { url: f.url, picture };
    const { fileUrl } = await this.door.upload(f.file, (sent) => this.change(p.key, { file: { ...f, sent } }), f.stop.signal);
    this.change(p.key, { file: { ...f, sent: f.file.size, url: fileUrl } });
    return { url: fileUrl, picture };
  }

  // What is done

  /** The customer looks at the conversation, or no longer. */
  look(on: boolean): void {
    this.looking = on;
    if (on) this.seen();
  }

  private seen(): void {
    if (!this.chat || this.n_new === 0) return;
    this.messages = this.messages.map((m) => (m.senderType === 'admin' && !m.isRead ? { ...m, isRead: true } : m));
    void this.door.read(this.chat).catch(() => {});
  }

  typing(on: boolean): void {
    if (on && Date.now() - this.told_typing_at < TELL_TYPING_MS) return;
    if (!on && this.told_typing_at === 0) return;
    this.told_typing_at = on ? Date.now() : 0;
    this.line.typing(on);
  }

  async rate(stars: number): Promise<void> {
    if (!this.chat) return;
    await this.door.rate(this.chat._id, stars);
    this.rated = stars;
  }

  /** Agents see whether the customer's page is open. */
  here(online: boolean): void {
    if (this.chat && this.chat.status !== 'closed' && this.up) this.door.here(this.chat, online);
  }

  wake(): void {
    this.line.wake();
    this.here(true);
    if (this.chat) void this.ask();
    void this.send_all();
  }
}

function new_key(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(15));
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_');
}
