// One question over XMLHttpRequest, because only that tells how many bytes have left. Silence for half a minute ends it.

import { fault_of } from './api';
import { Fault } from './types';

export interface Answer {
  status: number;
  header: (name: string) => string | null;
  text: string;
}

export interface Ask {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: Blob;
  on_progress?: (sent: number) => void;
  stop?: AbortSignal;
}

const STALL_MS = 30_000;

export function ask({ method, url, headers = {}, body, on_progress, stop }: Ask): Promise<Answer> {
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

/** The answer, when it is a good one; after a 401 the session is renewed and the question asked once more. */
export async function asked(what: Ask, renew: () => Promise<boolean>): Promise<Answer> {
  const first = await ask(what);
  if (first.status !== 401 || !(await renew())) return check(first);
  return check(await ask(what));
}
