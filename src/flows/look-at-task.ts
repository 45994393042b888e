// One look upstream at a running task, shared by everybody who wants to know.
import type { Endpoint } from '../catalog/endpoint.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import { unreachable } from '../kernel/unreachable.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { ObservedTask, Task, TaskStatus } from '../ledger/task.ts'
import { causeText, logSettlement } from './settle-task.ts'
import type { LookOutcome, TaskAddress, Upstream } from './upstream.ts'

/** However long the provider asks to be left alone. */
const RETRY_AFTER_MAX_MS = 3_600_000

export type LookDependencies = { ledger: Ledger, upstream: Upstream, clock: Clock }

/** The task after the look, and what upstream said; undefined if the look brought no verdict. */
export type Looked = { task: Task, status: TaskStatus | undefined }

/** Looks, records and settles. A look that fails is no verdict: the task is given back as it was. */
export async function lookAtTask (deps: LookDependencies, task: Task, address: TaskAddress, log: Log): Promise<Looked> {
  const outcome = await deps.upstream.look(address)
  const transition = await deps.ledger.observe(task, seenBy(outcome, deps.clock.nowMs()))
  logSettlement(log, transition)
  if (outcome.kind === 'failed') log.warn({ task_ref: task.ref, task_id: task.taskId, cause: causeText(outcome.cause) }, 'look failed')
  if (outcome.kind === 'missing') log.warn({ task_ref: task.ref, task_id: task.taskId, times: transition.after.misses?.times }, 'task missing upstream')
  return { task: transition.after, status: outcome.kind === 'seen' ? outcome.body.task_info.status : undefined }
}

function seenBy (outcome: LookOutcome, nowMs: number): ObservedTask {
  switch (outcome.kind) {
    case 'seen': return { kind: 'status', body: outcome.body }
    case 'missing': return { kind: 'missing', atMs: nowMs }
    case 'failed': return { kind: 'nothing', notBeforeMs: outcome.retryAfterS === undefined ? undefined : nowMs + Math.min(outcome.retryAfterS * 1000, RETRY_AFTER_MAX_MS) }
    default: return unreachable(outcome)
  }
}

/** Where the task lives upstream, or undefined before upstream has accepted it. */
export function addressOf (endpoint: Endpoint, { taskId, mode, credential, trace }: Task, traceparent?: string): TaskAddress | undefined {
  return taskId === null ? undefined : { path: endpoint.path, mode, taskId, credential, traceparent, begunBy: trace }
}
