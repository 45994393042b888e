// The ledger that gateways of this run are tested on: embedded, or in the shared Redis, as the project of vitest.config.ts says.
import { join } from 'node:path'
import { dropPrefix, sharedRedisUrl, uniquePrefix } from './redis/shared-redis.ts'

/** The variables that name a fresh ledger, and what removes it. */
export type LedgerForTest = { env: Record<string, string>, drop (): Promise<void> }

/** Whether this run is on the shared ledger. */
export const ON_REDIS = process.env['MULEGATE_TEST_LEDGER'] === 'redis'

/** @param folder where an embedded ledger may lie; whoever made it removes it */
export function ledgerForTest (folder: string): LedgerForTest {
  return ON_REDIS ? redisForTest() : { env: { DATABASE_PATH: join(folder, 'ledger.db') }, async drop () {} }
}

/** Names of its own in the shared Redis. */
export function redisForTest (): LedgerForTest {
  const url = sharedRedisUrl()
  const prefix = uniquePrefix()
  return {
    env: { REDIS_URL: url, REDIS_KEY_PREFIX: prefix },
    async drop () { for (const beginning of [prefix, `{${prefix}`]) await dropPrefix(url, beginning) }
  }
}
