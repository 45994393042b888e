// The sums that tasks contribute to, each by a name of its own: counters, unfinished tasks, days of the report.
import type { KeyId } from '../kernel/ids.ts'
import { unreachable } from '../kernel/unreachable.ts'
import { accountOf, contributionOf, dayOf, ownerOfTask } from './account.ts'
import { EMPTY_TALLY, SCOPES, type CounterId, type Scope } from './counter.ts'
import { EMPTY_FIGURES, figuresOf } from './report.ts'
import type { Task } from './task.ts'

/** Names one sum. `account` is a team, or what its test keys began. */
export type SumId =
  | { kind: 'counter', counter: CounterId }
  | { kind: 'in_flight', scope: Scope, owner: string }
  | { kind: 'usage_day', account: string, day: string, lineage: KeyId, model: string }

/** What a sum holds, by figure: those of a `Tally`, `{ tasks }`, or those of `UsageFigures`. */
export type SumFigures = Readonly<Record<string, number>>

/** A sum, or what one task adds to it. */
export type Sum = { id: SumId, figures: SumFigures }

/** What a sum holds to which nothing was added. */
export function emptySum ({ kind }: SumId): SumFigures {
  switch (kind) {
    case 'counter': return EMPTY_TALLY
    case 'in_flight': return { tasks: 0 }
    case 'usage_day': return EMPTY_FIGURES
    default: return unreachable(kind)
  }
}

/** One name for one sum. */
export function sumName (id: SumId): string {
  switch (id.kind) {
    case 'counter': return ['counter', id.counter.scope, id.counter.owner, id.counter.per, id.counter.label].join(' ')
    case 'in_flight': return ['in_flight', id.scope, id.owner].join(' ')
    case 'usage_day': return ['usage_day', id.account, id.day, id.lineage, id.model].join(' ')
    default: return unreachable(id)
  }
}

/** What a task adds to every sum that it is part of. */
export function sumsOf (task: Task): Sum[] {
  const { inFlight, ...tally } = contributionOf(task)
  const { lineage, model } = task
  return [
    ...task.counted.map((counter): Sum => ({ id: { kind: 'counter', counter }, figures: tally })),
    ...SCOPES.map((scope): Sum => ({ id: { kind: 'in_flight', scope, owner: ownerOfTask(scope, task) }, figures: { tasks: inFlight } })),
    { id: { kind: 'usage_day', account: accountOf(task.team, task.mode), day: dayOf(task), lineage, model }, figures: figuresOf(task) }
  ]
}

export function addSums (one: SumFigures, other: SumFigures): SumFigures {
  return Object.fromEntries(Object.entries(one).map(([figure, value]) => [figure, value + (other[figure] ?? 0)]))
}
