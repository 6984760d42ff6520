// The wire of an upload: tus 1.0 over XMLHttpRequest, because only that tells how many bytes have left. One method a question;
// what comes back is a number of bytes or a Fault. Proof of identity is the cookie, as everywhere.

import { fault_of } from './api';
import { Fault } from './types';

export interface Wire {
  /** What the server takes at most, or null when it cannot be asked. */
  limit(): Promise<number | null>;
  /** Begins an upload; gives its address. */
  create(size: number, name: string, type: string): Promise<string>;
  /** How many bytes the server has of it. */
  offset(url: string): Promise<number>;
  /** Sends the rest; gives the new offset. */
  send(url: string, offset: number, rest: Blob, on_progress: (sent: number) => void, stop: AbortSignal): Promise<number>;
  drop(url: string): Promise<void>;
}

const BASE = '/api/v1/uploads';
const STALL_MS = 30_000;

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

interface Answer {
  status: number;
  header: (name: string) => string | null;
  text: string;
}

interface Ask {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: Blob;
  on_progress?: (sent: number) => void;
  stop?: AbortSignal;
}

function ask({ method, url, headers = {}, body, on_progress, stop }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest();
    let stall: ReturnType<typeof setTimeout> | undefined;
    const alive = (): void => {
      clearTimeout(stall);
      stall = setTimeout(() => x.abort(), STALL_MS);
    };
    const end = (fault: Fault | null): void => {
      clearTimeout(stall);
      stop?.removeEventListener('abort', abort);
      if (fault) reject(fault);
      else resolve({ status: x.status, header: (name) => x.getResponseHeader(name), text: x.responseText });
    };
    const abort = (): void => x.abort();
    x.open(method, url);
    x.setRequestHeader('Tus-Resumable', '1.0.0');
    for (const [name, value] of Object.entries(headers)) x.setRequestHeader(name, value);
    x.upload.onprogress = (e) => {
      alive();
      on_progress?.(e.loaded);
    };
    x.onload = () => end(null);
    x.onerror = x.onabort = () => end(new Fault('offline'));
    stop?.addEventListener('abort', abort);
    if (stop?.aborted) {
      end(new Fault('offline'));
      return;
    }
    alive();
    x.send(body);
  });
}

function check(answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  let body: unknown = null;
  try {
    body = JSON.parse(answer.text);
  } catch {
    // Then the status tells.
  }
  const fault = fault_of(body, answer.status);
  const wait = Number(answer.header('Retry-After'));
  throw wait > 0 && fault.problem.retry_after_s === null ? new Fault(fault.problem.word, fault.problem.detail, fault.problem.message, wait) : fault;
}

export function tus_wire(renew: () => Promise<boolean>): Wire {
  const asked = async (what: Ask): Promise<Answer> => {
    const first = await ask(what);
    if (first.status !== 401 || !(await renew())) return check(first);
    return check(await ask(what));
  };
  return {
    async limit() {
      const most = Number((await asked({ method: 'OPTIONS', url: BASE })).header('Tus-Max-Size'));
      return most > 0 ? most : null;
    },
    async create(size, name, type) {
      const metadata = `filename ${base64(name)}${type ? `,filetype ${base64(type)}` : ''}`;
      const answer = await asked({ method: 'POST', url: BASE, headers: { 'Upload-Length': String(size), 'Upload-Metadata': metadata } });
      const location = answer.header('Location');
      if (!location) throw new Fault('unreadable');
      return new URL(location, document.baseURI).pathname;
    },
    async offset(url) {
      return Number((await asked({ method: 'HEAD', url })).header('Upload-Offset'));
    },
    async send(url, offset, rest, on_progress, stop) {
      const headers = { 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' };
      const answer = await asked({ method: 'PATCH', url, headers, body: rest, on_progress, stop });
      return Number(answer.header('Upload-Offset'));
    },
    async drop(url) {
      await asked({ method: 'DELETE', url });
    },
  };
}
