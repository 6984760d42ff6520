// Writes docs/performance.md from the results of run.mjs: the method in words, the figures as they were measured, nothing else.
import { writeFileSync } from 'node:fs'
import { release, totalmem } from 'node:os'
import { loadCpu, model, processors, serverCpu, setting } from './lab.mjs'

const number = (x) => (Math.abs(x) >= 100 ? Math.round(x).toLocaleString('en') : Number(x.toPrecision(3)).toString())
const range = ([low, high]) => (low === high ? '' : ` (${low.toFixed(2)}–${high.toFixed(2)})`)
const ratio = (r) => `**${r.ratio.toFixed(2)}**${range(r.ratio_spread)}`
const verdict = (r) => (r.met === undefined ? '' : r.met ? 'yes' : '**no**')
const table = (head, rows) => [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows.map((r) => `| ${r.join(' | ')} |`)].join('\n')

function method(load) {
  const where = serverCpu === loadCpu ? 'and the load generator share the only processor' : `on processor ${serverCpu}, the load generator on processor ${loadCpu}`
  return `# Performance

Made by \`make bench\`; do not edit by hand. Machine: ${processors.length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}; load before the start ${load.toFixed(2)}.
Absolute figures depend on the machine; the ratios are what we hold ourselves to.

## Method

The real program, \`suhbat serve --loops 1\`, ${where}, over loopback; floors run where the server runs. Accounts are made with cheap
password hashes and rate limits are off; nothing else differs from what an operator runs. CPU time is user plus system of the whole server process:
the loop, the lanes, the database's threads, and what the kernel does in their name. Every message is committed (SQLite: WAL, \`synchronous=FULL\`) before
anybody sees it; the fan-out floors store nothing.

A case and its floor run one after the other in the same round, ${setting.rounds} rounds of ${setting.seconds} s after a second of warm-up. A ratio is formed within a round; the table shows the
median of the rounds, and the smallest and the largest in brackets. *Disturbed* is the part of one processor that programs other than server and load
used in the worst round (the kernel's own threads count): above a few per cent the figures are not worth keeping.
`
}

const fan = (list) => `
## Fan-out: deliveries per second of server CPU

Text of 128 bytes. **F1**: 1,000 subscribers in one room, one message in flight: the next is sent when all 1,000 have the last. **F2**: the same room, 10 senders
with 16 in flight each. **F3**: 200 rooms of 10, everybody sends with one in flight. The floors (\`bench/floor_fanout.c\`) are bare epoll programs that frame each message once and hand
it to the kernel: F1's with one send a subscriber and message, the others' with one send a subscriber and turn, after all ready sockets were read. They
have as many clients, hear as many bytes, and send frames exactly as long as ours (in the JSON lobby two frames of ours are one of theirs). Each run checks that.
The load generator never sleeps while it is measured: waking a sleeping reader is work of the kernel that is put down to the sender, and falls to whichever of the two is a little slower than the reader.

${table(['case', 'goal', 'met', 'ratio (spread)', 'ours', 'floor', 'deliveries/s', 'p50 / p99 ms', 'bytes each', 'disturbed'],
  list.map((r) => [r.case, r.goal, verdict(r), ratio(r), number(r.ours), number(r.floor), number(r.deliveries_per_s), `${number(r.p50_ms)} / ${number(r.p99_ms)}`,
    number(r.frame_bytes), r.disturbed.toFixed(2)]))}

Milliseconds are from the send to the sender's own copy (messages through the gateway: to the acknowledgement), at full load.
`

const socketio = (list) => `
## Socket.IO: deliveries per second of server CPU

1,000 clients over WebSocket have joined a chat of the desk; its agent's message is posted over HTTP (text of 256 bytes) and comes to each as \`new-message\`. Beside it in the same round: the same request, and 1,000
clients of our own gateway in a room (\`message_posted\`), on the same server; and a program on the npm package (\`bench/floor_socketio.mjs\`, one process, stores nothing, asks nobody who they are). The goal is held
against our own gateway. *One in flight*: the next is posted when all 1,000 have the last. *16 in flight*: 16 connections post, each again when its message was answered and has come.

${table(['case', 'goal', 'met', 'to our gateway (spread)', 'to npm (spread)', 'Socket.IO', 'gateway', 'npm', 'p50 / p99 ms', 'bytes each, in this order', 'disturbed'],
  list.map((r) => [r.case, r.goal, verdict(r), ratio(r), `**${r.npm_ratio.toFixed(1)}**${range(r.npm_ratio_spread)}`, number(r.ours), number(r.own), number(r.npm), `${number(r.p50_ms)} / ${number(r.p99_ms)}`,
    [r.frame_bytes, r.own_frame_bytes, r.npm_frame_bytes].map(number).join(', '), r.disturbed.toFixed(2)]))}
`

