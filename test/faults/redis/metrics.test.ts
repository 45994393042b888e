// While Redis is away /metrics answers at once, says so, and leaves out what only Redis knows.
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { COUNTED, startFleet } from '../../support/fleet.ts'
import { ADMIN_TOKEN } from '../../support/gateway-process.ts'
import { Scraped } from '../../support/metrics.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'

/** A scrape has ten seconds; the ledger is given up after one. */
const ANSWERED_WITHIN_MS = 3000
const OF_THE_LEDGER = [
  'mulegate_tasks_in_flight', 'mulegate_oldest_unfinished_task_age_seconds', 'mulegate_sweep_lag_seconds', 'mulegate_tasks_in_doubt', 'mulegate_webhook_deliveries_pending'
]

test('a Redis that is stopped costs a scrape no more than a moment, and its figures come back with it', async () => {
  const redis = await redisForTest()
  const fleet = await startFleet({ redis, size: 1 })
  const [gateway] = fleet.gateways
  const scrape = async (): Promise<Scraped> => {
    const response = await fetch(`${gateway.origin}/metrics`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` }, signal: AbortSignal.timeout(ANSWERED_WITHIN_MS) })
    expect(response.status).toBe(200)
    return new Scraped(await response.text())
  }
  const { key } = await fleet.team(COUNTED)
  await fleet.create(gateway, key)
  const before = await scrape()
  expect(before.value('mulegate_ledger_up')).toBe(1)
  expect(before.value('mulegate_tasks_in_flight')).toBe(1)

  redis.kill('SIGSTOP')
  const first = await scrape()
  expect(first.value('mulegate_ledger_up')).toBe(0)
  for (const name of OF_THE_LEDGER) expect(first.samples(name), name).toEqual([])
  expect((await gateway.call('POST', '/generation', { key, body: { prompt: 'a cat' } })).status).toBe(503)
  const away = await scrape()
  expect(away.value('mulegate_ledger_up')).toBe(0)
  expect(away.value('mulegate_refusals_total', { code: 'ledger_unavailable' })).toBe(1)
  expect(away.value('mulegate_tasks_total', { outcome: 'accepted' })).toBe(1)
  expect(away.value('mulegate_ledger_operation_duration_seconds', { operation: 'pulse', backend: 'redis', result: 'unavailable' })).toBeGreaterThan(0)

  redis.kill('SIGCONT')
  await eventually(async () => (await scrape()).value('mulegate_ledger_up') === 1, 'it is back')
  expect((await scrape()).value('mulegate_tasks_in_flight')).toBe(1)
})
