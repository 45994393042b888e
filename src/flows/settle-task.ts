// What the log says of a task's life: one line when it ends, whoever noticed it.
import type { Log } from '../kernel/log.ts'
import { formatUsd } from '../kernel/money.ts'
import type { Transition } from '../ledger/ledger.ts'
import type { Task, TaskState } from '../ledger/task.ts'

const MESSAGES: Partial<Record<TaskState, string>> = {
  completed: 'task completed',
  failed: 'task failed',
  deleted: 'task deleted',
  expired: 'task expired',
  refused: 'task refused',
  unsent: 'task unsent',
  unknown: 'task unknown'
}

/** The ends that `ledger adopt` reads in a log, because MuleRouter may have forgotten such a task. */
const ADOPTED: ReadonlySet<TaskState> = new Set(['failed', 'deleted'])

/** What a log line says of why something did not work. */
export function causeText (cause: unknown): string { return cause instanceof Error ? cause.message : String(cause) }

/** The ids of a task as every log line spells them. */
export function taskFacts ({ ref, taskId, team, keyId, model, priceMicros, money }: Task) {
  return { task_ref: ref, task_id: taskId ?? undefined, team, key_id: keyId, model, price_usd: formatUsd(priceMicros), money }
}

/** Writes the line for a step that brought the task to an end; a step that changed nothing is silent. */
export function logSettlement (log: Log, { before, after }: Transition, facts: object = {}): void {
  const message = messageFor(before, after)
  if (message === undefined) return
  const line = { ...taskFacts(after), ...facts, recharged: before.money === 'refunded' && after.money !== 'refunded' ? true : undefined }
  if (after.state === 'unknown') return log.warn(line, message)
  if (ADOPTED.has(after.state)) return log.record(line, message)
  log.info(line, message)
}

function messageFor (before: Task, after: Task): string | undefined {
  if (before.money === 'refunded' && after.money === 'held') return 'task charged again'
  if (after.state !== before.state) return MESSAGES[after.state]
  return after.money === before.money ? undefined : 'hold ended'
}
