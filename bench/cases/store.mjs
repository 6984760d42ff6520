// What the database decides: durable sends beside a bare program on the same disk, pages of history, resume of those who are far behind.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bearer, clientsFile, inTurns, load, loadCpu, makeRoom, measure, median, most, program, serverCpu, setting, signUp, sleep, spread, withPostgres, withServer, work } from '../lab.mjs'

const SENDERS = 64, WINDOWS = [1, 4, 16], STANDARD = 4, FLOOR_ROWS_PER_COMMIT = 64

// ---- durable sends

async function senders(server) {
  const accounts = await signUp(server, SENDERS)
  const rooms = await inTurns(SENDERS, 4, (i) => makeRoom(server, accounts[i].token, `durable ${i}`))
  return clientsFile(accounts.map((a, i) => ['/api/v1/gateway', rooms[i].id, bearer(a)]))
}

const rows = () => (setting.quick ? 20000 : 200000)
const floorSqlite = () => measure(serverCpu, [program('bench/floor_sqlite'), FLOOR_ROWS_PER_COMMIT, rows(), join(work, 'floor.db')])
const floorPostgres = (url) => measure(serverCpu, [program('bench/floor_postgres'), FLOOR_ROWS_PER_COMMIT, rows()], { DATABASE_URL: url })

// The loop and the writing lane are two threads: they may use both processors, beside the load.
const both = `${serverCpu},${loadCpu}`

const durable = (name, options, floor) =>
  withServer(options, async (server) => {
    const clients = await senders(server), rounds = []
    for (let i = 0; i < setting.rounds; i++) {
      const round = { floor: await floor(), runs: {} }
      for (const window of WINDOWS)
        round.runs[window] = await load(server, clients, ['--mode', 'gateway', '--senders', SENDERS, '--window', window, '--seconds', setting.seconds])
      rounds.push(round)
    }
    const windows = WINDOWS.map((window) => {
      const runs = rounds.map((r) => r.runs[window]), ratios = rounds.map((r) => r.runs[window].acks_per_s / r.floor.rows_per_s)
      return { in_flight: window, ratio: median(ratios), ratio_spread: spread(ratios), acks_per_s: median(runs.map((r) => r.acks_per_s)),
        cpu_us_each: median(runs.map((r) => r.cpu_us / r.acked)), p50_ms: median(runs.map((r) => r.p50_ms)), p99_ms: median(runs.map((r) => r.p99_ms)) }
    })
    const runs = rounds.flatMap((r) => Object.values(r.runs)), standard = windows.find((w) => w.in_flight === STANDARD)
    return { kind: 'durable', case: name, goal: 0.5, met: standard.ratio >= 0.5, ...standard, floor_rows_per_s: median(rounds.map((r) => r.floor.rows_per_s)),
      floor_commit_p99_ms: median(rounds.map((r) => r.floor.batch_p99_us / 1000)), windows, rounds: rounds.length, lost: most(runs.map((r) => r.lost)),
      errors: most(runs.map((r) => r.errors)), disturbed: most(runs.map((r) => r.disturbed)) }
  })

export const durableSqlite = () => durable('durable sends, SQLite', { cpus: both }, floorSqlite)

// A cluster that has run for a while: it recycles the segments of its log. A new one fills each with zeros first and waits for the disk, 16 MB at a time.
function age(url) {
  const megabytes = setting.quick ? 64 : 640
  execFileSync('psql', ['-qAt', url, '-c', `SELECT count(pg_logical_emit_message(false, '', repeat('x', 1000000))) FROM generate_series(1, ${megabytes})`, '-c', 'CHECKPOINT'])
}

export const durablePostgres = () => withPostgres((url) => {
  age(url)
  return durable('durable sends, PostgreSQL', { cpus: both, env: { SUHBAT_DATABASE: url } }, () => floorPostgres(url))
})

// ---- a room with years behind it, beside a young one

async function furnish(data, sizes) {
  const made = await withServer({ data }, async (server) => {
    const [account] = await signUp(server, 1), rooms = []
    for (const n of sizes) rooms.push((await makeRoom(server, account.token, `room of ${n}`)).id)
    return { account, rooms }
  })
  const heads = []
  for (const [i, n] of sizes.entries()) heads.push((await measure(serverCpu, [program('bench/fill'), join(data, 'suhbat.db'), made.rooms[i], made.account.id, n])).head)
  return { ...made, heads }
}

function history(young, old) {
  const pair = (key) => old.bands.map((band, i) => ({ old: band[key], young: young.bands[i][key], ratio: band[key] / young.bands[i][key] }))
  const depths = ['the newest page', 'newest quarter', 'second quarter', 'third quarter', 'oldest quarter']
  const time = pair('p50_us'), cpu = pair('cpu_us'), worst = most([...time, ...cpu].map((b) => b.ratio))
  return { kind: 'history', case: 'history: a page of 50', goal: 2, met: worst <= 2, ratio: worst, messages: [young.messages, old.messages],
    bands: depths.map((depth, i) => ({ depth, young_us: time[i].young, old_us: time[i].old, ratio: time[i].ratio, young_p99_us: young.bands[i].p99_us, old_p99_us: old.bands[i].p99_us,
      young_cpu_us: cpu[i].young, old_cpu_us: cpu[i].old, cpu_ratio: cpu[i].ratio, bytes: old.bands[i].bytes })) }
}

async function resume(server, account, room, head, behind) {
  const row = ['/api/v1/gateway', room, bearer(account)]
  const run = async (n) => {
    const f = await load(server, clientsFile(Array.from({ length: n }, () => row)), ['--mode', 'resume', '--head', head, '--behind', behind, '--connect-window', n])
    await sleep(300)
    if (f.delivered !== n * behind || f.lost) throw new Error(`resume: ${f.delivered} events, ${f.lost} lost`)
    return f
  }
  const alone = []
  await run(1)
  for (let i = 0; i < Math.max(5, setting.rounds); i++) alone.push(await run(1))
  const crowd = await run(40)
  return { kind: 'resume', case: `resume: ${behind} messages behind`, behind, ms: median(alone.map((f) => f.p50_ms)), ms_spread: spread(alone.map((f) => f.p50_ms)),
    cpu_ms: median(alone.map((f) => f.cpu_us / 1000)), bytes: alone[0].bytes_in, crowd: 40, crowd_p50_ms: crowd.p50_ms, crowd_p99_ms: crowd.p99_ms,
    crowd_cpu_ms_each: crowd.cpu_us / 40 / 1000, disturbed: most(alone.map((f) => f.disturbed)) }
}

export async function reads() {
  const data = mkdtempSync(join(work, 'years-')), since = Date.now()
  const { account, rooms, heads } = await furnish(data, setting.quick ? [5000, 200000] : [5000, 5000000])
  const filled_s = (Date.now() - since) / 1000
  try {
    return await withServer({ data }, async (server) => {
      const places = rooms.map((room, i) => `${room}:${heads[i]}`)
      const found = await measure(loadCpu, [program('bench/pages'), server.port, server.pid, setting.quick ? 5 : 40, ...places], { BENCH_TOKEN: account.token })
      const [young, old] = found.rooms
      return [{ ...history(young, old), filled_s }, await resume(server, account, rooms[1], heads[1], 10000)]
    })
  } finally {
    rmSync(data, { recursive: true })
  }
}
