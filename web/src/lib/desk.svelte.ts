// Whether the one who is signed in works at the support desk. The rest of the desk is fetched when they do.

import type { Chat } from './chat.svelte';
import type { DeskEvent, DeskRole } from './desk_types';
import type { Desk } from '../ui/desk/desk.svelte';

class DeskPlace {
  role = $state<DeskRole>('none');
  desk = $state.raw<Desk | null>(null);
  private chat: Chat | null = null;

  /** Asked once for each account, when the page has nothing better to do. */
  async look(chat: Chat): Promise<void> {
    if (this.chat !== chat) this.leave();
    this.chat = chat;
    try {
      await this.be((await chat.api.get<{ role: DeskRole }>('/desk/me')).role);
    } catch {
      // Asked again with the next connection.
    }
  }

  private async be(role: DeskRole): Promise<void> {
    const chat = this.chat;
    this.role = role;
    if (role === 'none' || !chat) return this.leave();
    if (this.desk) return this.desk.load();
    const { Desk } = await import('../ui/desk/desk.svelte');
    if (this.chat !== chat || this.desk) return;
    this.desk = new Desk(chat);
    await this.desk.load();
  }

  private leave(): void {
    this.role = 'none';
    this.desk = null;
  }

  take(event: DeskEvent): void {
    if (event.t === 'desk_agent_changed') void this.be(event.role);
    else this.desk?.take(event);
  }
}

export const desk_place = new DeskPlace();
