// Where a task counts: every counter is the sum of what the tasks that belong to it contribute.
import type { TeamId } from '../kernel/ids.ts'
import type { KeyMode } from '../teams/api-key.ts'
import type { Caller } from '../teams/directory.ts'
import type { Limits, QuotaPeriod } from '../teams/limits.ts'
import { SCOPES, type CounterId, type Scope, type Tally } from './counter.ts'
import type { Task } from './task.ts'
import { windowAt, type Window } from './window.ts'

/** What one task adds to each of its counters, and to the unfinished tasks of its team and key. */
export type Contribution = Tally & { inFlight: number }

/** No team has a name like this. */
const TEST_ACCOUNT = '~test'

/** Counted in any case, so that a limit that is set later knows what was used already. */
const ALWAYS_COUNTED: readonly QuotaPeriod[] = ['day', 'month', 'total']

/** A window of one account. */
export type AccountWindow = { readonly scope: Scope, readonly owner: string, readonly window: Readonly<Window> & { readonly per: QuotaPeriod } }

/** A team's account: what its test keys begin counts in one of its own. */
export function accountOf (team: TeamId, mode: KeyMode): string { return mode === 'test' ? `${team}${TEST_ACCOUNT}` : team }

/** The team and mode of an account. */
export function readAccount (account: string): { team: TeamId, mode: KeyMode } {
  return account.endsWith(TEST_ACCOUNT) ? { team: account.slice(0, -TEST_ACCOUNT.length) as TeamId, mode: 'test' } : { team: account as TeamId, mode: 'live' }
}

/** Whose counters a caller's tasks are counted in; quotas of a key follow its lineage through rotations. */
export function ownerOf (scope: Scope, { team, key }: Caller): string { return scope === 'team' ? accountOf(team.id, key.mode) : key.lineage }

/** Whose counters a task is counted in. */
export function ownerOfTask (scope: Scope, { team, mode, lineage }: Pick<Task, 'team' | 'mode' | 'lineage'>): string {
  return scope === 'team' ? accountOf(team, mode) : lineage
}

export function limitsOf (scope: Scope, { team, key }: Caller): Limits { return scope === 'team' ? team.limits : key.limits }

/** Every window that a task admitted now is counted in; the same list as long as none of them has ended. */
export function accountWindows (caller: Caller, nowMs: number): readonly AccountWindow[] {
  const known = latest.get(caller)
  if (known !== undefined && nowMs >= known.fromMs && nowMs < known.toMs) return known.windows
  const windows = computeWindows(caller, nowMs)
  const fromMs = Math.max(...windows.map(({ window }) => window.startsAtMs))
  const toMs = Math.min(...windows.map(({ window }) => window.endsAtMs ?? Infinity))
  latest.set(caller, { windows, fromMs, toMs })
  return windows
}

/** A caller is asked about several times an order, and remembered for some seconds. */
const latest = new WeakMap<Caller, { windows: readonly AccountWindow[], fromMs: number, toMs: number }>()

function computeWindows (caller: Caller, nowMs: number): AccountWindow[] {
  return SCOPES.flatMap(scope => {
    const periods = new Set([...ALWAYS_COUNTED, ...limitsOf(scope, caller).quotas.map(({ per }) => per)])
    return [...periods].map(per => ({ scope, owner: ownerOf(scope, caller), window: { ...windowAt(per, caller.team.timeZone, nowMs), per } }))
  })
}

export function counterOf ({ scope, owner, window }: AccountWindow): CounterId {
  return { scope, owner, per: window.per, label: window.label }
}

/** What a task counts for at this point of its life. */
export function contributionOf (task: Pick<Task, 'state' | 'money' | 'priceMicros'>): Contribution {
  const used = task.money === 'refunded' ? 0 : 1
  const held = task.money === 'held' ? 1 : 0
  return {
    usedTasks: used,
    heldTasks: held,
    usedMicros: used * task.priceMicros,
    heldMicros: held * task.priceMicros,
    inFlight: task.state === 'submitting' || task.state === 'pending' || task.state === 'processing' ? 1 : 0
  }
}

/** The team's local day on which the task was admitted. */
export function dayOf ({ counted }: Pick<Task, 'counted'>): string {
  const day = counted.find(({ scope, per }) => scope === 'team' && per === 'day')
  if (day === undefined) throw new Error('every task is counted in its team\'s day')
  return day.label
}
