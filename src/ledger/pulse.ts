// How a ledger as a whole is doing, in a few figures that every store can give at any time for almost nothing.
import type { TeamId } from '../kernel/ids.ts'
import type { KeyMode } from '../teams/api-key.ts'
import type { Task } from './task.ts'

export type Pulse = {
  /** unfinished tasks of each account that has any: submitting, pending and processing */
  inFlight: { team: TeamId, mode: KeyMode, tasks: number }[]
  /** when the unfinished task was admitted that was entered first; null if there is none */
  oldestAtMs: number | null
  /** since when a task has been due that nobody has in hand; null if there is none */
  dueSinceMs: number | null
  /** tasks whose outcome is unknown and whose price is held */
  inDoubt: number
}

/** The lists of tasks that are looked at as a whole, in each of which a task may stand. */
export type Standing = 'unfinished' | 'in-doubt'

/** Where a task stands at this point of its life, if anywhere. */
export function pulseStandingOf ({ state, money }: Pick<Task, 'state' | 'money'>): Standing | undefined {
  if (state === 'submitting' || state === 'pending' || state === 'processing') return 'unfinished'
  return state === 'unknown' && money === 'held' ? 'in-doubt' : undefined
}
