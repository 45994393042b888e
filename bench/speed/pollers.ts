// How often upstream is asked about a task that many poll, through two gateways that share a ledger.
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { makeTasks } from './callers.ts'
import { GENERATION, mulegate, type Gateway } from './contenders.ts'
import { sumOf, type Part } from './figures.ts'
import type { Stage } from './stage.ts'

const POLLERS = 200
const TASKS = 20
const STATUS_MAX_AGE_MS = 1000
const SECONDS = 6
/** Each poller asks again so soon. */
const PAUSE_MS = 20

export async function measurePollers (stage: Stage): Promise<Part> {
  const [upstream, redis] = [await stage.startUpstream({ STATUS: 'processing', COUNTS: 'yes' }), await stage.startRedis('pollers')]
  const settings = { upstreamPort: upstream.port, redisPort: redis.port, env: { STATUS_MAX_AGE_MS: String(STATUS_MAX_AGE_MS) } }
  const one = await mulegate(stage, 'redis', { name: 'polled', ...settings })
  const other = await mulegate(stage, 'redis', { name: 'polled too', ...settings, team: one.team })
  const taskIds = await makeTasks(one, TASKS)
  const before = await looksOf(upstream.port)
  const beganMs = performance.now()
  const reads = await poll([one, other], taskIds)
  const windows = (performance.now() - beganMs) / STATUS_MAX_AGE_MS
  const after = await looksOf(upstream.port)
  await stage.stop(one.program, other.program, upstream.program, redis.program)

  const looks = taskIds.map(id => (after[id] ?? 0) - (before[id] ?? 0))
  const each = sumOf(looks, count => count) / TASKS / windows
  return {
    table: {
      title: 'Looks upstream under many pollers',
      columns: ['pollers', 'tasks', 'gateways', 'reads', 'failed', 'looks upstream', 'looks a task and STATUS_MAX_AGE_MS', 'most of a task'],
      rows: [[String(POLLERS), String(TASKS), '2', String(reads.answered), String(reads.failed), String(sumOf(looks, count => count)), each.toFixed(2), (Math.max(...looks) / windows).toFixed(2)]],
      notes: [`STATUS_MAX_AGE_MS=${STATUS_MAX_AGE_MS}, ${SECONDS} s, one Redis.`]
    },
    figures: { 'looks a task and window': each, 'reads a look': reads.answered / sumOf(looks, count => count) },
    failures: reads.failed === 0 ? [] : [`${reads.failed} reads of pollers failed`]
  }
}

/** Everybody polls one task, at one of the gateways. */
async function poll (gateways: readonly Gateway[], taskIds: readonly string[]): Promise<{ answered: number, failed: number }> {
  const untilMs = performance.now() + SECONDS * 1000
  const counted = { answered: 0, failed: 0 }
  const pools = gateways.map(({ create }) => ({ headers: create.headers, pool: new Pool(new URL(create.url).origin, { connections: POLLERS / gateways.length }) }))
  await Promise.all(pools.flatMap(({ pool, headers }) => Array.from({ length: POLLERS / gateways.length }, async (_, number) => {
    while (performance.now() < untilMs) {
      const { statusCode, body } = await pool.request({ path: `${GENERATION}/${taskIds[number % taskIds.length]}`, method: 'GET', headers })
      await body.dump()
      counted[statusCode < 400 ? 'answered' : 'failed']++
      await pause(PAUSE_MS)
    }
  })))
  await Promise.all(pools.map(({ pool }) => pool.close()))
  return counted
}

async function looksOf (port: number): Promise<Record<string, number>> {
  const response = await fetch(`http://127.0.0.1:${port}/_looks`)
  return Object(await response.json())
}
