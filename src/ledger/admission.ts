// The decision whether a task may begin, made from what all its counters hold. Stores take it in one atomic step.
import type { TaskRef } from '../kernel/ids.ts'
import type { Caller } from '../teams/directory.ts'
import type { QuotaUnit } from '../teams/limits.ts'
import { accountWindows, limitsOf, type AccountWindow } from './account.ts'
import { SCOPES, type Scope, type Tally } from './counter.ts'
import type { Task, TaskBody } from './task.ts'
import type { Window } from './window.ts'
import { windowAt } from './window.ts'

/** One limit and where it stands. Amounts are tasks, requests, or micro-dollars; `used` includes `held`. */
export type Standing = {
  scope: Scope
  unit: QuotaUnit | 'requests'
  window: Window
  limit: number
  used: number
  held: number
}

/** Unfinished tasks of one account; `limit` is undefined where there is none. */
export type InFlight = { scope: Scope, limit: number | undefined, used: number }

export type Admission =
  /** the task is in the ledger and its price is held */
  | { kind: 'admitted', standings: Standing[] }
  /** windows without room for it */
  | { kind: 'exhausted', violated: Standing[], standings: Standing[] }
  | { kind: 'rate-limited', violated: Standing[], standings: Standing[] }
  | { kind: 'too-many-in-flight', violated: InFlight[], standings: Standing[] }
  /** team or key were changed since the caller was read: read it again */
  | { kind: 'stale' }
  /** the store met the order after its `notAfterMs`, or after it was retracted: nothing was counted */
  | { kind: 'late' }
  | Repetition

/** An order that repeats an earlier one, which decides the answer. */
export type Repetition =
  /** `lost`: the earlier caller went away unanswered, and this one takes its place */
  | { kind: 'replay', lost: boolean, task: Task, body: TaskBody }
  | { kind: 'in-progress', lost: boolean, ref: TaskRef }
  | { kind: 'unknown', lost: boolean, ref: TaskRef }
  /** the same Idempotency-Key with another body */
  | { kind: 'mismatch' }

/** What the counters of a caller hold at one moment. */
export type Position = {
  tally (window: AccountWindow): Tally
  /** creates that were admitted in the minute */
  requests (scope: Scope, minute: Window): number
  inFlight (scope: Scope): number
}

/** Where every limit of a caller stands. */
export function standingsOf (caller: Caller, nowMs: number, position: Position): Standing[] {
  const windows = accountWindows(caller, nowMs)
  return SCOPES.flatMap(scope => {
    const limits = limitsOf(scope, caller)
    const quotas = limits.quotas.flatMap(({ per, unit, limit }): Standing[] => {
      const counted = windows.find(candidate => candidate.scope === scope && candidate.window.per === per)
      if (counted === undefined) return []
      const tally = position.tally(counted)
      const [used, held] = unit === 'tasks' ? [tally.usedTasks, tally.heldTasks] : [tally.usedMicros, tally.heldMicros]
      return [{ scope, unit, window: counted.window, limit, used, held }]
    })
    if (limits.requestsPerMinute === undefined) return quotas
    const minute = windowAt('minute', caller.team.timeZone, nowMs)
    return [...quotas, { scope, unit: 'requests', window: minute, limit: limits.requestsPerMinute, used: position.requests(scope, minute), held: 0 }]
  })
}

/** Unfinished tasks of team and key beside their limits. */
export function inFlightOf (caller: Caller, position: Position): InFlight[] {
  return SCOPES.map(scope => ({ scope, limit: limitsOf(scope, caller).tasksInFlight, used: position.inFlight(scope) }))
}

/** Decides about one more task of this price. A refusal names all the limits of its kind that are in the way. */
export function decide (caller: Caller, priceMicros: number, nowMs: number, position: Position): Extract<Admission, { standings: Standing[] }> {
  const standings = standingsOf(caller, nowMs, position)
  const full = standings.filter(({ unit, limit, used }) => used + weightOf(unit, priceMicros) > limit)

  const exhausted = full.filter(({ unit }) => unit !== 'requests')
  if (exhausted.length > 0) return { kind: 'exhausted', violated: exhausted, standings }
  if (full.length > 0) return { kind: 'rate-limited', violated: full, standings }

  const crowded = inFlightOf(caller, position).filter(({ limit, used }) => limit !== undefined && used + 1 > limit)
  if (crowded.length > 0) return { kind: 'too-many-in-flight', violated: crowded, standings }

  return {
    kind: 'admitted',
    standings: standings.map(standing => withOneMore(standing, priceMicros))
  }
}

/** Where the limits stand when a task that was admitted is given back; its request was made all the same. */
export function withoutTask (standings: readonly Standing[], priceMicros: number): Standing[] {
  return standings.map(standing => {
    const { unit, used, held } = standing
    const given = unit === 'requests' ? 0 : weightOf(unit, priceMicros)
    return { ...standing, used: used - given, held: held - given }
  })
}

/** Where the limit stands when the task was added; requests are counted, not held. */
function withOneMore (standing: Standing, priceMicros: number): Standing {
  const { unit, used, held } = standing
  const added = weightOf(unit, priceMicros)
  return { ...standing, used: used + added, held: unit === 'requests' ? held : held + added }
}

/** What one task of this price adds to a limit. */
export function weightOf (unit: Standing['unit'], priceMicros: number): number { return unit === 'usd' ? priceMicros : 1 }
