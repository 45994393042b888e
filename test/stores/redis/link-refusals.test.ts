// What Redis says it does not do was certainly not done; what is our bug is an error of its own; and neither is an outage.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ReplyError, type Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import type { RedisClient } from '../../../src/stores/redis/link.ts'
import { eventually } from '../../support/eventually.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import type { RedisServer } from '../../support/redis/redis-server.ts'
import { failureOf, linkTo } from './link-for-test.ts'

const KEY = 'a-key'

type Condition = {
  args?: readonly string[]
  /** brings it about, and resolves when it is so */
  begin (admin: Redis, server: RedisServer): Promise<unknown>
  ask (redis: RedisClient): Promise<unknown>
}

const write = (redis: RedisClient): Promise<unknown> => redis.set(KEY, 'changed')
const read = (redis: RedisClient): Promise<unknown> => redis.get(KEY)

const conditions: Record<string, Condition> = {
  'OOM: it has no memory left': { begin: admin => admin.config('SET', 'maxmemory', '1'), ask: write },
  'READONLY: it has become a replica': { begin: admin => admin.replicaof('127.0.0.1', 1), ask: write },
  'MASTERDOWN: it is a replica without its master': {
    async begin (admin) {
      await admin.config('SET', 'replica-serve-stale-data', 'no')
      await admin.replicaof('127.0.0.1', 1)
    },
    ask: read
  },
  'NOREPLICAS: it has fewer replicas than it must': { begin: admin => admin.config('SET', 'min-replicas-to-write', '1'), ask: write },
  'MISCONF: it cannot write its snapshot': {
    args: ['--save', '3600 1'],
    async begin (admin, { folder }) {
      mkdirSync(join(folder, 'dump.rdb'))
      await admin.bgsave()
      await eventually(async () => String(await admin.info('persistence')).includes('rdb_last_bgsave_status:err'), 'the snapshot has failed')
    },
    ask: write
  },
  'BUSY: it runs a script that does not end': {
    args: ['--busy-reply-threshold', '1'],
    async begin (admin, server) {
      // What it says to a client that connects meanwhile, no client expects.
      const other = server.client()
      await other.ping()
      const looping = admin.eval('while true do end', 0).catch(() => {})
      onTestFinished(async () => {
        await other.script('KILL')
        await looping
      })
      await eventually(() => other.get(KEY).then(() => false, error => String(error).includes('BUSY')), 'the script runs')
    },
    ask: read
  },
  'NOPERM: its user may not': { begin: admin => admin.acl('SETUSER', 'default', '-set'), ask: write },
  'CLUSTERDOWN: it belongs to a cluster that does not serve the key': { args: ['--cluster-enabled', 'yes'], begin: async () => {}, ask: write }
}

for (const [what, { args = [], begin, ask }] of Object.entries(conditions)) {
  test(`an answer of Redis that it does not do what it is asked is certain, and Redis is not away: ${what}`, async () => {
    const server = await redisForTest({ args })
    const { link, lines } = await linkTo(server.url)
    await begin(server.client(), server)
    const failure = await failureOf(link.ask('any', ask))
    expect(failure.untouched).toBe(true)
    expect(String(failure.cause)).toContain(what.slice(0, what.indexOf(':')))
    expect(link.isAway('any')).toBe(false)
    expect(lines).toEqual([])
  })
}
test('a bug of ours is no outage: a value of another type and a script that fails are errors of their own, and Redis is not away', async () => {
  const { link, lines } = await linkTo((await redisForTest()).url)
  await link.ask('any', write)
  for (const [command, text] of [
    [(redis: RedisClient) => redis.lpush(KEY, 'x'), 'WRONGTYPE'],
    [(redis: RedisClient) => redis.eval('return redis.call("INCR", KEYS[1])', 1, KEY), 'not an integer'],
    [(redis: RedisClient) => redis.eval('return nothing.here', 0), 'nothing']
  ] as const) {
    const error: unknown = await link.ask<unknown>('any', command).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(ReplyError)
    expect(String(error)).toContain(text)
    expect(link.isAway('any')).toBe(false)
  }
  expect(lines).toEqual([])
})
