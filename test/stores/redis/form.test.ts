// A gateway serves no data of another form than it writes: it refuses to start, says what to do, and leaves everything as it is.
import type { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { ALL_SHARDS, type Shard } from '../../../src/kernel/shard.ts'
import type { RedisAddress } from '../../../src/stores/redis/address.ts'
import { RedisUnusable } from '../../../src/stores/redis/connection.ts'
import { inForm } from '../../../src/stores/redis/form.ts'
import { namesOf } from '../../../src/stores/redis/names.ts'
import { MAIN, startChild } from '../../support/child.ts'
import { eventually } from '../../support/eventually.ts'
import { gatewayEnv } from '../../support/gateway-process.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { openGateway } from './open-gateway.ts'
import { addressOf } from './open-redis-ledger.ts'
import { expectSound } from './two-gateways.ts'

/** How another version wrote the words that tell the form. */
type Rewrite = (word: string) => string

const MARK = inForm('')
const asEarlier: Rewrite = word => word.replace(MARK, '')
const asNewer: Rewrite = word => word.replace(MARK, '999-')
const PREFIX = 'film'
const EARLIER = `REDIS_URL: was written by an earlier version (form 1 under REDIS_KEY_PREFIX ${PREFIX}, this one knows ${MARK.slice(0, -1)}), ` +
  `whose data cannot be taken over; choose another REDIS_KEY_PREFIX, or delete the keys ${PREFIX}:* and {${PREFIX}:*`
const NEWER = `REDIS_URL: was written by a newer version (form 999 under REDIS_KEY_PREFIX ${PREFIX}, this one knows ${MARK.slice(0, -1)}); ` +
  'start that version, or choose another REDIS_KEY_PREFIX'

type Scene = { admin: Redis, address: RedisAddress }

/** A ledger with a task in it, which no gateway serves any more. */
async function leftLedger (): Promise<Scene> {
  const server = await redisForTest()
  const address = addressOf(server.url, PREFIX)
  const { bench, store } = await openGateway(address)
  await bench.begin(await bench.caller())
  await store.close()
  return { admin: server.client(), address }
}

async function rewriteRecord ({ admin }: Scene, rewrite: Rewrite): Promise<void> {
  const { ledger } = namesOf(PREFIX)
  await admin.set(ledger, rewrite(await admin.get(ledger) ?? ''))
}

async function rewriteShards ({ admin }: Scene, rewrite: Rewrite, shards: readonly Shard[] = ALL_SHARDS): Promise<void> {
  for (const shard of shards) {
    const epoch = namesOf(PREFIX).epoch(shard)
    await admin.hset(epoch, 'id', rewrite(await admin.hget(epoch, 'id') ?? ''))
  }
}

/** The line by which a start is refused, which leaves everything in Redis as it was, and no connection. */
async function refusal ({ admin, address }: Scene): Promise<string> {
  const before = await everythingIn(admin)
  const error: unknown = await openGateway(address).then(() => new Error('it was opened'), (error: unknown) => error)
  if (!(error instanceof RedisUnusable)) throw error
  expect(await everythingIn(admin)).toEqual(before)
  await eventually(async () => String(await admin.client('LIST')).trim().split('\n').length === 1, 'no connection is left but this')
  return error.message
}

/** Every name with its value and its end. */
async function everythingIn (admin: Redis): Promise<unknown[]> {
  const names = (await admin.keys('*')).sort()
  return Promise.all(names.map(async name => [name, (await admin.dumpBuffer(name))?.toString('hex'), await admin.pexpiretime(name)]))
}

for (const [version, rewrite, line] of [['an earlier', asEarlier, EARLIER], ['a newer', asNewer, NEWER]] as const) {
  describe(`data of ${version} form is refused by a line that says what to do, and left as it is`, () => {
    test('all of it', async () => {
      const scene = await leftLedger()
      await rewriteRecord(scene, rewrite)
      await rewriteShards(scene, rewrite)
      expect(await refusal(scene)).toBe(line)
      expect(await refusal(scene)).toBe(line)
    })

    test('if the record of the ledger is lost', async () => {
      const scene = await leftLedger()
      await rewriteShards(scene, rewrite)
      await scene.admin.del(namesOf(PREFIX).ledger)
      expect(await refusal(scene)).toBe(line)
    })

    test('if only the record is left of it', async () => {
      const scene = await leftLedger()
      await rewriteRecord(scene, rewrite)
      await scene.admin.del(...ALL_SHARDS.map(shard => namesOf(PREFIX).epoch(shard)))
      expect(await refusal(scene)).toBe(line)
    })

    test('if only one shard has it', async () => {
      const scene = await leftLedger()
      await rewriteShards(scene, rewrite, ALL_SHARDS.slice(41, 42))
      expect(await refusal(scene)).toBe(line)
    })

    test('if somebody has only begun to make it', async () => {
      const server = await redisForTest()
      const scene = { admin: server.client(), address: addressOf(server.url, PREFIX) }
      await scene.admin.set(namesOf(PREFIX).ledger, rewrite(inForm('making')))
      expect(await refusal(scene)).toBe(line)
    })

    test('by gateways that start at the same moment', async () => {
      const scene = await leftLedger()
      await rewriteRecord(scene, rewrite)
      await rewriteShards(scene, rewrite)
      const before = await everythingIn(scene.admin)
      const starts = await Promise.allSettled([1, 2, 3].map(() => openGateway(scene.address)))
      expect(starts.map(start => start.status === 'rejected' ? String(start.reason) : 'opened')).toEqual(Array(3).fill(`Error: ${line}`))
      expect(await everythingIn(scene.admin)).toEqual(before)
    })
  })
}

test('beside data of another form a ledger with another REDIS_KEY_PREFIX begins', async () => {
  const scene = await leftLedger()
  await rewriteRecord(scene, asEarlier)
  await rewriteShards(scene, asEarlier)
  const gateway = await openGateway({ ...scene.address, keyPrefix: 'shop' })
  await expectSound(gateway, await gateway.bench.caller())
  await gateway.store.close()
  expect(await refusal(scene)).toBe(EARLIER)
})

test('when the keys that the line names are deleted, a new ledger begins', async () => {
  const scene = await leftLedger()
  await rewriteRecord(scene, asEarlier)
  await rewriteShards(scene, asEarlier)
  for (const pattern of (await refusal(scene)).match(/\S+:\*/g) ?? []) await scene.admin.del(...await scene.admin.keys(pattern))
  expect(await scene.admin.dbsize()).toBe(0)
  const gateway = await openGateway(scene.address)
  await expectSound(gateway, await gateway.bench.caller())
})

test('as a process it ends with exit code 1 and that line alone, as with any other Redis that it cannot use', async () => {
  const scene = await leftLedger()
  await rewriteRecord(scene, asEarlier)
  const env = gatewayEnv({ REDIS_URL: scene.address.url.current().reveal(), REDIS_KEY_PREFIX: PREFIX })
  const { code, signal, stderr, stdout } = await startChild(MAIN, { cwd: tempFolder(), env }).ended
  expect({ code, signal, stderr }).toEqual({ code: 1, signal: null, stderr: `${EARLIER}\n` })
  expect(stdout).not.toContain('gateway started')

  await scene.admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
  expect(await startChild(MAIN, { cwd: tempFolder(), env }).ended).toMatchObject({ code, signal })
})
