// A Redis that was emptied knows no key: that is the gateway's trouble, and no caller is told that its key is bad.
import { expect, test } from 'vitest'
import { startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { eventually } from '../../support/eventually.ts'
import { expectProblem } from '../../support/problem.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import { scrape } from '../../support/metrics.ts'
import { inventedKey, withWrongChecksum } from '../../support/written-key.ts'

/** More than failed logins of one address are let through. */
const FAILED_LOGINS = 70

test('a key that is not found is 503 from the loss until it is confirmed, and no failed login; one with a wrong checksum is 401 all the while', async () => {
  const redis = await redisForTest()
  const gateway = await startGateway({ REDIS_URL: redis.url })
  const { key } = await gateway.team()
  const calls = (key: string): Promise<Reply[]> => Promise.all([gateway.usage(key), gateway.create(key)])
  await redis.client().flushall()

  // Whether the gateway has noticed by itself or not.
  await expectLost(gateway, inventedKey())
  await eventually(async () => (await gateway.call('GET', '/readyz')).status === 503, 'the loss is noticed')
  await expectLost(gateway, key)
  for (let call = 0; call < FAILED_LOGINS; call++) expect((await gateway.usage(key)).status).toBe(503)
  for (const { json } of await calls(withWrongChecksum(key))) expect(json.code).toBe('unauthenticated')
  expect((await scrape(gateway)).value('mulegate_policy_refusals_total', { policy: 'failed-logins' })).toBe(0)

  expect((await gateway.admin('POST', '/admin/v1/ledger/confirm')).status).toBe(204)
  for (const { json } of [...await calls(key), ...await calls(inventedKey())]) expect(json.code).toBe('unauthenticated')
  expect((await gateway.call('GET', '/readyz')).status).toBe(200)
  await gateway.stop({ atOnce: true })
})

async function expectLost (gateway: Gateway, key: string): Promise<void> {
  for (const reply of [await gateway.usage(key), await gateway.create(key)]) {
    expect(reply.headers['retry-after']).toBe('60')
    expectProblem(reply, 'ledger_unavailable', { instance: reply.json.instance, detail: /has lost data/ })
  }
  expect(gateway.simulator.received.creates).toBe(0)
}
