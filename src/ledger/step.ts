// One recorded step of a task: what it is afterwards, and what that changes in every sum that it is part of.
import { isDeepStrictEqual } from 'node:util'
import { contributionOf, type Contribution } from './account.ts'
import type { Transition } from './ledger.ts'
import { figuresOf, type UsageFigures } from './report.ts'
import { dueAfter } from './schedule.ts'
import { advance, type ObservedTask, type Resolution, type SettlementRules, type Task } from './task.ts'

/** What a step adds to the sums; negative where it takes away. */
export type Difference = Contribution & { figures: UsageFigures }

/** The task after something was seen of it. Every step counts as a look; what changes nothing else makes no new revision. */
export function stepOf (before: Task, seen: Resolution | ObservedTask, { rules, nowMs }: { rules: SettlementRules, nowMs: number }): Transition {
  const moved = advance(before, seen, rules)
  const isSame = isDeepStrictEqual(moved, before)
  const hasMoved = moved.state !== before.state || moved.money !== before.money
  const after = { ...moved, revision: isSame ? before.revision : before.revision + 1, lookedAtMs: nowMs, updatedAtMs: hasMoved ? nowMs : before.updatedAtMs }
  return { before, after: { ...after, dueAtMs: laterOf(dueAfter(after, nowMs, rules), seen.kind === 'nothing' ? seen.notBeforeMs : undefined) } }
}

/** The row of an order that was never admitted: it counts nowhere, and makes a late admission do nothing. */
export function retractionOf (begun: Task, seen: Extract<Resolution, { kind: 'refused' | 'unsent' }>, rules: SettlementRules): Transition {
  const task = { ...advance(begun, seen, rules), revision: begun.revision + 1, dueAtMs: null }
  return { before: task, after: task }
}

/** What the sums gain by a step; undefined stands for no task at all. */
export function differenceOf (before: Task | undefined, after: Task): Difference {
  return {
    ...minus(contributionOf(after), before && contributionOf(before)),
    figures: minus(figuresOf(after), before && figuresOf(before))
  }
}

function laterOf (dueAtMs: number | null, notBeforeMs: number | undefined): number | null {
  return dueAtMs === null || notBeforeMs === undefined ? dueAtMs : Math.max(dueAtMs, notBeforeMs)
}

function minus<Figures extends Record<string, number>> (after: Figures, before: Figures | undefined): Figures {
  if (before === undefined) return after
  const difference = { ...after }
  for (const name in after) Object.assign(difference, { [name]: (after[name] ?? 0) - (before[name] ?? 0) })
  return difference
}