const durable = (list) => `
## Durable sends: 64 senders, each in a room of its own, through the gateway

The floor is a bare program that inserts rows into a table with one index, 64 rows a commit, into as many rooms as there are senders, on the same disk in the same round (\`bench/floor_sqlite.c\`;
\`bench/floor_postgres.c\` sends each commit's rows as arrays). The goal is held by 4 in flight a sender. The database server of the PostgreSQL case runs where the kernel puts it.

${table(['case', 'in flight', 'goal', 'met', 'ratio (spread)', 'acknowledged/s', 'floor rows/s', 'p50 / p99 ms, send to acknowledgement', 'server CPU µs each'],
  list.flatMap((r) => r.windows.map((w) => [r.case, w.in_flight, ...(w.in_flight === r.in_flight ? [r.goal, verdict(r)] : ['', '']), ratio(w), number(w.acks_per_s),
    number(r.floor_rows_per_s), `${number(w.p50_ms)} / ${number(w.p99_ms)}`, number(w.cpu_us_each)])))}
`

const history = (r) => `
## History: a page of 50 over HTTP

A room of ${number(r.messages[1])} messages beside one of ${number(r.messages[0])} in the same database; one request at a time, the place within the band chosen by chance, rooms and bands in turn.
Goal: at most ${r.goal} times the young room's, in time and in server CPU, at every depth. Met: ${verdict(r)} (worst ${r.ratio.toFixed(2)}).

${table(['depth', 'young room p50 µs', 'old room p50 µs', 'ratio', 'p99 µs young / old', 'server CPU µs young / old', 'ratio'],
  r.bands.map((b) => [b.depth, number(b.young_us), number(b.old_us), b.ratio.toFixed(2), `${number(b.young_p99_us)} / ${number(b.old_p99_us)}`,
    `${number(b.young_cpu_us)} / ${number(b.old_cpu_us)}`, b.cpu_ratio.toFixed(2)]))}
`

const resume = (r) => `
## Resume: a gateway client ${number(r.behind)} messages behind

In the same old room. Alone, from \`resume\` to \`resumed\`: ${number(r.ms)} ms (${r.ms_spread.map(number).join('–')}), ${number(r.bytes)} bytes, ${number(r.cpu_ms)} ms of server CPU.
${r.crowd} clients at once: half were done after ${number(r.crowd_p50_ms)} ms, all but one in a hundred after ${number(r.crowd_p99_ms)} ms, ${number(r.crowd_cpu_ms_each)} ms of server CPU each.
`

const stepsOf = (r) => (r.steps ? r.steps.map((s) => `${number(s.bytes_each)} (to ${number(s.connections)})`).join(', ') : r.bytes_spread ? `${r.bytes_spread.map(number).join('–')} by process` : '')
const idle = (list) => `
## Idle connections: authenticated, subscribed

Resident bytes are the growth of the whole process from before the first connection, divided by the connections; growth is also told between the steps, each
from the one before. At most 24 sockets an account. A Socket.IO client is an agent over WebSocket that has joined a chat; the server says \`2\` every 25 s, and is answered. A gateway's client says \`ping\` every 30 s, and is answered; the lobby's server asks after 45 s of
silence. In the lobby each who comes is announced to all who are there, so making a connection costs more the more there are.

${table(['case', 'connections', 'goal', 'met', 'resident bytes each', 'between the steps', 'connections/s', 'CPU µs to make one', 'CPU µs a minute idle'],
  list.map((r) => [r.case, number(r.connections), r.goal ? `≤ ${number(r.goal)}` : '', verdict(r), `**${number(r.bytes_per_connection)}**`, stepsOf(r), number(r.connections_per_s),
    number(r.cpu_us_per_connection_made), number(r.cpu_us_per_idle_connection_minute)]))}
`

