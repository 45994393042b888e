// The story of a delete: look first, because what upstream had not begun is given back.
import { isRunning } from '../ledger/task.ts'
import { unreachable } from '../kernel/unreachable.ts'
import { addressOf, lookAtTask, type LookDependencies } from './look-at-task.ts'
import type { TaskRequest } from './read-task.ts'
import { noSuchTask, refusal } from './refusals.ts'
import { logSettlement } from './settle-task.ts'
import { neverSent, refusedByUpstream } from './upstream-refusals.ts'

/** Deletes a task upstream. @returns upstream's answer @throws Refusal `not_found`, or why upstream did not delete it */
export async function deleteTask (deps: LookDependencies, request: TaskRequest): Promise<{ task_id: string, deleted_at: string }> {
  const { caller, endpoint, taskId, traceparent, log } = request
  const found = await deps.ledger.find(caller, taskId)
  if (found === undefined || found.task.model !== endpoint.model || found.task.body === null) throw noSuchTask()
  const address = addressOf(endpoint, found.task, traceparent)
  if (address === undefined) throw noSuchTask()

  const looked = isRunning(found.task) ? await lookAtTask(deps, found.task, address, log) : undefined
  const removed = await deps.upstream.remove(address)
  switch (removed.kind) {
    case 'deleted': {
      const begun = looked?.status !== 'pending'
      logSettlement(log, await deps.ledger.observe(found.task.ref, { kind: 'deleted', begun }))
      return removed.body
    }
    case 'refused': throw refusedByUpstream(removed.refusal)
    case 'unsent': throw neverSent(removed.cause)
    case 'unknown': throw refusal('upstream_error', 'No answer came back from MuleRouter, so the task may be deleted or not; deleting again is safe.', { cause: removed.cause })
    default: return unreachable(removed)
  }
}
