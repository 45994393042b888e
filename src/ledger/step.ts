// One recorded step of a task: what it is afterwards, and what that changes in every sum that it is part of.
import { isDeepStrictEqual } from 'node:util'
import { contributionOf, type Contribution } from './account.ts'
import type { Transition } from './ledger.ts'
import { EMPTY_TALLY } from './counter.ts'
import { EMPTY_FIGURES, figuresOf, type UsageFigures } from './report.ts'
import { dueAfter } from './schedule.ts'
import { advance, type ObservedTask, type Resolution, type SettlementRules, type Task } from './task.ts'

/** What a step adds to the sums; negative where it takes away. */
export type Difference = Contribution & { figures: UsageFigures }

/** What no task at all counts for. */
const NOTHING: Contribution = { ...EMPTY_TALLY, inFlight: 0 }

/** The task after something was seen of it. Every step counts as a look; what changes nothing else makes no new revision. */
export function stepOf (before: Task, seen: Resolution | ObservedTask, { rules, nowMs }: { rules: SettlementRules, nowMs: number }): Transition {
  const moved = advance(before, seen, rules)
  const isSame = moved === before || isDeepStrictEqual(moved, before)
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
  const [gained, lost] = [contributionOf(after), before === undefined ? NOTHING : contributionOf(before)]
  return {
    usedTasks: gained.usedTasks - lost.usedTasks,
    heldTasks: gained.heldTasks - lost.heldTasks,
    usedMicros: gained.usedMicros - lost.usedMicros,
    heldMicros: gained.heldMicros - lost.heldMicros,
    inFlight: gained.inFlight - lost.inFlight,
    figures: minus(figuresOf(after), before === undefined ? EMPTY_FIGURES : figuresOf(before))
  }
}

function laterOf (dueAtMs: number | null, notBeforeMs: number | undefined): number | null {
  return dueAtMs === null || notBeforeMs === undefined ? dueAtMs : Math.max(dueAtMs, notBeforeMs)
}

// Name by name: this is computed several times a task.
function minus (after: UsageFigures, before: UsageFigures): UsageFigures {
  return {
    tasks: after.tasks - before.tasks,
    completed: after.completed - before.completed,
    failed: after.failed - before.failed,
    unknown: after.unknown - before.unknown,
    spentMicros: after.spentMicros - before.spentMicros,
    heldMicros: after.heldMicros - before.heldMicros,
    refundedMicros: after.refundedMicros - before.refundedMicros
  }
}
