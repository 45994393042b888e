// A task as a row: which columns there are, what is written into them, and what they say.
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { SQLInputValue } from 'node:sqlite'
import type { KeyId, TaskId, TaskRef, TeamId } from '../../kernel/ids.ts'
import { ownerOfTask } from '../../ledger/account.ts'
import { SCOPES, type CounterId, type Scope } from '../../ledger/counter.ts'
import { MONEY, TASK_STATES, taskBodySchema, type Task } from '../../ledger/task.ts'
import { KEY_MODES } from '../../teams/api-key.ts'
import { QUOTA_PERIODS } from '../../teams/limits.ts'
import { asInteger, asIntegerOrNull, asText, asTextOrNull, valuesOf, type Row } from './row.ts'

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

// Values go in and out by their place, not by name, which costs half as much: each function below keeps the order of its columns.

/** What an admission says for ever. */
export const FIXED_COLUMNS = ['ref', 'team', 'key_id', 'lineage', 'model', 'mode', 'price_micros', 'fingerprint', 'trace', 'counted', 'created_at_ms', 'submit_deadline_ms']

export function fixedValues (task: Task): SQLInputValue[] {
  const { ref, team, keyId, lineage, model, mode, priceMicros, fingerprint, trace, createdAtMs, submitDeadlineMs } = task
  return [ref, team, keyId, lineage, model, mode, priceMicros, fingerprint, trace, countedJson(task), createdAtMs, submitDeadlineMs]
}

/** What a task's life changes, but for the id that upstream gives it once. */
export const CHANGING_COLUMNS = ['revision', 'state', 'money', 'credential', 'body', 'looks_without_media', 'deleting', 'misses', 'updated_at_ms', 'looked_at_ms', 'due_ms']

export function changingValues ({ revision, state, money, credential, body, looksWithoutMedia, deleting, misses, updatedAtMs, lookedAtMs, dueAtMs }: Task): SQLInputValue[] {
  return [revision, state, money, credential, jsonOf(body), looksWithoutMedia, deleting, jsonOf(misses), updatedAtMs, lookedAtMs, dueAtMs]
}

export const ALL_COLUMNS = ['number', 'look_lease_ms', 'task_id', ...FIXED_COLUMNS, ...CHANGING_COLUMNS]

/** @throws if the row is not what this gateway writes */
export function readTask (row: Row): StoredTask {
  const [
    number, lookLeaseMs, taskId,
    ref, team, keyId, lineage, model, mode, priceMicros, fingerprint, trace, counted, createdAtMs, submitDeadlineMs,
    revision, state, money, credential, body, looksWithoutMedia, deleting, misses, updatedAtMs, lookedAtMs, dueAtMs
  ] = valuesOf(row)
  const owner = { team: asText(team, 'team') as TeamId, mode: modeSchema.parse(mode), lineage: asText(lineage, 'lineage') as KeyId }
  return {
    number: asInteger(number, 'number'),
    lookLeaseMs: asInteger(lookLeaseMs, 'look_lease_ms'),
    task: {
      ref: asText(ref, 'ref') as TaskRef,
      revision: asInteger(revision, 'revision'),
      taskId: asTextOrNull(taskId, 'task_id') as TaskId | null,
      ...owner,
      keyId: asText(keyId, 'key_id') as KeyId,
      model: asText(model, 'model'),
      state: stateSchema.parse(state),
      money: moneySchema.parse(money),
      priceMicros: asInteger(priceMicros, 'price_micros'),
      fingerprint: asText(fingerprint, 'fingerprint'),
      trace: asTextOrNull(trace, 'trace'),
      credential: asTextOrNull(credential, 'credential'),
      body: body === null ? null : taskBodySchema.parse(JSON.parse(asText(body, 'body'))),
      looksWithoutMedia: asInteger(looksWithoutMedia, 'looks_without_media'),
      deleting: deletingSchema.parse(deleting),
      counted: countedIn(asText(counted, 'counted'), owner),
      createdAtMs: asInteger(createdAtMs, 'created_at_ms'),
      updatedAtMs: asInteger(updatedAtMs, 'updated_at_ms'),
      lookedAtMs: asInteger(lookedAtMs, 'looked_at_ms'),
      submitDeadlineMs: asInteger(submitDeadlineMs, 'submit_deadline_ms'),
      misses: misses === null ? null : missesSchema.parse(JSON.parse(asText(misses, 'misses'))),
      dueAtMs: asIntegerOrNull(dueAtMs, 'due_ms')
    }
  }
}

function jsonOf (value: object | null): string | null { return value && JSON.stringify(value) }

function countedJson ({ counted }: Task): string {
  const windowsOf = (wanted: Scope) => counted.filter(({ scope }) => scope === wanted).map(({ per, label }) => [per, label])
  return JSON.stringify({ team: windowsOf('team'), key: windowsOf('key') })
}

function countedIn (json: string, owner: Pick<Task, 'team' | 'mode' | 'lineage'>): CounterId[] {
  const windows = windowsIn(json)
  return SCOPES.flatMap(scope => windows[scope].map(([per, label]) => ({ scope, owner: ownerOfTask(scope, owner), per, label })))
}

// All tasks of an hour have the same few, whosever they are.
const knownWindows = new LRUCache<string, z.output<typeof countedSchema>>({ max: 1000 })

function windowsIn (json: string): z.output<typeof countedSchema> {
  const known = knownWindows.get(json)
  if (known !== undefined) return known
  const windows = countedSchema.parse(JSON.parse(json))
  knownWindows.set(json, windows)
  return windows
}
