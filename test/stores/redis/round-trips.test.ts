// What a call costs in round trips to Redis, when scripts and callers are known: DESIGN §5 promises three at most for a create. The front door is one of them only where
// its limit is near; far from it, it tells Redis a moment later.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { GENERATION, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { startCountingProxy, type CountingProxy } from '../../support/redis/counting-proxy.ts'
import { startRedis, type RedisServer } from '../../support/redis/redis-server.ts'
import { inventedKey } from '../../support/written-key.ts'

const STALE_MS = 4000
/** The gateway watches its ledger once a second, and now and then that falls into a call. */
const ATTEMPTS_MAX = 5
const LUA = new URL('../../../src/stores/redis/lua/', import.meta.url)

const SCRIPTS = new Map([
  [shaOf('#!lua', 'prelude', 'outbox', 'enter', 'admit'), 'admit'],
  [shaOf('#!lua flags=allow-oom', 'prelude', 'outbox', 'move'), 'move'],
  [shaOf('#!lua flags=allow-oom', 'prelude', 'look', 'find'), 'find']
])
/** A caller that is read afresh: its key leads to team and key, which are read side by side. */
const CALLER = ['GET', 'HGET', 'HGET']

let redis: RedisServer
let proxy: CountingProxy
let gateway: Gateway
/** has a limit that is always near */
let narrow: { gateway: Gateway, key: string }
let key: string
let fullKey: string

beforeAll(async () => {
  redis = await startRedis()
  proxy = await startCountingProxy(redis.url)
  gateway = await startGateway({ REDIS_URL: proxy.url })
  key = (await gateway.team({ limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 1000 }] } })).key
  fullKey = (await gateway.team({ limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 0 }] } })).key
  const near = await startGateway({ REDIS_URL: proxy.url, REQUESTS_PER_MINUTE: '90' })
  narrow = { gateway: near, key: (await near.team()).key }
  // Nobody waits for the front door's own connection when a gateway starts.
  await eventually(async () => {
    proxy.reset()
    await gateway.usage(key)
    return asked().includes('door')
  }, 'the front door counts')
  // Whatever is asked for the first time costs a round trip more, once.
  await remove(await create())
  await refused()
})

afterAll(async () => {
  await narrow.gateway.stop()
  await gateway.stop()
  await proxy.stop()
  await redis.stop()
})

function shaOf (flags: string, ...files: string[]): string {
  return createHash('sha1').update([flags, ...['nothing', ...files].map(file => readFileSync(new URL(`${file}.lua`, LUA), 'utf8'))].join('\n')).digest('hex')
}

/** What the gateway asked of Redis since the last reset; a script that is none of the ledger's is the front door's. */
function asked (): string[] {
  return proxy.commands.map(command => command.startsWith('EVALSHA ') ? SCRIPTS.get(command.slice('EVALSHA '.length)) ?? 'door' : command)
}

type Cost = { status: number, roundTrips: number, commands: string[] }

async function costOf (call: () => Promise<Reply>): Promise<Cost> {
  proxy.reset()
  const { status } = await call()
  return { status, roundTrips: proxy.roundTrips, commands: asked() }
}

/** Demands that a call costs this. @param prepare makes what is called */
async function expectCost<Made> (expected: Cost, prepare: () => Promise<Made>, call: (made: Made) => Promise<Reply>): Promise<void> {
  let cost: Cost | undefined
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const made = await prepare()
    cost = await costOf(() => call(made))
    if (cost.commands.length === expected.commands.length) break
  }
  expect(cost).toEqual(expected)
}

async function create (): Promise<string> { return (await gateway.create(key)).json.task_info.id }
async function nothing (): Promise<void> {}
function refused (): Promise<Reply> { return gateway.create(fullKey) }
function remove (taskId: string): Promise<Reply> { return gateway.call('DELETE', `${GENERATION}/${taskId}`, { key }) }
function order (headers: Record<string, string>): Promise<Reply> { return gateway.call('POST', GENERATION, { key, headers, body: { prompt: 'a cat' } }) }

test('a create is two round trips: the admission, and how it ended', () =>
  expectCost({ status: 202, roundTrips: 2, commands: ['admit', 'move'] }, nothing, () => gateway.create(key)))

test('it is three where the limit of the front door is near', () =>
  expectCost({ status: 202, roundTrips: 3, commands: ['door', 'admit', 'move'] }, nothing, () => narrow.gateway.create(narrow.key)))

let names = 0
test('a create with an Idempotency-Key is two as well, and one that repeats it one', async () => {
  const nameIt = async () => ({ 'idempotency-key': `name-${++names}` })
  await expectCost({ status: 202, roundTrips: 2, commands: ['admit', 'move'] }, nameIt, order)
  await expectCost({ status: 202, roundTrips: 1, commands: ['admit'] }, async () => ({ 'idempotency-key': `name-${names}` }), order)
})

test('a refused create is one, and one that is not understood none', async () => {
  await expectCost({ status: 429, roundTrips: 1, commands: ['admit'] }, nothing, refused)
  await expectCost({ status: 400, roundTrips: 0, commands: [] }, nothing, () => gateway.create(key, { promt: 'a cat' }))
})

test('a dry run is one', () =>
  expectCost({ status: 200, roundTrips: 1, commands: ['admit'] }, nothing, () => gateway.call('POST', `${GENERATION}?dry_run=true`, { key, body: { prompt: 'a cat' } })))

test('a read that is answered from the ledger is one, whether the task is there or not', async () => {
  await expectCost({ status: 200, roundTrips: 1, commands: ['find'] }, create, taskId => gateway.read(key, taskId))
  await expectCost({ status: 404, roundTrips: 1, commands: ['find'] }, nothing, () => gateway.read(key, 'nobodys-task'))
})

test('a read that looks upstream is two', () =>
  expectCost({ status: 200, roundTrips: 2, commands: ['find', 'move'] }, staleTask, taskId => gateway.read(key, taskId)))

test('a delete is four: it finds the task, looks at it, says what it is about to do, and what became of it', () =>
  expectCost({ status: 200, roundTrips: 4, commands: ['find', 'move', 'move', 'move'] }, create, remove))

test('a list is four: the caller is read afresh, then places and tasks', () =>
  expectCost({ status: 200, roundTrips: 4, commands: [...CALLER, 'ZREVRANGEBYSCORE', 'MGET'] }, create, () => gateway.call('GET', '/v1/tasks?limit=100', { key })))

test('the own usage is three', () =>
  expectCost({ status: 200, roundTrips: 3, commands: [...CALLER, 'MGET'] }, nothing, () => gateway.usage(key)))

test('a key that nobody knows is three, one of them to see whether the ledger is whole, and one again for a while; one with a wrong checksum is never looked up', async () => {
  const known = async () => { const invented = inventedKey(); await gateway.create(invented); return invented }
  await expectCost({ status: 401, roundTrips: 3, commands: ['GET', 'HMGET', 'door'] }, async () => inventedKey(), invented => gateway.create(invented))
  await expectCost({ status: 401, roundTrips: 1, commands: ['door'] }, known, invented => gateway.create(invented))
  await expectCost({ status: 401, roundTrips: 1, commands: ['door'] }, nothing, () => gateway.create('mg_live_nonsense'))
})

/** A task whose status is old enough to be asked for. */
async function staleTask (): Promise<string> {
  const taskId = await create()
  gateway.clock.advance(STALE_MS)
  return taskId
}
