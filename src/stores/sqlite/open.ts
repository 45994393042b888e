// The embedded ledger, its directory and its outbox, opened together on one file.
import type { AuditTrail } from '../../ledger/audit.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { WebhookOutbox } from '../../ledger/outbox.ts'
import type { TeamDirectory } from '../../teams/directory.ts'
import { sqliteAudit } from './audit.ts'
import { openDatabase, type DatabaseOptions } from './database.ts'
import { sqliteDirectory } from './directory.ts'
import { sqliteLedger, type SqliteLedgerOptions } from './ledger.ts'
import { sqliteOutbox } from './outbox.ts'

export type SqliteStore = { ledger: Ledger, directory: TeamDirectory, outbox: WebhookOutbox, audit: AuditTrail, close (): Promise<void> }

/** @throws DatabaseUnusable */
export function openSqliteStore ({ path, sync, ...options }: DatabaseOptions & Omit<SqliteLedgerOptions, 'database'> & { usageRetentionMs: number }): SqliteStore {
  const database = openDatabase({ path, sync })
  return {
    ledger: sqliteLedger({ ...options, database }),
    directory: sqliteDirectory(database),
    outbox: sqliteOutbox({ database, clock: options.clock }),
    audit: sqliteAudit({ database, retentionMs: options.usageRetentionMs }),
    async close () { database.close() }
  }
}
