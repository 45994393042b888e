// The steps that histories are made of, and how chance chooses them.
import fc from 'fast-check'
import { TASK_STATES, TASK_STATUSES, type ObservedTask, type TaskState, type TaskStatus } from '../../../src/ledger/task.ts'
import { SCOPES, type Scope } from '../../../src/ledger/counter.ts'
import { QUOTA_PERIODS, type Limits, type Quota } from '../../../src/teams/limits.ts'

const SECOND_MS = 1000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Numbers choose among the callers and orders that there are; of orders 0 is the newest, and small ones choose among those that the step is meant for. `stale`: as the caller was before its last change. */
export type Who = { who: number, stale: boolean }
export type Wanted = Who & { priceMicros: number, prompt: string, model: string, idempotencyKey: string | undefined }
/** How a submission ended; `again`: what was said of it before. `shared`: with an id that another task has. */
export type End = TaskStatus | 'bare' | 'shared' | 'refused' | 'unsent' | 'unknown' | 'unknown-of-token' | 'again'
export type Seen = { kind: 'end', as: End } | { kind: 'status', as: TaskStatus | 'bare' } | Exclude<ObservedTask, { kind: 'status' }>
export type Filter = { ofTeam: boolean, ofKey: boolean, ofTaskId: boolean, state: TaskState | undefined, model: string | undefined, from: number | undefined, to: number | undefined }
export type Edge = 'minute' | 'hour' | 'day' | 'month' | 'clock-change'

export type Step =
  /** made and admitted at once */
  | { do: 'create' } & Wanted
  /** made, and perhaps admitted later */
  | { do: 'order' } & Wanted
  | { do: 'admit', order: number }
  | { do: 'preview' } & Wanted
  | { do: 'resolve', order: number, as: End }
  /** `age`: with the task as it was so many answers ago */
  | { do: 'observe', order: number, seen: Seen, age: number }
  | { do: 'lose', order: number }
  | { do: 'find', order: number } & Who
  | { do: 'settle-overdue', count: number }
  | { do: 'wait', ms: number }
  /** until so many milliseconds after (or before) the next one */
  | { do: 'wait-for', edge: Edge, who: number, ms: number }
  | { do: 'limit', scope: Scope, limits: Limits } & Who
  | { do: 'move', timeZone: string } & Who
  | { do: 'revoke' } & Who
  | { do: 'disable' } & Who
  | { do: 'rotate', who: number }
  | { do: 'list', who: number, order: number, filter: Filter, limit: number }
  /** the first page, whose next one is asked for later */
  | { do: 'open-list', who: number, order: number, filter: Filter, limit: number }
  | { do: 'turn-page' }
  | { do: 'usage', who: number, ofTeam: boolean, from: number, days: number }
  | { do: 'reopen' }

/** Two teams that lie together in Redis and one that lies elsewhere; of six keys, two are of one lineage. */
export type Beginning = { start: string, chargeFailedTasks: boolean, teams: { timeZone: string, limits: Limits }[], keys: Limits[] }
export type History = { beginning: Beginning, steps: Step[] }

export const TEAMS = 3
export const KEYS = 6
export const MODELS = ['alibaba/wan2.2-t2v-plus', 'other/model']
// Days of 23, 24½ and 25 hours, one that begins at one o'clock, and half an hour beside the others.
const ZONES = ['UTC', 'Europe/Berlin', 'Pacific/Auckland', 'America/Los_Angeles', 'America/Santiago', 'Australia/Lord_Howe', 'Asia/Kolkata']
const STARTS = ['2026-11-22T12:00:00Z', '2026-10-24T21:30:00Z', '2026-12-31T22:58:30Z', '2027-01-03T23:59:30Z', '2027-03-28T00:59:30Z', '2028-02-28T23:59:55Z']
const WAITS_MS = [
  1, 700, SECOND_MS, 3 * SECOND_MS, 35 * SECOND_MS, 66 * SECOND_MS, 5 * 60 * SECOND_MS, 601 * SECOND_MS, HOUR_MS, 9 * HOUR_MS, DAY_MS, 26 * HOUR_MS, 8 * DAY_MS, 33 * DAY_MS,
  -1, -700, -4 * SECOND_MS
]

/** The greatest number that chooses among the orders that a step is meant for. */
export const MEANT_MAX = 2
const number = fc.oneof({ weight: 4, arbitrary: fc.nat({ max: MEANT_MAX }) }, { weight: 1, arbitrary: fc.nat({ max: 1000 }) })
const seldom = fc.nat({ max: 9 }).map(drawn => drawn === 9)
// Most is done by two keys, so that they meet their own limits and each other's.
const whoever = { who: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, 0, 1) }, { weight: 2, arbitrary: fc.nat({ max: KEYS + 1 }) }), stale: seldom }

const quota: fc.Arbitrary<Quota> = fc.oneof(
  fc.record({ per: fc.constantFrom(...QUOTA_PERIODS), unit: fc.constant('tasks' as const), limit: fc.nat({ max: 9 }) }),
  fc.record({ per: fc.constantFrom(...QUOTA_PERIODS), unit: fc.constant('usd' as const), limit: fc.nat({ max: 40 }) })
)
const limits: fc.Arbitrary<Limits> = fc.record({
  requestsPerMinute: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined, freq: 2 }),
  tasksInFlight: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined, freq: 2 }),
  quotas: fc.uniqueArray(quota, { maxLength: 4, selector: ({ per, unit }) => `${per} ${unit}` })
})
const someLimits = fc.oneof({ weight: 2, arbitrary: fc.constant<Limits>({ quotas: [] }) }, { weight: 1, arbitrary: limits })

