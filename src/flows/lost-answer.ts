// A caller that goes away unanswered does not lose its task: its next equal request takes that task over.
import type { TaskRef } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Debts } from './debts.ts'

export type LostAnswerDependencies = { ledger: Ledger, debts: Debts }

/** Who waits for the answer: `gone` aborts when it goes away unanswered. */
export type Waiting = { gone: AbortSignal, log: Log }

/** Marks the task when the caller goes away unanswered, or at once if it has gone already. */
export function loseWhenGone ({ ledger, debts }: LostAnswerDependencies, { gone, log }: Waiting, ref: TaskRef): void {
  const lose = async (): Promise<void> => {
    try {
      await ledger.lose(ref)
    } catch {
      debts.owe({ facts: { task_ref: ref, lost: true }, pay: () => ledger.lose(ref) })
    }
    log.info({ task_ref: ref }, 'caller gone')
  }
  if (gone.aborted) lose()
  else gone.addEventListener('abort', lose, { once: true })
}
