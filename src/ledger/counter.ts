// The counters that tasks are counted in, by name.
import type { QuotaPeriod } from '../teams/limits.ts'

export const SCOPES = ['team', 'key'] as const
/** A team's account, or that of a key's lineage. */
export type Scope = typeof SCOPES[number]

/** Names one counter: whose, and of which window. */
export type CounterId = { scope: Scope, owner: string, per: QuotaPeriod, label: string }

/** What a counter holds; `used` includes `held`. */
export type Tally = { usedTasks: number, heldTasks: number, usedMicros: number, heldMicros: number }

export const EMPTY_TALLY: Tally = { usedTasks: 0, heldTasks: 0, usedMicros: 0, heldMicros: 0 }
