// DELETE …/generation/{task_id}: forgets a task.

import { json, type Answer } from './answer.ts'
import type { Arrival } from './arrival.ts'
import { authenticate } from './authenticate.ts'
import { problem } from './problems.ts'
import { findOwnTask, type Provider } from './provider.ts'
import { taskStateAt } from './task-state.ts'
import { timestamp } from './timestamps.ts'

/** Answers 200 with the time of deletion, 401, 404, or 409 while the task is processing. */
export function deleteTask (taskId: string, arrival: Arrival, provider: Provider): Answer {
  const caller = authenticate(arrival, provider)
  if (caller.kind === 'refused') return caller.answer

  const task = findOwnTask(provider, taskId, caller.account)
  if (task === undefined) return problem('no-task', arrival.path, 'Task not found')

  const nowMs = provider.now()
  const { status } = taskStateAt(task, provider, nowMs)
  if (status === 'processing') return problem('task-processing', arrival.path, 'A task cannot be deleted while it is processing')

  provider.deletedTaskIds.add(taskId)
  return json(200, { task_id: taskId, deleted_at: timestamp(nowMs) })
}
