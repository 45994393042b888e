// What the embedded ledger removes, and how much of it at a time.
import type { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { benchOf, REFUND_FAILED, TASK_RETENTION_MS, USAGE_RETENTION_MS, type Bench } from '../../contract/open-ledger.ts'
import { accepted } from '../../support/tasks.ts'
import { openSqliteLedger } from './open-sqlite-ledger.ts'

const DAY_MS = 86_400_000
const STEP = 50

type Scene = { bench: Bench, database: DatabaseSync, tend (): Promise<void> }

async function aScene (): Promise<Scene> {
  const opened = await openSqliteLedger(REFUND_FAILED)
  const bench = benchOf(opened)
  onTestFinished(() => bench.close())
  return { bench, database: opened.database, tend: opened.tend }
}

function countOf (database: DatabaseSync, table: string): number { return Number(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.['rows']) }

test('after lives of every kind and a long time nothing is left but who there is, totals, and what is not settled', async () => {
  const { bench, database } = await aScene()
  const limits = { requestsPerMinute: 100, tasksInFlight: 100, quotas: (['hour', 'day', 'week', 'month', 'total'] as const).map(per => ({ per, unit: 'usd' as const, limit: 1e9 })) }
  const caller = await bench.caller({ team: { limits }, key: { limits } })
  const colleague = await bench.colleague(caller, { mode: 'test' })
  for (const { key, team } of [caller, colleague]) {
    await bench.see((await bench.begin({ team, key }, { idempotencyKey: `done ${key.id}` })).ref, 'completed')
    await bench.see((await bench.begin({ team, key })).ref, 'failed')
    await bench.lose((await bench.begin({ team, key })).order)
    await bench.ledger.resolve(await bench.admit({ team, key }), { kind: 'refused' })
    await bench.ledger.resolve(bench.order({ team, key }), { kind: 'unsent' })
    await bench.ledger.resolve(await bench.admit({ team, key }, { idempotencyKey: `unknown ${key.id}` }), { kind: 'unknown' })
    await bench.ledger.resolve(bench.order({ team, key }), accepted('completed'))
  }
  await bench.age(USAGE_RETENTION_MS + 4 * DAY_MS)
  const left = Object.fromEntries(['teams', 'keys', 'tasks', 'counters', 'in_flight', 'requests', 'usage_days', 'claims', 'lost_answers'].map(table => [table, countOf(database, table)]))
  // Of each account, team and key: a total, and a row of unfinished tasks. Of each caller: one that runs, one that is unknown, and its claim.
  expect(left).toEqual({ teams: 1, keys: 2, tasks: 4, counters: 4, in_flight: 4, requests: 0, usage_days: 0, claims: 2, lost_answers: 0 })
  expect(database.prepare('SELECT DISTINCT per FROM counters').all().map(({ per }) => per)).toEqual(['total'])
  expect(database.prepare('SELECT DISTINCT money FROM tasks').all().map(({ money }) => money)).toEqual(['held'])
})

test('a call removes a part of what is over, the oldest first, and the next one goes on', async () => {
  const { bench, database, tend } = await aScene()
  const caller = await bench.caller()
  const tasks = 2 * STEP + 1
  for (let number = 0; number < tasks; number++) {
    await bench.see((await bench.begin(caller)).ref, 'completed')
    await bench.pass(1)
  }
  const youngest = (await bench.ledger.list({ limit: 1, cursor: null })).rows[0]
  await bench.pass(TASK_RETENTION_MS + DAY_MS)
  for (const left of [STEP + 1, 1]) {
    await tend()
    expect(countOf(database, 'tasks')).toBe(left)
  }
  expect((await bench.tasks(caller.team.id)).map(({ ref }) => ref)).toEqual([youngest?.ref])
  await tend()
  expect(countOf(database, 'tasks')).toBe(0)
})

test('minutes of keys beyond the first step are removed by later ones, and those of now stay', async () => {
  const { bench, database, tend } = await aScene()
  const caller = await bench.caller()
  for (let number = 1; number < STEP + 50; number++) await bench.admit(await bench.colleague(caller))
  await bench.pass(DAY_MS)
  const now = await bench.caller({ team: { limits: { requestsPerMinute: 1, quotas: [] } } })
  await bench.admit(now)
  await tend()
  expect(countOf(database, 'requests')).toBeGreaterThan(2)
  for (let call = 2; call <= 3; call++) await tend()
  expect(countOf(database, 'requests')).toBe(2)
  expect((await bench.ledger.admit(bench.order(now))).kind).toBe('rate-limited')
  await bench.pass(DAY_MS)
  await tend()
  expect(countOf(database, 'requests')).toBe(0)
})
