// Who is here, asked without a fault when it is nobody; and a session that is renewed once, however many ask.
import { beforeEach, expect, test, vi } from 'vitest';
import { Api } from '../src/lib/api';
import { make_renew, who_am_i } from '../src/lib/session';
import { account } from './make';

const me = account(1, 'ali');
let calls: string[];
let access: boolean;
let refresh: boolean;
let holds: boolean;

const api = new Api({
  language: () => 'en',
  renew: async () => false,
  fetch: async (input, init) => {
    const call = `${init.method} ${input.replace('/api/v1', '')}`;
    calls.push(call);
    const answer = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status });
    if (call === 'GET /sessions/current') return answer(200, { account: access ? me : null, renewable: refresh });
    if (call !== 'POST /sessions/refresh') throw new TypeError('no way to the server');
    if (!holds) refresh = false;
    access = holds;
    return holds ? answer(200, {}) : answer(401, { error: 'unauthenticated' });
  },
});

beforeEach(() => {
  vi.stubGlobal('navigator', {});
  calls = [];
  access = refresh = holds = false;
});

test('nobody is asked for once, and nothing is renewed without a sign of a session', async () => {
  expect(await who_am_i(api, make_renew(() => api))).toBe(null);
  expect(calls).toEqual(['GET /sessions/current']);
});

test('whoever is signed in is told at once', async () => {
  access = refresh = true;
  expect((await who_am_i(api, make_renew(() => api)))?.username).toBe('ali');
  expect(calls).toEqual(['GET /sessions/current']);
});

test('what can be renewed is renewed; what no longer holds is nobody', async () => {
  refresh = holds = true;
  expect((await who_am_i(api, make_renew(() => api)))?.username).toBe('ali');
  expect(calls.filter((c) => c === 'POST /sessions/refresh')).toHaveLength(1);
  access = holds = false;
  expect(await who_am_i(api, make_renew(() => api))).toBe(null);
});

test('of many who ask at once one renews, and all are told', async () => {
  refresh = holds = true;
  const renew = make_renew(() => api);
  expect(await Promise.all([renew(), renew(), renew()])).toEqual([true, true, true]);
  expect(calls).toEqual(['GET /sessions/current', 'POST /sessions/refresh']);
});
