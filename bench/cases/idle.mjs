// Idle connections: authenticated, subscribed, silent but for their heartbeats. Resident bytes by growth of the whole server process.
import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { bearer, clientsFile, load, serve, setting, signUp, socketsMax, stop, withServer, work } from '../lab.mjs'

// The limit is 50, kept in counters that two accounts may come to share: half of it for each is always granted.
const SOCKETS_PER_ACCOUNT = 24
const GOAL_BYTES = 1024

const gatewayRow = (account) => ['/api/v1/gateway', 0, bearer(account)]
const lobbyRow = (account, i) => [`/ws/bench${i}`, 0, bearer(account)]
function rowsFor(accounts, n, row) {
  const each = Math.ceil(n / accounts.length)
  if (each > SOCKETS_PER_ACCOUNT) throw new Error('too few accounts')
  return clientsFile(Array.from({ length: n }, (_, i) => row(accounts[i % accounts.length], i % accounts.length)))
}
const people = (server, n) => signUp(server, Math.ceil(n / SOCKETS_PER_ACCOUNT))

// A gateway's client says ping every 30 s: one heartbeat each is measured, so two are a minute. The lobby's server asks after 45 s of silence.
const gatewayIdle = () => ({ row: gatewayRow, seconds: setting.quick ? 3 : 30, perMinute: 2, more: ['--heartbeat'] })
const lobbyIdle = () => ({ row: lobbyRow, seconds: setting.quick ? 3 : 45, perMinute: setting.quick ? 20 : 60 / 45, more: ['--connect-window', 2000] })

// A few connections first: what the process loads at its first use is not a connection's.
async function settle(server, accounts, row) {
  await load(server, rowsFor(accounts, Math.min(accounts.length, 20), row), ['--mode', 'idle', '--warmup', 0.5, '--seconds', 0.5])
}
const idle = (server, accounts, n, { row, seconds, more }, steps) =>
  load(server, rowsFor(accounts, n, row), ['--mode', 'idle', '--warmup', setting.quick ? 0.5 : 2, '--seconds', seconds, ...more, ...steps.flatMap((s) => ['--step', s])])

function figures(name, goal, f, n, perMinute) {
  const rss = [{ clients: 0, rss: f.rss_before }, ...f.steps]
  const steps = f.steps.map((s, i) => ({ connections: s.clients, bytes_each: (s.rss - rss[i].rss) / (s.clients - rss[i].clients) }))
  const sum = (key) => f.steps.reduce((total, s) => total + s[key], 0)
  const bytes = (f.steps.at(-1).rss - f.rss_before) / n
  return { kind: 'idle', case: name, goal, ...(goal && { met: bytes <= goal && f.lost === 0 }), connections: n, bytes_per_connection: bytes, steps,
    connections_per_s: n / (sum('connect_us') / 1e6), cpu_us_per_connection_made: sum('cpu_us') / n,
    cpu_us_per_idle_connection_minute: (f.cpu_us / n) * perMinute, bytes_per_connection_after: (f.rss_after - f.rss_before) / n, lost: f.lost, disturbed: f.disturbed }
}

const oneProcess = (name, goal, n, steps, how, options) => withServer(options, async (server) => {
  const accounts = options.accounts ?? (await people(server, n))
  await settle(server, accounts, how.row)
  return figures(name, goal, await idle(server, accounts, n, how, steps), n, how.perMinute)
})
const sizes = () => (setting.quick ? [1000, 2000, 4000] : [5000, 10000, 19000]).map((n) => Math.min(n, socketsMax))

export const gateway = () => {
  const [a, b, n] = sizes()
  return oneProcess('idle, gateway', GOAL_BYTES, n, [a, b], gatewayIdle(), {})
}
export const lobby = () => {
  const [a, b, n] = sizes()
  return oneProcess('idle, lobby', GOAL_BYTES, n, [a, b], lobbyIdle(), { env: { SUHBAT_LOBBY_HISTORY: '1' } })
}

// ---- TLS: the accounts are made before the server speaks it, because this script's own HTTP client would not believe the certificate

function certificate() {
  const cert = join(work, 'cert.pem'), key = join(work, 'key.pem')
  const command = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', cert]
  const made = spawnSync('openssl', command, { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`openssl: ${made.error?.message ?? made.stderr}`)
  return ['--tls-cert', cert, '--tls-key', key]
}

export const tls = async () => {
  const n = setting.quick ? 500 : 5000, data = mkdtempSync(join(work, 'tls-'))
  const accounts = await withServer({ data }, (server) => people(server, n))
  return oneProcess('idle, gateway, TLS', null, n, [n / 5], gatewayIdle(), { data, accounts, tls: true, flags: certificate() })
}

// ---- several processes: nobody may have more files than the limit, so the load comes from as many

export const many = async () => {
  const nServers = 6, total = setting.quick ? 6000 : 100000, n = Math.min(Math.ceil(total / nServers), socketsMax)
  const servers = []
  try {
    for (let i = 0; i < nServers; i++) servers.push(await serve())
    const accounts = []
    for (const server of servers) {
      accounts.push(await people(server, n))
      await settle(server, accounts.at(-1), gatewayRow)
    }
    const since = Date.now()
    const runs = await Promise.all(servers.map((server, i) => idle(server, accounts[i], n, gatewayIdle(), [])))
    const sum = (f) => runs.reduce((all, r) => all + f(r), 0), of = nServers * n
    const each = runs.map((r) => (r.steps[0].rss - r.rss_before) / n)
    const bytes = sum((r) => r.steps[0].rss - r.rss_before) / of
    return { kind: 'idle', case: `idle, gateway, ${nServers} processes`, goal: GOAL_BYTES, met: bytes <= GOAL_BYTES && sum((r) => r.lost) === 0, connections: of,
      bytes_per_connection: bytes, bytes_spread: [Math.min(...each), Math.max(...each)], connections_per_s: of / (Math.max(...runs.map((r) => r.steps[0].connect_us)) / 1e6),
      cpu_us_per_connection_made: sum((r) => r.steps[0].cpu_us) / of, cpu_us_per_idle_connection_minute: (sum((r) => r.cpu_us) / of) * 2,
      lost: sum((r) => r.lost), seconds: (Date.now() - since) / 1000 }
  } finally {
    await Promise.all(servers.map((server) => stop(server.child)))
  }
}
