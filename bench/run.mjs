// make bench: runs every case in paired rounds against its floor, prints one JSON line per case, and writes docs/performance.md.
// usage: node bench/run.mjs [--build DIR] [--rounds N] [--seconds S] [--only CASE,CASE] [--report FILE]
// The server runs on processor 0, the load on processor 1; everything on loopback addresses; each started process is ended by its pid.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { report } from './report.mjs'

const args = Object.fromEntries(process.argv.slice(2).join(' ').split('--').filter(Boolean).map((a) => a.trim().split(' ')))
const build = args.build ?? 'build'
const rounds = Number(args.rounds ?? 5)
const seconds = Number(args.seconds ?? 4)
const only = args.only?.split(',')
const work = mkdtempSync(join(tmpdir(), 'suhbat-bench-'))

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })

const start = (command, cpu, env = {}) => {
  const child = spawn('taskset', ['-c', String(cpu), ...command], { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] })
  child.gone = new Promise((done) => child.once('exit', done))
  return child
}
const stop = async (child, signal = 'SIGTERM') => {
  child.kill(signal)
  await child.gone
}
const load = (port, pid, clients, more) =>
  new Promise((done, fail) => {
    const command = ['-c', '1', join(build, 'bench/load'), '--port', port, '--pid', pid, '--clients', clients, ...more].map(String)
    const child = spawn('taskset', command, { stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    child.stdout.on('data', (d) => (out += d))
    child.once('exit', (code) => (out ? done({ ...JSON.parse(out), status: code }) : fail(new Error(`load ended with ${code}`))))
  })

// ---- the server under test, with its accounts

async function serve(env = {}, more = []) {
  const port = await freePort()
  const data = mkdtempSync(join(work, 'data-'))
  const child = start([join(build, 'suhbat'), 'serve', '--listen', `127.0.0.1:${port}`, '--data', data, '--loops', '1', ...more], 0, {
    SUHBAT_BCRYPT_COST: '4', SUHBAT_RATE_LIMITS: 'off', SUHBAT_LOG_LEVEL: 'error', ...env })
  const origin = `http://127.0.0.1:${port}`
  for (let i = 0; i < 300; i++) {
    if (await fetch(`${origin}/health`).then((r) => r.ok, () => false)) return { child, port, origin, data }
    await sleep(50)
  }
  throw new Error('the server did not come up')
}

async function call(server, method, path, token, body) {
  const answer = await fetch(server.origin + path, { method, headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return text ? JSON.parse(text) : null
}

// Sign-ups several at a time; answers in order.
async function inTurns(n, atOnce, work) {
  const out = new Array(n)
  let next = 0
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < n) {
      const i = next++
      out[i] = await work(i)
    }
  }))
  return out
}
const signUp = (server, n) => inTurns(n, 16, async (i) => {
  const grant = await call(server, 'POST', '/api/v1/accounts', null, { username: `bench${i}`, password: 'correct horse', invite: null })
  return { id: grant.account.id, token: grant.access_token }
})
const lobbyToken = (server, i) =>
  call(server, 'POST', '/auth/login', null, { username: `bench${i}`, password: 'correct horse' }).then((a) => a.access_token)

const clientsFile = (name, rows) => {
  const path = join(work, name)
  writeFileSync(path, rows.map((r) => r.join('\t')).join('\n') + '\n')
  return path
}

// ---- pairs of server and floor

async function floor(how, rows, more) {
  const port = await freePort()
  const child = start([join(build, 'bench/floor_fanout'), port, how], 0)
  await sleep(200)
  const figures = await load(port, child.pid, clientsFile('floor.tsv', rows), ['--mode', 'lobby', '--floor', '--seconds', seconds, ...more])
  await Promise.race([child.gone, stop(child, 'SIGKILL')])
  return figures
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]
const spread = (list) => [Math.min(...list), Math.max(...list)]

