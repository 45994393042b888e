// The audit trail as rows.
import type { DatabaseSync } from 'node:sqlite'
import { InvalidCursor } from '../../kernel/page.ts'
import type { AuditRecord, AuditTrail } from '../../ledger/audit.ts'
import { readEntry } from '../audit-entry.ts'
import { reading, transaction } from './database.ts'
import { integer, text, type Row } from './row.ts'

export type SqliteAuditOptions = {
  database: DatabaseSync
  /** how long an entry is kept */
  retentionMs: number
}

/** With each entry so many old ones may go. */
const DROPPED_AT_ONCE = 10

export function sqliteAudit ({ database, retentionMs }: SqliteAuditOptions): AuditTrail {
  const insert = database.prepare('INSERT INTO audit (at_ms, entry) VALUES (?, ?)')
  const page = database.prepare('SELECT number, entry FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?')
  const drop = database.prepare(`DELETE FROM audit WHERE number IN (SELECT number FROM audit ORDER BY number LIMIT ${DROPPED_AT_ONCE}) AND at_ms < ?`)

  return {
    async write (entry) {
      transaction(database, () => {
        insert.run(entry.atMs, JSON.stringify(entry))
        drop.run(entry.atMs - retentionMs)
      })
    },

    async list ({ limit, cursor }) {
      if (cursor !== null && !/^\d{1,15}$/.test(cursor)) throw new InvalidCursor()
      const rows = reading(() => page.all(cursor === null ? Number.MAX_SAFE_INTEGER : Number(cursor), limit + 1)).map(readRow)
      return { rows: rows.slice(0, limit), nextCursor: rows.length > limit ? rows[limit - 1]?.id ?? null : null }
    }
  }
}

function readRow (row: Row): AuditRecord { return { ...readEntry(text(row, 'entry')), id: String(integer(row, 'number')) } }
