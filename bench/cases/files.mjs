// Bytes: uploads beside a plain copy, many at once, a download beside nginx. All bytes are made up; no two uploads are equal.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { call, forgetMostMemory, freePort, loadCpu, measure, median, memory, processCpuMs, program, serverCpu, setting, signUp, sleep, spread, start, stop, withServer, work } from '../lab.mjs'

const MIB = 2 ** 20
const both = `${serverCpu},${loadCpu}`
const large = { SUHBAT_MAX_FILE_MB: '2000', SUHBAT_QUOTA_MB: '1000000' }

const move = (tokens, ...what) => measure(both, [program('bench/bytes'), ...what], {}, tokens.join('\n') + '\n')

async function timed(pid, run) {
  const before = processCpuMs(pid), f = await run()
  return { ...f, cpu_ms: processCpuMs(pid) - before }
}

const filesOf = (data) => readdirSync(join(data, 'files'), { recursive: true }).filter((name) => name.length > 64)

async function letGo(server, token, ids) {
  for (const id of ids) await call(server, 'DELETE', `/api/v1/files/${id}`, token)
  for (let i = 0; i < 200 && filesOf(server.data).length; i++) await sleep(50)
}

// A floor or nginx for a while; always of our own process group and ended by its handle.
async function beside(cpu, command, port, run) {
  const child = start(cpu, command)
  try {
    for (let i = 0; i < 100 && (await fetch(`http://127.0.0.1:${port}/`).then(() => false, (e) => e.cause?.code === 'ECONNREFUSED')); i++) await sleep(20)
    return await run(child)
  } finally {
    await stop(child, 'SIGKILL')
  }
}

const rates = (bytes, pairs, ours, theirs) => {
  const ratios = pairs.map((p) => theirs(p).seconds / ours(p).seconds), speed = (of) => median(pairs.map((p) => bytes / MIB / of(p).seconds))
  return { ratio: median(ratios), ratio_spread: spread(ratios), mib_per_s: speed(ours), floor_mib_per_s: speed(theirs), cpu_ms: median(pairs.map((p) => ours(p).cpu_ms)),
    floor_cpu_ms: median(pairs.map((p) => theirs(p).cpu_ms)), rounds: pairs.length }
}

const WAYS = { put: 'PUT', multipart: 'multipart', tus: 'tus' }

export const upload = () => withServer({ cpus: both, env: large }, async (server) => {
  const [{ token }] = await signUp(server, 1), bytes = (setting.quick ? 10 : 100) * MIB, rounds = [], port = await freePort(), dir = mkdtempSync(join(work, 'floor-'))
  const one = (kind) => timed(server.pid, () => move([token], kind, server.port, bytes))
  return beside(both, [program('bench/floor_copy'), port, dir], port, async (floor) => {
    for (const kind of Object.keys(WAYS)) await letGo(server, token, [(await one(kind)).file]) // what is loaded at its first use
    const rest = memory(server.pid).now
    forgetMostMemory(server.pid)
    for (let i = 0; i < setting.rounds; i++) {
      const round = {}
      for (const kind of Object.keys(WAYS)) round[kind] = { floor: await timed(floor.pid, () => move(['-'], 'put', port, bytes)), ours: await one(kind) }
      await letGo(server, token, Object.values(round).map((r) => r.ours.file))
      rounds.push(round)
    }
    return Object.entries(WAYS).map(([kind, name]) => {
      const r = rates(bytes, rounds.map((round) => round[kind]), (p) => p.ours, (p) => p.floor)
      return { kind: 'upload', case: name, goal: 0.7, met: r.ratio >= 0.7, bytes, ...r, rss_rest: rest, rss_most: memory(server.pid).most }
    })
  })
})

// ---- many at once

const EACH = 25, TAKEN_MAX = 1024, WAITING_BYTES = 32 * MIB, EACH_BYTES = 160 * 1024, REFUSED_BYTES = 96 * 1024

async function crowd(n, bytes) {
  return withServer({ cpus: both, env: large }, async (server) => {
    const accounts = await signUp(server, Math.ceil(n / EACH))
    await move([accounts[0].token], 'put', server.port, bytes)
    const rest = memory(server.pid).now
    forgetMostMemory(server.pid)
    const f = await move(Array.from({ length: n }, (_, i) => accounts[i % accounts.length].token), 'put', server.port, bytes)
    const { most } = memory(server.pid), ceiling = rest + WAITING_BYTES + Math.min(n, TAKEN_MAX) * EACH_BYTES + Math.max(0, n - TAKEN_MAX) * REFUSED_BYTES
    await sleep(3000)
    const { now } = memory(server.pid)
    return { kind: 'uploads', case: `${n} uploads at once`, n, bytes, ok: f.ok, failed: f.failed, told_to_wait: f.told_to_wait, seconds: f.seconds, rss_rest: rest, rss_most: most, rss_after: now, ceiling,
      met: f.ok === n && f.failed === 0 && most <= ceiling }
  })
}

export const uploads = async () => (setting.quick ? [await crowd(100, 200000)] : [await crowd(1000, 2000000), await crowd(1500, 2000000)])

// ---- download

const nginxPath = () => ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'].find((path) => existsSync(path))

function nginxCommand(nginx, port, root) {
  const dir = mkdtempSync(join(work, 'nginx-')), file = join(dir, 'nginx.conf')
  mkdirSync(join(dir, 'tmp'))
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${dir}/tmp/${kind};`).join(' ')
  const http = `access_log off; sendfile on; tcp_nopush on; ${kinds} server { listen 127.0.0.1:${port}; root ${root}; }`
  writeFileSync(file, `daemon off; master_process off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/error.log; events { } http { ${http} }\n`)
  return [nginx, '-p', dir, '-e', join(dir, 'error.log'), '-c', file]
}

export const download = async () => {
  const nginx = nginxPath()
  if (!nginx) return null
  const version = spawnSync(nginx, ['-v'], { encoding: 'utf8' }).stderr.trim().replace(/^.*: /, '')
  return withServer({ env: large }, async (server) => {
    const [{ token }] = await signUp(server, 1), bytes = (setting.quick ? 100 : 1000) * MIB, port = await freePort()
    const { file } = await move([token], 'put', server.port, bytes), path = `/${filesOf(server.data)[0]}`
    readFileSync(join(server.data, 'files', path.slice(1))) // into memory, for both
    return beside(serverCpu, nginxCommand(nginx, port, join(server.data, 'files')), port, async (theirs) => {
      const get = async (pid, token, port, path) => {
        const f = await timed(pid, () => move([token], 'get', port, path))
        if (f.failed || f.bytes < bytes) throw new Error(`download of ${path}: ${f.bytes} bytes`)
        return f
      }
      const one = async () => ({ nginx: await get(theirs.pid, '-', port, path), ours: await get(server.pid, token, server.port, `/api/v1/files/${file}`) })
      await one()
      const rest = memory(server.pid).now, pairs = []
      forgetMostMemory(server.pid)
      for (let i = 0; i < setting.rounds; i++) pairs.push(await one())
      const r = rates(bytes, pairs, (p) => p.ours, (p) => p.nginx)
      rmSync(join(server.data, 'files', path.slice(1)))
      return { kind: 'download', case: 'download beside nginx', goal: 0.8, met: r.ratio >= 0.8, bytes, nginx: version, ...r, rss_rest: rest, rss_most: memory(server.pid).most }
    })
  })
}
