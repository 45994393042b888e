// Starts, losses and outages that are rare: what others noticed first, what came back late, and who may use Redis at all.
import { Redis } from 'ioredis'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../../../src/config/config.ts'
import { constant } from '../../../src/kernel/live.ts'
import { Secret } from '../../../src/kernel/secret.ts'
import { LedgerLost } from '../../../src/ledger/ledger.ts'
import { redisUrl } from '../../../src/stores/redis/address.ts'
import { connect, redisClient, RedisUnusable } from '../../../src/stores/redis/connection.ts'
import { Epochs } from '../../../src/stores/redis/epochs.ts'
import { openLink, type Link } from '../../../src/stores/redis/link.ts'
import { namesOf } from '../../../src/stores/redis/names.ts'
import { eventually } from '../../support/eventually.ts'
import { keptLog } from '../../support/kept-log.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { startCluster } from '../../support/redis/redis-cluster.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import { silentLog } from '../../support/silent-log.ts'
import { accepted } from '../../support/tasks.ts'
import { openGateway } from './open-gateway.ts'
import { addressOf } from './open-redis-ledger.ts'

const CLUSTER_KEY = '{00}probe'

test('in a cluster, a node that hangs until it is started again is used again', async () => {
  const cluster = await startCluster()
  onTestFinished(() => cluster.stop())
  const client = redisClient({ ...addressOf(cluster.url), cluster: true })
  await connect(client, silentLog)
  const link = openLink({ client, log: silentLog, apart: true, probe: redis => redis.exists(CLUSTER_KEY) })
  onTestFinished(() => link.close())
  const node = await cluster.masterOf(CLUSTER_KEY)
  node.kill('SIGSTOP')
  await expect(link.ask('00', redis => redis.get(CLUSTER_KEY))).rejects.toThrow()
  await node.restart()
  await eventually(() => !link.isAway('00'), 'it is back')
})

test('a gateway that was once silent, and came back, is not forgotten a week later', async () => {
  const server = await redisForTest()
  const address = addressOf(server.url)
  const clock = manualClock()
  const [one, other] = [await openGateway(address, clock), await openGateway(address, clock)]
  const caller = await one.bench.caller()
  await other.bench.begin(caller)
  clock.advance(11_000)
  await one.store.tend()
  await other.store.tend()
  await other.bench.ledger.ping()
  clock.advance(8 * 86_400_000)
  await one.store.close()
  await other.store.tend()
  await other.store.tend()
  await other.bench.ledger.ping()
})

test('a rollback is noticed although the gateway has since written as much itself as was lost', async () => {
  const server = await redisForTest()
  const { bench, store } = await openGateway(addressOf(server.url))
  const caller = await bench.caller()
  const begun = [await bench.admit(caller), await bench.admit(caller)]
  await server.client().save()
  await bench.admit(caller)
  await bench.admit(caller)
  await server.restart()
  await eventually(() => bench.ledger.standing(caller).then(() => true, () => false), 'Redis answers')
  for (const order of begun) await bench.ledger.resolve(order, accepted())
  await store.tend()
  await expect(bench.ledger.ping()).rejects.toThrow(LedgerLost)
})

test('a first start that is overtaken by a whole other first start reports no loss', async () => {
  const server = await redisForTest()
  const address = addressOf(server.url)
  const client = redisClient(address)
  await connect(client, silentLog)
  const link = openLink({ client, log: silentLog, apart: false, probe: redis => redis.ping() })
  onTestFinished(() => link.close())
  let overtaken = false
  // The other start happens between the first two steps of this one.
  const slow: Link = {
    ...link,
    async ask (shard, command) {
      if (shard === 'any' && !overtaken) {
        overtaken = true
        await openGateway(address)
      }
      return link.ask(shard, command)
    }
  }
  const { log, lines } = keptLog()
  const epochs = new Epochs({ link: slow, names: namesOf(address.keyPrefix), instance: 'gw_slow', log })
  await epochs.open()
  expect(lines).toEqual([])
  epochs.check()
})

test('a loss may be confirmed by a gateway that has not noticed all of it', async () => {
  const server = await redisForTest()
  const { bench } = await openGateway(addressOf(server.url))
  await server.client().flushall()
  await bench.ledger.confirm()
  await bench.ledger.ping()
})

test('a gateway that heard nothing of the loss until it was confirmed goes on', async () => {
  const server = await redisForTest()
  const address = addressOf(server.url)
  const [one, other] = [await openGateway(address), await openGateway(address)]
  await server.client().flushall()
  await one.store.tend()
  await one.bench.ledger.confirm()
  await other.store.tend()
  await other.bench.ledger.ping()
})

describe('a Redis on which no task can be begun is refused at the start, by one line', () => {
  const unusable: Record<string, (admin: Redis) => Promise<unknown>> = {
    'a replica': admin => admin.replicaof('127.0.0.1', 1),
    'its user may not touch the keys': admin => admin.acl('SETUSER', 'default', 'resetkeys', '~elsewhere:*'),
    'its user may run no scripts': admin => admin.acl('SETUSER', 'default', '-@scripting'),
    'its user may not run all that scripts do': admin => admin.acl('SETUSER', 'default', '-zadd')
  }
  for (const [what, prepare] of Object.entries(unusable)) {
    test(what, async () => {
      const server = await redisForTest()
      await prepare(server.client())
      const error: unknown = await openGateway(addressOf(server.url)).then(() => 'it was opened', (error: unknown) => error)
      expect(error).toBeInstanceOf(RedisUnusable)
    })
  }
})

test('a password that cannot be decoded, a port that is none, and a numbered database in a cluster are refused', () => {
  for (const url of ['redis://:100%@redis.internal', 'redis://us%er@redis.internal', 'redis://redis.internal:0']) expect(redisUrl.safeParse(url).success, url).toBe(false)
  expect(() => readConfig({ MULEROUTER_API_KEY: 'x', REDIS_URL: 'redis://redis.internal/3', REDIS_CLUSTER: 'true' })).toThrow(/^REDIS_URL /)
})

test('the brackets around an address of IPv6 are no part of it', () => {
  const client = redisClient({ ...addressOf('redis://unused'), url: constant(new Secret('redis://[::1]:6379')) })
  expect(client instanceof Redis && client.options.host).toBe('::1')
})
