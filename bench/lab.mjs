// What every case needs: programs on their own processors, a server with accounts, the load generator, a PostgreSQL for a while, statistics.
// Everything listens on loopback addresses and free ports; each started process is ended by its own handle.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
export const work = mkdtempSync(join(tmpdir(), 'suhbat-bench-'))
export const setting = { build: join(root, 'build'), rounds: 5, seconds: 4, quick: false }

// ---- processors: the first we may use is the server's, the second the load's

function allowedProcessors() {
  const list = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]
  return list.split(',').flatMap((part) => {
    const [a, b = a] = part.split('-').map(Number)
    return Array.from({ length: b - a + 1 }, (_, i) => a + i)
  })
}
export const processors = allowedProcessors()
export const serverCpu = processors[0]
export const loadCpu = processors[1] ?? processors[0]
export const model = cpus()[0].model

// Sockets that one process may have, with room for its other files.
export const socketsMax = Number(/Max open files\s+\S+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))[1]) - 500

// ---- processes

// The environment of whoever runs the bench must not configure the servers.
const cleanEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(SUHBAT_.*|DATABASE_URL|PORT|SECRET_KEY|ACCESS_TOKEN_EXPIRE_MINUTES|CORS_ORIGINS?)$/.test(name)))
const running = new Set()

export function start(cpu, command, { env = {}, input, output = 'ignore', cwd = work } = {}) {
  const stdio = [input === undefined ? 'ignore' : 'pipe', output, 'inherit']
  const child = spawn('taskset', ['-c', String(cpu), ...command.map(String)], { env: { ...cleanEnvironment, ...env }, cwd, stdio })
  child.stdin?.end(input)
  running.add(child)
  child.gone = new Promise((done) => child.once('exit', (code) => (running.delete(child), done(code))))
  return child
}
export async function stop(child, signal = 'SIGTERM') {
  child.kill(signal)
  await child.gone
}
export const program = (name) => join(setting.build, name)

// Runs a program that prints one JSON line.
export async function measure(cpu, command, env, input) {
  const child = start(cpu, command, { env, input, output: 'pipe' })
  let out = ''
  child.stdout.on('data', (d) => (out += d))
  const closed = new Promise((done) => child.stdout.once('close', done))
  const code = await child.gone
  await closed
  if (!out) throw new Error(`${basename(command[0])} ended with ${code}`)
  return JSON.parse(out)
}
export function cleanUp() {
  for (const child of running) child.kill('SIGKILL')
  rmSync(work, { recursive: true, force: true })
}

export const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })

// A throw-away cluster lives as long as its standard input is open.
export async function withPostgres(run) {
  const child = spawn(join(root, 'tests/tools/with-postgres'), ['sh', '-c', 'echo "$DATABASE_URL"; exec cat'], { cwd: work, stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = new Promise((done) => child.once('exit', done))
  const url = await Promise.race([new Promise((done) => child.stdout.once('data', (d) => done(String(d).trim()))), gone.then(() => null)])
  if (!url) return null
  try {
    return await run(url)
  } finally {
    child.stdin.end()
    await gone
  }
}

// User and system, of all threads. Ticks are hundredths of a second.
export function processCpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

// Resident bytes now, and at most since the mark was taken back.
export function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8'), of = (name) => Number(new RegExp(`${name}:\\s*(\\d+)`).exec(status)[1]) * 1024
  return { now: of('VmRSS'), most: of('VmHWM') }
}
export const forgetMostMemory = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, '5')

// ---- the server under test

export async function serve({ data = mkdtempSync(join(work, 'data-')), env = {}, flags = [], tls = false, cpus: on = serverCpu } = {}) {
  const port = await freePort()
  const command = [program('src/app/suhbat'), 'serve', '--listen', `127.0.0.1:${port}`, '--data', data, '--loops', 1, ...flags]
  const child = start(on, command, { cwd: data, env: { SUHBAT_BCRYPT_COST: '4', SUHBAT_RATE_LIMITS: 'off', SUHBAT_LOG_LEVEL: 'error', ...env } })
  const origin = `http://127.0.0.1:${port}`
  const answers = () => (tls ? listens(port) : fetch(`${origin}/health`).then((r) => r.ok, () => false))
  for (let i = 0; i < 600; i++) {
    if (await answers()) return { child, pid: child.pid, port, origin, data, tls }
    if (child.exitCode !== null) break
    await sleep(50)
  }
  child.kill('SIGKILL')
  throw new Error('the server did not come up')
}
const listens = (port) => spawnSync(process.execPath, ['-e', `require('net').connect(${port},'127.0.0.1').on('error',()=>process.exit(1)).on('connect',()=>process.exit(0))`]).status === 0

export async function withServer(options, run) {
  const server = await serve(options)
  try {
    return await run(server)
  } finally {
    await stop(server.child)
    if (!options.data) rmSync(server.data, { recursive: true })
  }
}

export async function call(server, method, path, token, body) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const answer = await fetch(server.origin + path, { method, headers, body: body && JSON.stringify(body) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return text ? JSON.parse(text) : null
}

// Several at a time; answers in order.
export async function inTurns(n, atOnce, one) {
  const out = new Array(n)
  let next = 0
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < n) {
      const i = next++
      out[i] = await one(i)
    }
  }))
  return out
}

export const password = 'correct horse'
export const signUp = (server, n) =>
  inTurns(n, 16, async (i) => {
    const grant = await call(server, 'POST', '/api/v1/accounts', null, { username: `bench${i}`, password, invite: null })
    return { id: grant.account.id, token: grant.access_token }
  })
export const makeRoom = (server, token, name, members = []) =>
  call(server, 'POST', '/api/v1/rooms', token, { kind: 'group', name, public: false, members })

// ---- the load generator

let files = 0
export function clientsFile(rows) {
  const path = join(work, `clients-${files++}.tsv`)
  writeFileSync(path, rows.map((r) => r.join('\t')).join('\n') + '\n')
  return path
}
export const bearer = (account) => `Authorization: Bearer ${account.token}`
export const load = (server, clients, more) =>
  measure(loadCpu, [program('bench/load'), '--port', server.port, '--pid', server.pid, '--clients', clients, ...(server.tls ? ['--tls'] : []), ...more])

// ---- statistics

export const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b), middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
export const spread = (list) => [Math.min(...list), Math.max(...list)]
export const most = (list) => Math.max(...list)
export { sleep }
