// What things cost, and that what has no price is not free.
import { expect, test } from 'vitest'
import { catalog } from '../../src/catalog/catalog.ts'
import { wan22T2vPlus } from '../../src/catalog/models/alibaba/wan2.2-t2v-plus.ts'
import { builtInPrices, priceOf, pricesSchema, unknownPrices, unpriced } from '../../src/catalog/prices.ts'

const small = wan22T2vPlus.complete({ prompt: 'a cat', size: '832*480' })
const large = wan22T2vPlus.complete({ prompt: 'a cat' })

test('the built-in prices are 0.10 dollars in 480P and 0.50 in 1080P', () => {
  expect(priceOf(builtInPrices, wan22T2vPlus, small)).toBe(100_000)
  expect(priceOf(builtInPrices, wan22T2vPlus, large)).toBe(500_000)
})

test('a price list is read from JSON into micro-dollars', () => {
  expect(pricesSchema.parse({ 'alibaba/wan2.2-t2v-plus': { '480P': '0.000001', '1080P': '12' } }))
    .toEqual({ 'alibaba/wan2.2-t2v-plus': { '480P': 1, '1080P': 12_000_000 } })
})

test.each([0.5, '-1', '0,50', '', 'free', null])('a price cannot be %j', price => {
  expect(pricesSchema.safeParse({ 'alibaba/wan2.2-t2v-plus': { '480P': price } }).success).toBe(false)
})

test('a list that names another model or another tier gives no price, not the price zero', () => {
  expect(priceOf({}, wan22T2vPlus, large)).toBe(undefined)
  expect(priceOf({ 'other/model': { '1080P': 1 } }, wan22T2vPlus, large)).toBe(undefined)
  expect(priceOf({ 'alibaba/wan2.2-t2v-plus': { '480P': 1 } }, wan22T2vPlus, large)).toBe(undefined)
})

test('a price of zero is a price', () => {
  expect(priceOf({ 'alibaba/wan2.2-t2v-plus': { '1080P': 0 } }, wan22T2vPlus, large)).toBe(0)
})

test('a body without a known size has no tier, and that is a fault', () => {
  expect(() => wan22T2vPlus.tier({ prompt: 'a cat' })).toThrow('a complete body has a known size')
})

test('a list is told what it names that no model has, and what it has no price for', () => {
  const prices = { 'alibaba/wan2.2-t2v-plus': { '480P': 100_000, '720P': 200_000 }, 'alibaba/wan2.2-t2v-pluss': { '480P': 1 } }
  expect(unknownPrices(prices, catalog)).toEqual([
    'alibaba/wan2.2-t2v-plus.720P is unknown (there are 480P, 1080P)',
    'alibaba/wan2.2-t2v-pluss is unknown (did you mean alibaba/wan2.2-t2v-plus?)'
  ])
  expect(unpriced(prices, catalog)).toEqual(['alibaba/wan2.2-t2v-plus 1080P'])
  expect([...unknownPrices(builtInPrices, catalog), ...unpriced(builtInPrices, catalog)]).toEqual([])
})
