// The desk's HTTP routes as the widget uses them: who asks proves it by the token of a visitor or by the shop's signature, in headers,
// because cookies of another site do not come along.

export interface DeskChat {
  _id: string;
  userId: string;
  userName: string;
  assignedAdminId: string | null;
  assignedAdminName: string | null;
  status: 'waiting' | 'active' | 'closed';
  createdAt: string;
}

export interface DeskMessage {
  _id: string;
  chatId: string;
  senderId: string;
  senderType: 'user' | 'admin';
  senderName: string;
  content: string;
  messageType: 'text' | 'image' | 'file';
  fileUrl: string | null;
  isRead: boolean;
  createdAt: string;
  clientKey?: string | null;
}

export interface Mine {
  userId: string | null;
  chat: DeskChat | null;
  queue: { position: number; waitSeconds: number | null } | null;
  rating: number | null;
  agentsOnline: boolean;
  maxFileBytes: number;
}

export interface Page {
  messages: DeskMessage[];
  pagination: { page: number; limit: number; total: number; pages: number };
}

export interface SentFile {
  fileUrl: string;
  name: string;
  size: number;
  type: string;
}

/** status 0: the server was not reached. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly retry_s = 0,
  ) {
    super(`status ${status}`);
  }
  /** Nothing is known against it: the same may be tried again. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export interface Proof {
  token: string;
  user: string;
  signature: string;
}

export const TEXT_MAX = 4000;
const PATIENCE_MS = 20_000;

export class Door {
  proof: Proof = { token: '', user: '', signature: '' };

  constructor(private readonly server: string) {}

  /** The address of a file as a message tells it; null when it is none that may be opened. */
  address(url: string | null): string | null {
    if (!url) return null;
    try {
      const whole = new URL(url, this.server);
      return whole.protocol === 'https:' || whole.protocol === 'http:' ? whole.href : null;
    } catch {
      return null;
    }
  }

  is_own(url: string): boolean {
    return url.startsWith(this.server + '/');
  }

  /** A name that does not fit into a header goes with the question, beside its signature. */
  private get by_header(): boolean {
    return this.proof.signature !== '' && /^[\x21-\x7e]+$/.test(this.proof.user);
  }

  private headers(): Record<string, string> {
    const { token, user, signature } = this.proof;
    if (signature) return this.by_header ? { 'X-Desk-User': user, 'X-Desk-Signature': signature } : {};
    return token ? { Authorization: 'Bearer ' + token } : {};
  }

  private identity(): Record<string, string> {
    const { user, signature } = this.proof;
    return signature ? { userId: user, userSignature: signature } : user ? { userId: user } : {};
  }

  private path(bare: string, asked: Record<string, string> = {}): string {
    const params = new URLSearchParams({ ...(this.proof.signature && !this.by_header ? this.identity() : {}), ...asked }).toString();
    return params ? `${bare}?${params}` : bare;
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
    try {
      const answer = await fetch(this.server + '/api/' + path, {
        method,
        headers: { ...this.headers(), ...(body ? { 'Content-Type': 'application/json' } : {}) },
        body: body && JSON.stringify(body),
        credentials: 'omit',
        cache: 'no-store',
        signal: patience.signal,
      });
      if (!answer.ok) throw new Refusal(answer.status, Number(answer.headers.get('Retry-After')) || 0);
      return (await answer.json()) as T;
    } catch (error) {
      throw error instanceof Refusal ? error : new Refusal(0);
    } finally {
      clearTimeout(timer);
    }
  }

  mine(): Promise<Mine> {
    return this.call('GET', this.path('chats/mine'));
  }

  /** The open chat, or a new one; the first time the answer carries the visitor's token. */
  open(name: string): Promise<{ chat: DeskChat; isNew: boolean; visitorToken?: string }> {
    return this.call('POST', 'chats', { userId: 'visitor', ...this.identity(), ...(name ? { userName: name } : {}) });
  }

  messages(chat: string, page: number, limit: number): Promise<Page> {
    return this.call('GET', this.path('messages/' + chat, { page: String(page), limit: String(limit) }));
  }

  async say(chat: DeskChat, text: string, key: string, file: { url: string; picture: boolean } | null): Promise<DeskMessage> {
    const { message } = await this.call<{ message: DeskMessage }>('POST', 'messages', {
      ...this.identity(),
      chatId: chat._id,
      senderId: chat.userId,
      senderType: 'user',
      senderName: chat.userName,
      content: text,
      messageType: file ? (file.picture ? 'image' : 'file') : 'text',
      fileUrl: file?.url ?? null,
      clientKey: key,
    });
    return message;
  }

  read(chat: DeskChat): Promise<unknown> {
    return this.call('POST', 'messages/read', { ...this.identity(), chatId: chat._id, readerId: chat.userId, readerType: 'user' });
  }

  /** The page is there, or goes: then the request outlives it. */
  here(chat: DeskChat, online: boolean): void {
    void fetch(this.server + '/api/status', {
      method: 'POST',
      headers: { ...this.headers(), 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...this.identity(), userId: chat.userId, online }),
      credentials: 'omit',
      keepalive: true,
    }).catch(() => {});
  }

  rate(chat: string, rating: number): Promise<unknown> {
    return this.call('POST', `chats/${chat}/rating`, { ...this.identity(), rating });
  }

  /** The bytes of a file; on_sent hears how many have gone. */
  upload(file: File, on_sent: (bytes: number) => void, signal: AbortSignal): Promise<SentFile> {
    return new Promise((done, fail) => {
      const xhr = new XMLHttpRequest();
      xhr.open('POST', `${this.server}/api/${this.path('messages/files', { name: file.name })}`);
      for (const [name, value] of Object.entries(this.headers())) xhr.setRequestHeader(name, value);
      xhr.upload.onprogress = (e) => on_sent(e.loaded);
      xhr.onload = () => (xhr.status < 300 ? done(JSON.parse(xhr.responseText).file) : fail(new Refusal(xhr.status)));
      xhr.onerror = xhr.onabort = () => fail(new Refusal(0));
      signal.addEventListener('abort', () => xhr.abort());
      xhr.send(file);
    });
  }
}
