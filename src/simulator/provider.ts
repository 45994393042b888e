// What the simulated provider knows, and how it finds a task.

import type { Accounts } from './accounts.ts'
import type { FaultQueue } from './fault-queue.ts'
import type { HeldAnswers } from './held-answers.ts'
import type { Received } from './received.ts'
import { readTaskId, type TaskFacts } from './task-id.ts'
import { isForgotten, type TaskTimings } from './task-state.ts'

export type Provider = TaskTimings & {
  accounts: Accounts
  received: Received
  faults: FaultQueue
  held: HeldAnswers
  now: () => number  // ms since the epoch
  // The one thing about a task that cannot follow from its id: a restart, or a second simulator, does not know it.
  deletedTaskIds: Set<string>
}

/** The task with this id, whoever made it; undefined if it never existed, is deleted or forgotten. */
export function findTask (provider: Provider, taskId: string): TaskFacts | undefined {
  if (provider.deletedTaskIds.has(taskId)) return undefined
  const task = readTaskId(taskId)
  return task === undefined || isForgotten(task, provider, provider.now()) ? undefined : task
}

/** As `findTask`, but another account's task does not exist. */
export function findOwnTask (provider: Provider, taskId: string, account: number): TaskFacts | undefined {
  const task = findTask(provider, taskId)
  return task?.account === account ? task : undefined
}
