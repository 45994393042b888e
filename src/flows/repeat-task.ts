// The story of a create that repeats an earlier one: it is answered for that one, and nothing is bought twice.
import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskId, TaskRef } from '../kernel/ids.ts'
import { unreachable } from '../kernel/unreachable.ts'
import { LedgerUnavailable, type Asked } from '../ledger/ledger.ts'
import type { Task, TaskBody } from '../ledger/task.ts'
import type { EntryDependencies, Repeated } from './enter-ledger.ts'
import { askedBy, type Waiting } from './lost-answer.ts'
import { refusal, type Refusal } from './refusals.ts'
import { outcomeUnknown } from './upstream-refusals.ts'

/** The task of the earlier call, and what it was answered or would be now. */
export type Replay = { taskId: TaskId, body: TaskBody, priceMicros: number }

const POLL_MS = 100
const RETRY_AFTER_S = 2

/**
 * Answers for the earlier call. One that is still running is waited for if its caller has gone, else refused.
 * @returns undefined if the earlier call turned out never to have started: the create may begin anew
 * @throws Refusal `idempotency_in_progress` or `outcome_unknown`
 */
export async function answerRepetition (deps: EntryDependencies, waiting: Waiting, repeated: Repeated): Promise<Replay | undefined> {
  switch (repeated.kind) {
    case 'replay': return replayOf(repeated.task, repeated.body)
    case 'unknown': throw outcomeUnknown(repeated.ref)
    case 'in-progress': {
      if (!repeated.lost) throw callInProgress()
      return takeOver(deps, waiting, askedBy(repeated.order, repeated.ref))
    }
    default: return unreachable(repeated)
  }
}

/** Waits in the place of the caller that has gone. Whoever is not answered for the task leaves it to the next one. */
async function takeOver (deps: EntryDependencies, waiting: Waiting, asked: Asked): Promise<Replay | undefined> {
  const { ref } = asked
  try {
    const task = await outcomeOf(deps, waiting, ref)
    if (task?.state === 'unknown') throw outcomeUnknown(ref)
    if (task?.state !== 'submitting') return task === undefined || task.body === null ? undefined : replayOf(task, task.body)
  } catch (error) {
    if (error instanceof LedgerUnavailable) await deps.lostAnswers.leave(waiting, asked)
    throw error
  }
  await deps.lostAnswers.leave(waiting, asked)
  throw callInProgress()
}

/** The task when its submission has ended; still submitting if that takes longer than it can, or the caller goes away too. */
async function outcomeOf ({ ledger, upstreamTimeoutMs }: EntryDependencies, { gone }: Waiting, ref: TaskRef): Promise<Task | undefined> {
  const polls = Math.ceil(upstreamTimeoutMs / POLL_MS)
  let task = await ledger.read(ref)
  for (let poll = 0; task?.state === 'submitting' && poll < polls && !gone.aborted; poll++) {
    await sleep(POLL_MS)
    task = await ledger.read(ref)
  }
  return task
}

function replayOf ({ taskId, priceMicros }: Task, body: TaskBody): Replay {
  if (taskId === null) throw new Error('a task that was answered has an id')
  return { taskId, body, priceMicros }
}

export function callInProgress (): Refusal {
  return refusal('idempotency_in_progress', 'The first call of this request is still running; ask again for its answer.', { retryAfterS: RETRY_AFTER_S })
}
