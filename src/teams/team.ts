// A team: who pays, in which time zone its days begin, and what it may do.
import { z } from 'zod'
import type { TeamId } from '../kernel/ids.ts'
import { isTeamId } from '../kernel/ids.ts'
import { jsonObject } from '../kernel/json-object.ts'
import { limitsJson, limitsSchema, NO_LIMITS, type Limits } from './limits.ts'
import { policySchema, type Policy } from './policy.ts'

export type Team = {
  id: TeamId
  name: string
  /** IANA name; calendar windows follow it */
  timeZone: string
  limits: Limits
  policy: Policy
  disabled: boolean
  /** grows with every change, so that a step taken with an older copy is noticed */
  version: number
  createdAtMs: number
  updatedAtMs: number
}

const timeZone = z.string({ error: 'must be an IANA time zone such as Europe/Berlin' })
  .refine(isTimeZone, { error: 'is not an IANA time zone; an example is Europe/Berlin' })

const teamId = z.string({ error: issue => issue.input === undefined ? 'is required' : 'must be a string' }).transform((text, context) => {
  if (isTeamId(text)) return text
  context.addIssue({ code: 'custom', message: 'must be 1 to 40 of a-z, 0-9 and -' })
  return z.NEVER
})

const settings = {
  name: z.string({ error: 'must be a string' }).max(200, { error: 'must have at most 200 characters' }).default(''),
  timezone: timeZone.default('UTC').meta({ description: 'IANA name; calendar windows follow it', examples: ['Europe/Berlin'] }),
  limits: limitsSchema.default(NO_LIMITS).meta({ description: 'for all keys of the team together; what is absent is not limited' }),
  policy: policySchema.default({}).meta({ description: 'what the keys of the team may ask for; what is absent is not restricted' })
}

/** The body that creates a team. */
export const newTeamSchema = jsonObject({ id: teamId.meta({ description: 'a name of your choice: 1 to 40 of a-z, 0-9 and -', override: { pattern: '^[a-z0-9-]{1,40}$' } }), ...settings })

/** A team's settings after a change was merged into them. */
export const teamSettingsSchema = jsonObject({ ...settings, disabled: z.boolean({ error: 'must be true or false' }).default(false).meta({ description: 'whether the team\'s keys are refused' }) })

/** A team's settings in the form of the admin API: what a change is merged into. */
export function teamSettingsJson ({ name, timeZone, limits, policy, disabled }: Pick<Team, 'name' | 'timeZone' | 'limits' | 'policy' | 'disabled'>) {
  return { name, timezone: timeZone, limits: limitsJson(limits), policy, disabled }
}

/** Whether the text names a zone of the IANA database; bare offsets such as `+01:00` are none. */
function isTimeZone (text: string): boolean {
  if (!/^[A-Za-z]/.test(text)) return false
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text)
    return true
  } catch {
    return false
  }
}
