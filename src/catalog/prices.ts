// What things cost: US dollars a task, by model and tier.
import { z } from 'zod'
import { parseUsd } from '../kernel/money.ts'
import type { Endpoint } from './endpoint.ts'
import type { Fields } from './fields.ts'

/** Micro-dollars a task, by model and then by tier. */
export type Prices = Readonly<Record<string, Readonly<Record<string, number>>>>

const usd = z.string().transform((text, context) => {
  const micros = parseUsd(text)
  if (micros !== undefined) return micros
  context.addIssue({ code: 'custom', message: 'must be US dollars as a string, such as "0.50"' })
  return z.NEVER
})

/** A price list as JSON: `{"alibaba/wan2.2-t2v-plus":{"480P":"0.10","1080P":"0.50"}}`, read into micro-dollars. */
export const pricesSchema = z.record(z.string(), z.record(z.string(), usd))

// Alibaba's own international prices; the provider's are not published where one could look them up.
export const builtInPrices: Prices = {
  'alibaba/wan2.2-t2v-plus': { '480P': 100_000, '1080P': 500_000 }
}

/** @returns micro-dollars, or undefined if the list names no price: then the task must be refused, it is never free */
export function priceOf (prices: Prices, endpoint: Endpoint, body: Fields): number | undefined {
  return prices[endpoint.model]?.[endpoint.tier(body)]
}
