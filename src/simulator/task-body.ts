// Writes a task as the provider does.

import { resultUrl } from './result-url.ts'
import { statusWord } from './status-word.ts'
import type { TaskFacts } from './task-id.ts'
import type { TaskState } from './task-state.ts'
import { timestamp } from './timestamps.ts'

const FAILURE = { code: 3001, title: 'Task Execution Error', detail: 'The model could not generate a video from this prompt' }

export type TaskSeen = {
  taskId: string
  task: TaskFacts
  state: TaskState
  origin: string  // of the request: result URLs lead back to where the caller came in
}

/** The body of a create's and a read's answer. */
export function taskBody ({ taskId, task, state, origin }: TaskSeen) {
  const info = { id: taskId, status: statusWord(state.status, task.fate), created_at: timestamp(task.createdAtMs), updated_at: timestamp(state.sinceMs) }
  switch (state.status) {
    case 'pending':
    case 'processing': return { task_info: info }
    case 'failed': return { task_info: { ...info, error: FAILURE } }
    case 'completed': return { task_info: info, videos: task.fate === 'no-media' ? [] : [resultUrl({ taskId, origin, completedAtMs: state.sinceMs })] }
  }
}
