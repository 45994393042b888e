// Where a caller stands, as it is shown to the world.
import { formatUsd } from '../../kernel/money.ts'
import { rfc3339In } from '../../kernel/time.ts'
import type { InFlight, Standing } from '../../ledger/admission.ts'
import type { Usage } from '../../ledger/ledger.ts'
import type { Caller } from '../../teams/directory.ts'

export function usageJson ({ team, key }: Caller, { standings, inFlight }: Usage) {
  return {
    team: team.id,
    key_id: key.id,
    in_flight: inFlightJson(inFlight),
    quotas: standings.filter(({ unit }) => unit !== 'requests').map(standing => quotaJson(standing, team.timeZone))
  }
}

/** Of the limits of team and key the one with less room; without any limit, the team's count. */
function inFlightJson (inFlight: readonly InFlight[]) {
  const room = ({ limit = Infinity, used }: InFlight): number => limit - used
  const [tightest] = inFlight.toSorted((a, b) => room(a) === room(b) ? 0 : room(a) - room(b))
  return { scope: tightest?.scope, limit: tightest?.limit ?? null, used: tightest?.used ?? 0 }
}

function quotaJson ({ scope, unit, window, limit, used, held }: Standing, timeZone: string) {
  const amount = (value: number): number | string => unit === 'usd' ? formatUsd(value) : value
  return {
    scope,
    per: window.per,
    unit,
    limit: amount(limit),
    used: amount(used),
    held: amount(held),
    remaining: amount(Math.max(0, limit - used)),
    resets_at: window.endsAtMs === null ? null : rfc3339In(timeZone, window.endsAtMs)
  }
}
