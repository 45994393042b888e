// The story of a read: from the ledger while that is fresh, from upstream once for everybody when it is not.
import type { Endpoint } from '../catalog/endpoint.ts'
import type { TaskId } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Found } from '../ledger/ledger.ts'
import type { TaskBody } from '../ledger/task.ts'
import type { Caller } from '../teams/directory.ts'
import { addressOf, lookAtTask, type LookDependencies } from './look-at-task.ts'
import { withCurrentCaller, type CallerDependencies } from './caller.ts'
import { noSuchTask } from './refusals.ts'

export type ReadDependencies = LookDependencies & CallerDependencies

export type TaskRequest = { caller: Caller, endpoint: Endpoint, taskId: TaskId, traceparent: string, log: Log }

/** Upstream's body of a task of the caller's team. @throws Refusal `not_found` */
export async function readTask (deps: ReadDependencies, request: TaskRequest): Promise<TaskBody> {
  const { endpoint, traceparent, log } = request
  const found = await findTask(deps, request)
  const address = found.mayLook ? addressOf(endpoint, found.task, traceparent) : undefined
  const task = address === undefined ? found.task : (await lookAtTask(deps, found.task, address, log)).task
  if (task.body === null) throw noSuchTask()
  return task.body
}

/** The ledger's entry of the task that is asked for. @throws Refusal `not_found` */
export function findTask (deps: ReadDependencies, { caller, endpoint, taskId }: TaskRequest): Promise<Extract<Found, { kind: 'found' }>> {
  return withCurrentCaller(deps, caller, async current => {
    const found = await deps.ledger.find(current, taskId)
    if (found.kind === 'stale') return undefined
    if (found.kind === 'missing' || found.task.model !== endpoint.model) throw noSuchTask()
    return found
  })
}