async function paired(name, goal, server, floorRun) {
  const pairs = []
  for (let i = 0; i < rounds; i++) {
    const ours = await server()
    const bytesEach = ours.delivered ? Math.round(ours.bytes_in / ours.delivered) : 128
    const theirs = await floorRun(bytesEach)
    pairs.push({ ours: ours.deliveries_per_cpu_s, floor: theirs.deliveries_per_cpu_s, ratio: ours.deliveries_per_cpu_s / theirs.deliveries_per_cpu_s,
      p50: ours.p50_ms, p99: ours.p99_ms, per_s: ours.delivered / ours.seconds, lost: ours.lost, errors: ours.errors, bytes: bytesEach })
  }
  const ratios = pairs.map((p) => p.ratio)
  return { case: name, goal, ratio: median(ratios), ratio_spread: spread(ratios), ours: median(pairs.map((p) => p.ours)), floor: median(pairs.map((p) => p.floor)),
    deliveries_per_s: median(pairs.map((p) => p.per_s)), p50_ms: median(pairs.map((p) => p.p50)), p99_ms: median(pairs.map((p) => p.p99)),
    bytes_per_delivery: pairs[0].bytes, rounds, lost: Math.max(...pairs.map((p) => p.lost)), errors: Math.max(...pairs.map((p) => p.errors)) }
}

async function withServer(run, env, more) {
  const server = await serve(env, more)
  try {
    return await run(server)
  } finally {
    await stop(server.child)
    rmSync(server.data, { recursive: true })
  }
}

async function lobbyClients(server, generation) {
  const accounts = await signUp(server, 20)
  const tokens = await inTurns(20, 4, (i) => lobbyToken(server, i))
  return clientsFile('lobby.tsv', Array.from({ length: 1000 }, (_, i) =>
    generation === 'A' ? [`/ws/bench${i % 20}`, 0, `Authorization: Bearer ${accounts[i % 20].token}`] : [`/ws/${tokens[i % 20]}`, 0]))
}

const lobbyCase = (name, goal, generation, how, more) => () =>
  withServer(async (server) => {
    const clients = await lobbyClients(server, generation)
    return paired(name, goal, () => load(server.port, server.child.pid, clients, ['--mode', 'lobby', '--seconds', seconds, '--label', name, ...more]),
      (bytes) => floor(how, Array.from({ length: 1000 }, () => ['/ws/all', 0]), ['--text-bytes', bytes - (bytes > 128 ? 4 : 2), ...more]))
  }, { SUHBAT_LOBBY_HISTORY: '50' })

async function roomClients(server, nRooms, each) {
  const accounts = await signUp(server, nRooms * each)
  const rooms = await inTurns(nRooms, 8, async (r) => {
    const members = accounts.slice(r * each, (r + 1) * each)
    return call(server, 'POST', '/api/v1/rooms', members[0].token, { kind: 'group', name: `room ${r}`, public: false, members: members.slice(1).map((m) => m.id) })
  })
  return clientsFile('rooms.tsv', accounts.map((a, i) => [`/api/v1/gateway`, rooms[Math.floor(i / each)].id, `Authorization: Bearer ${a.token}`]))
}

const roomsCase = (name, goal, mode) => () =>
  withServer(async (server) => {
    const clients = await roomClients(server, 200, 10)
    return paired(name, goal, () => load(server.port, server.child.pid, clients, ['--mode', mode, '--senders', 2000, '--seconds', seconds, '--label', name]),
      (bytes) => floor('turn', Array.from({ length: 2000 }, (_, i) => [`/room/${Math.floor(i / 10)}`, 0]),
        ['--senders', 2000, '--text-bytes', Math.max(60, bytes - (bytes > 128 ? 4 : 2))]))
  })

