// The story of a read: from the ledger while that is fresh, from upstream once for everybody when it is not.
import type { Endpoint } from '../catalog/endpoint.ts'
import type { TaskId } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Found } from '../ledger/ledger.ts'
import type { Task, TaskBody } from '../ledger/task.ts'
import type { Caller } from '../teams/directory.ts'
import { addressOf, lookAtTask, type LookDependencies } from './look-at-task.ts'
import { withCurrentCaller, type CallerDependencies } from './caller.ts'
import { noSuchTask } from './refusals.ts'

/** The gateway's own code of a task that expired. */
const EXPIRED_CODE = 5040

export type ReadDependencies = LookDependencies & CallerDependencies

export type TaskRequest = { caller: Caller, endpoint: Endpoint, taskId: TaskId, traceparent: string, log: Log }

/** A task with a body, as upstream said it last. */
export type ShownTask = Task & { body: TaskBody }

/** A task of the caller's team, as fresh as a status must be. @throws Refusal `not_found` */
export async function readTask (deps: ReadDependencies, request: TaskRequest): Promise<ShownTask> {
  const { endpoint, traceparent, log } = request
  const found = await findTask(deps, request)
  const address = found.mayLook ? addressOf(endpoint, found.task, traceparent) : undefined
  const task = address === undefined ? found.task : (await lookAtTask(deps, found.task, address, log)).task
  return shown(task)
}

/** @throws Refusal `not_found` if there is nothing to show of it, as of a deleted one */
export function shown (task: Task): ShownTask {
  if (!hasBody(task)) throw noSuchTask()
  return task
}

function hasBody (task: Task): task is ShownTask { return task.body !== null }

/** What callers see of a task: upstream's last word, or that the gateway has given it up. */
export function shownBody ({ state, body }: ShownTask): TaskBody {
  if (state !== 'expired') return body
  const error = { code: EXPIRED_CODE, title: 'Task expired', detail: 'MuleRouter never said what became of this task, and the gateway has given it up.' }
  return { ...body, task_info: { ...body.task_info, status: 'failed', error } }
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
