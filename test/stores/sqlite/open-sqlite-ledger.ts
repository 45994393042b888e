// The embedded ledger, opened for the contract: a real file in a folder of its own.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { keepingOf } from '../../../src/ledger/keeping.ts'
import type { SettlementRules } from '../../../src/ledger/task.ts'
import { openDatabase } from '../../../src/stores/sqlite/database.ts'
import { sqliteAudit } from '../../../src/stores/sqlite/audit.ts'
import { sqliteDirectory } from '../../../src/stores/sqlite/directory.ts'
import { sqliteOutbox } from '../../../src/stores/sqlite/outbox.ts'
import { sqliteLedger } from '../../../src/stores/sqlite/ledger.ts'
import { KnownCallers } from '../../../src/stores/sqlite/known-callers.ts'
import { rememberKept } from '../../../src/stores/sqlite/kept.ts'
import { retention } from '../../../src/stores/sqlite/retention.ts'
import { IDEMPOTENCY_TTL_MS, LOOK_LEASE_MS, STATUS_MAX_AGE_MS, TASK_RETENTION_MS, USAGE_RETENTION_MS, type OpenLedger } from '../../contract/open-ledger.ts'
import { manualClock, type ManualClock } from '../../support/manual-clock.ts'

export type OpenSqliteLedger = Omit<OpenLedger, 'reopen'> & {
  database: DatabaseSync
  path: string
  /** Removes some of what was kept long enough. */
  tend (): Promise<void>
  reopen (taskRetentionMs?: number): Promise<OpenSqliteLedger>
}

export type SqliteLedgerSettings = { path: string, clock: ManualClock, rules: SettlementRules, taskRetentionMs?: number }

/** Opens the ledger that lives in a file, or makes it. */
export function sqliteLedgerAt ({ path, clock, rules, taskRetentionMs = TASK_RETENTION_MS }: SqliteLedgerSettings): OpenSqliteLedger {
  const database = openDatabase({ path, sync: 'normal' })
  const tend = retention({ database, clock, keeping: keepingOf({ rules, taskRetentionMs, usageRetentionMs: USAGE_RETENTION_MS }) })
  const callers = new KnownCallers()
  return {
    database,
    path,
    ledger: sqliteLedger({
      database,
      callers,
      clock,
      rules,
      idempotencyTtlMs: IDEMPOTENCY_TTL_MS,
      statusMaxAgeMs: STATUS_MAX_AGE_MS,
      lookLeaseMs: LOOK_LEASE_MS,
      completeSinceMs: rememberKept(database, { taskMs: taskRetentionMs, nowMs: clock.nowMs() })
    }),
    directory: sqliteDirectory({ database, callers }),
    outbox: sqliteOutbox({ database, clock }),
    audit: sqliteAudit({ database, retentionMs: USAGE_RETENTION_MS }),
    clock,
    tend,
    async pass (ms) { clock.advance(ms) },
    async age (ms) {
      clock.advance(ms)
      await tend()
    },
    async reopen (keptMs = taskRetentionMs) {
      database.close()
      return sqliteLedgerAt({ path, clock, rules, taskRetentionMs: keptMs })
    },
    async close () { database.close() }
  }
}

/** A fresh ledger whose folder is removed when it is closed. */
export async function openSqliteLedger (rules: SettlementRules): Promise<OpenSqliteLedger> {
  const folder = mkdtempSync(join(tmpdir(), 'mulegate-test-'))
  return removing(folder, sqliteLedgerAt({ path: join(folder, 'ledger.db'), clock: manualClock(), rules }))
}

function removing (folder: string, opened: OpenSqliteLedger): OpenSqliteLedger {
  return {
    ...opened,
    async reopen () { return removing(folder, await opened.reopen()) },
    async close () {
      await opened.close()
      rmSync(folder, { recursive: true })
    }
  }
}
