// A link to a Redis, with what it logs, and how asks over it fail.
import { onTestFinished } from 'vitest'
import { LedgerUnavailable } from '../../../src/ledger/ledger.ts'
import { connect, redisClient } from '../../../src/stores/redis/connection.ts'
import { openLink, type Link, type RedisClient } from '../../../src/stores/redis/link.ts'
import { keptLog, type KeptLine } from '../../support/kept-log.ts'
import { silentLog } from '../../support/silent-log.ts'
import { addressOf } from './open-redis-ledger.ts'

export type LinkForTest = { link: Link, client: RedisClient, lines: KeptLine[] }

/** A link to a Redis that is there, closed when the test ends. Only inside a test. */
export async function linkTo (url: string): Promise<LinkForTest> {
  const client = redisClient(addressOf(url))
  await connect(client, silentLog)
  const { log, lines } = keptLog()
  const link = openLink({ client, log, apart: false, probe: redis => redis.exists('probe') })
  onTestFinished(() => link.close())
  return { link, client, lines }
}

/** How an ask fails. @throws if it does not, or with what is no failure of Redis */
export async function failureOf (asked: Promise<unknown>): Promise<LedgerUnavailable> {
  const error = await asked.then(() => new Error('it was answered'), (error: unknown) => error)
  if (!(error instanceof LedgerUnavailable)) throw error
  return error
}
