// Nothing lies in Redis for ever that nobody needs: how long every key is kept, and that nobody stumbles over what is gone.
import type { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import type { Order } from '../../../src/ledger/ledger.ts'
import type { Resolution } from '../../../src/ledger/task.ts'
import { namesOf } from '../../../src/stores/redis/names.ts'
import type { Caller } from '../../../src/teams/directory.ts'
import { benchOf, IDEMPOTENCY_TTL_MS, LOOK_LEASE_MS, REFUND_FAILED, STATUS_MAX_AGE_MS, TASK_RETENTION_MS, UNKNOWN_HOLD_MS, USAGE_RETENTION_MS, type Bench, type Begun, type OrderSettings } from '../../contract/open-ledger.ts'
import { eventually } from '../../support/eventually.ts'
import { startGateway } from '../../support/gateway.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import { accepted } from '../../support/tasks.ts'
import { inventedKey } from '../../support/written-key.ts'
import { addressOf, redisLedgerAt } from './open-redis-ledger.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MINUTE_KEPT_MS = 180_000
const LOST_ANSWER_MS = 600_000
const CLAIM_MS = IDEMPOTENCY_TTL_MS + 60_000
/** By then every task of a window has settled. */
const SETTLED_WITHIN_MS = UNKNOWN_HOLD_MS + 2 * DAY_MS
/** Real time since a key was written. */
const ELAPSED_MAX_MS = 30_000

/** Milliseconds, or why it stays; `as made`: what the history below says of its last part. */
type Kept = number | `stays: ${string}`

/** Every kind of key, without prefix and shard, and how long it is kept. It is 2026-11-22T12:00Z, a Sunday. */
const KEPT: ReadonlyArray<[kind: RegExp, kept: Kept | 'as made']> = [
  [/^ledger$/, 'stays: it says that there is a ledger'],
  [/^instances$/, 'stays: it holds the gateways that live'],
  [/^kept$/, 'stays: it says for how long tasks are kept, and since when all of them are there'],
  [/^dead$/, 'stays: gateways that have died are taken out after a week'],
  [/^teams$/, 'stays: it is the list of teams'],
  [/^team:/, 'stays: teams are kept until somebody deletes them'],
  [/^(keys|key|key-id):/, 'stays: keys are kept until somebody deletes them'],
  [/^epoch$/, 'stays: there are 64, and without them nobody would notice a loss'],
  [/^number$/, 'stays: there are 64, and they never begin anew'],
  [/^due$/, 'stays: it holds what is yet to be done'],
  [/^(unfinished|in-doubt)$/, 'stays: a task goes out of it when it has ended'],
  [/^usage-days$/, 'stays: days that are over are taken out when a new one comes'],
  [/^in-flight:/, 'stays: it goes with the last unfinished task'],
  [/^count:.*:total:total$/, 'stays: a total has no end'],
  [/^count:.*:hour:2026-11-22T12Z$/, HOUR_MS + SETTLED_WITHIN_MS],
  [/^count:.*:day:2026-11-22$/, 12 * HOUR_MS + SETTLED_WITHIN_MS],
  [/^count:.*:week:2026-W47$/, 12 * HOUR_MS + SETTLED_WITHIN_MS],
  [/^count:.*:month:2026-11$/, 8 * DAY_MS + 12 * HOUR_MS + SETTLED_WITHIN_MS],
  [/^minute:.*:2026-11-22T12:00Z$/, MINUTE_KEPT_MS],
  [/^usage:.*:2026-11-22$/, USAGE_RETENTION_MS + 2 * DAY_MS],
  [/^(tasks|unknown):/, TASK_RETENTION_MS + SETTLED_WITHIN_MS],
  [/^(task|id|claim):/, 'as made'],
  [/^look:/, LOOK_LEASE_MS],
  [/^(lost|taken):/, LOST_ANSWER_MS]
]

const HELD = 'stays: its price is held'
const OPEN = 'stays: what became of its call is unknown'

type Scene = { bench: Bench, redis: Redis, prefix: string }

async function aScene ({ taskRetentionMs }: { taskRetentionMs?: number } = {}): Promise<Scene> {
  const server = await redisForTest()
  const address = addressOf(server.url)
  const bench = benchOf(await redisLedgerAt({ address, clock: manualClock(), rules: REFUND_FAILED, ...taskRetentionMs === undefined ? {} : { taskRetentionMs } }))
  onTestFinished(() => bench.close())
  return { bench, redis: server.client(), prefix: address.keyPrefix }
}

/** A caller with a limit of every kind. */
function limitedCaller (bench: Bench): Promise<Caller> {
  const quotas = (['hour', 'day', 'week', 'month', 'total'] as const).map(per => ({ per, unit: 'tasks' as const, limit: 100 }))
  const limits = { requestsPerMinute: 100, tasksInFlight: 100, quotas }
  return bench.caller({ team: { limits }, key: { limits } })
}

/** Lives of every kind. @returns how long what they leave behind is kept, by reference, upstream's id and Idempotency-Key */
async function manyLives (bench: Bench): Promise<ReadonlyMap<string, Kept>> {
  const caller = await limitedCaller(bench)
  const made = new Map<string, Kept>()

  async function begin (kept: Kept, settings?: OrderSettings): Promise<Begun> {
    const begun = await bench.begin(caller, settings)
    made.set(begun.ref, kept).set(begun.taskId, kept)
    return begun
  }
  async function resolve (kept: Kept, outcome: Resolution, order?: Order): Promise<Order> {
    const resolved = order ?? await bench.admit(caller)
    await bench.ledger.resolve(resolved, outcome)
    made.set(resolved.ref, kept)
    if (outcome.kind === 'accepted') made.set(outcome.taskId, kept)
    return resolved
  }
  async function claim (name: string, kept: Kept): Promise<OrderSettings> {
    made.set(name, kept)
    return { idempotencyKey: name }
  }

  await begin(HELD)
  await bench.see((await begin(HELD)).ref, 'processing')
  await bench.see((await begin(TASK_RETENTION_MS)).ref, 'completed')
  await bench.see((await begin(TASK_RETENTION_MS)).ref, 'failed')
  await bench.observe((await begin(TASK_RETENTION_MS)).ref, { kind: 'deleted', begun: false })
  await resolve(DAY_MS, { kind: 'refused' })
  await resolve(DAY_MS, { kind: 'unsent' })
  await resolve(DAY_MS, { kind: 'unsent' }, bench.order(caller))
  await resolve(HELD, { kind: 'unknown' })
  await bench.observe((await resolve(TASK_RETENTION_MS, { kind: 'unknown' })).ref, { kind: 'decided', as: 'spent' })
  const released = await resolve(HELD, { kind: 'unknown' })
  await bench.observe(released.ref, { kind: 'decided', as: 'refunded' })
  await resolve(HELD, accepted(), released)
  await resolve(HELD, accepted(), bench.order(caller))
  await resolve(TASK_RETENTION_MS, accepted('completed'), bench.order(caller))

  made.set((await bench.admit(caller, await claim('submitting', OPEN))).ref, HELD)
  await begin(HELD, await claim('answered', CLAIM_MS))
  await bench.see((await begin(TASK_RETENTION_MS, await claim('completed', CLAIM_MS))).ref, 'completed')
  await resolve(HELD, { kind: 'unknown' }, await bench.admit(caller, await claim('unknown', OPEN)))
  const decided = await resolve(TASK_RETENTION_MS, { kind: 'unknown' }, await bench.admit(caller, await claim('decided', CLAIM_MS)))
  await bench.observe(decided.ref, { kind: 'decided', as: 'spent' })
  await resolve(HELD, accepted(), bench.order(caller, await claim('restored', CLAIM_MS)))
  await resolve(DAY_MS, { kind: 'refused' }, await bench.admit(caller, { idempotencyKey: 'free again' }))

  const equal = { prompt: 'a cat' }
  for (const { order } of [await begin(HELD, equal), await begin(HELD, equal)]) await bench.lose(order)
  expect(await bench.ledger.admit(bench.order(caller, equal))).toMatchObject({ kind: 'replay', lost: true })

  const { taskId } = await begin(HELD)
  await bench.pass(STATUS_MAX_AGE_MS)
  expect(await bench.find(caller, taskId)).toMatchObject({ mayLook: true })
  return made
}

test('after lives of every kind every key that is left has an expiry, or is of a few kinds that stay for a reason', async () => {
  const { bench, redis, prefix } = await aScene()
  await bench.reopen()
  const made = await manyLives(bench)
  const names = await redis.keys('*')
  const kinds = new Set<RegExp>()
  for (const name of names) {
    const short = name.replace(new RegExp(`^({${prefix}:\\d\\d}|${prefix}):`), '')
    const [row, ...others] = KEPT.filter(([kind]) => kind.test(short))
    expect([row !== undefined, others], `${name} is of one kind`).toEqual([true, []])
    if (row === undefined) continue
    kinds.add(row[0])
    const kept = row[1] === 'as made' ? made.get(short.split(':').at(-1) ?? '') : row[1]
    const leftMs = await redis.pttl(name)
    if (typeof kept === 'number') {
      expect(leftMs, name).toBeLessThanOrEqual(kept)
      expect(leftMs, name).toBeGreaterThan(kept - ELAPSED_MAX_MS)
    } else expect([kept, leftMs], name).toEqual([expect.stringMatching(/^stays: /), -1])
  }
  expect([...kinds].map(String)).toHaveLength(KEPT.length)
})

test('the counts of unfinished tasks go with the last of them', async () => {
  const { bench, redis, prefix } = await aScene()
  const caller = await bench.caller()
  const [first, last] = [await bench.begin(caller), await bench.begin(caller)]
  const counts = (): Promise<string[]> => redis.keys(`{${prefix}:*}:in-flight:*`)
  await bench.see(first.ref, 'completed')
  expect(await counts()).toHaveLength(2)
  await bench.see(last.ref, 'completed')
  expect(await counts()).toEqual([])
})

test('what the front door counts ends with its minute', async () => {
  const server = await redisForTest()
  const gateway = await startGateway({ REDIS_URL: server.url, REDIS_KEY_PREFIX: 'door' })
  onTestFinished(() => gateway.stop())
  const { key } = await gateway.team()
  await gateway.usage(key)
  await gateway.usage(inventedKey())
  const redis = server.client()
  const names = await redis.keys('door:door:*')
  expect(names).toHaveLength(2)
  for (const name of names) {
    const leftMs = await redis.pttl(name)
    expect(leftMs, name).toBeGreaterThan(0)
    expect(leftMs, name).toBeLessThanOrEqual(60_000)
  }
})

test('a task that is past its retention is gone with its id, and lists go on without it', async () => {
  const { bench } = await aScene({ taskRetentionMs: 200 })
  const caller = await bench.caller()
  const older = await bench.begin(caller)
  const settled: Begun[] = []
  for (let count = 1; count <= 3; count++) settled.push(await bench.begin(caller))
  const younger = await bench.begin(caller)
  for (const { ref } of settled) await bench.see(ref, 'completed')

  const areGone = async (): Promise<boolean> => (await Promise.all(settled.map(({ ref }) => bench.ledger.read(ref)))).every(task => task === undefined)
  await eventually(areGone, 'the settled tasks are gone')
  for (const { taskId } of settled) {
    await eventually(async () => await bench.find(caller, taskId) === undefined, 'the id leads nowhere')
    expect(await bench.ledger.list({ taskId, limit: 10, cursor: null })).toEqual({ rows: [], nextCursor: null })
  }
  const left = [younger.ref, older.ref]
  expect((await bench.tasks(caller.team.id)).map(({ ref }) => ref)).toEqual(left)
  const first = await bench.ledger.list({ limit: 1, cursor: null })
  const second = await bench.ledger.list({ limit: 1, cursor: first.nextCursor })
  expect([...first.rows, ...second.rows].map(({ ref }) => ref)).toEqual(left)
  expect(second.nextCursor).toBe(null)
})

test('the places of tasks that are gone are taken out of the list as new ones come', async () => {
  const { bench, redis, prefix } = await aScene({ taskRetentionMs: 200 })
  const caller = await bench.caller()
  const { order } = await bench.begin(caller)
  const settled = await Promise.all([1, 2, 3, 4, 5].map(() => bench.begin(caller)))
  for (const { ref } of settled) await bench.see(ref, 'completed')
  await eventually(async () => (await bench.tasks(caller.team.id)).length === 1, 'the settled tasks are gone')

  await bench.pass(SETTLED_WITHIN_MS + 1000)
  const young = []
  for (let count = 1; count <= 5; count++) young.unshift((await bench.begin(caller)).ref)
  expect(await redis.zrevrange(namesOf(prefix).tasks(caller.team.id), 0, -1)).toEqual([...young, order.ref])
})

test('a refund that comes after a counter is gone begins it not anew, and is made in all others', async () => {
  const { bench, redis, prefix } = await aScene()
  const caller = await limitedCaller(bench)
  const { ref } = await bench.begin(caller)
  const counters = (await redis.keys(`{${prefix}:*}:count:*`)).sort()
  const [gone, kept] = [counters.filter(name => /:(hour|day):/.test(name)), counters.filter(name => !/:(hour|day):/.test(name))]
  expect([gone.length, kept.length]).toEqual([4, 6])
  const usage = await redis.keys(`{${prefix}:*}:usage:*`)
  await redis.unlink([...gone, ...usage])

  await bench.see(ref, 'failed')
  expect(await redis.exists([...gone, ...usage])).toBe(0)
  expect(new Set(await redis.mget(kept))).toEqual(new Set(['0 0 0 0']))
  for (const name of kept.filter(name => !name.endsWith(':total'))) expect(await redis.pttl(name)).toBeGreaterThan(SETTLED_WITHIN_MS)
})
