// The life of the page: who is signed in, and which of the four faces it shows.
//
//   loading --session lives--> inside;  loading --none--> outside;  loading --no answer--> loading, tried again
//   outside --sign in, sign up, setup--> inside;  inside --sign out, session over--> outside

import { Api } from './api';
import { backoff_ms, reconnect_backoff } from './backoff';
import { Chat } from './chat.svelte';
import { desk_place } from './desk.svelte';
import { language } from './i18n.svelte';
import type { Socket } from './gateway';
import type { OutboxStorage } from './outbox';
import { open_outbox_storage } from './outbox_storage';
import { forget_kept, keep_on, read_kept, type Kept } from './keepsake';
import { attend } from './notify.svelte';
import { set_welcome } from './welcome.svelte';
import { settle, settle_at } from './route.svelte';
import { kept as remembered, set_language } from './prefs.svelte';
import { make_renew, who_am_i } from './session';
import type { Account, Grant, SetupState } from './types';
import type { Language } from '../i18n/shape';

class App {
  face = $state<'loading' | 'outside' | 'setup' | 'inside'>('loading');
  /** The server does not answer while we want to know who is here. */
  unreachable = $state(false);
  session_over = $state(false);
  chat = $state.raw<Chat | null>(null);
  setup = $state.raw<SetupState | null>(null);

  readonly renew = make_renew(() => this.api);
  readonly api = new Api({ fetch: (input, init) => fetch(input, init), language, renew: () => this.renew() });
  private storage: OutboxStorage = open_outbox_storage();

  /** All tabs share the cookies: when one of them signs in as somebody else, the others must not go on in the old name. */
  private tabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('suhbat-account');

  constructor() {
    this.tabs?.addEventListener('message', (e) => {
      if (this.chat && e.data !== this.chat.account.id) location.reload();
    });
  }

  async start(): Promise<void> {
    if (location.pathname.replace(/\/$/, '') === '/setup') {
      this.face = 'setup';
      return;
    }
    for (let attempt = 0; ; attempt++) {
      try {
        const account = await who_am_i(this.api, this.renew);
        this.unreachable = false;
        if (account) this.enter(account);
        else await this.leave(false);
        return;
      } catch {
        this.unreachable = true;
        const kept = attempt === 0 ? await read_kept() : null;
        if (kept) {
          this.enter(kept.account, kept);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, backoff_ms(reconnect_backoff, attempt)));
      }
    }
  }

  private end_keeping: () => void = () => {};

  private async look_at_setup(): Promise<void> {
    try {
      this.setup = await this.api.get<SetupState>('/setup', { plain: true });
    } catch {
      this.setup = null;
    }
  }

  async sign_in(username: string, password: string): Promise<void> {
    const grant = await this.api.post<Grant>('/sessions', { username, password }, { plain: true });
    this.enter(grant.account);
  }

  async sign_up(username: string, password: string, invite: string | null, email: string | null): Promise<void> {
    const facts = { username, password, invite, ...(email ? { email } : {}) };
    const grant = await this.api.post<Grant>('/accounts', facts, { plain: true });
    this.welcome();
    this.enter(grant.account);
  }

  async set_up(token: string, username: string, password: string): Promise<void> {
    const grant = await this.api.post<Grant>('/setup', { token, username, password }, { plain: true });
    history.replaceState(null, '', '/');
    this.welcome();
    this.enter(grant.account);
  }

  /** A new account is shown around, unless it came by an invitation and has a place to go to. On a phone a line in the list offers it. */
  private welcome(): void {
    set_welcome(true);
    if (!location.hash && matchMedia('(min-width: 721px)').matches) settle_at('#/welcome');
  }

  async sign_out(): Promise<void> {
    await this.chat?.forget_unsent();
    this.chat?.stop();
    await this.api.call('DELETE', '/sessions/current', undefined, { plain: true }).catch(() => {});
    settle(null);
    await this.leave(false);
  }

  async leave_setup(): Promise<void> {
    history.replaceState(null, '', '/');
    this.face = 'loading';
    await this.start();
  }

  /** The language of the page; letters to the account are written in it, too. */
  async speak(next: Language): Promise<void> {
    await set_language(next);
    await this.tell_language();
  }

  /** Only a language that was chosen by hand; what the browser happens to be set to says little. */
  private async tell_language(): Promise<void> {
    const chat = this.chat;
    const locale = remembered('language');
    if (!chat || !locale || chat.account.locale === locale) return;
    try {
      chat.account = { ...chat.account, ...(await chat.api.call<Account>('PATCH', '/me', { locale })) };
    } catch {
      // Told when the page is opened the next time.
    }
  }

  private enter(account: Account, kept: Kept | null = null): void {
    this.chat?.stop();
    this.end_keeping();
    this.session_over = false;
    this.chat = new Chat({
      api: this.api,
      account,
      kept,
      storage: this.storage,
      open_socket: () => new WebSocket(location.origin.replace(/^http/, 'ws') + '/api/v1/gateway') as Socket,
      renew: this.renew,
      on_signed_out: () => void this.leave(true),
      on_other_account: () => location.reload(),
      on_message: (room, message) => this.chat && attend(this.chat, room, message),
      on_desk: (event) => desk_place.take(event),
      on_desk_role: (role) => this.chat && void desk_place.be(this.chat, role),
    });
    this.tabs?.postMessage(account.id);
    this.chat.start();
    this.end_keeping = keep_on(this.chat);
    this.face = 'inside';
    void this.tell_language();
  }

  private async leave(over: boolean): Promise<void> {
    this.chat?.stop();
    this.chat = null;
    this.end_keeping();
    this.end_keeping = () => {};
    await forget_kept();
    this.session_over = over;
    await this.look_at_setup();
    this.face = 'outside';
  }
}

export const app = new App();
