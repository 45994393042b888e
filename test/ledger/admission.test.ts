// The decision whether a task may begin, made from what the counters hold.
import { expect, test } from 'vitest'
import { decide, inFlightOf, standingsOf, type Position } from '../../src/ledger/admission.ts'
import { EMPTY_TALLY, type Scope, type Tally } from '../../src/ledger/counter.ts'
import type { Caller } from '../../src/teams/directory.ts'
import type { Limits } from '../../src/teams/limits.ts'
import { aCaller } from '../support/teams.ts'

const NOW_MS = Date.parse('2026-11-22T12:00:30Z')
const PRICE_MICROS = 500_000

type Held = { tallies?: Record<string, Partial<Tally>>, requests?: Partial<Record<Scope, number>>, inFlight?: Partial<Record<Scope, number>> }

/** A position in which `team day` and the like are set, everything else is empty. */
function position ({ tallies = {}, requests = {}, inFlight = {} }: Held = {}): Position {
  return {
    tally: ({ scope, window }) => ({ ...EMPTY_TALLY, ...tallies[`${scope} ${window.per}`] }),
    requests: scope => requests[scope] ?? 0,
    inFlight: scope => inFlight[scope] ?? 0
  }
}

function caller (team: Partial<Limits>, key: Partial<Limits> = {}): Caller {
  return aCaller({ team: { limits: { quotas: [], ...team } }, key: { limits: { quotas: [], ...key } } })
}

function outcome (who: Caller, held: Held = {}, priceMicros = PRICE_MICROS): { kind: string, violated: string[] } {
  const admission = decide(who, priceMicros, NOW_MS, position(held))
  switch (admission.kind) {
    case 'admitted': return { kind: 'admitted', violated: [] }
    case 'too-many-in-flight': return { kind: admission.kind, violated: admission.violated.map(({ scope }) => scope) }
    default: return { kind: admission.kind, violated: admission.violated.map(({ scope, unit, window }) => `${scope} ${window.per} ${unit}`) }
  }
}

const TEN_A_DAY: Partial<Limits> = { quotas: [{ per: 'day', unit: 'tasks', limit: 10 }] }
const FIVE_DOLLARS_A_MONTH: Partial<Limits> = { quotas: [{ per: 'month', unit: 'usd', limit: 5_000_000 }] }

test('without limits everything is admitted, and nothing stands anywhere', () => {
  expect(decide(caller({}), PRICE_MICROS, NOW_MS, position({ tallies: { 'team day': { usedTasks: 1e9 } }, inFlight: { team: 1e9 } }))).toEqual({ kind: 'admitted', standings: [] })
})

test.each([
  [9, 'admitted'],
  [10, 'exhausted'],
  [11, 'exhausted']
])('of ten tasks a day, with %d used, one more is %s', (usedTasks, kind) => {
  expect(outcome(caller(TEN_A_DAY), { tallies: { 'team day': { usedTasks } } }).kind).toBe(kind)
})

test.each([
  [4_500_000, 500_000, 'admitted'],
  [4_500_001, 500_000, 'exhausted'],
  [5_000_000, 1, 'exhausted'],
  [5_000_000, 0, 'admitted'],
  [0, 5_000_000, 'admitted'],
  [0, 5_000_001, 'exhausted']
])('of five dollars a month, with %d micro-dollars used, a task for %d is %s', (usedMicros, price, kind) => {
  expect(outcome(caller(FIVE_DOLLARS_A_MONTH), { tallies: { 'team month': { usedMicros } } }, price).kind).toBe(kind)
})

test('a limit of zero admits nothing', () => {
  expect(outcome(caller({ quotas: [{ per: 'total', unit: 'tasks', limit: 0 }] }))).toEqual({ kind: 'exhausted', violated: ['team total tasks'] })
  expect(outcome(caller({ requestsPerMinute: 0 }))).toEqual({ kind: 'rate-limited', violated: ['team minute requests'] })
  expect(outcome(caller({ tasksInFlight: 0 }))).toEqual({ kind: 'too-many-in-flight', violated: ['team'] })
})

