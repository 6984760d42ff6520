// The HTTP half of the protocol. Proof of identity is the cookie the server set; no token is kept by the page.
// A 401 is answered once by renewing the session and asking again.

import { Fault, type FaultWord } from './types';

export interface ApiOptions {
  fetch: (input: string, init: RequestInit) => Promise<Response>;
  language: () => string;
  /** Tries to get a living session; false: signed out. */
  renew: () => Promise<boolean>;
  timeout_ms?: number;
}

export interface CallOptions {
  /** Set for the calls that log in or renew: their 401 is the answer itself. */
  plain?: boolean;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export class Api {
  constructor(private readonly options: ApiOptions) {}

  async call<T>(method: Method, path: string, body?: unknown, call: CallOptions = {}): Promise<T> {
    const first = await this.fetch(method, path, body);
    if (first.status !== 401 || call.plain) return read_answer<T>(first);
    if (!(await this.options.renew())) return read_answer<T>(first);
    return read_answer<T>(await this.fetch(method, path, body));
  }

  get<T>(path: string, call?: CallOptions): Promise<T> {
    return this.call('GET', path, undefined, call);
  }

  post<T>(path: string, body?: unknown, call?: CallOptions): Promise<T> {
    return this.call('POST', path, body, call);
  }

  /** Files out of a form, as the browser packs them. */
  form<T>(path: string, form: FormData): Promise<T> {
    return this.call('POST', path, form);
  }

  private async fetch(method: Method, path: string, body: unknown): Promise<Response> {
    const is_form = typeof FormData !== 'undefined' && body instanceof FormData;
    const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': this.options.language() };
    if (body !== undefined && !is_form) headers['Content-Type'] = 'application/json';
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), this.options.timeout_ms ?? 20_000);
    try {
      return await this.options.fetch('/api/v1' + path, {
        method,
        headers,
        body: body === undefined ? undefined : is_form ? body : JSON.stringify(body),
        credentials: 'same-origin',
        cache: 'no-store',
        signal: patience.signal,
      });
    } catch {
      throw new Fault(patience.signal.aborted ? 'timeout' : 'offline');
    } finally {
      clearTimeout(timer);
    }
  }
}

async function read_answer<T>(response: Response): Promise<T> {
  let text: string;
  try {
    text = await response.text();
  } catch {
    throw new Fault('uncertain');
  }
  let body: unknown = null;
  try {
    body = text === '' ? null : JSON.parse(text);
  } catch {
    throw new Fault(response.status >= 500 ? 'unavailable' : 'unreadable');
  }
  if (response.ok) return body as T;
  throw fault_of(body, response.status);
}

/** A problem body, or what stands in its place when something between us and the server answered. */
export function fault_of(body: unknown, status: number): Fault {
  const b = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  if (typeof b.error !== 'string') return new Fault(word_of_status(status));
  const fault = new Fault(
    b.error as FaultWord,
    typeof b.detail === 'string' ? b.detail : null,
    typeof b.message === 'string' ? b.message : '',
    typeof b.retry_after_s === 'number' ? b.retry_after_s : null,
  );
  fault.body = b;
  return fault;
}

function word_of_status(status: number): FaultWord {
  const words: Record<number, FaultWord> = {
    400: 'invalid',
    401: 'unauthenticated',
    403: 'forbidden',
    404: 'not_found',
    409: 'conflict',
    410: 'gone',
    413: 'too_large',
    429: 'limited',
    504: 'uncertain',
  };
  return words[status] ?? (status >= 502 ? 'unavailable' : 'internal');
}
