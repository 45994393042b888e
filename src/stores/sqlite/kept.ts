// How long tasks were kept until now, remembered from start to start.
import type { DatabaseSync } from 'node:sqlite'
import { keptAfter } from '../../ledger/keeping.ts'
import { transaction } from './database.ts'
import { integer } from './row.ts'

/** @returns since when all tasks are there that are kept now, in milliseconds since 1970 */
export function rememberKept (database: DatabaseSync, now: { taskMs: number, nowMs: number }): number {
  return transaction(database, () => {
    const row = database.prepare('SELECT * FROM kept').get()
    const { taskMs, completeSinceMs } = keptAfter(row && { taskMs: integer(row, 'task_ms'), completeSinceMs: integer(row, 'complete_since_ms') }, now)
    database.exec('DELETE FROM kept')
    database.prepare('INSERT INTO kept VALUES (?, ?)').run(taskMs, completeSinceMs)
    return completeSinceMs
  })
}
