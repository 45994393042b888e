// A caller that goes away unanswered does not lose its task: its next equal request takes that task over.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TaskRef } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Running } from '../kernel/running.ts'
import type { Asked, Ledger, Order } from '../ledger/ledger.ts'
import type { Debts } from './debts.ts'

export type LostAnswerDependencies = {
  ledger: Ledger
  debts: Debts
  /** what is under way: a stop waits for it */
  running: Running
}

/** How the next equal request will know this one. @param ref the task that is answered for: the order's own, or one that it took over */
export function askedBy ({ caller: { team, key }, fingerprint }: Order, ref: TaskRef): Asked { return { ref, team: team.id, keyId: key.id, fingerprint } }

/** Who waits for the answer: `gone` aborts when it goes away unanswered. */
export type Waiting = { gone: AbortSignal, log: Log }

/**
 * Lets the event loop deliver what has arrived already. The end of one connection is handled after the data of others, so a caller
 * that hangs up and asks again at once over another connection would else not be known to have gone.
 */
export async function noticeWhoLeft (): Promise<void> {
  await nextTurn()
  await nextTurn()
}

/** Marks the task when the caller goes away unanswered, or at once if it has gone already. */
export function loseWhenGone (deps: LostAnswerDependencies, waiting: Waiting, asked: Asked): void {
  const { gone } = waiting
  const leave = leaveToNext(deps, waiting, asked)
  if (gone.aborted) leave()
  else gone.addEventListener('abort', leave, { once: true })
}

/** Marks the task as one that nobody was answered for; the ledger is told again until it knows. Never rejects. */
export function leaveToNext ({ ledger, debts, running }: LostAnswerDependencies, { log }: Pick<Waiting, 'log'>, asked: Asked): () => Promise<void> {
  async function leave (): Promise<void> {
    try {
      await ledger.lose(asked)
    } catch {
      debts.owe({ facts: { task_ref: asked.ref, lost: true }, pay: () => ledger.lose(asked) })
    }
    log.info({ task_ref: asked.ref }, 'answer lost')
  }
  return () => running.track(leave())
}
