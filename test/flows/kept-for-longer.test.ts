// TASK_RETENTION_DAYS is raised: tasks that went by the old value are neither missed by a check nor bought a second time by the log.
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { catalog } from '../../src/catalog/catalog.ts'
import { adoptTask } from '../../src/flows/adopt-task.ts'
import { verifyLedger } from '../../src/flows/verify-ledger.ts'
import { rfc3339 } from '../../src/kernel/time.ts'
import { keepingOf } from '../../src/ledger/keeping.ts'
import { benchOf, MODEL, REFUND_FAILED, USAGE_RETENTION_MS } from '../contract/open-ledger.ts'
import { manualClock, type ManualClock } from '../support/manual-clock.ts'
import { sharedRedisUrl } from '../support/redis/shared-redis.ts'
import { silentLog } from '../support/silent-log.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { addressOf, redisLedgerAt } from '../stores/redis/open-redis-ledger.ts'
import { sqliteLedgerAt } from '../stores/sqlite/open-sqlite-ledger.ts'

const DAY_MS = 86_400_000
const ACTOR = { name: 'alice', address: '127.0.0.1', requestId: 'req_1', log: silentLog }

const SETTINGS = { rules: REFUND_FAILED, taskRetentionMs: 7 * DAY_MS }

test.each([
  ['embedded', async (clock: ManualClock) => sqliteLedgerAt({ ...SETTINGS, clock, path: join(tempFolder(), 'ledger.db') })],
  ['shared', (clock: ManualClock) => redisLedgerAt({ ...SETTINGS, clock, address: addressOf(sharedRedisUrl()) })]
] as const)('on the %s ledger', async (_name, open) => {
  const clock = manualClock()
  const shortly = await open(clock)
  const bench = benchOf(shortly)
  const caller = await bench.caller({ team: { createdAtMs: clock.nowMs() } })
  const { ref, taskId } = await bench.begin(caller)
  await bench.see(ref, 'completed')
  const submittedAt = rfc3339(clock.nowMs())
  await shortly.age(8 * DAY_MS)
  expect(await bench.ledger.read(ref)).toBe(undefined)

  const longer = await shortly.reopen(30 * DAY_MS)
  onTestFinished(() => longer.close())
  const keeping = keepingOf({ taskRetentionMs: 30 * DAY_MS, usageRetentionMs: USAGE_RETENTION_MS, rules: REFUND_FAILED })
  const deps = { ...longer, clock, catalog, keeping }
  expect((await verifyLedger(deps, caller.team)).mismatches).toEqual([])
  const line = { task_ref: ref, task_id: taskId, team: caller.team.id, key_id: caller.key.id, model: MODEL, price_usd: '0.50', submitted_at: submittedAt }
  await expect(adoptTask(deps, ACTOR, line)).rejects.toMatchObject({ code: 'no_longer_kept' })
})
