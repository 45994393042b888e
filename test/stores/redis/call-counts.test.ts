// Calls that several gateways count together: exact where a limit is near, a moment late where it is far, and never late by much.
import { onTestFinished, expect, test } from 'vitest'
import { closeClient, connect, redisClient } from '../../../src/stores/redis/connection.ts'
import { callCounts, type CallCounts } from '../../../src/stores/redis/call-counts.ts'
import { eventually } from '../../support/eventually.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import type { RedisServer } from '../../support/redis/redis-server.ts'
import { silentLog } from '../../support/silent-log.ts'
import { addressOf } from './open-redis-ledger.ts'

const MINUTE = 60_000

async function gatewayOn ({ url }: RedisServer): Promise<CallCounts> {
  const client = redisClient(addressOf(url))
  await connect(client, silentLog)
  onTestFinished(() => closeClient(client))
  return callCounts(client, 'door:')
}

async function times (count: number, call: () => Promise<{ current: number }>): Promise<number[]> {
  const currents: number[] = []
  for (let i = 0; i < count; i++) currents.push((await call()).current)
  return currents
}

test('every call of a small limit is told before it is let in: gateways that are asked at once give out each number once', async () => {
  const redis = await redisForTest()
  const gateways = await Promise.all([gatewayOn(redis), gatewayOn(redis), gatewayOn(redis)])
  const counts = await Promise.all(Array.from({ length: 60 }, (_, call) => gateways[call % 3]?.count('a', { calls: 20, windowMs: MINUTE })))
  expect(counts.map(count => count?.current).toSorted((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
})

test('far from its limit a gateway counts by itself, and Redis and the others know soon', async () => {
  const redis = await redisForTest()
  const [one, other] = [await gatewayOn(redis), await gatewayOn(redis)]
  const limit = { calls: 1000, windowMs: MINUTE }
  expect(await times(6, () => one.count('a', limit))).toEqual([1, 2, 3, 4, 5, 6])
  const client = redis.client()
  await eventually(async () => await client.get('door:a') === '6', 'all calls are told')
  expect(await other.count('a', limit)).toMatchObject({ current: 7 })
})

test('no more than a hundredth of a limit is let in untold, nothing past its half, and nothing is forgotten', async () => {
  const redis = await redisForTest()
  const gateway = await gatewayOn(redis)
  const client = redis.client()
  const told = async (): Promise<number> => Number(await client.get('door:a'))
  for (let call = 1; call <= 300; call++) {
    expect((await gateway.count('a', { calls: 300, windowMs: MINUTE })).current).toBe(call)
    const untold = call - await told()
    expect(untold).toBeLessThanOrEqual(call > 150 ? 0 : 3)
  }
})

test('calls that come while Redis is being told are let in within the same hundredth: a burst passes the limit by no more', async () => {
  const redis = await redisForTest()
  const [one, other] = [await gatewayOn(redis), await gatewayOn(redis)]
  const limit = { calls: 200, windowMs: MINUTE }
  // Both believe that the limit is far.
  await Promise.all([one.count('a', limit), other.count('a', limit)])
  const burst = await Promise.all(Array.from({ length: 600 }, (_, call) => (call % 2 === 0 ? one : other).count('a', limit)))
  expect(burst.filter(({ current }) => current <= limit.calls).length).toBeLessThanOrEqual(limit.calls - 2 + 2 * limit.calls / 100)
  expect(await redis.client().get('door:a')).toBe('602')
})

test('names are counted apart', async () => {
  const gateway = await gatewayOn(await redisForTest())
  const limit = { calls: 1000, windowMs: MINUTE }
  await times(3, () => gateway.count('a', limit))
  expect(await times(2, () => gateway.count('b', limit))).toEqual([1, 2])
})

test('a window ends when it said that it would, and the next one begins anew', async () => {
  const gateway = await gatewayOn(await redisForTest())
  const limit = { calls: 100_000, windowMs: 300 }
  const first = await gateway.count('a', limit)
  expect(first).toEqual({ current: 1, endsInMs: 300 })
  let last = first
  await eventually(async () => {
    const next = await gateway.count('a', limit)
    const isNew = next.current < last.current
    last = next
    return isNew
  }, 'a new window begins')
  expect(last.endsInMs).toBeGreaterThan(0)
  expect(last.endsInMs).toBeLessThanOrEqual(300)
})

test('a call that must be told is not counted without Redis: it fails, and whoever asked decides', async () => {
  const redis = await redisForTest()
  const gateway = await gatewayOn(redis)
  redis.kill('SIGKILL')
  await redis.ended()
  await expect(gateway.count('a', { calls: 20, windowMs: MINUTE })).rejects.toThrow()
})
