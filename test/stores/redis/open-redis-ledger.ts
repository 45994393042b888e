// The shared ledger, opened for the contract: names of its own in a Redis that other tests use as well.
import type { SettlementRules } from '../../../src/ledger/task.ts'
import { constant } from '../../../src/kernel/live.ts'
import { Secret } from '../../../src/kernel/secret.ts'
import type { RedisAddress } from '../../../src/stores/redis/address.ts'
import { openRedisStore, type RedisStore } from '../../../src/stores/redis/open.ts'
import { IDEMPOTENCY_TTL_MS, LOOK_LEASE_MS, STATUS_MAX_AGE_MS, TASK_RETENTION_MS, USAGE_RETENTION_MS, type OpenLedger } from '../../contract/open-ledger.ts'
import { manualClock, type ManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { agePrefix, dropPrefix, uniquePrefix } from '../../support/redis/shared-redis.ts'

export type OpenRedisLedger = Omit<OpenLedger, 'reopen'> & { store: RedisStore, address: RedisAddress, reopen (taskRetentionMs?: number): Promise<OpenRedisLedger> }

export type RedisLedgerSettings = {
  address: RedisAddress
  clock: ManualClock
  rules: SettlementRules
  /** all masters of a cluster, each of which has keys to be removed */
  masterUrls?: readonly string[]
  taskRetentionMs?: number
}

/** Where a plain Redis is. */
export function addressOf (url: string, keyPrefix = uniquePrefix()): RedisAddress {
  return { url: constant(new Secret(url)), cluster: false, sentinels: undefined, tlsCa: undefined, keyPrefix }
}

/** Opens the ledger that lies under a prefix, or makes it. The test's clock is Redis's too. */
export async function redisLedgerAt (settings: RedisLedgerSettings): Promise<OpenRedisLedger> {
  const { address, clock, rules, masterUrls = [address.url.current().reveal()], taskRetentionMs = TASK_RETENTION_MS } = settings
  const beginnings = [address.keyPrefix, `{${address.keyPrefix}`]
  const store = await openRedisStore({
    address,
    clock,
    storeClock: clock,
    log: silentLog,
    rules,
    idempotencyTtlMs: IDEMPOTENCY_TTL_MS,
    statusMaxAgeMs: STATUS_MAX_AGE_MS,
    lookLeaseMs: LOOK_LEASE_MS,
    taskRetentionMs,
    usageRetentionMs: USAGE_RETENTION_MS
  })
  return {
    store,
    address,
    ledger: store.ledger,
    directory: store.directory,
    outbox: store.outbox,
    audit: store.audit,
    clock,
    async pass (ms) { clock.advance(ms) },
    async age (ms) {
      clock.advance(ms)
      for (const url of masterUrls) for (const beginning of beginnings) await agePrefix(url, beginning, ms)
    },
    async reopen (keptMs = taskRetentionMs) {
      await store.close()
      return redisLedgerAt({ ...settings, taskRetentionMs: keptMs })
    },
    async close () {
      await store.close()
      for (const url of masterUrls) for (const beginning of beginnings) await dropPrefix(url, beginning)
    }
  }
}

/** A fresh ledger whose keys are removed when it is closed. */
export function openRedisLedger (url: string, rules: SettlementRules): Promise<OpenRedisLedger> {
  return redisLedgerAt({ address: addressOf(url), clock: manualClock(), rules })
}
