// What is no loss is not taken for one: a start, a restart, an outage, a gateway that comes and goes.
import { expect, test } from 'vitest'
import { ALL_SHARDS, shardOf } from '../../../src/kernel/shard.ts'
import { LedgerUnavailable } from '../../../src/ledger/ledger.ts'
import { inForm } from '../../../src/stores/redis/form.ts'
import { namesOf } from '../../../src/stores/redis/names.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import { openGateway } from './open-gateway.ts'
import { addressOf } from './open-redis-ledger.ts'
import { connected, expectLost, expectSound, twoGateways } from './two-gateways.ts'

/** By then others take a gateway for dead. */
const SILENCE_MS = 11_000

test('no loss is reported: a Redis that dies and comes back with everything', async () => {
  const { server, address, one, other } = await twoGateways(['--appendonly', 'yes', '--appendfsync', 'always'])
  const caller = await one.bench.caller()
  for (let time = 1; time <= 2; time++) {
    for (const { bench } of [one, other]) await bench.begin(caller)
    server.kill('SIGKILL')
    await server.ended()
    await server.restart()
    for (const gateway of [one, other]) {
      await connected(gateway, caller)
      await expectSound(gateway, caller)
    }
  }
  await expectSound(await openGateway(address), caller)
})

test('no loss is reported: an outage of Redis that is longer than a gateway may be silent', async () => {
  const { server, clock, one, other } = await twoGateways(['--appendonly', 'yes', '--appendfsync', 'always'])
  const caller = await one.bench.caller()
  for (const { bench } of [one, other]) await bench.begin(caller)
  server.kill('SIGKILL')
  await server.ended()
  await expect(one.store.tend()).rejects.toThrow(LedgerUnavailable)
  clock.advance(SILENCE_MS)
  await server.restart()
  for (const gateway of [one, other]) {
    await connected(gateway, caller)
    await expectSound(gateway, caller)
  }
  await expectSound(one, caller)
})

test('no loss is reported: a gateway that the others have given up because it was silent, and that goes on', async () => {
  const { clock, one, other } = await twoGateways()
  const caller = await one.bench.caller()
  await other.bench.begin(caller)
  clock.advance(SILENCE_MS)
  await one.store.tend()
  expect(one.lines.map(({ message }) => message)).toContain('instances gone')
  await expectSound(other, caller)
  await expectSound(one, caller)
})

test('no loss is reported: gateways that come and go', async () => {
  const { address, one, other } = await twoGateways()
  const caller = await one.bench.caller()
  await other.bench.begin(caller)
  await other.store.close()
  await expectSound(one, caller)
  await expectSound(await openGateway(address), caller)
  await one.store.close()
  await expectSound(await openGateway(address), caller)
})

test('no loss is reported: a first start on an empty Redis', async () => {
  const server = await redisForTest()
  const gateway = await openGateway(addressOf(server.url))
  await expectSound(gateway, await gateway.bench.caller())
})

test('no loss is reported: a first start on a Redis in which another ledger was lost', async () => {
  const { server, admin, address, one } = await twoGateways()
  const caller = await one.bench.caller()
  await admin.del(namesOf(address.keyPrefix).epoch(shardOf(caller.team.id)))
  await expectLost(one, caller)
  const gateway = await openGateway(addressOf(server.url))
  await expectSound(gateway, await gateway.bench.caller())
})

test('no loss is reported: first starts at the same moment on an empty Redis', async () => {
  const server = await redisForTest()
  for (let time = 0; time < 10; time++) {
    const address = addressOf(server.url)
    const gateways = await Promise.all(Array.from({ length: 3 }, () => openGateway(address)))
    for (const gateway of gateways) await expectSound(gateway, await gateway.bench.caller())
  }
})

test('no loss is reported: a first start that was broken off, when the next start finishes it', async () => {
  const server = await redisForTest()
  const address = addressOf(server.url)
  const names = namesOf(address.keyPrefix)
  await server.client().set(names.ledger, inForm('making'))
  for (const shard of ALL_SHARDS.slice(0, 20)) await server.client().hset(names.epoch(shard), 'id', inForm(`of-shard-${shard}`))
  const gateway = await openGateway(address)
  await expectSound(gateway, await gateway.bench.caller())
  await expectSound(await openGateway(address), await gateway.bench.caller())
})

test('no loss is reported: a ledger that is confirmed although nothing was lost: both gateways admit, and every sum stays', async () => {
  const { one, other } = await twoGateways()
  const caller = await one.bench.caller({ team: { limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 10 }] } } })
  for (const { bench } of [one, other]) await bench.begin(caller)
  await one.bench.ledger.confirm()
  for (const gateway of [one, other]) await expectSound(gateway, caller)
  expect(await one.bench.ledger.standing(caller)).toMatchObject({ standings: [{ used: 4, held: 4 }] })
})
