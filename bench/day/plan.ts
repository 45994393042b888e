// A day of a company: which team asks for what, when, and who asks how it is going. The same in every run.
import type { TeamId } from '../../src/kernel/ids.ts'
import type { Caller } from '../../src/teams/directory.ts'
import type { Limits } from '../../src/teams/limits.ts'
import { aKey, aTeam } from '../../test/support/teams.ts'

/** What upstream makes of a create. */
export type Fate = 'completed' | 'failed' | 'refused' | 'unsent' | 'unknown'

/** `tick`: when it comes. */
export type PlannedCreate = {
  tick: number
  caller: Caller
  /** sent with an Idempotency-Key, and perhaps a second time with the same */
  named: boolean
  repeated: boolean
  fate: Fate
  /** for how long upstream works at it */
  takesTicks: number
  /** how many callers ask for it, each time one of them does, and how often; nobody asks for some */
  pollers: number
  everyTicks: number
}

export type Plan = { callers: Caller[], creates: PlannedCreate[] }

/** Everything happens at one of these moments: also what the sweep does. */
export const TICK_MS = 5000
export const DAY_MS = 86_400_000
/** Of every team's time zone. */
export const MIDNIGHT = '2026-11-22T23:00:00Z'
export const TICKS = DAY_MS / TICK_MS
export const TEAMS = 2000
export const KEYS_OF_A_TEAM = 2
export const CREATES = 10_000
/** A team may have so many tasks a day; the largest ones want more. */
export const QUOTA = 400
/** How unlike each other teams are: the n-th one creates in proportion to 1 / n ** SKEW. */
const SKEW = 1
/** How much is created in each hour of the day, beginning at midnight. */
const HOURS = [2, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 19, 15, 18, 20, 19, 17, 13, 9, 7, 6, 5, 4, 3]
/** Of a thousand creates. */
const FATES: readonly [of: number, fate: Fate][] = [[30, 'failed'], [20, 'refused'], [4, 'unsent'], [2, 'unknown']]
const POLLING: readonly [of: number, pollers: number, everyTicks: number][] = [[600, 1, 2], [200, 3, 1]]
const NAMED_OF_1000 = 300
const REPEATED_OF_1000 = 100
const TAKES_TICKS = { least: 12, most: 36 }

export function planDay (): Plan {
  const dice = diceOf(4711)
  const teams = Array.from({ length: TEAMS }, (_, number) => {
    const team = aTeam({ id: `team-${number}` as TeamId, timeZone: 'Europe/Berlin', limits: limitsOf(QUOTA) })
    return Array.from({ length: KEYS_OF_A_TEAM }, (): Caller => ({ team, key: aKey(team, { label: 'service' }) }))
  })
  const teamOf = drawer(teams.map((_, number) => 1 / (number + 1) ** SKEW))
  const hourOf = drawer(HOURS)
  const pick = <Kind>(kinds: readonly (readonly [number, ...Kind[]])[]): readonly Kind[] => {
    let left = dice() * 1000
    for (const [of, ...kind] of kinds) {
      if (left < of) return kind
      left -= of
    }
    return []
  }
  const creates = Array.from({ length: CREATES }, (): PlannedCreate => {
    const callers = teams[teamOf(dice())] ?? []
    const caller = callers[Math.floor(dice() * callers.length)]
    if (caller === undefined) throw new Error('every team has keys')
    const [pollers = 0, everyTicks = 0] = pick(POLLING)
    const named = dice() * 1000 < NAMED_OF_1000
    return {
      tick: Math.floor((hourOf(dice()) + dice()) * TICKS / HOURS.length),
      caller,
      named,
      repeated: named && dice() * 1000 < REPEATED_OF_1000,
      fate: pick(FATES)[0] ?? 'completed',
      takesTicks: TAKES_TICKS.least + Math.floor(dice() * (TAKES_TICKS.most - TAKES_TICKS.least + 1)),
      pollers,
      everyTicks
    }
  })
  return { callers: teams.flat(), creates: creates.toSorted((one, other) => one.tick - other.tick) }
}

/** @param tasks how many a day */
export function limitsOf (tasks: number): Limits {
  return { tasksInFlight: 500, quotas: [{ per: 'day', unit: 'tasks', limit: tasks }, { per: 'month', unit: 'usd', limit: 1e11 }] }
}

/** Draws the place of a weight, as often as it weighs. */
function drawer (weights: readonly number[]): (chance: number) => number {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  let before = 0
  const ends = weights.map(weight => { before += weight / sum; return before })
  return chance => Math.max(0, ends.findIndex(end => chance < end))
}

/** Chance that comes out the same in every run. */
function diceOf (seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
