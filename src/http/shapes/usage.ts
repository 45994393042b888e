// Where a caller stands, as it is shown to the world.
import { z } from 'zod'
import { formatUsd } from '../../kernel/money.ts'
import { rfc3339In } from '../../kernel/time.ts'
import type { InFlight, Standing } from '../../ledger/admission.ts'
import { SCOPES } from '../../ledger/counter.ts'
import type { Usage } from '../../ledger/ledger.ts'
import type { Caller } from '../../teams/directory.ts'
import { QUOTA_PERIODS } from '../../teams/limits.ts'
import { usdShape } from './limits.ts'

const scope = z.enum(SCOPES).meta({ description: 'whose limit it is; both hold' })
const window = {
  scope,
  per: z.enum(QUOTA_PERIODS).meta({ description: 'the calendar window, in the team\'s time zone' }),
  resets_at: z.iso.datetime({ offset: true }).nullable().meta({ description: 'when the window ends, in the team\'s own offset; null for `total`' })
}
const count = z.int().min(0)

const quotaStandingShape = z.discriminatedUnion('unit', [
  z.strictObject({ ...window, unit: z.literal('tasks'), limit: count, used: count, held: count, remaining: count }),
  z.strictObject({
    ...window, unit: z.literal('usd'), limit: usdShape('the limit'), used: usdShape('`held` included'), held: usdShape('of tasks that have not ended'), remaining: usdShape('what is left')
  })
]).meta({ id: 'QuotaStanding' })

export const usageShape = z.strictObject({
  team: z.string(),
  key_id: z.string(),
  in_flight: z.strictObject({
    scope: scope.optional(),
    limit: z.int().min(0).nullable().meta({ description: 'null if there is none' }),
    used: z.int().min(0)
  }).meta({ description: 'unfinished tasks; of the limits of team and key the one with less room' }),
  quotas: z.array(quotaStandingShape)
}).meta({
  id: 'Usage',
  examples: [{
    team: 'ads',
    key_id: 'key_4fGh7Kq2Lm9Xz1Bc',
    in_flight: { scope: 'team', limit: 4, used: 1 },
    quotas: [
      { scope: 'team', per: 'day', unit: 'tasks', limit: 20, used: 6, held: 1, remaining: 14, resets_at: '2026-11-23T00:00:00+01:00' },
      { scope: 'key', per: 'month', unit: 'usd', limit: '150.00', used: '3.00', held: '0.50', remaining: '147.00', resets_at: '2026-12-01T00:00:00+01:00' }
    ]
  }]
})

export function usageJson ({ team, key }: Caller, { standings, inFlight }: Usage): z.input<typeof usageShape> {
  return {
    team: team.id,
    key_id: key.id,
    in_flight: inFlightJson(inFlight),
    quotas: standings.flatMap(standing => quotaJson(standing, team.timeZone))
  }
}

/** Of the limits of team and key the one with less room; without any limit, the team's count. */
function inFlightJson (inFlight: readonly InFlight[]) {
  const room = ({ limit = Infinity, used }: InFlight): number => limit - used
  const [tightest] = inFlight.toSorted((a, b) => room(a) === room(b) ? 0 : room(a) - room(b))
  return { scope: tightest?.scope, limit: tightest?.limit ?? null, used: tightest?.used ?? 0 }
}

/** None for what is no quota. */
function quotaJson ({ scope, unit, window: { per, endsAtMs }, limit, used, held }: Standing, timeZone: string): Array<z.input<typeof quotaStandingShape>> {
  if (unit === 'requests' || per === 'minute') return []
  const remaining = Math.max(0, limit - used)
  const resetsAt = endsAtMs === null ? null : rfc3339In(timeZone, endsAtMs)
  if (unit === 'tasks') return [{ scope, per, unit, limit, used, held, remaining, resets_at: resetsAt }]
  return [{ scope, per, unit, limit: formatUsd(limit), used: formatUsd(used), held: formatUsd(held), remaining: formatUsd(remaining), resets_at: resetsAt }]
}
