// Ends what time alone ends: submissions whose process died, and holds on outcomes that nobody decided.
import { logSettlement } from '../flows/settle-task.ts'
import type { Log } from '../kernel/log.ts'
import type { Ledger } from '../ledger/ledger.ts'

const AT_ONCE = 100

/** Settles everything that is overdue, a hundred at a time. */
export async function settleOverdue ({ ledger, log }: { ledger: Ledger, log: Log }): Promise<void> {
  while (true) {
    const transitions = await ledger.settleOverdue(AT_ONCE)
    for (const transition of transitions) logSettlement(log, transition, { overdue: true })
    if (transitions.length < AT_ONCE) return
  }
}
