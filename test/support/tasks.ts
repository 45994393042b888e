// Tasks, and what upstream says of them.
import { newTaskRef, randomBase62, type KeyId, type TaskId, type TeamId } from '../../src/kernel/ids.ts'
import type { Resolution, Task, TaskBody, TaskStatus } from '../../src/ledger/task.ts'

export const VIDEOS = ['https://media.example/ephemeral/result_00.mp4']

/** An id such as upstream gives: no two are alike. */
export function newTaskId (): TaskId { return `up-${randomBase62(20)}` as TaskId }

/** Upstream's body of a task. */
export function bodyOf (status: TaskStatus, more: Record<string, unknown> = {}): TaskBody {
  return { task_info: { id: 'upstream-id', status }, ...more }
}

/** A body with everything that its status promises. */
export function wholeBody (status: TaskStatus): TaskBody {
  return status === 'completed' ? bodyOf(status, { videos: VIDEOS }) : bodyOf(status)
}

/** Upstream took the task. */
export function accepted (status: TaskStatus = 'pending', taskId: TaskId = newTaskId()): Extract<Resolution, { kind: 'accepted' }> {
  return { kind: 'accepted', taskId, credential: 'c0ffee00', body: wholeBody(status) }
}

/** A task that waits to be submitted. */
export function aTask (settings: Partial<Task> = {}): Task {
  return {
    ref: newTaskRef('ads' as TeamId),
    revision: 1,
    taskId: null,
    team: 'ads' as TeamId,
    keyId: 'key_2' as KeyId,
    lineage: 'key_1' as KeyId,
    model: 'alibaba/wan2.2-t2v-plus',
    mode: 'live',
    state: 'submitting',
    money: 'held',
    priceMicros: 500_000,
    fingerprint: 'f'.repeat(64),
    trace: null,
    credential: null,
    body: null,
    looksWithoutMedia: 0,
    deleting: null,
    counted: [{ scope: 'team', owner: 'ads', per: 'day', label: '2026-11-22' }],
    createdAtMs: 1,
    updatedAtMs: 2,
    lookedAtMs: 3,
    submitDeadlineMs: 4,
    misses: null,
    dueAtMs: 4,
    ...settings
  }
}
