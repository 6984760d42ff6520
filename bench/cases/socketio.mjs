// Socket.IO: an event of the desk to everybody who joined its chat, beside the same message through our own gateway and beside the npm server; and idle
// connections. Messages are posted over HTTP in all three, to us in the same words.
import { spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bearer, call, clientsFile, freePort, load, makeRoom, median, most, password, program, serverCpu, setting, signUp, sleep, socketsMax, spread, start, stop, withServer, work } from '../lab.mjs'

const SUBSCRIBERS = 1000, SOCKETS_PER_ACCOUNT = 24 // see idle.mjs
const GOAL_RATIO = 0.8, GOAL_BYTES = 1536
// With 128 bytes one side's frames would be shorter than 536 bytes, the other's longer. A Linux client acknowledges every frame of the longer ones and every second of
// the shorter, and that alone moved the server's CPU by a fourth: so all three are longer.
const TEXT_BYTES = 256
const here = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const secret = 'a secret of the bench, 32 bytes.'

const socketioPath = '/socket.io/?EIO=4&transport=websocket'
const joins = (chat) => `42["join-chat",${JSON.stringify({ chatId: chat })}]`

// An administrator from the command line, so that accounts can become agents.
async function withDesk(run) {
  const data = mkdtempSync(join(work, 'desk-'))
  const made = spawnSync(program('src/app/suhbat'), ['create-admin', '--data', data, '--username', 'boss', '--password-stdin'], { input: password, encoding: 'utf8', cwd: work })
  if (made.status !== 0) throw new Error(`create-admin: ${made.stderr}`)
  return withServer({ data, env: { SUHBAT_DESK_SECRET: secret } }, async (server) => {
    const boss = (await call(server, 'POST', '/api/v1/sessions', null, { username: 'boss', password })).access_token
    return run(server, boss)
  })
}

// Supervisors: they may listen to every chat.
async function agents(server, boss, n) {
  const accounts = await signUp(server, n)
  for (const { id } of accounts) await call(server, 'PUT', `/api/v1/desk/agents/${id}`, boss, { role: 'supervisor', capacity: 0 })
  return accounts
}

// A signed customer's chat, taken by the first agent, who may write in it.
async function customerChat(server, agent) {
  const userId = 'bench', userSignature = createHmac('sha256', secret).update(userId).digest('hex')
  const { chat } = await call(server, 'POST', '/api/chats', null, { userId, userSignature, userName: 'Customer' })
  const taken = await call(server, 'POST', '/api/v1/desk/next', agent.token, {})
  return { id: chat._id, room: taken.room }
}

// The same way in for both: what differs is what stands between the message and the sockets.
const posts = (room, agent) => ['--post', `/api/v1/rooms/${room}/messages`, '--post-body', '{"text":"%s","key":null,"reply_to":null}', '--post-header', bearer(agent)]

const socketioClients = (accounts, n, hello) =>
  clientsFile(Array.from({ length: n }, (_, i) => [socketioPath, 0, JSON.stringify({ token: accounts[i % accounts.length].token }), ...(hello ? [hello] : [])]))

async function npmServer(run) {
  const port = await freePort()
  const child = start(serverCpu, [process.execPath, join(here, 'floor_socketio.mjs'), port], { env: { NODE_ENV: 'production' }, cwd: here })
  try {
    for (let i = 0; i < 100 && !(await fetch(`http://127.0.0.1:${port}/`).then((r) => r.ok, () => false)); i++) await sleep(50)
    return await run({ port, pid: child.pid })
  } finally {
    await stop(child, 'SIGKILL')
  }
}

const listen = (server, clients, post, more) =>
  load(server, clients, ['--mode', 'gateway', '--awake', '--event', 'new-message', '--text-bytes', TEXT_BYTES, '--seconds', setting.seconds, ...post, ...more])

