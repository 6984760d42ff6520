// Whether the one who is signed in works at the support desk: the gateway's greeting says so. The rest of the desk is fetched when they do.

import type { Chat } from './chat.svelte';
import type { DeskEvent, DeskRole } from './desk_types';
import type { Desk } from '../ui/desk/desk.svelte';

class DeskPlace {
  role = $state<DeskRole>('none');
  desk = $state.raw<Desk | null>(null);
  private chat: Chat | null = null;

  async be(chat: Chat, role: DeskRole): Promise<void> {
    if (this.chat !== chat) this.desk = null;
    this.chat = chat;
    this.role = role;
    if (role === 'none') this.desk = null;
    else if (this.desk) await this.desk.load();
    else await this.open(chat);
  }

  private async open(chat: Chat): Promise<void> {
    try {
      const { Desk } = await import('../ui/desk/desk.svelte');
      if (this.chat !== chat || this.role === 'none' || this.desk) return;
      this.desk = new Desk(chat);
      await this.desk.load();
    } catch {
      // The file did not come: tried again with the next connection.
    }
  }

  take(event: DeskEvent): void {
    if (event.t === 'desk_agent_changed') void (this.chat && this.be(this.chat, event.role));
    else this.desk?.take(event);
  }
}

export const desk_place = new DeskPlace();
