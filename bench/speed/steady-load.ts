// A load of fixed arrival times, whatever the answers take: `node steady-load.ts settings.json`, and one line of JSON on stdout.
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { quantile } from './figures.ts'

const CONNECTIONS = 128
/** Timers are good to a millisecond, and what falls into one turn is due at that turn; a load that is later than this was kept waiting, and its callers with it. */
const TIMER_MS = 2
/** Connections are made in the beginning, and that is not counted. */
const SETTLE_MS = 300

const { url, method, headers, body, perSecond, seconds } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const { origin, pathname } = new URL(url)
const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1 })
const latencies: number[] = []
const running = new Set<Promise<void>>()
let failed = 0

async function send (arrivedMs: number, counts: boolean): Promise<void> {
  try {
    const answer = await pool.request({ path: pathname, method, headers, body })
    await answer.body.dump()
    if (answer.statusCode >= 400) failed++
  } catch {
    failed++
  }
  if (counts) latencies.push(performance.now() - arrivedMs)
}

const beganMs = performance.now()
const untilMs = beganMs + SETTLE_MS + seconds * 1000
for (let sent = 0; performance.now() < untilMs; await pause(1)) {
  const nowMs = performance.now()
  for (let dueMs = beganMs + sent * 1000 / perSecond; dueMs <= nowMs; dueMs = beganMs + ++sent * 1000 / perSecond) {
    // A create that is sent late because the load was held up counts from when it should have been sent: no coordinated omission.
    const request = send(nowMs - dueMs > TIMER_MS ? dueMs : performance.now(), dueMs - beganMs > SETTLE_MS).finally(() => running.delete(request))
    running.add(request)
  }
}
await Promise.all(running)
await pool.close()
process.stdout.write(JSON.stringify({ p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99), requests: latencies.length, failed }))
