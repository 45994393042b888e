// POST /admin/v1/ledger/confirm: what is left of a ledger that has lost data is accepted, and creates begin again.
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dropPrefix, sharedRedisUrl, uniquePrefix } from '../../support/redis/shared-redis.ts'
import { GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'
import { shardOf } from '../../../src/kernel/shard.ts'
import type { TeamId } from '../../../src/kernel/ids.ts'

let gateway: Gateway
let redis: Redis
const prefix = uniquePrefix()

beforeAll(async () => {
  redis = new Redis(sharedRedisUrl())
  gateway = await startGateway({ REDIS_URL: sharedRedisUrl(), REDIS_KEY_PREFIX: prefix })
})
afterAll(async () => {
  await gateway.stop()
  for (const beginning of [prefix, `{${prefix}`]) await dropPrefix(sharedRedisUrl(), beginning)
  redis.disconnect()
})

test('a ledger that has lost nothing is confirmed with 204 and goes on as before', async () => {
  const { key } = await gateway.team()
  expect((await gateway.create(key)).status).toBe(202)
  const reply = await gateway.admin('POST', '/admin/v1/ledger/confirm')
  expect([reply.status, reply.text]).toEqual([204, ''])
  expect((await gateway.create(key)).status).toBe(202)
  expect(gateway.log().filter(({ msg }) => msg === 'ledger confirmed')).toMatchObject([{ actor: 'admin' }])
})

test('a create on a ledger that has lost an acknowledged one is ledger_unavailable and is not sent, until the loss is confirmed', async () => {
  const { key, team } = await gateway.team()
  const name = `{${prefix}:${shardOf(team as TeamId)}}:epoch`
  const epoch = await redis.dumpBuffer(name)
  expect((await gateway.create(key)).status).toBe(202)
  await redis.restore(name, 0, epoch ?? '', 'REPLACE')

  const creates = gateway.simulator.received.creates
  for (let attempt = 1; attempt <= 3; attempt++) {
    expectProblem(await gateway.create(key), 'ledger_unavailable', { instance: GENERATION, detail: /lost data.*operator/ })
  }
  expect(gateway.simulator.received.creates).toBe(creates)
  expectProblem(await gateway.call('GET', '/readyz'), 'ledger_unavailable', { instance: '/readyz', detail: /lost data/ })
  expect((await gateway.call('GET', '/readyz?scope=instance')).status).toBe(200)
  expect((await gateway.usage(key)).status).toBe(200)
  expect(gateway.log().filter(({ msg }) => String(msg).startsWith('the ledger has lost data'))).toMatchObject([{ level: 'error' }])

  expect((await gateway.admin('POST', '/admin/v1/ledger/confirm')).status).toBe(204)
  expect((await gateway.create(key)).status).toBe(202)
  expect((await gateway.call('GET', '/readyz')).status).toBe(200)
})
