// What a file of an earlier version becomes.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { TaskRef } from '../../../src/kernel/ids.ts'
import { accountOf } from '../../../src/ledger/account.ts'
import type { CounterId } from '../../../src/ledger/counter.ts'
import type { Task } from '../../../src/ledger/task.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { aTask } from '../../support/tasks.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { benchOf, REFUND_FAILED } from '../../contract/open-ledger.ts'
import { sqliteLedgerAt } from './open-sqlite-ledger.ts'

const MIGRATIONS = new URL('../../../src/stores/sqlite/migrations/', import.meta.url)
const APPLICATION_ID = 0x6d676174

/** A file as it was before a migration. */
function fileBefore (migration: string): { path: string, database: DatabaseSync } {
  const path = join(tempFolder(), 'ledger.db')
  const files = readdirSync(MIGRATIONS).sort()
  const earlier = files.slice(0, files.findIndex(name => name.endsWith(migration)))
  const database = new DatabaseSync(path)
  for (const file of earlier) database.exec(readFileSync(new URL(file, MIGRATIONS), 'utf8'))
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${earlier.length}`)
  return { path, database }
}

test('tasks that were numbered one by one keep their order, and come after nothing that is older', async () => {
  const { path, database } = fileBefore('-lists-and-retention.sql')
  const task = aTask({ state: 'completed', money: 'spent' })
  const insert = database.prepare(`INSERT INTO tasks (ref, team, key_id, lineage, model, state, money, price_micros, fingerprint, looks_without_media, counted,
      created_at_ms, updated_at_ms, looked_at_ms, look_lease_ms, submit_deadline_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, 0, 0, 0)`)
  const nowMs = manualClock().nowMs()
  // Of one millisecond, and one that was written late.
  const ages = [5000, 5000, 5000, 3000, 4000, 1000]
  for (const [place, age] of ages.entries()) {
    insert.run(`tsk_00${place}`, task.team, task.keyId, task.lineage, task.model, task.state, task.money, task.priceMicros, task.fingerprint, JSON.stringify(task.counted), nowMs - age, nowMs)
  }
  database.close()

  const bench = benchOf(sqliteLedgerAt({ path, clock: manualClock(), rules: REFUND_FAILED }))
  const { ref } = await bench.admit(await bench.caller())
  const refs = async (query: object): Promise<TaskRef[]> => (await bench.ledger.list({ ...query, limit: 10, cursor: null })).rows.map(task => task.ref)
  expect(await refs({})).toEqual([ref, 'tsk_005', 'tsk_004', 'tsk_003', 'tsk_002', 'tsk_001', 'tsk_000'])
  expect(await refs({ fromMs: nowMs - 4000 })).toEqual([ref, 'tsk_005', 'tsk_004', 'tsk_003'])
  expect(await refs({ fromMs: nowMs - 4000, toMs: nowMs - 3000 })).toEqual(['tsk_004'])
  await bench.close()
})

test('tasks that named the owner of every window are counted in the same ones', async () => {
  const { path, database } = fileBefore('-counted.sql')
  const tasks = [aTask({ mode: 'live' }), aTask({ mode: 'test' })].map(task => ({ ...task, counted: countedBy(task) }))
  const insert = database.prepare(`INSERT INTO tasks (ref, team, key_id, lineage, model, mode, state, money, price_micros, fingerprint, looks_without_media, counted,
      created_at_ms, updated_at_ms, looked_at_ms, look_lease_ms, submit_deadline_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, 0, 0, 0, 0)`)
  for (const task of tasks) insert.run(task.ref, task.team, task.keyId, task.lineage, task.model, task.mode, task.state, task.money, task.priceMicros, task.fingerprint, JSON.stringify(task.counted))
  database.close()

  const bench = benchOf(sqliteLedgerAt({ path, clock: manualClock(), rules: REFUND_FAILED }))
  for (const { ref, counted } of tasks) expect(await bench.ledger.read(ref)).toMatchObject({ counted })
  await bench.close()
})

/** As rows named them before: the owner of each window is that of the task. */
function countedBy (task: Task): CounterId[] {
  const team = accountOf(task.team, task.mode)
  return [
    { scope: 'team', owner: team, per: 'day', label: '2026-11-22' },
    { scope: 'team', owner: team, per: 'total', label: 'total' },
    { scope: 'key', owner: task.lineage, per: 'week', label: '2026-W47' },
    { scope: 'key', owner: task.lineage, per: 'hour', label: '2026-11-22T15Z' }
  ]
}
