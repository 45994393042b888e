// What becomes of an order that repeats an earlier one, by what became of that.
import type { Repetition } from './admission.ts'
import type { ObservedTask, Resolution, Task, TaskBody } from './task.ts'

/**
 * What a task is to orders that repeat it: `open` as long as nobody knows what became of it, `answered` when there is something to say,
 * `deleted` when only its first answer is left, `released` when nobody knows and its price was given back, `void` when it counts as never begun.
 */
export type Precedent = 'open' | 'answered' | 'deleted' | 'released' | 'void'

export function precedentOf ({ state, money, body }: Pick<Task, 'state' | 'money' | 'body'>): Precedent {
  if (state === 'submitting') return 'open'
  if (state === 'refused' || state === 'unsent') return 'void'
  if (state === 'unknown') return money === 'held' ? 'open' : money === 'spent' ? 'answered' : 'released'
  return body === null ? 'deleted' : 'answered'
}

/** Whether what is learnt of an order frees its Idempotency-Key: it never began, or an operator says so. Time alone knows nothing. */
export function freesKey (seen: Resolution | ObservedTask): boolean {
  return seen.kind === 'refused' || seen.kind === 'unsent' || (seen.kind === 'decided' && seen.as === 'refunded' && seen.byTime !== true)
}

/** How the order is answered for a task that is not void. @param body what the first call was answered, or would be now */
export function repetitionOf (task: Task, { lost, body }: { lost: boolean, body: TaskBody | null }): Repetition | undefined {
  switch (task.state) {
    case 'submitting': return { kind: 'in-progress', lost, ref: task.ref }
    case 'unknown': return { kind: 'unknown', lost, ref: task.ref }
    default: return body === null ? undefined : { kind: 'replay', lost, task, body }
  }
}
