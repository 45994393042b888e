// A Redis without memory left: nothing new begins, and what has begun is followed to its end and settled exactly.
import { expect, onTestFinished, test } from 'vitest'
import { LedgerUnavailable } from '../../../src/ledger/ledger.ts'
import { figuresOf, quota, STATUS_MAX_AGE_MS, SUBMIT_WITHIN_MS, UNKNOWN_HOLD_MS, type Bench } from '../../contract/open-ledger.ts'
import { accountOf, COUNTED, SPENT, UNDER_WAY } from '../../support/account.ts'
import { GENERATION, PENDING_MS, PROCESSING_MS, startGateway } from '../../support/gateway.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import type { RedisServer } from '../../support/redis/redis-server.ts'
import { accepted } from '../../support/tasks.ts'
import { aTeam } from '../../support/teams.ts'
import { openGateway, type OpenGateway } from './open-gateway.ts'
import { addressOf } from './open-redis-ledger.ts'

const MEMORY = '8mb'
const FILLERS_BYTES = [100_000, 1000, 10]
/** Longer than a gateway may be silent. */
const SILENT_S = 15
const LIMITED = quota('team', 'day', 'tasks', 1000)

/** Writes until Redis takes no byte more. */
async function fill (server: RedisServer): Promise<void> {
  const redis = server.client()
  for (const bytes of FILLERS_BYTES) {
    let full = false
    for (let number = 1; !full; number++) full = await redis.set(`filler:${bytes}:${number}`, '.'.repeat(bytes)).then(() => false, () => true)
  }
  // What it needs for its connections comes and goes: it shall stay full.
  await redis.config('SET', 'maxmemory', '4mb')
  await expect(redis.set('filler', '')).rejects.toThrow(/^OOM /)
}

async function makeRoom (server: RedisServer): Promise<void> { await server.client().config('SET', 'maxmemory', '0') }

function redisToFill (): Promise<RedisServer> { return redisForTest({ args: ['--maxmemory', MEMORY, '--maxmemory-policy', 'noeviction'] }) }

async function aScene (): Promise<OpenGateway & { server: RedisServer }> {
  const server = await redisToFill()
  return { ...await openGateway(addressOf(server.url)), server }
}

/** What is used and held of the caller's day, and its unfinished tasks. */
async function accountAt (bench: Bench, caller: Parameters<Bench['ledger']['standing']>[0]): Promise<object> {
  const { standings, inFlight } = await bench.ledger.standing(caller)
  return { day: standings.map(figuresOf), inFlight: inFlight.map(({ used }) => used) }
}

function day (used: number, held: number): object[] { return [{ scope: 'team', per: 'day', unit: 'tasks', limit: 1000, used, held }] }

const REFUSED = expect.objectContaining({ name: 'Error', untouched: true })

test('an order that a full Redis refuses was certainly not begun, and counts nothing', async () => {
  const { bench, server } = await aScene()
  const caller = await bench.caller(LIMITED)
  await fill(server)
  const order = bench.order(caller)
  for (const refused of [bench.ledger.admit(order), bench.ledger.preview(order), bench.ledger.admit(bench.order(caller, { idempotencyKey: 'once' }))]) {
    await expect(refused).rejects.toThrow(LedgerUnavailable)
    await expect(refused).rejects.toEqual(REFUSED)
  }
  expect(await accountAt(bench, caller)).toEqual({ day: day(0, 0), inFlight: [0, 0] })
  expect(await bench.tasks(caller.team.id)).toEqual([])

  await makeRoom(server)
  expect((await bench.ledger.admit(order)).kind).toBe('admitted')
})

test('in a full Redis every task goes on: accepted, refused, looked at, settled, given up, deleted, decided; and the account is exact', async () => {
  const { bench, server } = await aScene()
  const caller = await bench.caller(LIMITED)
  const running = [await bench.begin(caller), await bench.begin(caller), await bench.begin(caller), await bench.begin(caller)] as const
  const [completes, fails, isDeleted, isRead] = running
  const submitting = [await bench.admit(caller), await bench.admit(caller), await bench.admit(caller), await bench.admit(caller)] as const
  const [isAccepted, isRefused, isUnknown, isAbandoned] = submitting
  await fill(server)

  await bench.ledger.resolve(isAccepted, accepted())
  await bench.ledger.resolve(isRefused, { kind: 'refused' })
  await bench.ledger.resolve(isUnknown, { kind: 'unknown' })
  await bench.see(completes.ref, 'completed')
  await bench.see(fails.ref, 'failed')
  await bench.observe(isDeleted.ref, { kind: 'deleted', begun: false })
  await bench.pass(STATUS_MAX_AGE_MS)
  expect(await bench.find(caller, isRead.taskId)).toMatchObject({ task: { ref: isRead.ref }, mayLook: true })
  expect(await bench.find(caller, isRead.taskId)).toMatchObject({ mayLook: false })
  await bench.observe(isRead.ref, { kind: 'nothing' })
  expect(await accountAt(bench, caller)).toEqual({ day: day(5, 4), inFlight: [3, 3] })

  await bench.pass(SUBMIT_WITHIN_MS)
  expect((await bench.settleOverdue(10)).map(({ after }) => [after.ref, after.state])).toEqual([[isAbandoned.ref, 'unknown']])
  await bench.pass(UNKNOWN_HOLD_MS)
  expect(await bench.settleOverdue(10)).toHaveLength(2)
  const states = Object.groupBy(await bench.tasks(caller.team.id), ({ state, money }) => `${state} ${money}`)
  expect(Object.fromEntries(Object.entries(states).map(([state, tasks = []]) => [state, tasks.length]))).toEqual({
    'completed spent': 1, 'failed refunded': 1, 'deleted refunded': 1, 'refused refunded': 1, 'pending held': 2, 'unknown spent': 2
  })
  const [row] = await bench.usage({ team: caller.team.id, fromDay: '2026-11-22', toDay: '2026-11-22' })
  expect(row).toMatchObject({ tasks: 7, completed: 1, failed: 1, unknown: 2, spentMicros: 1_500_000, heldMicros: 1_000_000, refundedMicros: 1_000_000 })
})

