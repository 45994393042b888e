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

/** The state of a task at a time. */
export function taskStateAt (task: TaskFacts, timings: TaskTimings, nowMs: number): TaskState {
  const startsAtMs = task.createdAtMs + timings.pendingMs
  if (nowMs < startsAtMs) return { status: 'pending', sinceMs: task.createdAtMs }

  const endsAtMs = startsAtMs + timings.processingMs
  if (nowMs < endsAtMs) return { status: 'processing', sinceMs: startsAtMs }

  return { status: task.fate === 'fails' ? 'failed' : 'completed', sinceMs: endsAtMs }
}
