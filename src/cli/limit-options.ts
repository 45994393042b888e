// Limits and policies as options, and the change of a team or a key that they mean.
import { InvalidArgumentError, type Command } from 'commander'
import type { Limits } from './answers.ts'
import { collect, wholeNumber } from './option-values.ts'
import { WrongUsage } from './failure.ts'

export const PERIODS = ['hour', 'day', 'week', 'month', 'total'] as const
export const UNITS = ['tasks', 'usd'] as const

type Quota = { per: string, unit: string, limit: string | number | null }
type Value = string | number | boolean
type FieldRule = { name: string, values: Value[] | null }

/** What a limit is set to so that there is none. */
const NONE = 'none'
/** What a rule permits when there is no rule. */
const ANY = 'any'

export type LimitOptions = {
  quota?: Quota[]
  inFlight?: number | typeof NONE
  requestsPerMinute?: number | typeof NONE
  model?: string[]
  field?: FieldRule[]
}

/** Gives a command the options of limits and policies. */
export function limitOptions (command: Command): Command {
  return command
    .option('--quota <per:unit:limit>', `at most so much in each ${PERIODS.join(', ')}: day:tasks:20, month:usd:150.00; day:tasks:none for no such quota; may be given several times`, collect(quota))
    .option('--in-flight <number>', 'at most so many unfinished tasks; or none', countOrNone)
    .option('--requests-per-minute <number>', 'at most so many creates a minute; or none', countOrNone)
    .option('--model <vendor/model>', 'only these models, given once for each; or any', collect(String))
    .option('--field <name=values>', 'only these values of a field: size=832*480,480*832; size=any for no rule; may be given several times', collect(fieldRule))
}

/** The options as a change by RFC 7396, where null removes; quotas are a list, so the present ones are needed. */
export function limitsPatch (options: LimitOptions, present: Limits = { quotas: [] }): object {
  const { quota: quotas, inFlight, requestsPerMinute, model: models, field: fields } = options
  const limits = given({
    requests_per_minute: requestsPerMinute === NONE ? null : requestsPerMinute,
    tasks_in_flight: inFlight === NONE ? null : inFlight,
    quotas: quotas === undefined ? undefined : withQuotas(present.quotas, quotas)
  })
  const policy = given({ models: models === undefined ? undefined : permittedModels(models), fields: fields && Object.fromEntries(fields.map(({ name, values }) => [name, values])) })
  return given({ limits, policy }, value => Object.keys(value).length > 0)
}

/** The same for what does not exist yet: what is none is left out. */
export function newLimits (options: LimitOptions): object { return withoutNulls(limitsPatch(options)) }

/** Whether the present quotas are needed to make the change. */
export function changesQuotas ({ quota: quotas }: LimitOptions): boolean { return quotas !== undefined }

function withQuotas (present: Limits['quotas'], changes: readonly Quota[]): object[] {
  const isSame = (a: { per: string, unit: string }, b: { per: string, unit: string }): boolean => a.per === b.per && a.unit === b.unit
  const lastOf = (quota: { per: string, unit: string }): Quota | undefined => changes.findLast(change => isSame(change, quota))
  const added = changes.filter((change, index) => lastOf(change) === changes[index] && !present.some(old => isSame(old, change)))
  return [...present.map(old => lastOf(old) ?? old), ...added].filter(({ limit }) => limit !== null)
}

function permittedModels (models: string[]): string[] | null {
  if (!models.includes(ANY)) return models
  if (models.length > 1) throw new WrongUsage(`--model ${ANY} permits every model; leave out the others`)
  return null
}

function quota (text: string): Quota {
  const [per = '', unit = '', limit = '', ...more] = text.split(':')
  if (limit === '' || more.length > 0) throw new InvalidArgumentError('It must be per:unit:limit, such as day:tasks:20 or month:usd:150.00.')
  if (!isOneOf(PERIODS, per)) throw new InvalidArgumentError(`The period must be one of ${PERIODS.join(', ')}.`)
  if (!isOneOf(UNITS, unit)) throw new InvalidArgumentError('The unit must be tasks or usd.')
  if (limit === NONE) return { per, unit, limit: null }
  if (unit === 'tasks') return { per, unit, limit: wholeNumber(limit) }
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(limit)) throw new InvalidArgumentError('US dollars are written as 150 or 150.00.')
  return { per, unit, limit }
}

// Not null: commander makes an empty text of that.
function countOrNone (text: string): number | typeof NONE { return text === NONE ? NONE : wholeNumber(text) }

function fieldRule (text: string): FieldRule {
  const [, name = '', values = ''] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (name === '') throw new InvalidArgumentError('It must be name=values, such as size=832*480,480*832.')
  return { name, values: values === ANY ? null : values.split(',').map(value => valueOf(value.trim())) }
}

function valueOf (text: string): Value {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text
}

function isOneOf (words: readonly string[], text: string): boolean { return words.includes(text) }

function given<Members extends object> (members: Members, isGiven: (value: object) => boolean = () => true): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && (typeof value !== 'object' || value === null || isGiven(value))))
}

function withoutNulls (value: object): object {
  return Object.fromEntries(Object.entries(value)
    .filter(([, member]) => member !== null)
    .map(([name, member]) => [name, typeof member === 'object' && !Array.isArray(member) ? withoutNulls(member) : member]))
}