test('in a full Redis what it never met is written all the same: an acceptance with its hold, and a retraction that makes a late order do nothing', async () => {
  const { bench, server } = await aScene()
  const caller = await bench.caller(LIMITED)
  const [isAccepted, isRetracted] = [bench.order(caller), bench.order(caller)]
  await fill(server)
  await bench.ledger.resolve(isAccepted, accepted())
  await bench.ledger.resolve(isRetracted, { kind: 'unsent' })
  expect(await accountAt(bench, caller)).toEqual({ day: day(1, 1), inFlight: [1, 1] })

  await makeRoom(server)
  for (const order of [isAccepted, isRetracted]) expect(await bench.ledger.admit(order)).toEqual({ kind: 'late' })
  expect(await accountAt(bench, caller)).toEqual({ day: day(1, 1), inFlight: [1, 1] })
})

test('an answer that was lost while Redis was full is there for the next equal order', async () => {
  const { bench, server } = await aScene()
  const caller = await bench.caller(LIMITED)
  const { order, ref } = await bench.begin(caller, { prompt: 'a cat' })
  await fill(server)
  await bench.lose(order)
  await makeRoom(server)
  expect(await bench.ledger.admit(bench.order(caller, { prompt: 'a cat' }))).toMatchObject({ kind: 'replay', lost: true, task: { ref } })
})

test('in a full Redis a key can be revoked and a limit lowered, and no team can be made', async () => {
  const { bench, server } = await aScene()
  const caller = await bench.caller()
  await fill(server)
  const revoked = await bench.change(caller, { team: { limits: { quotas: [] } }, key: { revokedAtMs: 1 } })
  expect(await bench.directory.findCaller(caller.key.hash)).toEqual(revoked)
  await expect(bench.directory.createTeam(aTeam())).rejects.toEqual(REFUSED)
})

test('a gateway that could not say that it lives while Redis was full is not taken for dead, and nothing is taken for lost', async () => {
  const server = await redisToFill()
  const [address, clock] = [addressOf(server.url), manualClock()]
  const [one, other] = [await openGateway(address, clock), await openGateway(address, clock)]
  const caller = await one.bench.caller()
  const submitting = await other.bench.admit(caller, { prompt: 'a cat' })
  for (const { store } of [one, other]) await store.tend()
  await fill(server)
  for (let second = 1; second <= SILENT_S; second++) {
    clock.advance(1000)
    await Promise.allSettled([one, other].map(({ store }) => store.tend()))
  }
  await makeRoom(server)

  for (const { store } of [one, other]) await store.tend()
  for (const { bench } of [other, one]) expect((await bench.ledger.admit(bench.order(caller, { prompt: 'a cat' }))).kind).toBe('admitted')
  await other.bench.ledger.resolve(submitting, accepted())
  await one.bench.ledger.ping()
})

test('while Redis is full a gateway refuses creates, and answers, settles and deletes what there is', async () => {
  const server = await redisToFill()
  const gateway = await startGateway({ REDIS_URL: server.url, REDIS_KEY_PREFIX: 'mg' })
  onTestFinished(() => gateway.stop())
  const { key } = await gateway.team({ limits: COUNTED })
  const [settled, deleted] = [await gateway.create(key), await gateway.create(key)].map(({ json }) => json.task_info.id)
  await fill(server)

  const refused = await gateway.create(key)
  expect(refused).toMatchObject({ status: 503, json: { code: 'ledger_unavailable' } })
  expect(gateway.simulator.received.creates).toBe(2)
  expect(await gateway.call('DELETE', `${GENERATION}/${deleted}`, { key })).toMatchObject({ status: 200 })
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  expect(await gateway.read(key, settled)).toMatchObject({ status: 200, json: { task_info: { status: 'completed' } } })
  expect(await accountOf(gateway, key)).toEqual(SPENT)
  expect(await gateway.call('GET', '/v1/tasks', { key })).toMatchObject({ status: 200 })

  await makeRoom(server)
  expect((await gateway.create(key)).status).toBe(202)
})