const idleCase = (name, path, n) => () =>
  withServer(async (server) => {
    const accounts = await signUp(server, 400)
    const clients = clientsFile('idle.tsv', Array.from({ length: n }, (_, i) =>
      [path ?? `/ws/bench${i % 400}`, 0, `Authorization: Bearer ${accounts[i % 400].token}`]))
    await load(server.port, server.child.pid, clientsFile('few.tsv', [[path ?? '/ws/bench0', 0, `Authorization: Bearer ${accounts[0].token}`]]),
      ['--mode', 'idle', '--warmup', 1, '--seconds', 1])
    const f = await load(server.port, server.child.pid, clients, ['--mode', 'idle', '--warmup', 3, '--seconds', 20, '--label', name])
    return { case: name, goal: 1024, bytes_per_connection: (f.rss_after - f.rss_before) / n, connections: n, connections_per_s: n / f.connect_s,
      cpu_us_per_connection_made: f.connect_cpu_us / n, cpu_us_per_idle_connection_minute: (f.idle_cpu_us / n) * 3, lost: f.lost }
  }, { SUHBAT_LOBBY_HISTORY: '1' })

const durableCase = (name, url) => () =>
  withServer(async (server) => {
    const accounts = await signUp(server, 64)
    const room = await call(server, 'POST', '/api/v1/rooms', accounts[0].token, { kind: 'group', name: 'durable', public: false, members: [] })
    const rooms = [room.id]
    for (let i = 1; i < 64; i++) rooms.push((await call(server, 'POST', '/api/v1/rooms', accounts[i].token, { kind: 'group', name: `durable ${i}`, public: false, members: [] })).id)
    const clients = clientsFile('durable.tsv', accounts.map((a, i) => ['/api/v1/gateway', rooms[i], `Authorization: Bearer ${a.token}`]))
    const floors = [], ours = [], p99 = []
    for (let i = 0; i < rounds; i++) {
      const f = await load(server.port, server.child.pid, clients, ['--mode', 'gateway', '--senders', 64, '--window', 4, '--seconds', seconds, '--label', name])
      ours.push(f.acks_per_s), p99.push(f.p99_ms)
      const program = url ? ['floor_postgres', url] : ['floor_sqlite', join(work, `floor-${i}.db`)]
      const run = spawnSync('taskset', ['-c', '0', join(build, 'bench', program[0]), '64', '200000', program[1]], { encoding: 'utf8' })
      floors.push(JSON.parse(run.stdout).rows_per_s)
    }
    const ratios = ours.map((o, i) => o / floors[i])
    return { case: name, goal: 0.5, ratio: median(ratios), ratio_spread: spread(ratios), acks_per_s: median(ours), floor_rows_per_s: median(floors), p99_ms: median(p99), rounds }
  }, url ? { SUHBAT_DATABASE_URL: url } : {})

const cases = {
  F1A: lobbyCase('F1 lobby, plain text, one in flight', 0.9, 'A', 'each', ['--all-received']),
  F1B: lobbyCase('F1 lobby, JSON, one in flight', 0.9, 'B', 'each', ['--all-received']),
  F2A: lobbyCase('F2 lobby, plain text, 10 senders of 16', 0.5, 'A', 'turn', ['--senders', 10, '--window', 16]),
  F2B: lobbyCase('F2 lobby, JSON, 10 senders of 16', 0.5, 'B', 'turn', ['--senders', 10, '--window', 16]),
  F3M: roomsCase('F3 200 rooms of 10, messages', 0.2, 'gateway'),
  F3T: roomsCase('F3 200 rooms of 10, typing', 0.6, 'typing'),
  IDLE: idleCase('idle gateway sockets', '/api/v1/gateway', 19000),
  IDLEL: idleCase('idle lobby sockets', null, 19000),
  DURABLE: durableCase('durable sends, SQLite'),
  ...(process.env.DATABASE_URL && { DURABLEPG: durableCase('durable sends, PostgreSQL', process.env.DATABASE_URL) }),
}

const results = []
for (const [key, run] of Object.entries(cases)) {
  if (only && !only.includes(key)) continue
  const result = await run()
  results.push(result)
  console.log(JSON.stringify(result))
}
rmSync(work, { recursive: true })
if (args.report) report(args.report, results, { rounds, seconds })