test('all used-up quotas of team and key are named, and only those', () => {
  const who = caller(
    { quotas: [{ per: 'day', unit: 'tasks', limit: 10 }, { per: 'month', unit: 'usd', limit: 5_000_000 }, { per: 'total', unit: 'tasks', limit: 10 }] },
    { quotas: [{ per: 'hour', unit: 'usd', limit: 1_000_000 }, { per: 'week', unit: 'tasks', limit: 3 }] }
  )
  const held = { tallies: { 'team day': { usedTasks: 10 }, 'team month': { usedMicros: 4_999_999 }, 'team total': { usedTasks: 9 }, 'key hour': { usedMicros: 900_000 }, 'key week': { usedTasks: 3 } } }
  expect(outcome(who, held)).toEqual({ kind: 'exhausted', violated: ['team day tasks', 'team month usd', 'key hour usd', 'key week tasks'] })
})

test('requests per minute of team and key are both named', () => {
  expect(outcome(caller({ requestsPerMinute: 5 }, { requestsPerMinute: 2 }), { requests: { team: 5, key: 2 } }))
    .toEqual({ kind: 'rate-limited', violated: ['team minute requests', 'key minute requests'] })
  expect(outcome(caller({ requestsPerMinute: 5 }, { requestsPerMinute: 2 }), { requests: { team: 4, key: 1 } }).kind).toBe('admitted')
})

test('unfinished tasks of team and key are both named', () => {
  expect(outcome(caller({ tasksInFlight: 5 }, { tasksInFlight: 2 }), { inFlight: { team: 5, key: 2 } })).toEqual({ kind: 'too-many-in-flight', violated: ['team', 'key'] })
  expect(outcome(caller({ tasksInFlight: 5 }, { tasksInFlight: 2 }), { inFlight: { team: 3, key: 2 } })).toEqual({ kind: 'too-many-in-flight', violated: ['key'] })
  expect(outcome(caller({ tasksInFlight: 5 }, { tasksInFlight: 2 }), { inFlight: { team: 4, key: 1 } }).kind).toBe('admitted')
})

test('a used-up quota is told before the rate, and the rate before unfinished tasks: what waiting helps least comes first', () => {
  const who = caller({ ...TEN_A_DAY, requestsPerMinute: 5, tasksInFlight: 5 })
  const full = { tallies: { 'team day': { usedTasks: 10 } }, requests: { team: 5 }, inFlight: { team: 5 } }
  expect(outcome(who, full).violated).toEqual(['team day tasks'])
  expect(outcome(who, { ...full, tallies: {} })).toEqual({ kind: 'rate-limited', violated: ['team minute requests'] })
  expect(outcome(who, { ...full, tallies: {}, requests: {} })).toEqual({ kind: 'too-many-in-flight', violated: ['team'] })
})

test('an admission says where the limits stand with the task in them: counted and held', () => {
  const who = caller({ ...TEN_A_DAY, requestsPerMinute: 5 }, FIVE_DOLLARS_A_MONTH)
  const held = { tallies: { 'team day': { usedTasks: 3, heldTasks: 1 }, 'key month': { usedMicros: 700_000, heldMicros: 200_000 } }, requests: { team: 2 } }
  expect(decide(who, PRICE_MICROS, NOW_MS, position(held))).toMatchObject({
    kind: 'admitted',
    standings: [
      { scope: 'team', unit: 'tasks', window: { per: 'day', label: '2026-11-22' }, limit: 10, used: 4, held: 2 },
      { scope: 'team', unit: 'requests', window: { per: 'minute', label: '2026-11-22T12:00Z' }, limit: 5, used: 3, held: 0 },
      { scope: 'key', unit: 'usd', window: { per: 'month', label: '2026-11' }, limit: 5_000_000, used: 1_200_000, held: 700_000 }
    ]
  })
})

test('a refusal says where all the limits stand without the task', () => {
  const who = caller({ ...TEN_A_DAY, requestsPerMinute: 5 })
  const held = position({ tallies: { 'team day': { usedTasks: 10, heldTasks: 2 } }, requests: { team: 1 } })
  expect(decide(who, PRICE_MICROS, NOW_MS, held)).toMatchObject({ kind: 'exhausted', standings: standingsOf(who, NOW_MS, held) })
  expect(standingsOf(who, NOW_MS, held)).toMatchObject([{ unit: 'tasks', used: 10, held: 2 }, { unit: 'requests', used: 1, held: 0 }])
})

test('unfinished tasks are told for team and key, limited or not', () => {
  expect(inFlightOf(caller({}, { tasksInFlight: 2 }), position({ inFlight: { team: 7, key: 1 } }))).toEqual([
    { scope: 'team', limit: undefined, used: 7 },
    { scope: 'key', limit: 2, used: 1 }
  ])
})
