// Tasks as rows.
import { z } from 'zod'
import type { DatabaseSync } from 'node:sqlite'
import type { KeyId, TaskId, TaskRef, TeamId } from '../../kernel/ids.ts'
import { ownerOfTask } from '../../ledger/account.ts'
import { SCOPES, type CounterId, type Scope } from '../../ledger/counter.ts'
import { MONEY, TASK_STATES, taskBodySchema, type Task } from '../../ledger/task.ts'
import { PLACES_A_MS } from '../../ledger/task-place.ts'
import { KEY_MODES } from '../../teams/api-key.ts'
import { QUOTA_PERIODS } from '../../teams/limits.ts'
import { integer, integerOrNull, text, textOrNull, type Row } from './row.ts'

const stateSchema = z.enum(TASK_STATES)
const deletingSchema = z.enum(['before-begun', 'after-begun']).nullable()
const modeSchema = z.enum(KEY_MODES)
const moneySchema = z.enum(MONEY)
const missesSchema = z.object({ times: z.int(), sinceMs: z.int() })
const windowsSchema = z.array(z.tuple([z.enum(QUOTA_PERIODS), z.string()]))
/** Period and label of each window; whose it is the row says anyway. */
const countedSchema = z.object({ team: windowsSchema, key: windowsSchema })

/** A task with what only the store needs: its place in the order of admission, and who is looking. */
export type StoredTask = { number: number, lookLeaseMs: number, task: Task }

/** The statements that read and write tasks. */
export function taskTable (database: DatabaseSync) {
  const insert = database.prepare(`INSERT INTO tasks (
      number, ref, revision, task_id, team, key_id, lineage, model, mode, state, money, price_micros, fingerprint, trace, credential, body,
      looks_without_media, deleting, misses, counted, created_at_ms, updated_at_ms, looked_at_ms, look_lease_ms, submit_deadline_ms, due_ms
    ) VALUES (
      max(coalesce((SELECT max(number) FROM tasks), 0) + 1, :createdAtMs * ${PLACES_A_MS}), :ref, :revision, :taskId, :team, :keyId, :lineage, :model, :mode, :state, :money, :priceMicros, :fingerprint, :trace, :credential, :body,
      :looksWithoutMedia, :deleting, :misses, :counted, :createdAtMs, :updatedAtMs, :lookedAtMs, 0, :submitDeadlineMs, :dueAtMs)`)
  const update = database.prepare(`UPDATE tasks SET
      revision = :revision, task_id = :taskId, state = :state, money = :money, credential = :credential, body = :body,
      looks_without_media = :looksWithoutMedia, deleting = :deleting, misses = :misses, updated_at_ms = :updatedAtMs, looked_at_ms = :lookedAtMs, look_lease_ms = 0,
      due_ms = :dueAtMs
    WHERE ref = :ref`)
  const byRef = database.prepare('SELECT * FROM tasks WHERE ref = ?')
  const byTaskId = database.prepare('SELECT * FROM tasks WHERE task_id = ? AND team = ? ORDER BY number DESC LIMIT 1')
  const newer = database.prepare('SELECT * FROM tasks WHERE team = ? AND number > ? ORDER BY number')
  const due = database.prepare('SELECT * FROM tasks WHERE due_ms <= ?1 AND look_lease_ms <= ?1 ORDER BY due_ms LIMIT ?2')
  const lease = database.prepare('UPDATE tasks SET look_lease_ms = ? WHERE ref = ?')
  const endLease = database.prepare('UPDATE tasks SET look_lease_ms = 0 WHERE ref = ? AND revision = ?')

  return {
    insert (task: Task): void {
      const { ref, team, keyId, lineage, model, mode, priceMicros, fingerprint, trace, createdAtMs, submitDeadlineMs } = task
      insert.run({
        ...changing(task), ref, team, keyId, lineage, model, mode, priceMicros, fingerprint, trace, createdAtMs, submitDeadlineMs, counted: countedJson(task)
      })
    },
    due (nowMs: number, count: number): Task[] { return due.all(nowMs, count).map(row => readTask(row).task) },
    update (task: Task): void { update.run({ ...changing(task), ref: task.ref }) },
    byRef (ref: TaskRef): StoredTask | undefined { return read(byRef.get(ref)) },
    byTaskId (taskId: TaskId, team: TeamId): StoredTask | undefined { return read(byTaskId.get(taskId, team)) },
    /** The team's tasks that were admitted after this one, or all of them. */
    admittedAfter (team: TeamId, ref: TaskRef | null): Task[] {
      const row = ref === null ? undefined : byRef.get(ref)
      return newer.all(team, row === undefined ? 0 : integer(row, 'number')).map(each => readTask(each).task)
    },
    lease (ref: TaskRef, untilMs: number): void { lease.run(untilMs, ref) },

    /** If the task still is as it is known. */
    endLease ({ ref, revision }: Task): void { endLease.run(ref, revision) }
  }
}

