// A bench on the embedded ledger, with the database under it for tests that break it.
import type { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import { benchOf, REFUND_FAILED, type Bench } from '../../contract/open-ledger.ts'
import { openSqliteLedger } from './open-sqlite-ledger.ts'

/** Opens a fresh ledger that is closed when the test ends; `database` is the one of before any reopening. Only inside a test. */
export async function openSqliteBench (): Promise<{ bench: Bench, database: DatabaseSync }> {
  const opened = await openSqliteLedger(REFUND_FAILED)
  const bench = benchOf(opened)
  onTestFinished(() => bench.close())
  return { bench, database: opened.database }
}
