// How much a team or a key may use.
import { z } from 'zod'
import { jsonObject } from '../kernel/json-object.ts'
import { formatUsd, parseUsd } from '../kernel/money.ts'

export const QUOTA_PERIODS = ['hour', 'day', 'week', 'month', 'total'] as const
export type QuotaPeriod = typeof QUOTA_PERIODS[number]
export type QuotaUnit = 'tasks' | 'usd'

/** At most `limit` tasks, or micro-dollars, in each calendar period. */
export type Quota = { per: QuotaPeriod, unit: QuotaUnit, limit: number }

/** What is absent is not limited. */
export type Limits = {
  requestsPerMinute?: number | undefined
  tasksInFlight?: number | undefined
  quotas: Quota[]
}

export const NO_LIMITS: Limits = { quotas: [] }

const count = z.int({ error: 'must be a whole number' })
  .min(0, { error: 'must not be negative' }).max(1_000_000_000, { error: 'must be at most 1000000000' })

const amount = z.string({ error: 'must be US dollars as a string, such as "150.00"' }).transform((text, context) => {
  const micros = parseUsd(text)
  if (micros !== undefined) return micros
  context.addIssue({ code: 'custom', message: 'must be US dollars as a string, such as "150.00"' })
  return z.NEVER
})

const per = z.enum(QUOTA_PERIODS, { error: `must be one of ${QUOTA_PERIODS.join(', ')}` })
  .meta({ description: 'calendar windows, in the team\'s time zone; weeks begin on Monday, and `total` never begins anew' })

const unit = z.enum(['tasks', 'usd'], { error: 'must be tasks or usd' })

// Each member by itself, so that all that is wrong is said at once; the limit then by its unit.
const quota = jsonObject({ per, unit, limit: z.unknown().optional().meta({ description: 'a number of tasks, or US dollars as a string such as "150.00"' }) }).transform((json, context): Quota => {
  const limit = (json.unit === 'tasks' ? count : amount).safeParse(json.limit)
  if (limit.success) return { ...json, limit: limit.data }
  for (const { message } of limit.error.issues) context.addIssue({ code: 'custom', path: ['limit'], message })
  return z.NEVER
}).meta({
  override: {
    required: ['per', 'unit', 'limit'],
    oneOf: [
      { properties: { unit: { const: 'tasks' }, limit: { type: 'integer', minimum: 0, maximum: 1_000_000_000 } } },
      { properties: { unit: { const: 'usd' }, limit: { type: 'string', pattern: '^(0|[1-9][0-9]{0,8})([.][0-9]{1,6})?$' } } }
    ]
  }
})

/** `limits` as JSON, read into `Limits`: names in camel case, dollars in micro-dollars. */
export const limitsSchema = jsonObject({
  requests_per_minute: count.optional().meta({ description: 'creates that are admitted in a minute' }),
  tasks_in_flight: count.optional().meta({ description: 'unfinished tasks at a time' }),
  quotas: z.array(quota, { error: 'must be a list' }).max(10, { error: 'must have at most 10 entries' }).optional()
    .meta({ description: 'at most one for each period and unit' })
}).transform((json, context): Limits => {
  const quotas = json.quotas ?? []
  const names = quotas.map(({ per, unit }) => `${unit} per ${per}`)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) context.addIssue({ code: 'custom', path: ['quotas'], message: `must not limit ${twice} twice` })
  return { requestsPerMinute: json.requests_per_minute, tasksInFlight: json.tasks_in_flight, quotas }
})

/** Limits as JSON: the inverse of `limitsSchema`. */
export function limitsJson (limits: Limits) {
  return {
    requests_per_minute: limits.requestsPerMinute,
    tasks_in_flight: limits.tasksInFlight,
    quotas: limits.quotas.map(quota => quota.unit === 'usd'
      ? { per: quota.per, unit: quota.unit, limit: formatUsd(quota.limit) }
      : { per: quota.per, unit: quota.unit, limit: quota.limit })
  }
}
