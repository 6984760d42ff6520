// make bench: runs every case, prints one JSON line for each, and writes docs/performance.md when all were run.
// usage: bench/run [--quick] [--only CASE,CASE] [--rounds N] [--seconds S] [--build DIR] [--report FILE] [--list]
//   --quick   one short round and small numbers: shows that everything works, and nothing else; writes no report
import { loadavg } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import * as fan from './cases/fan.mjs'
import * as files from './cases/files.mjs'
import * as idle from './cases/idle.mjs'
import * as search from './cases/search.mjs'
import * as socketio from './cases/socketio.mjs'
import * as store from './cases/store.mjs'
import { cleanUp, setting } from './lab.mjs'
import { writeReport } from './report.mjs'

const string = { type: 'string' }, flag = { type: 'boolean' }
const { values } = parseArgs({ options: { quick: flag, only: string, rounds: string, seconds: string, build: string, report: string, list: flag } })

const cases = {
  F1A: fan.lobby('F1 lobby, plain text, one in flight', 0.9, 'A', 'each', ['--all-received']),
  F1B: fan.lobby('F1 lobby, JSON, one in flight', 0.9, 'B', 'each', ['--all-received']),
  F2A: fan.lobby('F2 lobby, plain text, 10 senders of 16', 0.5, 'A', 'turn', ['--senders', 10, '--window', 16]),
  F2B: fan.lobby('F2 lobby, JSON, 10 senders of 16', 0.5, 'B', 'turn', ['--senders', 10, '--window', 16]),
  F3M: fan.rooms('F3 200 rooms of 10, messages', 0.2, 'gateway'),
  F3T: fan.rooms('F3 200 rooms of 10, typing', 0.6, 'typing'),
  SIO: socketio.fan,
  DURABLE: store.durableSqlite,
  DURABLEPG: store.durablePostgres,
  READS: store.reads,
  SEARCH: search.town,
  UPLOAD: files.upload,
  UPLOADS: files.uploads,
  DOWNLOAD: files.download,
  IDLE: idle.gateway,
  IDLELOBBY: idle.lobby,
  IDLETLS: idle.tls,
  IDLEMANY: idle.many,
  IDLESIO: socketio.idle,
}

if (values.list) {
  console.log(Object.keys(cases).join('\n'))
  process.exit(0)
}
const chosen = values.only?.split(',') ?? Object.keys(cases)
const unknown = chosen.filter((key) => !cases[key])
if (unknown.length) {
  console.error(`bench: no case ${unknown.join(', ')}; there are ${Object.keys(cases).join(', ')}`)
  process.exit(64)
}
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
setting.quick = Boolean(values.quick)
setting.rounds = Number(values.rounds ?? (setting.quick ? 1 : 5))
setting.seconds = Number(values.seconds ?? (setting.quick ? 1 : 4))
if (values.build) setting.build = resolve(values.build)

const load = loadavg()[0]
if (load > 0.5) console.error(`bench: the machine is busy (load ${load.toFixed(1)}): the figures will not be worth keeping`)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (cleanUp(), process.exit(130)))
process.once('exit', cleanUp)

const results = []
let failed = 0
for (const key of chosen) {
  const since = Date.now()
  try {
    const found = await cases[key]()
    for (const result of [found ?? { kind: 'skipped', case: key, why: `it needs ${key === 'DOWNLOAD' ? 'nginx' : 'PostgreSQL'}, which is not installed` }].flat()) {
      results.push(result)
      console.log(JSON.stringify({ ...result, took_s: (Date.now() - since) / 1000 }))
    }
  } catch (error) {
    failed++
    results.push({ kind: 'failed', case: key, why: error.message })
    console.log(JSON.stringify({ case: key, failed: error.message }))
  }
}
const path = values.report ?? (values.only || setting.quick ? null : join(root, 'docs/performance.md'))
if (path) writeReport(path, results, { load })
const missed = results.filter((r) => r.met === false).map((r) => r.case)
if (missed.length) console.error(`bench: below the goal: ${missed.join('; ')}`)
process.exitCode = failed ? 1 : 0
