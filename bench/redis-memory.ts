// How much memory the shared ledger takes on a private Redis: a team, a key, a settled task, a day of a key; and where it goes.
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { newTaskRef, randomBase62, type TaskId, type TeamId } from '../src/kernel/ids.ts'
import { constant } from '../src/kernel/live.ts'
import { Secret } from '../src/kernel/secret.ts'
import { fingerprintOf } from '../src/ledger/fingerprint.ts'
import type { TaskBody } from '../src/ledger/task.ts'
import { openRedisStore } from '../src/stores/redis/open.ts'
import type { Caller } from '../src/teams/directory.ts'
import type { Limits } from '../src/teams/limits.ts'
import { manualClock } from '../test/support/manual-clock.ts'
import { startRedis } from '../test/support/redis/redis-server.ts'
import { silentLog } from '../test/support/silent-log.ts'
import { aKey, aTeam } from '../test/support/teams.ts'
import { kindsOf, linesOf, type Kind } from './redis-kinds.ts'
import { insist, sideBySide } from './side-by-side.ts'

const TASKS = 20_000
const TEAMS = 500
const KEYS_OF_A_TEAM = 4
/** Teams that order tasks, with all their keys. */
const BUSY_TEAMS = 25
const BODY_BYTES = { least: 500, most: 900 }
const MILLION = 1_000_000
const GIB = 2 ** 30
const DAY_MS = 86_400_000
const MODEL = 'alibaba/wan2.2-t2v-plus'
/** What a day brings of its own, by the kind of the key. */
const DAILY = ['count', 'usage', 'usage-days']
const LIMITS: Limits = { tasksInFlight: 1000, quotas: [{ per: 'day', unit: 'tasks', limit: MILLION }, { per: 'month', unit: 'usd', limit: 1e12 }] }

const server = await startRedis()
const redis = new Redis(server.url)
const clock = manualClock()
const { ledger, directory, close } = await openRedisStore({
  address: { url: constant(new Secret(server.url)), cluster: false, sentinels: undefined, tlsCa: undefined, keyPrefix: 'mg' },
  clock,
  storeClock: clock,
  log: silentLog,
  rules: { chargeFailedTasks: false, unknownHoldMs: DAY_MS, unknownHoldEnd: 'spent', taskDeadlineMs: DAY_MS },
  idempotencyTtlMs: DAY_MS,
  statusMaxAgeMs: 3000,
  lookLeaseMs: 35_000,
  taskRetentionMs: 30 * DAY_MS,
  usageRetentionMs: 400 * DAY_MS
})

try {
  await measure()
} finally {
  await close()
  redis.disconnect()
  await server.stop()
}

async function measure (): Promise<void> {
  const teams = Array.from({ length: TEAMS }, (_, number) => aTeam({ id: `team-${String(number).padStart(4, '0')}` as TeamId, limits: LIMITS }))
  const callers = teams.flatMap(team => Array.from({ length: KEYS_OF_A_TEAM }, (): Caller => ({ team, key: aKey(team, { label: 'service', limits: LIMITS }) })))
  const busy = callers.slice(0, BUSY_TEAMS * KEYS_OF_A_TEAM)
  const ofTeam = await growth(() => sideBySide(teams, team => directory.createTeam(team))) / TEAMS
  const ofKey = await growth(() => sideBySide(callers, ({ key }) => directory.createKey(key))) / callers.length

  // What comes once for a key, or once a day, is counted apart from the tasks.
  await sideBySide(busy, caller => live(caller))
  const yesterday = await kindsOf(redis)
  clock.advance(DAY_MS)
  await sideBySide(busy, caller => live(caller))
  const before = await kindsOf(redis)
  const ofDay = DAILY.reduce((sum, kind) => sum + bytesOf(before, kind) - bytesOf(yesterday, kind), 0) / busy.length
  const ofTask = await growth(() => sideBySide(orders(busy), caller => live(caller))) / TASKS
  const after = await kindsOf(redis)
  const ofNamed = await growth(() => sideBySide(orders(busy), caller => live(caller, randomUUID()))) / TASKS

  say([
    ['a settled task', bytes(ofTask), million(ofTask)],
    ['  with an Idempotency-Key', bytes(ofNamed), million(ofNamed)],
    ['a key', bytes(ofKey), ''],
    ['a team', bytes(ofTeam), `with all of its ${KEYS_OF_A_TEAM} keys ${bytes(ofTeam + KEYS_OF_A_TEAM * ofKey)}`],
    ['a day of an active key', bytes(ofDay), `with its part of the team's, of ${KEYS_OF_A_TEAM} keys`]
  ])
  say([['where a task is', '', ''], ...partsOf(before, after, ofTask)])
  say([['the value of a task', '', ''], ...(await linesOf(redis)).map(({ kind, keys, bytes: sum }) => [`  ${kind}`, bytes(sum / keys), ''])])
}

