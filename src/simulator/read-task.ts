// GET …/generation/{task_id}: says how a task is doing.

import { json, type Answer } from './answer.ts'
import type { Arrival } from './arrival.ts'
import { authenticate } from './authenticate.ts'
import { problem } from './problems.ts'
import { findOwnTask, type Provider } from './provider.ts'
import { requestOrigin } from './request-origin.ts'
import { taskBody } from './task-body.ts'
import { otherTaskId } from './task-id.ts'
import { taskStateAt } from './task-state.ts'

/** Answers 200 with the task, a failed one included, 401, or 404. */
export function readTask (taskId: string, arrival: Arrival, provider: Provider): Answer {
  const caller = authenticate(arrival, provider)
  if (caller.kind === 'refused') return caller.answer

  const task = findOwnTask(provider, taskId, caller.account)
  if (task === undefined) return problem('no-task', arrival.path, 'Task not found')

  const state = taskStateAt(task, provider, provider.now())
  const shownId = task.fate === 'other-id' ? otherTaskId(taskId, { ...task, fate: 'completes' }) : taskId
  return json(200, taskBody({ taskId: shownId, task, state, origin: requestOrigin(arrival) }))
}
