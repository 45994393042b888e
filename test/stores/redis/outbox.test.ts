// The outbox in Redis: everything ends by itself, and a team without webhooks leaves no trace in it.
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { afterAttempt, askedAgain, DEAD_KEPT_MS, DELIVERED_KEPT_MS, type Attempt } from '../../../src/ledger/delivery.ts'
import { benchOf, quota, REFUND_FAILED, type Bench } from '../../contract/open-ledger.ts'
import { present } from '../../support/present.ts'
import { startCountingProxy } from '../../support/redis/counting-proxy.ts'
import { sharedRedisUrl } from '../../support/redis/shared-redis.ts'
import { accepted } from '../../support/tasks.ts'
import { keptWebhook, toldTo } from '../../support/webhooks.ts'
import { openRedisLedger } from './open-redis-ledger.ts'

async function openBench (): Promise<{ bench: Bench, redis: Redis, prefix: string }> {
  const opened = await openRedisLedger(sharedRedisUrl(), REFUND_FAILED)
  const bench = benchOf(opened)
  onTestFinished(() => bench.close())
  const redis = new Redis(sharedRedisUrl())
  onTestFinished(() => redis.disconnect())
  return { bench, redis, prefix: opened.address.keyPrefix }
}

/** Names of the ledger that hold these words. */
async function namesWith (redis: Redis, prefix: string, words: string): Promise<string[]> { return redis.keys(`{${prefix}:*${words}*`) }

const DELIVERED: Attempt = { kind: 'delivered', status: 204 }
const DEAD: Attempt = { kind: 'failed', status: 404, error: 'status 404', retryAtMs: null }

test.each([['delivered', DELIVERED, DELIVERED_KEPT_MS], ['dead', DEAD, DEAD_KEPT_MS]] as const)('a message that is %s goes by itself, and so do its lists', async (_state, attempt, keptMs) => {
  const { bench, redis, prefix } = await openBench()
  const caller = await bench.caller()
  const webhook = await keptWebhook(bench.outbox, caller)
  await bench.see((await bench.begin(caller)).ref, 'completed')
  const told = present((await toldTo(bench.outbox, webhook))[0])
  const [name] = await namesWith(redis, prefix, `:delivery:${webhook.serial}:`)
  const leftMs = (): Promise<number> => redis.pttl(present(name))
  expect(await leftMs()).toBeGreaterThan(DEAD_KEPT_MS - 60_000)
  await bench.outbox.replaceDelivery(told, afterAttempt(told, attempt, bench.clock.nowMs()))
  expect(await leftMs()).toBeGreaterThan(keptMs - 60_000)
  expect(await leftMs()).toBeLessThanOrEqual(keptMs)
  for (const list of await namesWith(redis, prefix, `:deliveries:${webhook.serial}:`)) expect(await redis.pttl(list)).toBeGreaterThan(0)
  const ended = present((await toldTo(bench.outbox, webhook))[0])
  await bench.outbox.replaceDelivery(ended, askedAgain(ended, bench.clock.nowMs()))
  expect(await leftMs()).toBeGreaterThan(DEAD_KEPT_MS - 60_000)
})

test('places of messages that have gone leave their list when others come in', async () => {
  const { bench, redis, prefix } = await openBench()
  const caller = await bench.caller()
  const webhook = await keptWebhook(bench.outbox, caller)
  const tell = async (): Promise<unknown> => bench.see((await bench.begin(caller)).ref, 'completed')
  for (let message = 1; message <= 3; message++) await tell()
  await redis.del(await namesWith(redis, prefix, `:delivery:${webhook.serial}:`))
  await tell()
  const [list] = await namesWith(redis, prefix, `:deliveries:${webhook.serial}:pending`)
  expect(await redis.zcard(present(list))).toBe(1)
  expect(await bench.outbox.claimDeliveries(10, 20_000)).toHaveLength(1)
})

test('a team without webhooks leaves nothing in the outbox, whatever happens to its tasks and quotas', async () => {
  const { bench, redis, prefix } = await openBench()
  const caller = await bench.caller(quota('team', 'day', 'tasks', 2))
  await bench.see((await bench.begin(caller)).ref, 'completed')
  await bench.ledger.resolve(await bench.admit(caller), { kind: 'unknown' })
  for (const words of ['outbox', 'deliver', 'webhooks']) expect(await namesWith(redis, prefix, words)).toEqual([])
})

test('an admission is one command for a team without webhooks, also where it reaches a mark, and one more there for a team that hears of it', async () => {
  const proxy = await startCountingProxy(sharedRedisUrl())
  onTestFinished(() => proxy.stop())
  const bench = benchOf(await openRedisLedger(proxy.url, REFUND_FAILED))
  onTestFinished(() => bench.close())
  const [deaf, hearing] = [await bench.caller(quota('team', 'day', 'tasks', 5)), await bench.caller(quota('team', 'day', 'tasks', 5))]
  await keptWebhook(bench.outbox, hearing)
  await bench.admit(await bench.caller())
  const counts = []
  for (const caller of [deaf, hearing]) {
    for (let task = 1; task <= 5; task++) {
      proxy.reset()
      await bench.admit(caller)
      counts.push(proxy.commands.length)
    }
  }
  expect(counts).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 2, 2])
})

test('a settlement is one command, whoever hears of it', async () => {
  const proxy = await startCountingProxy(sharedRedisUrl())
  onTestFinished(() => proxy.stop())
  const bench = benchOf(await openRedisLedger(proxy.url, REFUND_FAILED))
  onTestFinished(() => bench.close())
  const caller = await bench.caller()
  const webhook = await keptWebhook(bench.outbox, caller)
  const [first, second] = [await bench.begin(caller), await bench.begin(caller)]
  await bench.see(first.ref, 'completed')
  const task = present(await bench.ledger.read(second.ref))
  proxy.reset()
  await bench.ledger.observe(task, { kind: 'given-up' })
  expect(proxy.commands).toHaveLength(1)
  expect((await toldTo(bench.outbox, webhook)).map(({ type }) => type)).toEqual(['task.completed', 'task.expired'])
})

test('a task that was lost and is recorded again is not told a second time as long as its message is there, and else under the same id', async () => {
  const { bench, redis, prefix } = await openBench()
  const caller = await bench.caller()
  const webhook = await keptWebhook(bench.outbox, caller)
  const order = await bench.admit(caller)
  const outcome = accepted('completed')
  for (const lost of [[], ['task:'], ['task:', `delivery:${webhook.serial}`]]) {
    for (const words of lost) await redis.del(await namesWith(redis, prefix, words))
    await bench.ledger.resolve(order, outcome)
    expect((await toldTo(bench.outbox, webhook)).map(({ id }) => id)).toEqual([`msg_${order.ref.slice(4)}_completed`])
  }
})
