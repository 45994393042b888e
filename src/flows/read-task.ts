// The story of a read: from the ledger while that is fresh, from upstream once for everybody when it is not.
import type { Endpoint } from '../catalog/endpoint.ts'
import type { TaskId } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { TaskBody } from '../ledger/task.ts'
import type { Caller } from '../teams/directory.ts'
import { addressOf, lookAtTask, type LookDependencies } from './look-at-task.ts'
import { noSuchTask } from './refusals.ts'

export type TaskRequest = { caller: Caller, endpoint: Endpoint, taskId: TaskId, traceparent: string, log: Log }

/** Upstream's body of a task of the caller's team. @throws Refusal `not_found` */
export async function readTask (deps: LookDependencies, { caller, endpoint, taskId, traceparent, log }: TaskRequest): Promise<TaskBody> {
  const found = await deps.ledger.find(caller, taskId)
  if (found === undefined || found.task.model !== endpoint.model) throw noSuchTask()

  const address = found.mayLook ? addressOf(endpoint, found.task, traceparent) : undefined
  const task = address === undefined ? found.task : (await lookAtTask(deps, found.task, address, log)).task
  if (task.body === null) throw noSuchTask()
  return task.body
}
