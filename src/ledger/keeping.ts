// How long everything is kept.
import { rfc3339 } from '../kernel/time.ts'
import type { QuotaPeriod } from '../teams/limits.ts'
import { isRunning, type SettlementRules, type Task } from './task.ts'
import { windowAt } from './window.ts'

export type KeepingOptions = {
  /** how long a task is kept after it settled, and a day of the report after its end */
  taskRetentionMs: number
  usageRetentionMs: number
  rules: SettlementRules
}

export type Keeping = ReturnType<typeof keepingOf>

const DAY_MS = 86_400_000
/** The local days, weeks and months of the zones that are furthest behind end so long after those of UTC. */
const FURTHEST_BEHIND_MS = DAY_MS / 2

/** Tasks that never began are kept for so long, to do nothing when their order turns up after all. */
export const TOMBSTONE_MS = DAY_MS

/** Creates of a minute are counted for so long: gateways' clocks differ. */
export const MINUTE_KEPT_MS = 120_000

/** How long a request may take the place of one that was never answered. */
export const LOST_ANSWER_MS = 600_000

/** A claim that is over is kept for so long: it ends by the clock of whoever asks, and gateways' clocks differ. */
const CLAIM_SPARE_MS = 60_000

/** What a store remembers of how long tasks were kept: those that are kept now, and are not older than `completeSinceMs`, are all there. */
export type Kept = { taskMs: number, completeSinceMs: number }

/** After a start at which tasks are kept for so long: what went by a shorter time does not come back. */
export function keptAfter (before: Kept | undefined, { taskMs, nowMs }: { taskMs: number, nowMs: number }): Kept {
  if (before === undefined) return { taskMs, completeSinceMs: 0 }
  return { taskMs, completeSinceMs: taskMs > before.taskMs ? Math.max(before.completeSinceMs, nowMs - before.taskMs) : before.completeSinceMs }
}

export function keepingOf ({ taskRetentionMs, usageRetentionMs, rules }: KeepingOptions) {
  /** By then every task has settled: it is finished or given up, or its hold is over, and there is a day to spare. */
  const settledWithinMs = rules.taskDeadlineMs + rules.unknownHoldMs + DAY_MS
  const usageMs = usageRetentionMs + 2 * DAY_MS
  return {
    /** counters are kept for so long after their window, so that a late refund finds them */
    counterGraceMs: settledWithinMs,
    /** the list of a team's tasks, from its last admission */
    indexMs: taskRetentionMs + settledWithinMs,
    taskMs: taskRetentionMs,
    usageMs,

    /** How long the row is kept from now on; for ever while its money is held or it runs, as nobody knows until when. */
    rowMs ({ state, money }: Pick<Task, 'state' | 'money'>): number | undefined {
      if (money === 'held' || isRunning({ state })) return undefined
      return state === 'refused' || state === 'unsent' ? TOMBSTONE_MS : taskRetentionMs
    },

    /** How long a claim is kept once the outcome of its call is known. */
    claimMs (endsInMs: number): number { return Math.max(0, endsInMs) + CLAIM_SPARE_MS },

    /** The first day that is still reported. */
    oldestDay (nowMs: number): string { return rfc3339(nowMs - usageMs).slice(0, 10) },

    /** The first window of a kind that is still counted: those with labels before it have been over for long enough in every time zone. */
    oldestLabel (per: Exclude<QuotaPeriod, 'total'>, nowMs: number): string {
      return windowAt(per, 'UTC', nowMs - settledWithinMs - FURTHEST_BEHIND_MS).label
    }
  }
}
