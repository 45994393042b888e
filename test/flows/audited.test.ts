// What the audit trail says of a change that failed: that it was not made only where that is certain.
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { audited } from '../../src/flows/audited.ts'
import { refusal } from '../../src/flows/refusals.ts'
import { LedgerUnavailable } from '../../src/ledger/ledger.ts'
import { sqliteAudit } from '../../src/stores/sqlite/audit.ts'
import { openDatabase } from '../../src/stores/sqlite/database.ts'
import { manualClock } from '../support/manual-clock.ts'
import { silentLog } from '../support/silent-log.ts'
import { tempFolder } from '../support/temp-folder.ts'

const AWAY = new Error('Redis has not answered within 250 ms')

test.each([
  ['the ledger was asked and did not answer', new LedgerUnavailable(AWAY), 'unknown'],
  ['the ledger was never asked', new LedgerUnavailable(AWAY, { untouched: true }), 'not_made'],
  ['it was refused', refusal('not_found', 'There is no such team.'), 'not_made']
])('%s', async (_case, error, outcome) => {
  const database = openDatabase({ path: join(tempFolder(), 'ledger.db'), sync: 'normal' })
  onTestFinished(() => { database.close() })
  const audit = sqliteAudit({ database, retentionMs: 86_400_000 })
  const actor = { name: 'alice', address: '127.0.0.1', requestId: 'req_1', log: silentLog }

  await expect(audited({ audit, clock: manualClock() }, actor, { action: 'ledger.confirmed', make: async () => { throw error } })).rejects.toBe(error)
  expect((await audit.list({ limit: 10, cursor: null })).rows).toMatchObject([{ outcome }, { outcome: 'made' }])
})
