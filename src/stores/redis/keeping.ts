// How long everything is kept.
import type { SettlementRules, Task } from '../../ledger/task.ts'

export type KeepingOptions = {
  /** how long a task is kept after it settled, and a day of the report after its end */
  taskRetentionMs: number
  usageRetentionMs: number
  rules: SettlementRules
}

export type Keeping = ReturnType<typeof keepingOf>

const DAY_MS = 86_400_000
/** Tasks that never began are kept for so long, to do nothing when their order turns up after all. */
const TOMBSTONE_MS = DAY_MS

/** How long a request may take the place of one that was never answered. */
export const LOST_ANSWER_MS = 600_000

export function keepingOf ({ taskRetentionMs, usageRetentionMs, rules }: KeepingOptions) {
  /** By then every task has settled: it is finished or given up, or its hold is over, and there is a day to spare. */
  const settledWithinMs = rules.taskDeadlineMs + rules.unknownHoldMs + DAY_MS
  return {
    /** counters are kept for so long after their window, so that a late refund finds them */
    counterGraceMs: settledWithinMs,
    /** the list of a team's tasks, from its last admission */
    indexMs: taskRetentionMs + settledWithinMs,
    usageMs: usageRetentionMs + 2 * DAY_MS,

    /** How long the row is kept from now on; for ever while its money is held, as nobody knows until when. */
    rowMs ({ state, money }: Task): number | undefined {
      if (money === 'held') return undefined
      return state === 'refused' || state === 'unsent' ? TOMBSTONE_MS : taskRetentionMs
    }
  }
}
