// Lists of tasks, newest first: what no index answers is read in steps, between which others have their turn.
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Page } from '../../kernel/page.ts'
import type { TaskQuery } from '../../ledger/ledger.ts'
import type { Task } from '../../ledger/task.ts'
import { cursorOf, numbersWithin, placeOf } from '../../ledger/task-place.ts'
import { reading } from './database.ts'
import { integer, integerOrNull } from './row.ts'
import type { StoredTask } from './task-row.ts'
import { taskQuery } from './tasks.ts'
import { turn } from './turn.ts'

type Condition = { sql: string, value: SQLInputValue }

/** So many tasks are looked at in one step: some two milliseconds. */
const STEP = 1000

/** @throws InvalidCursor */
export async function listTasks (database: DatabaseSync, { limit, cursor, ...query }: TaskQuery): Promise<Page<Task>> {
  const [narrowest, ...others] = conditionsOf(query)
  const within = numbersWithin(query, query.toMs === undefined ? 0 : reading(latest))
  let below = cursor === null ? within.most + 1 : Math.min(within.most + 1, placeOf(cursor).number)
  const rows: StoredTask[] = []
  while (true) {
    const from = others.length === 0 ? within.least : reading(() => stepBelow(below))
    rows.push(...reading(() => read({ from, below }, limit + 1 - rows.length)))
    if (rows.length > limit || from === within.least) return pageOf(rows, limit)
    below = from
    await turn()
  }

  /** By how much the latest row's number runs ahead of its time, in the words of the index of those rows. */
  function latest (): number {
    const row = database.prepare('SELECT max(number / 2048 - created_at_ms) AS ahead FROM tasks WHERE number / 2048 - created_at_ms >= 86400000').get()
    return row === undefined ? 0 : (integerOrNull(row, 'ahead') ?? -1) + 1
  }

  /** Where a step ends that looks at so many tasks of the narrowest condition. */
  function stepBelow (number: number): number {
    const { sql, value } = narrowest ?? EVERY
    const last = database.prepare(`SELECT number FROM tasks WHERE ${sql} AND number >= ? AND number < ? ORDER BY number DESC LIMIT 1 OFFSET ${STEP - 1}`)
      .get(value, within.least, number)
    return last === undefined ? within.least : integer(last, 'number')
  }

  function read ({ from, below }: { from: number, below: number }, count: number): StoredTask[] {
    const { sql, value } = narrowest ?? EVERY
    const conditions = [sql, 'number >= ?', 'number < ?', ...others.map(other => other.sql)].join(' AND ')
    return taskQuery(database, `WHERE ${conditions} ORDER BY number DESC LIMIT ?`).all(value, from, below, ...others.map(other => other.value), count)
  }
}

const EVERY: Condition = { sql: '?', value: 1 }

/** Absent conditions do not narrow. The first is the narrowest that an index answers, if there is one, and the index of no other is to be used. */
function conditionsOf ({ taskId, key, state, team, mode, model, fromMs, toMs }: Omit<TaskQuery, 'limit' | 'cursor'>): [narrowest: Condition | undefined, ...others: Condition[]] {
  const [narrowest, ...others] = [
    ...when(taskId, 'task_id = ?'),
    ...when(key, 'key_id = ?'),
    // The words of the index, which has no completed tasks.
    ...when(state === 'completed' ? undefined : state, 'state <> \'completed\' AND state = ?'),
    ...when(team, 'team = ?')
  ]
  const rest = [...when(state === 'completed' ? state : undefined, 'state = ?'), ...when(mode, 'mode = ?'), ...when(model, 'model = ?'), ...when(fromMs, 'created_at_ms >= ?'), ...when(toMs, 'created_at_ms < ?')]
  return [narrowest, ...[...others, ...rest].map(({ sql, value }) => ({ sql: `(${sql}) IS TRUE`, value }))]
}

function when (value: SQLInputValue | undefined, sql: string): Condition[] { return value === undefined ? [] : [{ sql, value }] }

function pageOf (rows: readonly StoredTask[], limit: number): Page<Task> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { rows: shown.map(({ task }) => task), nextCursor: rows.length > limit && last !== undefined ? cursorOf({ number: last.number, ref: last.task.ref }) : null }
}
