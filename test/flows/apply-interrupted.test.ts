// The ledger goes away while a file of teams is applied: what was done stays, and applying again does the rest, once.
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { catalog } from '../../src/catalog/catalog.ts'
import { applyTeams } from '../../src/flows/apply-teams.ts'
import type { Actor } from '../../src/flows/audited.ts'
import { LedgerUnavailable } from '../../src/ledger/ledger.ts'
import { sqliteAudit } from '../../src/stores/sqlite/audit.ts'
import { openDatabase } from '../../src/stores/sqlite/database.ts'
import { sqliteDirectory } from '../../src/stores/sqlite/directory.ts'
import { KnownCallers } from '../../src/stores/sqlite/known-callers.ts'
import { manualClock } from '../support/manual-clock.ts'
import { silentLog } from '../support/silent-log.ts'
import { tempFolder } from '../support/temp-folder.ts'

const BODY = { teams: [{ id: 'ads', keys: [{ label: 'a' }, { label: 'b' }] }, { id: 'video', keys: [{ label: 'c' }] }] }

test.each([1, 2, 3, 4])('after %i of five changes', async count => {
  const database = openDatabase({ path: join(tempFolder(), 'ledger.db'), sync: 'normal' })
  onTestFinished(() => { database.close() })
  const deps = { directory: sqliteDirectory({ database, callers: new KnownCallers() }), audit: sqliteAudit({ database, retentionMs: 86_400_000 }), catalog, clock: manualClock() }
  let left = count
  // Every change is logged when it was made: after the last of them nothing can be written any more.
  const record = (): void => { if (--left === 0) database.exec('PRAGMA query_only = ON') }
  const actor: Actor = { name: 'test', address: '127.0.0.1', requestId: 'req_test', log: { ...silentLog, record } }

  await expect(applyTeams(deps, actor, BODY)).rejects.toThrow(LedgerUnavailable)
  database.exec('PRAGMA query_only = OFF')
  expect((await applyTeams(deps, actor, BODY)).steps).toHaveLength(5 - count)
  expect((await applyTeams(deps, actor, BODY)).steps).toEqual([])
})