async function fanned(name, more, server, { gateway, gatewayPost, desk, deskPost }) {
  const rounds = []
  for (let i = 0; i < setting.rounds; i++) {
    const own = await listen(server, gateway, gatewayPost, more)
    const ours = await listen(server, desk, deskPost, more)
    const npm = await npmServer((s) => listen(s, clientsFile(Array.from({ length: SUBSCRIBERS }, () => [socketioPath, 0, '{}', joins('abc')])),
      ['--post', '/api/messages', '--post-body', '{"chatId":"abc","senderId":"bench","senderType":"user","senderName":"Customer","content":"%s"}'], more))
    if (!own.delivered || !ours.delivered || !npm.delivered) throw new Error('nothing was delivered')
    rounds.push({ own, ours, npm, ratio: ours.deliveries_per_cpu_s / own.deliveries_per_cpu_s, npm_ratio: ours.deliveries_per_cpu_s / npm.deliveries_per_cpu_s })
  }
  const all = (f) => rounds.map(f), ratio = median(all((r) => r.ratio))
  return { kind: 'socketio', case: name, goal: GOAL_RATIO, met: ratio >= GOAL_RATIO, ratio, ratio_spread: spread(all((r) => r.ratio)),
    npm_ratio: median(all((r) => r.npm_ratio)), npm_ratio_spread: spread(all((r) => r.npm_ratio)), rounds: rounds.length,
    ours: median(all((r) => r.ours.deliveries_per_cpu_s)), own: median(all((r) => r.own.deliveries_per_cpu_s)), npm: median(all((r) => r.npm.deliveries_per_cpu_s)),
    p50_ms: median(all((r) => r.ours.p50_ms)), p99_ms: median(all((r) => r.ours.p99_ms)), frame_bytes: rounds[0].ours.frame_bytes_each, own_frame_bytes: rounds[0].own.frame_bytes_each,
    npm_frame_bytes: rounds[0].npm.frame_bytes_each, lost: most(all((r) => r.ours.lost + r.own.lost + r.npm.lost)), errors: most(all((r) => r.ours.errors + r.own.errors + r.npm.errors)),
    disturbed: most(all((r) => Math.max(r.ours.disturbed, r.own.disturbed, r.npm.disturbed))) }
}

export const fan = () => withDesk(async (server, boss) => {
  const accounts = await agents(server, boss, Math.ceil(SUBSCRIBERS / SOCKETS_PER_ACCOUNT)), chat = await customerChat(server, accounts[0])
  const room = await makeRoom(server, accounts[0].token, 'bench', accounts.slice(1).map((a) => a.id))
  const on = {
    gateway: clientsFile(Array.from({ length: SUBSCRIBERS }, (_, i) => ['/api/v1/gateway', room.id, bearer(accounts[i % accounts.length])])),
    gatewayPost: posts(room.id, accounts[0]),
    desk: socketioClients(accounts, SUBSCRIBERS, joins(chat.id)),
    deskPost: posts(chat.room, accounts[0]),
  }
  return [await fanned('Socket.IO new-message, one in flight', ['--all-received'], server, on), await fanned('Socket.IO new-message, 16 in flight', ['--posters', 16], server, on)]
})

// Pings come from the server every 25 s and are answered: what is measured lasts two of them.
export const idle = () => withDesk(async (server, boss) => {
  const steps = (setting.quick ? [500, 1000, 2000] : [5000, 10000, 19000]).map((n) => Math.min(n, socketsMax)), n = steps.at(-1)
  const accounts = await agents(server, boss, Math.ceil(n / SOCKETS_PER_ACCOUNT)), chat = await customerChat(server, accounts[0])
  const idleFor = (clients, seconds, more) => load(server, clients, ['--mode', 'idle', '--warmup', setting.quick ? 0.5 : 2, '--seconds', seconds, ...more])
  await idleFor(socketioClients(accounts, Math.min(accounts.length, 20), joins(chat.id)), 0.5, [])
  const seconds = setting.quick ? 3 : 50
  const f = await idleFor(socketioClients(accounts, n, joins(chat.id)), seconds, steps.slice(0, -1).flatMap((s) => ['--step', s]))
  const rss = [{ clients: 0, rss: f.rss_before }, ...f.steps], sum = (key) => f.steps.reduce((total, s) => total + s[key], 0)
  const bytes = (f.steps.at(-1).rss - f.rss_before) / n
  return { kind: 'idle', case: 'idle, Socket.IO', goal: GOAL_BYTES, met: bytes <= GOAL_BYTES && f.lost === 0, connections: n, bytes_per_connection: bytes,
    steps: f.steps.map((s, i) => ({ connections: s.clients, bytes_each: (s.rss - rss[i].rss) / (s.clients - rss[i].clients) })),
    connections_per_s: n / (sum('connect_us') / 1e6), cpu_us_per_connection_made: sum('cpu_us') / n,
    cpu_us_per_idle_connection_minute: (f.cpu_us / n) * (60 / seconds), bytes_per_connection_after: (f.rss_after - f.rss_before) / n, lost: f.lost, disturbed: f.disturbed }
})
