// The wire of an upload: tus 1.0. One method a question; what comes back is a number of bytes or a Fault. Proof of identity is the
// cookie, as everywhere.

import { Fault } from './types';
import { asked as asked_of, type Answer, type Ask } from './xhr';

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

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

export function tus_wire(renew: () => Promise<boolean>): Wire {
  const asked = (what: Ask): Promise<Answer> => asked_of({ ...what, headers: { 'Tus-Resumable': '1.0.0', ...what.headers } }, renew);
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
