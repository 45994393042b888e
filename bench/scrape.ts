// What a scrape costs on a ledger with 100,000 unfinished tasks, and what counting costs a task.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newTaskRef, randomBase62, type TaskId, type TeamId } from '../src/kernel/ids.ts'
import { constant } from '../src/kernel/live.ts'
import { Secret } from '../src/kernel/secret.ts'
import { fingerprintOf } from '../src/ledger/fingerprint.ts'
import type { Ledger, Order } from '../src/ledger/ledger.ts'
import type { WebhookOutbox } from '../src/ledger/outbox.ts'
import { openRedisStore } from '../src/stores/redis/open.ts'
import { openSqliteStore } from '../src/stores/sqlite/open.ts'
import type { Caller, TeamDirectory } from '../src/teams/directory.ts'
import { measuredLedger } from '../src/telemetry/measured-ledger.ts'
import { openMetrics } from '../src/telemetry/metrics.ts'
import { openScrape } from '../src/telemetry/scrape.ts'
import { manualClock } from '../test/support/manual-clock.ts'
import { startRedis } from '../test/support/redis/redis-server.ts'
import { silentLog } from '../test/support/silent-log.ts'
import { aKey, aTeam } from '../test/support/teams.ts'
import { measure } from './measure.ts'
import { insist, sideBySide } from './side-by-side.ts'

type Store = { ledger: Ledger, directory: TeamDirectory, outbox: WebhookOutbox, close (): Promise<void> }

const DAY_MS = 86_400_000
const TEAMS = 200
const TASKS = 100_000
const LIVES = 3000
const ROUNDS = 5
const MODEL = 'alibaba/wan2.2-t2v-plus'

const clock = manualClock()
const common = {
  clock,
  rules: { chargeFailedTasks: false, unknownHoldMs: DAY_MS, unknownHoldEnd: 'spent' as const, taskDeadlineMs: DAY_MS },
  idempotencyTtlMs: DAY_MS,
  statusMaxAgeMs: 3000,
  lookLeaseMs: 35_000,
  taskRetentionMs: 30 * DAY_MS,
  usageRetentionMs: 400 * DAY_MS
}

await measureIn('sqlite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mulegate-bench-'))
  return { store: openSqliteStore({ ...common, path: join(folder, 'ledger.db'), sync: 'normal' }), async remove () { rmSync(folder, { recursive: true }) } }
})
await measureIn('redis', async () => {
  const redis = await startRedis()
  const address = { url: constant(new Secret(redis.url)), cluster: false, sentinels: undefined, tlsCa: undefined, keyPrefix: 'bench' }
  return { store: await openRedisStore({ ...common, address, storeClock: clock, log: silentLog }), remove: () => redis.stop() }
})

async function measureIn (name: 'sqlite' | 'redis', open: () => Promise<{ store: Store, remove (): Promise<void> }>): Promise<void> {
  const { store, remove } = await open()
  const metrics = openMetrics({ version: '0.0.0', ledger: name })
  const ledger = measuredLedger(store.ledger, metrics)
  const callers = Array.from({ length: TEAMS }, (): Caller => {
    const team = aTeam({ id: `team-${randomBase62(8).toLowerCase()}` as TeamId })
    return { team, key: aKey(team) }
  })
  for (const { team, key } of callers) {
    await store.directory.createTeam(team)
    await store.directory.createKey(key)
  }
  const scrape = openScrape({ metrics, clock, ledger, outbox: store.outbox, owed: () => 0, waiting: () => 0, draining: () => false, tokens: () => [], models: [] })
  const empty = await measure(() => store.ledger.pulse())
  await sideBySide(Array.from({ length: TASKS }, (_, number) => number), async number => {
    const order = orderOf(callers[number % TEAMS] ?? never())
    await insist(() => ledger.admit(order))
    await insist(() => ledger.resolve(order, accepted()))
  })
  clock.advance(1000)
  const pulse = await measure(() => store.ledger.pulse())
  const whole = await measure(() => scrape(false))
  const { text } = await scrape(false)
  const [bare, counted] = await lives(callers, store.ledger, ledger)
  const lines = [
    `${name}: ${TASKS} unfinished tasks of ${TEAMS} teams`,
    `  pulse          median ${ms(pulse.medianMs)}  longest ${ms(pulse.maxMs)}  stall ${ms(pulse.stallMs)}  on an empty ledger ${ms(empty.medianMs)}`,
    `  whole scrape   median ${ms(whole.medianMs)}  longest ${ms(whole.maxMs)}  stall ${ms(whole.stallMs)}  ${Math.round(text.length / 1024)} KiB`,
    `  admit, accepted, completed: ${bare.toFixed(1)} µs bare, ${counted.toFixed(1)} µs counted`
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  await store.close()
  await remove()
}

/** What a whole life takes on each of the ledgers, in microseconds: by turns, and the best round of each. */
async function lives (callers: readonly Caller[], ...ledgers: [Ledger, Ledger]): Promise<[number, number]> {
  const best: [number, number] = [Infinity, Infinity]
  for (let round = 0; round < ROUNDS; round++) {
    for (const place of [0, 1] as const) {
      const beganMs = performance.now()
      for (let life = 0; life < LIVES; life++) {
        const order = orderOf(callers[life % TEAMS] ?? never())
        const outcome = accepted()
        await ledgers[place].admit(order)
        const { after } = await ledgers[place].resolve(order, outcome)
        await ledgers[place].observe(after, { kind: 'status', body: { task_info: { id: outcome.taskId, status: 'failed' } } })
      }
      best[place] = Math.min(best[place], (performance.now() - beganMs) * 1000 / LIVES)
    }
  }
  return best
}

function orderOf (caller: Caller): Order {
  const ref = newTaskRef(caller.team.id)
  const nowMs = clock.nowMs()
  return {
    ref, caller, model: MODEL, priceMicros: 500_000, fingerprint: fingerprintOf(MODEL, { prompt: ref }), idempotencyKey: undefined, trace: null, orderedAtMs: nowMs, notAfterMs: nowMs + DAY_MS, submitDeadlineMs: nowMs + DAY_MS
  }
}

function accepted () {
  const taskId = `up-${randomBase62(28)}` as TaskId
  return { kind: 'accepted' as const, taskId, credential: 'c0ffee00', body: { task_info: { id: taskId, status: 'pending' as const } } }
}

function ms (figure: number): string { return `${Math.max(0, figure).toFixed(2)} ms` }
function never (): never { throw new Error('there is a team') }
