// Fan-out: a message to everybody in its room, each case paired round by round with the floor that frames once and hands to the kernel.
import { bearer, call, clientsFile, freePort, inTurns, load, makeRoom, median, most, password, program, serverCpu, setting, signUp, sleep, spread, start, stop, withServer } from '../lab.mjs'

const LOBBY_CLIENTS = 1000, LOBBY_ACCOUNTS = 42 // 24 sockets an account: see idle.mjs
const ROOMS = 200, EACH = 10

// The floor hears what our clients say and sends frames exactly as long as ours.
async function floor(kind, paths, ours, more) {
  const port = await freePort()
  const child = start(serverCpu, [program('bench/floor_fanout'), port, kind, Math.round(ours.frame_bytes_each)])
  await sleep(200)
  try {
    const figures = await load({ port, pid: child.pid }, clientsFile(paths.map((p) => [p, 0])),
      ['--mode', 'lobby', '--awake', '--floor', '--seconds', setting.seconds, '--text-bytes', Math.round(ours.sent_bytes_each), ...more])
    const wanted = ours.frame_bytes_each, got = figures.frame_bytes_each
    if (Math.abs(wanted - got) > (wanted > 126 && wanted < 131 ? 3 : 1)) throw new Error(`the floor's frames have ${got} bytes, ours ${wanted}`)
    return figures
  } finally {
    await stop(child, 'SIGKILL')
  }
}

async function paired(name, goal, ours, theirs) {
  const pairs = []
  for (let i = 0; i < setting.rounds; i++) {
    const a = await ours(), b = await theirs(a)
    if (!a.delivered || !b.delivered) throw new Error('nothing was delivered')
    pairs.push({ a, b, ratio: a.deliveries_per_cpu_s / b.deliveries_per_cpu_s })
  }
  const all = (f) => pairs.map(f), ratio = median(all((p) => p.ratio))
  return { kind: 'fan', case: name, goal, met: ratio >= goal, ratio, ratio_spread: spread(all((p) => p.ratio)), rounds: pairs.length,
    ours: median(all((p) => p.a.deliveries_per_cpu_s)), floor: median(all((p) => p.b.deliveries_per_cpu_s)),
    deliveries_per_s: median(all((p) => p.a.delivered / p.a.seconds)), p50_ms: median(all((p) => p.a.p50_ms)), p99_ms: median(all((p) => p.a.p99_ms)),
    frame_bytes: pairs[0].a.frame_bytes_each, lost: most(all((p) => p.a.lost + p.b.lost)), errors: most(all((p) => p.a.errors)),
    disturbed: most(all((p) => Math.max(p.a.disturbed, p.b.disturbed))) }
}

async function lobbyClients(server, generation) {
  const accounts = await signUp(server, LOBBY_ACCOUNTS)
  const tokens = await inTurns(LOBBY_ACCOUNTS, 4, (i) => call(server, 'POST', '/auth/login', null, { username: `bench${i}`, password }))
  return clientsFile(Array.from({ length: LOBBY_CLIENTS }, (_, i) => i % LOBBY_ACCOUNTS).map((i) =>
    generation === 'A' ? [`/ws/bench${i}`, 0, bearer(accounts[i])] : [`/ws/${tokens[i].access_token}`, 0]))
}

export const lobby = (name, goal, generation, kind, more) => () =>
  withServer({ env: { SUHBAT_LOBBY_HISTORY: '50' } }, async (server) => {
    const clients = await lobbyClients(server, generation)
    const paths = Array.from({ length: LOBBY_CLIENTS }, () => '/all')
    return paired(name, goal, () => load(server, clients, ['--mode', 'lobby', '--awake', '--seconds', setting.seconds, ...more]), (ours) => floor(kind, paths, ours, more))
  })

async function roomClients(server) {
  const accounts = await signUp(server, ROOMS * EACH)
  const rooms = await inTurns(ROOMS, 8, (r) => {
    const members = accounts.slice(r * EACH, (r + 1) * EACH)
    return makeRoom(server, members[0].token, `room ${r}`, members.slice(1).map((m) => m.id))
  })
  return clientsFile(accounts.map((a, i) => ['/api/v1/gateway', rooms[Math.floor(i / EACH)].id, bearer(a)]))
}

export const rooms = (name, goal, mode) => () =>
  withServer({}, async (server) => {
    const clients = await roomClients(server), everybody = ['--senders', ROOMS * EACH]
    const paths = Array.from({ length: ROOMS * EACH }, (_, i) => `/room/${Math.floor(i / EACH)}`)
    return paired(name, goal, () => load(server, clients, ['--mode', mode, '--awake', '--seconds', setting.seconds, ...everybody]),
      (ours) => floor('turn', paths, ours, everybody))
  })
