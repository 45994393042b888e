// One look upstream at a running task, shared by everybody who wants to know.
import type { Endpoint } from '../catalog/endpoint.ts'
import type { Log } from '../kernel/log.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Task, TaskStatus } from '../ledger/task.ts'
import { causeText, logSettlement } from './settle-task.ts'
import type { TaskAddress, Upstream } from './upstream.ts'

export type LookDependencies = { ledger: Ledger, upstream: Upstream }

/** The task after the look, and what upstream said; undefined if the look brought no verdict. */
export type Looked = { task: Task, status: TaskStatus | undefined }

/** Looks, records and settles. A look that fails is no verdict: the task is given back as it was. */
export async function lookAtTask (deps: LookDependencies, task: Task, address: TaskAddress, log: Log): Promise<Looked> {
  const outcome = await deps.upstream.look(address)
  if (outcome.kind === 'failed') {
    log.warn({ task_ref: task.ref, task_id: task.taskId, cause: causeText(outcome.cause) }, 'look failed')
    const { after } = await deps.ledger.observe(task, { kind: 'nothing' })
    return { task: after, status: undefined }
  }
  const transition = await deps.ledger.observe(task, { kind: 'status', body: outcome.body })
  logSettlement(log, transition)
  return { task: transition.after, status: outcome.body.task_info.status }
}

/** Where the task lives upstream, or undefined before upstream has accepted it. */
export function addressOf (endpoint: Endpoint, { taskId, credential }: Task, traceparent: string): TaskAddress | undefined {
  return taskId === null ? undefined : { path: endpoint.path, taskId, credential, traceparent }
}
