// The shared ledger on a Redis Cluster, put to the contract of every ledger.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SettlementRules } from '../../../src/ledger/task.ts'
import { ledgerContract } from '../../contract/ledger.ts'
import { REFUND_FAILED } from '../../contract/open-ledger.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { askRedis } from '../../support/redis/ask-redis.ts'
import { startCluster, type RedisCluster } from '../../support/redis/redis-cluster.ts'
import { addressOf, redisLedgerAt, type OpenRedisLedger } from './open-redis-ledger.ts'

let cluster: RedisCluster
beforeAll(async () => { cluster = await startCluster() })
afterAll(() => cluster.stop())

function openOnCluster (rules: SettlementRules): Promise<OpenRedisLedger> {
  return redisLedgerAt({
    address: { ...addressOf(cluster.url), cluster: true },
    clock: manualClock(),
    rules,
    masterUrls: cluster.nodes.map(({ url }) => url)
  })
}

async function keyCounts (): Promise<number[]> { return (await Promise.all(cluster.nodes.map(node => askRedis(node, 'DBSIZE')))).map(Number) }

describe('on three masters', () => ledgerContract(openOnCluster))

test('the shards of a ledger lie on all masters, and none of them keeps anything of one that was removed', async () => {
  // A test that a busy machine broke off, and that was repeated, has left something.
  const before = await keyCounts()
  const { close } = await openOnCluster(REFUND_FAILED)
  for (const [place, count] of (await keyCounts()).entries()) expect(count).toBeGreaterThan(before[place] ?? 0)
  await close()
  expect(await keyCounts()).toEqual(before)
})