const wanted = {
  ...whoever,
  priceMicros: fc.nat({ max: 7 }),
  prompt: fc.constantFrom('cat', 'cat', 'cat', 'dog'),
  model: fc.oneof({ weight: 4, arbitrary: fc.constant('alibaba/wan2.2-t2v-plus') }, { weight: 1, arbitrary: fc.constantFrom(...MODELS) }),
  idempotencyKey: fc.constantFrom(undefined, undefined, undefined, 'once', 'once', 'a:b {c}')
}
const end: fc.Arbitrary<End> = fc.constantFrom(
  'pending', 'pending', 'processing', 'completed', 'failed', 'bare', 'refused', 'unsent', 'unknown', 'unknown', 'unknown-of-token', 'again', 'again', 'shared'
)
const seen: fc.Arbitrary<Seen> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('status' as const), as: fc.constantFrom<TaskStatus | 'bare'>(...TASK_STATUSES, 'bare') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('deleted' as const), begun: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('deleting' as const), begun: fc.constantFrom(true, false, null) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('decided' as const), as: fc.constantFrom('spent' as const, 'refunded' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('decided' as const), as: fc.constantFrom('spent' as const, 'refunded' as const), byTime: fc.constant(true as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('nothing' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), as: end }) }
)
const filter: fc.Arbitrary<Filter> = fc.record({
  ofTeam: fc.boolean(),
  ofKey: seldom,
  ofTaskId: seldom,
  state: fc.option(fc.constantFrom(...TASK_STATES), { nil: undefined, freq: 2 }),
  model: fc.option(fc.constantFrom(...MODELS), { nil: undefined, freq: 2 }),
  from: fc.option(number, { nil: undefined, freq: 2 }),
  to: fc.option(number, { nil: undefined, freq: 2 })
})
const listed = { who: number, order: number, filter, limit: fc.integer({ min: 1, max: 3 }) }

function doing<Name extends Step['do'], Rest extends object> (name: Name, rest: { [Part in keyof Rest]: fc.Arbitrary<Rest[Part]> }): fc.Arbitrary<{ do: Name } & Rest> {
  return fc.record(rest).map(drawn => ({ do: name, ...drawn as Rest }))
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 16, arbitrary: doing('create', wanted) },
  { weight: 2, arbitrary: doing('order', wanted) },
  { weight: 2, arbitrary: doing('admit', { order: number }) },
  { weight: 2, arbitrary: doing('preview', wanted) },
  { weight: 9, arbitrary: doing('resolve', { order: number, as: end }) },
  { weight: 8, arbitrary: doing('observe', { order: number, seen, age: fc.constantFrom(0, 0, 0, 1, 2, 5) }) },
  { weight: 4, arbitrary: doing('lose', { order: number }) },
  { weight: 3, arbitrary: doing('find', { order: number, ...whoever }) },
  { weight: 2, arbitrary: doing('settle-overdue', { count: fc.constantFrom(1, 2, 1000) }) },
  { weight: 4, arbitrary: doing('wait', { ms: fc.constantFrom(...WAITS_MS) }) },
  { weight: 2, arbitrary: doing('wait-for', { edge: fc.constantFrom<Edge>('minute', 'hour', 'day', 'month', 'clock-change'), who: whoever.who, ms: fc.constantFrom(-500, -1, 0, 1) }) },
  { weight: 2, arbitrary: doing('limit', { ...whoever, scope: fc.constantFrom(...SCOPES), limits }) },
  { weight: 1, arbitrary: doing('move', { ...whoever, timeZone: fc.constantFrom(...ZONES) }) },
  { weight: 1, arbitrary: fc.oneof(doing('revoke', whoever), doing('disable', whoever), doing('rotate', { who: whoever.who })) },
  { weight: 2, arbitrary: doing('list', listed) },
  { weight: 1, arbitrary: doing('open-list', listed) },
  { weight: 1, arbitrary: doing('turn-page', {}) },
  { weight: 1, arbitrary: doing('usage', { who: number, ofTeam: fc.boolean(), from: fc.integer({ min: -40, max: 1 }), days: fc.nat({ max: 40 }) }) },
  { weight: 1, arbitrary: doing('reopen', {}) }
)

export function historyOf ({ stepsMax }: { stepsMax: number }): fc.Arbitrary<History> {
  // Without the bias of fast-check, most of whose histories would be short.
  return fc.noBias(fc.record({
    beginning: fc.record({
      start: fc.constantFrom(...STARTS),
      chargeFailedTasks: fc.boolean(),
      teams: fc.array(fc.record({ timeZone: fc.constantFrom(...ZONES), limits: someLimits }), { minLength: TEAMS, maxLength: TEAMS }),
      keys: fc.array(someLimits, { minLength: KEYS, maxLength: KEYS })
    }),
    steps: fc.array(step, { minLength: 1, maxLength: stepsMax, size: 'max' })
  }))
}
