// Adding a model is a file that describes it: an endpoint of quite another kind needs no code but its description.
import { expect, test } from 'vitest'
import { defineEndpoint } from '../../src/catalog/endpoint.ts'
import { flag, optionalText, requiredText, sameModel, sizeOf, wholeNumber } from '../../src/catalog/fields.ts'
import { priceOf } from '../../src/catalog/prices.ts'

const SIZES = [{ size: '512*512', ratio: '1:1', tier: 'draft' }, { size: '2048*1024', ratio: '2:1', tier: 'print' }]

/** Makes still images: no duration, a number of images instead, and tiers by the number of steps. */
const stills = defineEndpoint({
  model: 'acme/stills-3',
  path: '/vendors/acme/v1/stills-3/edit',
  shortPaths: [],
  fields: {
    caption: { description: 'a field', schema: requiredText(20) },
    style: { description: 'a field', schema: optionalText(8) },
    format: { description: 'a field', schema: sizeOf(SIZES), default: '512*512' },
    images: { description: 'a field', schema: wholeNumber(1, 4), default: 1 },
    watermark: { description: 'a field', schema: flag(), assumed: true },
    model: { description: 'a field', schema: sameModel(['stills-3']) }
  },
  examples: { 'a cat': { value: { caption: 'a cat' } } },
  tiers: ['single', 'sheet'],
  tier: body => body['images'] === 4 ? 'sheet' : 'single'
})

test('another model\'s body is checked by its own fields', () => {
  expect(stills.check({ caption: ' a cat ', images: '4', format: '2048x1024' })).toEqual({
    kind: 'accepted', given: { caption: 'a cat', images: 4, format: '2048*1024' }
  })
  expect(stills.check({ prompt: 'a cat', imagse: 2, format: '1024*512' })).toEqual({
    kind: 'rejected',
    errors: [
      { pointer: '/caption', detail: 'is required' },
      { pointer: '/format', detail: 'cannot be 1024*512: this model does not make it; its 2:1 sizes are 2048*1024' },
      { pointer: '/prompt', detail: 'is unknown (there are caption, style, format, images, watermark, model)' },
      { pointer: '/imagse', detail: 'is unknown (did you mean images?)' }
    ]
  })
})

test('another model\'s body is completed with its own defaults, in the order of its fields', () => {
  expect(JSON.stringify(stills.complete({ watermark: false, caption: 'a cat' })))
    .toBe('{"caption":"a cat","format":"512*512","images":1,"watermark":false}')
})

test('what the provider assumes is not sent', () => {
  expect(stills.complete({ caption: 'a cat' })).not.toHaveProperty('watermark')
})

test('a value that is false or zero is given, not absent', () => {
  expect(stills.check({ caption: 'a', watermark: false })).toEqual({ kind: 'accepted', given: { caption: 'a', watermark: false } })
  expect(stills.complete({ caption: 'a', watermark: false, images: 0 })).toMatchObject({ watermark: false, images: 0 })
})

test('another model\'s price is found by its own tiers', () => {
  const prices = { 'acme/stills-3': { single: 10_000, sheet: 30_000 } }
  expect(priceOf(prices, stills, stills.complete({ caption: 'a' }))).toBe(10_000)
  expect(priceOf(prices, stills, stills.complete({ caption: 'a', images: 4 }))).toBe(30_000)
})

test('another model\'s values are brought into normal form', () => {
  expect(stills.normalValue('format', '512X512')).toBe('512*512')
  expect(stills.normalValue('format', '832*480')).toBe(undefined)
  expect(stills.normalValue('prompt', 'a')).toBe(undefined)
})
