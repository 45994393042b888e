// What things cost: US dollars a task, by model and tier.
import { z } from 'zod'
import { unknownField } from '../kernel/field-errors.ts'
import { parseUsd } from '../kernel/money.ts'
import type { Endpoint } from './endpoint.ts'
import type { Fields } from './fields.ts'

/** Micro-dollars a task, by model and then by tier. */
export type Prices = Readonly<Record<string, Readonly<Record<string, number>>>>

const usd = z.string({ error: 'must be US dollars as a string, such as "0.50"' }).transform((text, context) => {
  const micros = parseUsd(text)
  if (micros !== undefined) return micros
  context.addIssue({ code: 'custom', message: 'must be US dollars as a string, such as "0.50"' })
  return z.NEVER
})

/** A price list as JSON: `{"alibaba/wan2.2-t2v-plus":{"480P":"0.10","1080P":"0.50"}}`, read into micro-dollars. */
export const pricesSchema = z.record(z.string(), z.record(z.string(), usd, { error: 'must be an object of tiers' }), { error: 'must be an object of models' })

// Alibaba's own international prices; the provider's are not published where one could look them up.
export const builtInPrices: Prices = {
  'alibaba/wan2.2-t2v-plus': { '480P': 100_000, '1080P': 500_000 }
}

/** What a list names that no model has, each as a finding for the operator. */
export function unknownPrices (prices: Prices, catalog: readonly Endpoint[]): string[] {
  return Object.entries(prices).flatMap(([model, tiers]) => {
    const endpoint = catalog.find(candidate => candidate.model === model)
    if (endpoint === undefined) return [`${model} ${unknownField(model, catalog.map(({ model }) => model))}`]
    return Object.keys(tiers).filter(tier => !endpoint.tiers.includes(tier)).map(tier => `${model}.${tier} ${unknownField(tier, endpoint.tiers)}`)
  })
}

/** The `model tier` pairs that the list has no price for: they are refused. */
export function unpriced (prices: Prices, catalog: readonly Endpoint[]): string[] {
  return catalog.flatMap(({ model, tiers }) => tiers.filter(tier => prices[model]?.[tier] === undefined).map(tier => `${model} ${tier}`))
}

/** @returns micro-dollars, or undefined if the list names no price: then the task must be refused, it is never free */
export function priceOf (prices: Prices, endpoint: Endpoint, body: Fields): number | undefined {
  return prices[endpoint.model]?.[endpoint.tier(body)]
}