/** The columns that a task's life changes. */
function changing (task: Task) {
  const { revision, taskId, state, money, credential, looksWithoutMedia, deleting, updatedAtMs, lookedAtMs, dueAtMs } = task
  const [body, misses] = [jsonOf(task.body), jsonOf(task.misses)]
  return { revision, taskId, state, money, credential, looksWithoutMedia, deleting, updatedAtMs, lookedAtMs, dueAtMs, body, misses }
}

function countedJson ({ counted }: Task): string {
  const windowsOf = (wanted: Scope) => counted.filter(({ scope }) => scope === wanted).map(({ per, label }) => [per, label])
  return JSON.stringify({ team: windowsOf('team'), key: windowsOf('key') })
}

function readCounted (row: Row, owner: Pick<Task, 'team' | 'mode' | 'lineage'>): CounterId[] {
  const counted = countedSchema.parse(JSON.parse(text(row, 'counted')))
  return SCOPES.flatMap(scope => counted[scope].map(([per, label]) => ({ scope, owner: ownerOfTask(scope, owner), per, label })))
}

function jsonOf (value: object | null): string | null { return value && JSON.stringify(value) }

function read (row: Row | undefined): StoredTask | undefined { return row && readTask(row) }

/** @throws if the row is not what this gateway writes */
export function readTask (row: Row): StoredTask {
  const body = textOrNull(row, 'body')
  const misses = textOrNull(row, 'misses')
  const owner = { team: text(row, 'team') as TeamId, mode: modeSchema.parse(row['mode']), lineage: text(row, 'lineage') as KeyId }
  return {
    number: integer(row, 'number'),
    lookLeaseMs: integer(row, 'look_lease_ms'),
    task: {
      ref: text(row, 'ref') as TaskRef,
      revision: integer(row, 'revision'),
      taskId: textOrNull(row, 'task_id') as TaskId | null,
      ...owner,
      keyId: text(row, 'key_id') as KeyId,
      model: text(row, 'model'),
      state: stateSchema.parse(row['state']),
      money: moneySchema.parse(row['money']),
      priceMicros: integer(row, 'price_micros'),
      fingerprint: text(row, 'fingerprint'),
      trace: textOrNull(row, 'trace'),
      credential: textOrNull(row, 'credential'),
      body: body === null ? null : taskBodySchema.parse(JSON.parse(body)),
      looksWithoutMedia: integer(row, 'looks_without_media'),
      deleting: deletingSchema.parse(row['deleting']),
      counted: readCounted(row, owner),
      createdAtMs: integer(row, 'created_at_ms'),
      updatedAtMs: integer(row, 'updated_at_ms'),
      lookedAtMs: integer(row, 'looked_at_ms'),
      submitDeadlineMs: integer(row, 'submit_deadline_ms'),
      misses: misses === null ? null : missesSchema.parse(JSON.parse(misses)),
      dueAtMs: integerOrNull(row, 'due_ms')
    }
  }
}
