// One of several gateways on one Redis: its store, what it logs, and a bench.
import { onTestFinished } from 'vitest'
import type { RedisAddress } from '../../../src/stores/redis/address.ts'
import { openRedisStore, type RedisStore } from '../../../src/stores/redis/open.ts'
import { benchOf, IDEMPOTENCY_TTL_MS, LOOK_LEASE_MS, REFUND_FAILED, STATUS_MAX_AGE_MS, TASK_RETENTION_MS, USAGE_RETENTION_MS, type Bench } from '../../contract/open-ledger.ts'
import { keptLog, type KeptLine } from '../../support/kept-log.ts'
import { manualClock, type ManualClock } from '../../support/manual-clock.ts'

export type OpenGateway = {
  store: RedisStore
  /** what it has logged so far */
  lines: readonly KeptLine[]
  bench: Bench
}

/** Opens the ledger at an address as one more gateway, and closes it when the test ends. Only inside a test. The clock is Redis's too. @throws RedisUnusable */
export async function openGateway (address: RedisAddress, clock: ManualClock = manualClock()): Promise<OpenGateway> {
  const { log, lines } = keptLog()
  const store = await openRedisStore({
    address,
    clock,
    storeClock: clock,
    log,
    rules: REFUND_FAILED,
    idempotencyTtlMs: IDEMPOTENCY_TTL_MS,
    statusMaxAgeMs: STATUS_MAX_AGE_MS,
    lookLeaseMs: LOOK_LEASE_MS,
    taskRetentionMs: TASK_RETENTION_MS,
    usageRetentionMs: USAGE_RETENTION_MS
  })
  onTestFinished(() => store.close())
  const { ledger, directory, outbox, audit, close } = store
  const bench = benchOf({
    ledger,
    directory,
    outbox,
    audit,
    clock,
    close,
    async pass (ms) { clock.advance(ms) },
    async age () { throw new Error('keys age with the one who removes them') },
    async reopen () { throw new Error('another gateway is opened in its place') }
  })
  return { store, lines, bench }
}
