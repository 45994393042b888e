// From a caller's body to an order: checked, permitted, in normal form, priced. Nothing is reserved or sent.
import type { Endpoint } from '../catalog/endpoint.ts'
import type { Fields, FieldValue } from '../catalog/fields.ts'
import { priceOf, type Prices } from '../catalog/prices.ts'
import { applyPolicies } from '../teams/policy.ts'
import type { Caller } from '../teams/directory.ts'
import { invalidBody, refusal, type Refusal } from './refusals.ts'

/** `asked` is what the caller wants, in normal form, whatever its policy makes of that now: it tells a repetition. */
type Asked = { asked: Fields }

/** What would be sent, and what it costs. */
export type Prepared = Asked & { kind: 'prepared', body: Fields, priceMicros: number }

/** What may not be begun, with why; it may have been begun before. */
export type Forbidden = Asked & { kind: 'forbidden', why: Refusal }

/**
 * Decides everything about a body that needs no counter.
 * @throws Refusal `invalid_body`
 */
export function prepareOrder (prices: Prices, endpoint: Endpoint, caller: Caller, body: unknown): Prepared | Forbidden {
  const checked = endpoint.check(body)
  if (checked.kind === 'rejected') throw invalidBody(checked.errors)
  const asked = endpoint.complete(checked.given)
  const forbidden = (detail: string): Forbidden => ({ kind: 'forbidden', asked, why: refusal('not_allowed', detail) })

  const decision = applyPolicies([caller.team.policy, caller.key.policy], {
    model: endpoint.model, fields: Object.keys(endpoint.fields), given: checked.given, defaults: defaultsOf(endpoint)
  })
  if (decision.kind === 'forbidden') return forbidden(`This key may not do that: ${decision.rule}.`)

  const complete = endpoint.complete(decision.given)
  const priceMicros = priceOf(prices, endpoint, complete)
  if (priceMicros === undefined) {
    return forbidden(`This gateway has no price for ${endpoint.model} in ${endpoint.tier(complete)}, and does not start what it cannot account for.`)
  }
  return { kind: 'prepared', asked, body: complete, priceMicros: caller.key.mode === 'test' ? 0 : priceMicros }
}

/** What holds for a field that is not given: the default that is sent, or what the provider assumes. */
function defaultsOf (endpoint: Endpoint): Record<string, FieldValue> {
  const defaults: Record<string, FieldValue> = {}
  for (const [name, field] of Object.entries(endpoint.fields)) {
    const byDefault = field.default ?? field.assumed
    if (byDefault !== undefined) defaults[name] = byDefault
  }
  return defaults
}
