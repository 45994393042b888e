// What a task adds to the daily report for charge-back.
import type { KeyId, TeamId } from '../kernel/ids.ts'
import type { KeyMode } from '../teams/api-key.ts'
import type { Task } from './task.ts'

/** A range of local days, both included, of one team or of all; what test keys began is reported apart. */
export type UsageQuery = { team?: TeamId | undefined, mode: KeyMode, fromDay: string, toDay: string }

/** Tasks by how they stand now, and their money; refused and unsent tasks add nothing. */
export type UsageFigures = {
  tasks: number
  completed: number
  failed: number
  unknown: number
  spentMicros: number
  heldMicros: number
  refundedMicros: number
}

/** What was used on one of a team's days, by the day of admission in the team's time zone: `2026-11-22`. */
export type UsageRow = UsageFigures & { team: TeamId, lineage: KeyId, model: string, day: string }

export const EMPTY_FIGURES: UsageFigures = { tasks: 0, completed: 0, failed: 0, unknown: 0, spentMicros: 0, heldMicros: 0, refundedMicros: 0 }

export function addFigures (sum: UsageFigures, more: UsageFigures): UsageFigures {
  return {
    tasks: sum.tasks + more.tasks,
    completed: sum.completed + more.completed,
    failed: sum.failed + more.failed,
    unknown: sum.unknown + more.unknown,
    spentMicros: sum.spentMicros + more.spentMicros,
    heldMicros: sum.heldMicros + more.heldMicros,
    refundedMicros: sum.refundedMicros + more.refundedMicros
  }
}

/** What one task adds to its row at this point of its life. */
export function figuresOf ({ state, money, priceMicros }: Pick<Task, 'state' | 'money' | 'priceMicros'>): UsageFigures {
  const counts = state !== 'refused' && state !== 'unsent'
  const one = (condition: boolean): number => counts && condition ? 1 : 0
  return {
    tasks: one(true),
    completed: one(state === 'completed'),
    failed: one(state === 'failed'),
    unknown: one(state === 'unknown'),
    spentMicros: one(money === 'spent') * priceMicros,
    heldMicros: one(money === 'held') * priceMicros,
    refundedMicros: one(money === 'refunded') * priceMicros
  }
}
