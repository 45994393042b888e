// What a create costs and what is left, in headers: draft-ietf-httpapi-ratelimit-headers-11.
import type { FastifyReply } from 'fastify'
import { policyName, secondsToReset } from '../flows/quota-refusals.ts'
import type { CreateFigures } from '../flows/refusals.ts'
import { formatUsd } from '../kernel/money.ts'
import type { Standing } from '../ledger/admission.ts'

/** Sets the price, all policies that are counted in requests, and the tightest of them. Money has no unit in the draft. */
export function setRateLimitHeaders (reply: FastifyReply, { standings, priceMicros, nowMs }: CreateFigures): void {
  reply.header('mulegate-price-usd', formatUsd(priceMicros))
  const counted = standings.filter(({ unit }) => unit !== 'usd')
  const [tightest] = counted.toSorted((a, b) => remaining(a) - remaining(b))
  if (tightest === undefined) return
  reply.header('ratelimit-policy', counted.map(policyItem).join(', '))
  const reset = tightest.window.endsAtMs === null ? '' : `;t=${secondsToReset(tightest, nowMs)}`
  reply.header('ratelimit', `"${policyName(tightest)}";r=${remaining(tightest)}${reset}`)
}

function policyItem (standing: Standing): string {
  const { limit, window: { startsAtMs, endsAtMs } } = standing
  const window = endsAtMs === null ? '' : `;w=${(endsAtMs - startsAtMs) / 1000}`
  return `"${policyName(standing)}";q=${limit}${window}`
}

function remaining ({ limit, used }: Standing): number { return Math.max(0, limit - used) }
