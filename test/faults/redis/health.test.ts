// What balancers are told while Redis does not answer: soon, and the truth.
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { startGateway } from '../../support/gateway.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'

/** The ledger's own budget is 250 ms; a busy machine adds to it. */
const SOON_MS = 2000

test('while Redis is stopped the gateway lives, is ready as an instance, and says soon that its ledger does not answer', async () => {
  const redis = await redisForTest()
  const gateway = await startGateway({ REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'mg' })
  expect((await gateway.call('GET', '/readyz')).status).toBe(200)
  redis.kill('SIGSTOP')
  const startedMs = performance.now()
  const probes = await Promise.all(['/livez', '/readyz?scope=instance', '/readyz'].map(path => gateway.call('GET', path)))
  expect(performance.now() - startedMs).toBeLessThan(SOON_MS)
  expect(probes.map(({ status }) => status)).toEqual([200, 200, 503])
  expect(probes[2]?.json).toMatchObject({ code: 'ledger_unavailable', error_code: 5031 })
  redis.kill('SIGCONT')
  await eventually(async () => (await gateway.call('GET', '/readyz')).status === 200, 'the ledger is back')
  await gateway.stop()
})
