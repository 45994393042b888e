// Says what state a task is in, which follows from its id and the time alone.

import type { TaskFacts } from './task-id.ts'

export type TaskTimings = {
  pendingMs: number     // from its creation until it is processing
  processingMs: number  // from then until it has ended
}

export type TaskState = {
  status: 'pending' | 'processing' | 'completed' | 'failed'
  sinceMs: number  // when this state began
}

/** The state of a task at a time. A forgotten one, which from its end on is not there to be asked for, never completes. */
export function taskStateAt (task: TaskFacts, timings: TaskTimings, nowMs: number): TaskState {
  const startsAtMs = task.createdAtMs + timings.pendingMs
  if (nowMs < startsAtMs) return { status: 'pending', sinceMs: task.createdAtMs }

  const endsAtMs = endOf(task, timings)
  if (nowMs < endsAtMs || task.fate === 'never-ends' || task.fate === 'forgotten') return { status: 'processing', sinceMs: startsAtMs }

  return { status: task.fate === 'fails' ? 'failed' : 'completed', sinceMs: endsAtMs }
}

/** Whether the provider no longer knows the task, which happens to a task of that fate when it would be completed. */
export function isForgotten (task: TaskFacts, timings: TaskTimings, nowMs: number): boolean {
  return task.fate === 'forgotten' && nowMs >= endOf(task, timings)
}

function endOf (task: TaskFacts, { pendingMs, processingMs }: TaskTimings): number {
  return task.createdAtMs + pendingMs + processingMs
}
