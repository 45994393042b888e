// The story of a delete: look first, because what upstream had not begun is given back.
import type { TaskId } from '../kernel/ids.ts'
import type { Running } from '../kernel/running.ts'
import { rfc3339 } from '../kernel/time.ts'
import { unreachable } from '../kernel/unreachable.ts'
import { isRunning, mayHaveBegun, type Task } from '../ledger/task.ts'
import type { Debts } from './debts.ts'
import { addressOf, lookAtTask } from './look-at-task.ts'
import { findTask, type ReadDependencies, type TaskRequest } from './read-task.ts'
import { noSuchTask, refusal } from './refusals.ts'
import { logSettlement } from './settle-task.ts'
import { neverSent, refusedByUpstream } from './upstream-refusals.ts'

export type DeleteDependencies = ReadDependencies & {
  debts: Debts
  /** what is under way: a stop waits for them, also when their callers have gone */
  running: Running
}

/** Upstream's answer to a delete. */
export type Deleted = { task_id: string, deleted_at: string }

/** Deletes a task upstream. @returns upstream's answer @throws Refusal `not_found`, or why upstream did not delete it */
export function deleteTask (deps: DeleteDependencies, request: TaskRequest): Promise<Deleted> {
  return deps.running.track(remove(deps, request), { task_id: request.taskId })
}

async function remove (deps: DeleteDependencies, request: TaskRequest): Promise<Deleted> {
  const { endpoint, taskId, traceparent, log } = request
  const found = await findTask(deps, request)
  const address = addressOf(endpoint, found.task, traceparent)
  if (address === undefined || found.task.body === null) throw noSuchTask()

  const looked = isRunning(found.task) ? await lookAtTask(deps, found.task, address, log) : undefined
  const task = looked?.task ?? found.task
  // What upstream shows now decides; where it shows nothing, what an earlier delete knew whose answer was lost, unless the task was seen to begin since.
  const begun = looked?.status === undefined ? mayHaveBegun(task) : looked.status !== 'pending'
  const { after: marked } = await deps.ledger.observe(task, { kind: 'deleting', begun })

  const removed = await deps.upstream.remove(address)
  switch (removed.kind) {
    // It was there until now, so an earlier delete did nothing, and what that knew is old.
    case 'deleted': return settle(deps, request, { task: marked, begun: looked?.status !== 'pending', answer: removed.body })
    case 'refused': {
      // A proxy's 404 says nothing.
      const isGone = removed.refusal.status === 404 && removed.refusal.ownShape
      const wasSeen = looked?.status !== undefined
      // Nobody else knows the id: what an unanswered delete of ours may have removed, and is not there now, it has removed.
      if (isGone && !wasSeen && task.deleting !== null) return settle(deps, request, { task: marked, begun, answer: deletedNow(deps, taskId) })
      // What was there a moment ago, another delete has removed, which may get no answer: that it was about to is not forgotten.
      const current = await keepEarlierIntent(deps, marked, isGone && wasSeen ? marked.deleting : task.deleting)
      // Another delete came first, and has ended by now.
      if (removed.refusal.status === 404 && current.state === 'deleted') throw noSuchTask()
      throw refusedByUpstream(removed.refusal)
    }
    case 'unsent': {
      await keepEarlierIntent(deps, marked, task.deleting)
      throw neverSent(removed.cause)
    }
    case 'unknown': throw refusal('upstream_error', 'No usable answer came back from MuleRouter, so the task may be deleted or not; deleting again is safe.', { cause: removed.cause })
    default: return unreachable(removed)
  }
}

/** This delete did nothing for certain. @returns the task as it is now */
async function keepEarlierIntent ({ ledger }: DeleteDependencies, task: Task, deleting: Task['deleting']): Promise<Task> {
  return (await ledger.observe(task, { kind: 'deleting', begun: deleting === null ? null : deleting === 'after-begun' })).after
}

/** Writes the deletion, now or as soon as the ledger answers again. */
async function settle ({ ledger, debts }: DeleteDependencies, { log }: TaskRequest, { task, begun, answer }: { task: Task, begun: boolean, answer: Deleted }): Promise<Deleted> {
  const observe = async (): Promise<void> => logSettlement(log, await ledger.observe(task, { kind: 'deleted', begun }))
  try {
    await observe()
  } catch {
    debts.owe({ facts: { task_ref: task.ref, task_id: task.taskId, outcome: 'deleted' }, pay: observe })
  }
  return answer
}

function deletedNow ({ clock }: DeleteDependencies, taskId: TaskId): Deleted {
  return { task_id: taskId, deleted_at: rfc3339(clock.nowMs()) }
}
