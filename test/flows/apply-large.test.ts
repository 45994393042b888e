// A large file on the embedded ledger, whose driver is synchronous: nobody waits until all of it is applied.
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { catalog } from '../../src/catalog/catalog.ts'
import { applyTeams } from '../../src/flows/apply-teams.ts'
import { sqliteAudit } from '../../src/stores/sqlite/audit.ts'
import { openDatabase } from '../../src/stores/sqlite/database.ts'
import { sqliteDirectory } from '../../src/stores/sqlite/directory.ts'
import { KnownCallers } from '../../src/stores/sqlite/known-callers.ts'
import { manualClock } from '../support/manual-clock.ts'
import { silentLog } from '../support/silent-log.ts'
import { tempFolder } from '../support/temp-folder.ts'

const KEYS = 1000
const BODY = { teams: [{ id: 'ads', keys: Array.from({ length: KEYS }, (_, number) => ({ label: `key ${number}` })) }] }

test('others have their turn while it is applied, and while what is there is read', async () => {
  const database = openDatabase({ path: join(tempFolder(), 'ledger.db'), sync: 'normal' })
  onTestFinished(() => { database.close() })
  const deps = { directory: sqliteDirectory({ database, callers: new KnownCallers() }), audit: sqliteAudit({ database, retentionMs: 86_400_000 }), catalog, clock: manualClock() }
  const actor = { name: 'test', address: '127.0.0.1', requestId: 'req_test', log: silentLog }

  expect(await turnsDuring(() => applyTeams(deps, actor, BODY))).toBeGreaterThan(KEYS / 10)
  expect(await turnsDuring(() => applyTeams(deps, actor, BODY))).toBeGreaterThan(KEYS / 200)
})

/** How often somebody else had a turn. */
async function turnsDuring (work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  let timer = setImmediate(count)
  function count (): void {
    turns++
    timer = setImmediate(count)
  }
  await work()
  clearImmediate(timer)
  return turns
}
