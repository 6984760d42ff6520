// The desk's live line: Socket.IO with the events of the old desk. It only hears and hums; what is said goes by HTTP. Nothing heard is
// trusted to be complete: after each (re)connect the messages are read anew.

import { io, type Socket } from 'socket.io-client';
import type { DeskChat, DeskMessage, Proof } from './door';

export interface Ears {
  up: () => void;
  down: () => void;
  message: (message: DeskMessage) => void;
  typing: (user: string, name: string, on: boolean) => void;
  read: (reader: string) => void;
  agent: (name: string, is_new: boolean) => void;
  closed: (chat: string) => void;
}

export class Line {
  private socket: Socket | null = null;
  private chat: DeskChat | null = null;

  constructor(
    private readonly server: string,
    private readonly proof: () => Proof,
    private readonly ears: Ears,
  ) {}

  get up(): boolean {
    return this.socket?.connected === true;
  }

  /** Listens to this chat from now on. */
  join(chat: DeskChat): void {
    const before = this.chat;
    this.chat = chat;
    if (!this.socket) this.connect();
    else if (this.up && before?._id !== chat._id) {
      if (before) this.socket.emit('leave-chat', { chatId: before._id });
      this.enter();
    }
  }

  private connect(): void {
    const socket = io(this.server, {
      transports: ['websocket', 'polling'],
      auth: (give) => {
        const { token, user, signature } = this.proof();
        give(signature ? { userId: user, userSignature: signature } : { token });
      },
      reconnectionDelay: 500,
      reconnectionDelayMax: 15_000,
    });
    // A proxy that lets no WebSocket through: polling from the second attempt on.
    socket.io.on('reconnect_attempt', () => (socket.io.opts.transports = ['polling', 'websocket']));
    this.socket = socket;
    const { ears } = this;
    socket.on('connect', () => {
      this.enter();
      ears.up();
    });
    socket.on('disconnect', (why) => {
      ears.down();
      // The server hung up: the library would leave it at that.
      if (why === 'io server disconnect') setTimeout(() => socket.connect(), 2_000);
    });
    socket.on('connect_error', () => ears.down());
    socket.on('new-message', (e) => this.about_us(e?.message?.chatId) && ears.message(e.message));
    socket.on('message-notification', (e) => this.about_us(e?.chatId) && ears.message(e.message));
    socket.on('typing', (e) => (e?.chatId === undefined || this.about_us(e.chatId)) && ears.typing(String(e.userId), e.userName, e.isTyping === true));
    socket.on('messages-read', (e) => this.about_us(e?.chatId) && ears.read(e.readerType));
    socket.on('admin-joined', (e) => this.about_us(e?.chatId) && ears.agent(e.adminName, true));
    socket.on('admin-changed', (e) => this.about_us(e?.chatId) && ears.agent(e.adminName, false));
    socket.on('chat-closed', (e) => this.about_us(e?.chatId) && ears.closed(e.chatId));
  }

  private about_us(chat: unknown): boolean {
    return this.chat !== null && chat === this.chat._id;
  }

  private enter(): void {
    if (!this.chat || !this.socket) return;
    this.socket.emit('join-user', { userId: this.chat.userId, userName: this.chat.userName });
    this.socket.emit('join-chat', { chatId: this.chat._id });
  }

  typing(on: boolean): void {
    if (this.up && this.chat) this.socket?.volatile.emit('typing', { chatId: this.chat._id, userId: this.chat.userId, userName: this.chat.userName, isTyping: on });
  }

  /** Tries at once: the browser says that there is a network again, or the customer looks at the page. */
  wake(): void {
    if (this.socket && !this.up) this.socket.connect();
  }

  hang_up(): void {
    this.socket?.disconnect();
    this.socket = null;
    this.chat = null;
  }
}
