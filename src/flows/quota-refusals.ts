// How a refused admission is told to the caller: what is used up, and when it helps to come back.
import { formatUsd } from '../kernel/money.ts'
import { rfc3339In } from '../kernel/time.ts'
import { unreachable } from '../kernel/unreachable.ts'
import type { Admission, Standing } from '../ledger/admission.ts'
import type { Scope } from '../ledger/counter.ts'
import type { Caller } from '../teams/directory.ts'
import { refusal, type CreateFigures, type Refusal } from './refusals.ts'

type Refused = Extract<Admission, { kind: 'exhausted' | 'rate-limited' | 'too-many-in-flight' }>

/** Of a quota that never resets: somebody must raise it, so there is no use in asking more than once a day. */
const RETRY_AFTER_TOTAL_S = 86_400
/** Of unfinished tasks: about as often as clients poll. */
const RETRY_AFTER_IN_FLIGHT_S = 20

/** `team-day`, `key-hour`: the name of a limit in headers and refusals; money has a suffix. */
export function policyName ({ scope, unit, window }: Standing): string {
  return unit === 'usd' ? `${scope}-${window.per}-usd` : `${scope}-${window.per}`
}

/** Whole seconds until a window ends, rounded up. */
export function secondsToReset ({ window }: Standing, nowMs: number): number {
  return window.endsAtMs === null ? RETRY_AFTER_TOTAL_S : Math.max(1, Math.ceil((window.endsAtMs - nowMs) / 1000))
}

/** The refusal for an admission that was not given. */
export function quotaRefusal (admission: Refused, caller: Caller, figures: CreateFigures): Refusal {
  const { priceMicros, nowMs } = figures
  switch (admission.kind) {
    case 'exhausted':
    case 'rate-limited': {
      const { violated } = admission
      const [last] = violated.toSorted((a, b) => secondsToReset(b, nowMs) - secondsToReset(a, nowMs))
      if (last === undefined) throw new Error('a refused admission names what is in the way')
      return refusal(admission.kind === 'exhausted' ? 'quota_exhausted' : 'rate_limited', sentence(last, caller, priceMicros), {
        figures, violatedPolicies: violated.map(policyName), retryAfterS: secondsToReset(last, nowMs)
      })
    }
    case 'too-many-in-flight': {
      const [{ scope, limit, used }] = first(admission.violated)
      return refusal('too_many_in_flight', `${subject(scope, caller)} has ${used} unfinished tasks of at most ${limit}; a new one may begin when one of them has ended.`, {
        figures, violatedPolicies: admission.violated.map(({ scope }) => `${scope}-in-flight`), retryAfterS: RETRY_AFTER_IN_FLIGHT_S
      })
    }
    default: return unreachable(admission)
  }
}

function sentence (standing: Standing, caller: Caller, priceMicros: number): string {
  const { scope, unit, window, limit, used } = standing
  const reset = window.endsAtMs === null ? 'it does not reset by itself' : `it resets at ${rfc3339In(caller.team.timeZone, window.endsAtMs)}`
  const period = window.per === 'total' ? 'in total' : `per ${window.per}`
  if (unit !== 'usd') return `${subject(scope, caller)} has used ${used} of ${limit} ${unit} ${period}; ${reset}`
  return `${subject(scope, caller)} has used ${formatUsd(used)} of ${formatUsd(limit)} USD ${period}, and this task costs ${formatUsd(priceMicros)}; ${reset}`
}

function subject (scope: Scope, { team, key }: Caller): string { return scope === 'team' ? `Team ${team.id}` : `Key ${key.id}` }

function first<Item> (items: readonly Item[]): [Item] {
  const [item] = items
  if (item === undefined) throw new Error('a refused admission names what is in the way')
  return [item]
}
