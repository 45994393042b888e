// The embedded ledger, its directory and its outbox, opened together on one file.
import type { AuditTrail } from '../../ledger/audit.ts'
import { keepingOf, type KeepingOptions } from '../../ledger/keeping.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { WebhookOutbox } from '../../ledger/outbox.ts'
import type { TeamDirectory } from '../../teams/directory.ts'
import { sqliteAudit } from './audit.ts'
import { openDatabase, type DatabaseOptions } from './database.ts'
import { sqliteDirectory } from './directory.ts'
import { sqliteLedger, type SqliteLedgerOptions } from './ledger.ts'
import { sqliteOutbox } from './outbox.ts'
import { rememberKept } from './kept.ts'
import { KnownCallers } from './known-callers.ts'
import { retention } from './retention.ts'
import { turn } from './turn.ts'

export type SqliteStoreOptions = DatabaseOptions & KeepingOptions & Omit<SqliteLedgerOptions, 'database' | 'callers' | 'completeSinceMs'>

export type SqliteStore = {
  ledger: Ledger
  directory: TeamDirectory
  outbox: WebhookOutbox
  audit: AuditTrail
  /** What is done again and again: removes some of what was kept long enough. @throws LedgerUnavailable */
  tend (): Promise<void>
  close (): Promise<void>
}

/** @throws DatabaseUnusable */
export function openSqliteStore ({ path, sync, ...options }: SqliteStoreOptions): SqliteStore {
  const database = openDatabase({ path, sync })
  const completeSinceMs = rememberKept(database, { taskMs: options.taskRetentionMs, nowMs: options.clock.nowMs() })
  const callers = new KnownCallers()
  return {
    ledger: sqliteLedger({ ...options, database, callers, completeSinceMs }),
    directory: sqliteDirectory({ database, callers }),
    outbox: sqliteOutbox({ database, clock: options.clock }),
    audit: sqliteAudit({ database, retentionMs: options.usageRetentionMs }),
    tend: retention({ database, clock: options.clock, keeping: keepingOf(options) }),
    async close () {
      // Whoever asked for a step has it.
      await turn()
      database.close()
    }
  }
}
