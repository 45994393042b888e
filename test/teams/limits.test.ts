// Limits: JSON outside, camel case and micro-dollars inside, and one is the inverse of the other.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fieldErrors } from '../../src/kernel/field-errors.ts'
import { limitsJson, limitsSchema, QUOTA_PERIODS, type Limits, type Quota } from '../../src/teams/limits.ts'

const count = fc.integer({ min: 0, max: 1_000_000_000 })
const quota: fc.Arbitrary<Quota> = fc.oneof(
  fc.record({ per: fc.constantFrom(...QUOTA_PERIODS), unit: fc.constant('tasks' as const), limit: count }),
  fc.record({ per: fc.constantFrom(...QUOTA_PERIODS), unit: fc.constant('usd' as const), limit: fc.integer({ min: 0, max: 999_999_999_999_999 }) })
)
const limits: fc.Arbitrary<Limits> = fc.record({
  requestsPerMinute: fc.option(count, { nil: undefined }),
  tasksInFlight: fc.option(count, { nil: undefined }),
  quotas: fc.uniqueArray(quota, { maxLength: 10, selector: ({ per, unit }) => `${per} ${unit}` })
})

/** A stored form: what `limitsJson` gives, through text. */
function throughText (value: unknown): unknown { return JSON.parse(JSON.stringify(value)) }

function errorsOf (json: unknown): Array<[string, string]> {
  const parsed = limitsSchema.safeParse(json)
  if (parsed.success) return []
  return fieldErrors(parsed.error, { '': ['requests_per_minute', 'tasks_in_flight', 'quotas'], quotas: ['per', 'unit', 'limit'] })
    .map(({ pointer, detail }) => [pointer, detail])
}

test('limits written as JSON are read back as they were', () => {
  fc.assert(fc.property(limits, value => {
    expect(limitsSchema.parse(throughText(limitsJson(value)))).toEqual(value)
  }))
})

test('the form of the contract is read: counts as numbers, dollars as strings', () => {
  expect(limitsSchema.parse({
    requests_per_minute: 120,
    tasks_in_flight: 4,
    quotas: [{ per: 'day', unit: 'tasks', limit: 20 }, { per: 'month', unit: 'usd', limit: '150.00' }]
  })).toEqual({
    requestsPerMinute: 120,
    tasksInFlight: 4,
    quotas: [{ per: 'day', unit: 'tasks', limit: 20 }, { per: 'month', unit: 'usd', limit: 150_000_000 }]
  })
})

test('dollars are written with at least two digits behind the point', () => {
  expect(limitsJson({ quotas: [{ per: 'total', unit: 'usd', limit: 1_500_000 }, { per: 'hour', unit: 'tasks', limit: 0 }] }).quotas)
    .toEqual([{ per: 'total', unit: 'usd', limit: '1.50' }, { per: 'hour', unit: 'tasks', limit: 0 }])
})

test('a missing limit is none, a limit of zero is one', () => {
  expect(limitsSchema.parse({})).toEqual({ quotas: [] })
  expect(limitsSchema.parse({ requests_per_minute: 0, tasks_in_flight: 0 })).toMatchObject({ requestsPerMinute: 0, tasksInFlight: 0 })
})

test('every period may be limited in tasks and in dollars at once', () => {
  const quotas = QUOTA_PERIODS.flatMap(per => [{ per, unit: 'tasks', limit: 1 }, { per, unit: 'usd', limit: '1' }])
  expect(limitsSchema.parse({ quotas }).quotas).toHaveLength(10)
})

test.each([
  [{ requests_per_minute: -1 }, '/requests_per_minute', 'must not be negative'],
  [{ requests_per_minute: 1.5 }, '/requests_per_minute', 'must be a whole number'],
  [{ requests_per_minute: '5' }, '/requests_per_minute', 'must be a whole number'],
  [{ requests_per_minute: 1_000_000_001 }, '/requests_per_minute', 'must be at most 1000000000'],
  [{ tasks_in_flight: null }, '/tasks_in_flight', 'must be a whole number'],
  [{ taskInFlight: 1 }, '/taskInFlight', 'is unknown (did you mean tasks_in_flight?)'],
  [{ quotas: {} }, '/quotas', 'must be a list'],
  [{ quotas: ['x'] }, '/quotas/0', 'must be a JSON object'],
  [{ quotas: [{ per: 'day', unit: 'euros', limit: 5 }] }, '/quotas/0/unit', 'must be tasks or usd'],
  [{ quotas: [{ per: 'day', limit: 5 }] }, '/quotas/0/unit', 'must be tasks or usd'],
  [{ quotas: [{ per: 'year', unit: 'tasks', limit: 5 }] }, '/quotas/0/per', 'must be one of hour, day, week, month, total'],
  [{ quotas: [{ per: 'day', unit: 'tasks', limit: '5' }] }, '/quotas/0/limit', 'must be a whole number'],
  [{ quotas: [{ per: 'day', unit: 'usd', limit: 5 }] }, '/quotas/0/limit', 'must be US dollars as a string, such as "150.00"'],
  [{ quotas: [{ per: 'day', unit: 'usd', limit: '-5' }] }, '/quotas/0/limit', 'must be US dollars as a string, such as "150.00"'],
  [{ quotas: [{ per: 'day', unit: 'usd', limit: '5.0000001' }] }, '/quotas/0/limit', 'must be US dollars as a string, such as "150.00"'],
  [{ quotas: [{ per: 'day', unit: 'tasks', limit: 5, limt: 5 }] }, '/quotas/0/limt', 'is unknown (did you mean limit?)'],
  [{ quotas: [{ per: 'day', unit: 'tasks', limit: 5 }, { per: 'day', unit: 'tasks', limit: 6 }] }, '/quotas', 'must not limit tasks per day twice'],
  [{ quotas: [{ per: 'week', unit: 'usd', limit: '5' }, { per: 'week', unit: 'usd', limit: '5' }] }, '/quotas', 'must not limit usd per week twice'],
  [{ quotas: Array.from({ length: 11 }, () => ({ per: 'day', unit: 'tasks', limit: 5 })) }, '/quotas', 'must have at most 10 entries'],
  [[], '', 'must be a JSON object']
])('the limits %j are refused at %j', (json, pointer, detail) => {
  expect(errorsOf(json)).toEqual([[pointer, detail]])
})
