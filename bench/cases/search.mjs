// Search over the talk of a town: what the index costs to write, and how long an answer takes with the permission filter, at two sizes.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { call, loadCpu, measure, processCpuMs, program, serverCpu, setting, signUp, sleep, withServer, work } from '../lab.mjs'

const ROOMS = 1000, QUESTIONS = 300, MARK = 'zzzmarkerzzz'

function* chances() {
  for (let x = 1; ; x = (x * 48271) % 2147483647) yield x / 2147483647
}

// Words of every frequency, beginnings and insides of words, two words, one room, an upper bound in time, words nobody used: in equal parts.
function questions({ words, rooms }) {
  const chance = chances(), any = (from, to) => from + Math.floor(chance.next().value * (to - from))
  const word = (from = 0) => words[any(from, words.length)]
  const kinds = [
    () => ({ query: word() }),
    () => ({ query: word().slice(0, any(2, 5)) }),
    () => ({ query: word(40).slice(1, 5) }),
    () => ({ query: `${word()} ${word(20)}` }),
    () => ({ query: word(), room: rooms[0] + 8 + 16 * any(0, 60) }),
    () => ({ query: word(20), before: '2024-06-01' }),
    () => ({ query: `qqxx${word()}` }),
  ]
  return Array.from({ length: QUESTIONS }, (_, i) => new URLSearchParams(kinds[i % kinds.length]()).toString())
}

const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))]
const bytes = (file) => [file, `${file}-wal`].reduce((sum, name) => sum + (statSync(name, { throwIfNoEntry: false })?.size ?? 0), 0)

async function indexed(server, account, n) {
  const since = Date.now(), before = processCpuMs(server.pid)
  await call(server, 'POST', '/api/v1/rooms/1/messages', account.token, { text: `${MARK}${n}` })
  while ((await call(server, 'GET', `/api/v1/search?query=${MARK}${n}`, account.token)).messages.length === 0) await sleep(100)
  return { s: (Date.now() - since) / 1000, cpu_us_each: ((processCpuMs(server.pid) - before) * 1000) / n }
}

async function asked(server, account, talk) {
  const took = [], before = processCpuMs(server.pid)
  for (const question of questions(talk)) {
    const since = performance.now()
    await call(server, 'GET', `/api/v1/search?${question}`, account.token)
    took.push(performance.now() - since)
  }
  took.sort((a, b) => a - b)
  return { p50_ms: percentile(took, 0.5), p95_ms: percentile(took, 0.95), p99_ms: percentile(took, 0.99), cpu_ms_each: (processCpuMs(server.pid) - before) / QUESTIONS }
}

async function at(n) {
  const data = mkdtempSync(join(work, 'town-')), file = join(data, 'suhbat.db')
  try {
    const account = await withServer({ data }, async (server) => (await signUp(server, 1))[0])
    const talk = await measure(serverCpu, [program('bench/talk'), file, account.id, n, ROOMS])
    return await withServer({ data, cpus: `${serverCpu},${loadCpu}` }, async (server) => {
      const index = await indexed(server, account, n)
      return { kind: 'search', case: `search over ${n.toLocaleString('en')} messages`, ...(n === 1e6 && { goal: 50 }), messages: n, index_s: index.s, index_cpu_us_each: index.cpu_us_each,
        index_bytes_each: bytes(`${file}-search`) / n, table_bytes_each: bytes(file) / n, ...(await asked(server, account, talk)) }
    })
  } finally {
    rmSync(data, { recursive: true })
  }
}

export async function town() {
  const results = []
  for (const n of setting.quick ? [100000] : [1000000, 5000000]) {
    const r = await at(n)
    results.push({ ...r, ...(r.goal && { met: r.p95_ms <= r.goal }) })
  }
  return results
}
