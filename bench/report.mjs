// Writes docs/performance.md from the results of run.mjs: the method in words, the figures as they were measured, nothing else.
import { cpus, release, totalmem } from 'node:os'
import { writeFileSync } from 'node:fs'

const number = (x) => (x >= 100 ? Math.round(x).toLocaleString('en') : Number(x.toPrecision(3)).toString())

const fanRow = (r) =>
  `| ${r.case} | ${r.goal} | **${r.ratio.toFixed(2)}** (${r.ratio_spread.map((x) => x.toFixed(2)).join('–')}) | ${number(r.ours)} | ${number(r.floor)} | ${number(r.deliveries_per_s)} | ${number(r.p50_ms)} / ${number(r.p99_ms)} | ${r.bytes_per_delivery} |`
const idleRow = (r) =>
  `| ${r.case} | ${number(r.connections)} | ${number(r.bytes_per_connection)} | ${number(r.connections_per_s)} | ${number(r.cpu_us_per_connection_made)} | ${number(r.cpu_us_per_idle_connection_minute)} |`
const durableRow = (r) =>
  `| ${r.case} | ${r.goal} | **${r.ratio.toFixed(2)}** (${r.ratio_spread.map((x) => x.toFixed(2)).join('–')}) | ${number(r.acks_per_s)} | ${number(r.floor_rows_per_s)} | ${number(r.p99_ms)} |`

export function report(path, results, { rounds, seconds }) {
  const fan = results.filter((r) => r.case.startsWith('F'))
  const idle = results.filter((r) => r.bytes_per_connection)
  const durable = results.filter((r) => r.floor_rows_per_s)
  writeFileSync(path, `# Performance

Made by \`make bench\`; do not edit by hand. Machine: ${cpus().length} × ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}.
Absolute figures depend on the machine; the ratios are what we hold ourselves to.

## Method

A case and its floor run one after the other, ${rounds} rounds of ${seconds} s each, medians with the smallest and largest round. Server (\`--loops 1\`) and floor on
processor 0, the load generator on processor 1, over loopback. CPU time is user plus system of the whole server process, from \`/proc\`: the loop, the lanes and the database's
threads. Every message of ours is committed (\`synchronous=FULL\`) before anybody sees it; the floors store nothing.

The floors (\`bench/floor_fanout.c\`) are bare epoll programs that frame each message once and hand it to the kernel: \`each\` with one send a subscriber and message, \`turn\` with one
send a subscriber and turn, after all ready sockets were read. A floor's messages are as long as ours are on the wire.
${fan.length ? `
## Fan-out: deliveries per second of server CPU

F1 against the floor \`each\`, the others against \`turn\`. Text 128 bytes.

| case | goal | ratio (spread) | ours | floor | deliveries/s | p50 / p99 ms | bytes each |
|---|---|---|---|---|---|---|---|
${fan.map(fanRow).join('\n')}
` : ''}${durable.length ? `
## Durable sends: acknowledged messages a second, 64 senders with 4 in flight

The floor is a bare program that inserts rows into a table with one index, 64 rows a commit, on the same disk.

| case | goal | ratio (spread) | acknowledged/s | floor rows/s | p99 ms from send to acknowledgement |
|---|---|---|---|---|---|
${durable.map(durableRow).join('\n')}
` : ''}${idle.length ? `
## Idle connections: authenticated and subscribed

Resident bytes are the growth of the whole process divided by the connections.

| case | connections | resident bytes each | connections/s | CPU µs to make one | CPU µs a minute idle |
|---|---|---|---|---|---|
${idle.map(idleRow).join('\n')}
` : ''}`)
}