const search = (list) => `
## Search: a person's question, answered over HTTP

A town's talk: 1,000 rooms of very different size, words as unevenly used as in a language; the asker is in 62 of them. Questions in equal parts: a word of any frequency, the
beginning of one, the inside of one, two words, one room, an upper bound in time, a word nobody used; one at a time. The index is written behind the commit, by a lane
of its own; the figures of writing are of a server that has all of it to catch up.

${table(['messages', 'goal p95 ms', 'met', 'p50 / p95 / p99 ms', 'server CPU ms each', 'index: server CPU µs a message', 'index: bytes a message', 'all else: bytes a message', 'caught up after s'],
  list.map((r) => [number(r.messages), r.goal ?? '', verdict(r), `${number(r.p50_ms)} / **${number(r.p95_ms)}** / ${number(r.p99_ms)}`, number(r.cpu_ms_each), number(r.index_cpu_us_each),
    number(r.index_bytes_each), number(r.table_bytes_each), number(r.index_s)]))}
`

const mib = (n) => number(n / 2 ** 20)
const upload = (list) => `
## Uploads: ${mib(list[0].bytes)} MiB beside a plain copy

One upload at a time over one new connection, from the connect to the answer; bytes of chance, no two uploads equal. The floor (\`bench/floor_copy.c\`) is a bare program on the same disk that reads the same request
from the same kind of socket and writes its body to a file, in one thread, and gives it a name, and syncs file and directory before it answers, as the server does; it makes no digest, asks no account, splits no form,
looks at no type and writes no row. Both may use both processors, beside the client. tus: creation and one PATCH. Memory is resident and of the server's process, before and at most during all rounds.

${table(['way', 'goal', 'met', 'ratio (spread)', 'MiB/s', 'floor MiB/s', 'server CPU ms', 'floor CPU ms', 'memory MiB, at rest / at most'],
  list.map((r) => [r.case, r.goal, verdict(r), ratio(r), number(r.mib_per_s), number(r.floor_mib_per_s), number(r.cpu_ms), number(r.floor_cpu_ms), `${mib(r.rss_rest)} / ${mib(r.rss_most)}`]))}
`

const uploads = (list) => `
## Many uploads at once

Everybody connects at once and sends half; nobody sends the other half before everybody has sent the first or was told to wait (503 with Retry-After; who is, comes again when it was told). 1,024 uploads at once are
taken. The ceiling: what the server had at rest, 32 MiB for all, 160 KiB for each that is taken, and 96 KiB for each that is told to wait. *After* is 3 s
after the last answer.

${table(['uploads', 'bytes each', 'succeeded', 'told to wait', 'failed', 's', 'memory MiB, at rest / at most / after', 'ceiling MiB', 'met'],
  list.map((r) => [number(r.n), number(r.bytes), number(r.ok), number(r.told_to_wait), r.failed, number(r.seconds), `${mib(r.rss_rest)} / **${mib(r.rss_most)}** / ${mib(r.rss_after)}`, mib(r.ceiling), verdict(r)]))}
`

const download = (list) => `
## Download: ${mib(list[0].bytes)} MiB beside nginx

The same file, in memory, over one new connection; ${list[0].nginx}, one process with \`sendfile\` on the same processor.

${table(['goal', 'met', 'ratio (spread)', 'MiB/s', 'nginx MiB/s', 'server CPU ms', 'nginx CPU ms', 'memory MiB, at rest / at most'],
  list.map((r) => [r.goal, verdict(r), ratio(r), number(r.mib_per_s), number(r.floor_mib_per_s), number(r.cpu_ms), number(r.floor_cpu_ms), `${mib(r.rss_rest)} / ${mib(r.rss_most)}`]))}
`

const absent = (list) => `
## Not measured

${list.map((r) => `- ${r.case}: ${r.why}`).join('\n')}
`

export function writeReport(path, results, { load }) {
  const of = (...kinds) => results.filter((r) => kinds.includes(r.kind))
  const section = (write, list) => (list.length ? write(list) : '')
  writeFileSync(path, method(load) + section(fan, of('fan')) + section(socketio, of('socketio')) + section(durable, of('durable')) + of('history').map(history).join('') + of('resume').map(resume).join('') +
    section(search, of('search')) + section(upload, of('upload')) + section(uploads, of('uploads')) + section(download, of('download')) + section(idle, of('idle')) + section(absent, of('failed', 'skipped')))
}