/** A whole life: admitted, accepted, completed. */
async function live (caller: Caller, idempotencyKey?: string): Promise<void> {
  const nowMs = clock.nowMs()
  const ref = newTaskRef(caller.team.id)
  const order = {
    ref,
    caller,
    model: MODEL,
    priceMicros: 500_000,
    fingerprint: fingerprintOf(MODEL, { prompt: ref }),
    idempotencyKey,
    trace: null,
    orderedAtMs: nowMs,
    notAfterMs: nowMs + 1000,
    submitDeadlineMs: nowMs + 65_000
  }
  const { kind } = await insist(() => ledger.admit(order))
  // Late is what was admitted already.
  if (kind !== 'admitted' && kind !== 'late') throw new Error(`not admitted: ${kind}`)
  const taskId = randomUUID() as TaskId
  const { after } = await insist(() => ledger.resolve(order, { kind: 'accepted', taskId, credential: 'c0ffee00', body: pendingBody(taskId) }))
  await insist(() => ledger.observe(after, { kind: 'status', body: completedBody(taskId) }))
}

function pendingBody (id: string): TaskBody {
  return { task_info: { id, status: 'pending', created_at: '2026-11-22T12:00:00.657134+00:00', updated_at: '2026-11-22T12:00:00.657134+00:00' } }
}

/** The URL of the result makes it as long as signed URLs do. */
function completedBody (id: string): TaskBody {
  const task = { id, status: 'completed' as const, created_at: '2026-11-22T12:00:00.657134+00:00', updated_at: '2026-11-22T12:01:32.120034+00:00' }
  const url = `https://media.mulerouter.example/ephemeral/${id}/result_00.mp4?Expires=1795435292&Signature=`
  const wanted = BODY_BYTES.least + Math.random() * (BODY_BYTES.most - BODY_BYTES.least)
  return { task_info: task, videos: [url + randomBase62(Math.floor(wanted) - JSON.stringify({ task_info: task, videos: [url] }).length)] }
}

/** By how many bytes Redis has grown. */
async function growth (work: () => Promise<void>): Promise<number> {
  const before = await usedBytes()
  await work()
  return await usedBytes() - before
}

async function usedBytes (): Promise<number> { return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]) }

/** Who orders the tasks, one after the other. */
function * orders (callers: readonly Caller[]): Generator<Caller> {
  for (let left = TASKS; left > 0;) for (const caller of callers) if (left-- > 0) yield caller
}

/** What a task has added to each kind of key; the rest is in the tables that lead to keys and expiries. */
function partsOf (before: readonly Kind[], after: readonly Kind[], ofTask: number): string[][] {
  const parts = after.map(({ kind, bytes: sum }) => ({ kind, each: (sum - bytesOf(before, kind)) / TASKS }))
  const rest = ofTask - parts.reduce((sum, { each }) => sum + each, 0)
  return [...parts, { kind: 'tables of names and expiries', each: rest }].filter(({ each }) => Math.round(each) !== 0)
    .map(({ kind, each }) => [`  ${kind}`, bytes(each), `${Math.round(100 * each / ofTask)} %`])
}

function bytesOf (kinds: readonly Kind[], wanted: string): number { return kinds.find(({ kind }) => kind === wanted)?.bytes ?? 0 }
function bytes (count: number): string { return `${Math.round(count)} B` }
function million (each: number): string { return `a million: ${(each * MILLION / GIB).toFixed(2)} GiB` }

function say (rows: readonly string[][]): void {
  for (const [what = '', count = '', more = ''] of rows) process.stdout.write(`${what.padEnd(32)}${count.padStart(8)}   ${more}`.trimEnd() + '\n')
  process.stdout.write('\n')
}
