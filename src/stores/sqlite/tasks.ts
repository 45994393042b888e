// Tasks in their table.
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { TaskId, TaskRef, TeamId } from '../../kernel/ids.ts'
import type { Transition } from '../../ledger/ledger.ts'
import type { Task } from '../../ledger/task.ts'
import { PLACES_A_MS } from '../../ledger/task-place.ts'
import type { Caller } from '../../teams/directory.ts'
import { ALL_COLUMNS, CHANGING_COLUMNS, changingValues, FIXED_COLUMNS, fixedValues, readTask, type StoredTask } from './task-row.ts'

/** The statements that read and write tasks. */
export function taskTable (database: DatabaseSync) {
  const insert = database.prepare(`INSERT INTO tasks (number, look_lease_ms, task_id, ${names(FIXED_COLUMNS)}, ${names(CHANGING_COLUMNS)})
    VALUES (max(coalesce((SELECT max(number) FROM tasks), 0) + 1, ?), 0, ?, ${places(FIXED_COLUMNS)}, ${places(CHANGING_COLUMNS)})`)
  const isThere = database.prepare('SELECT 1 FROM tasks WHERE ref = ?')
  const updating = (columns: readonly string[]) => database.prepare(`UPDATE tasks SET look_lease_ms = 0, ${columns.map(name => `${name} = ?`).join(', ')} WHERE ref = ? AND revision = ?`)
  const update = updating(CHANGING_COLUMNS)
  // By itself, because a step that writes the id again writes its index again too.
  const updateAndName = updating(['task_id', ...CHANGING_COLUMNS])
  const byRef = taskQuery(database, 'WHERE ref = ?')
  const byTaskId = taskQuery(database, 'WHERE task_id = ? AND team = ? AND (mode = ?3 OR ?3 = \'live\') ORDER BY number DESC LIMIT 1')
  const newer = taskQuery(database, 'WHERE team = ? AND number > ? ORDER BY number')
  const due = taskQuery(database, 'WHERE due_ms <= ?1 AND look_lease_ms <= ?1 ORDER BY due_ms LIMIT ?2')
  const lease = database.prepare('UPDATE tasks SET look_lease_ms = ? WHERE ref = ?')
  const endLease = database.prepare('UPDATE tasks SET look_lease_ms = 0 WHERE ref = ? AND revision = ?')

  return {
    insert (task: Task): void { insert.run(task.createdAtMs * PLACES_A_MS, task.taskId, ...fixedValues(task), ...changingValues(task)) },
    isThere (ref: TaskRef): boolean { return isThere.get(ref) !== undefined },

    /** Writes a step, if the task still is as it was before it. @returns whether it was */
    update ({ before, after }: Transition): boolean {
      const values = [...changingValues(after), before.ref, before.revision]
      const { changes } = after.taskId === before.taskId ? update.run(...values) : updateAndName.run(after.taskId, ...values)
      return changes === 1
    },
    due (nowMs: number, count: number): Task[] { return due.all(nowMs, count).map(({ task }) => task) },
    byRef (ref: TaskRef): StoredTask | undefined { return byRef.get(ref) },
    /** What the caller may see of them. */
    byTaskId (taskId: TaskId, { team, key }: Caller): StoredTask | undefined { return byTaskId.get(taskId, team.id, key.mode) },
    /** The team's tasks that were admitted after this one, or all of them. */
    admittedAfter (team: TeamId, ref: TaskRef | null): Task[] {
      const last = ref === null ? undefined : byRef.get(ref)
      return newer.all(team, last?.number ?? 0).map(({ task }) => task)
    },
    lease (ref: TaskRef, untilMs: number): void { lease.run(untilMs, ref) },

    /** If the task still is as it is known. */
    endLease ({ ref, revision }: Task): void { endLease.run(ref, revision) }
  }
}

/** @param rest what follows the name of the table */
export function taskQuery (database: DatabaseSync, rest: string) {
  const statement = database.prepare(`SELECT ${names(ALL_COLUMNS)} FROM tasks ${rest}`)
  statement.setReturnArrays(true)
  return {
    get (...values: SQLInputValue[]): StoredTask | undefined {
      const row = statement.get(...values)
      return row && readTask(row)
    },
    all (...values: SQLInputValue[]): StoredTask[] { return statement.all(...values).map(readTask) }
  }
}

function names (columns: readonly string[]): string { return columns.join(', ') }

function places (columns: readonly string[]): string { return columns.map(() => '?').join(', ') }
