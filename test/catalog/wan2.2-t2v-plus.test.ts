// wan2.2-t2v-plus against the provider's page: what is sent for each body, and which tier it costs.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { catalog } from '../../src/catalog/catalog.ts'
import type { Fields } from '../../src/catalog/fields.ts'
import { wan22T2vPlus } from '../../src/catalog/models/alibaba/wan2.2-t2v-plus.ts'
import { fingerprintOf } from '../../src/ledger/fingerprint.ts'

const DEFAULTS = { size: '1920*1080', duration: 5, prompt_extend: true }

/** The body that goes upstream. */
function sent (body: unknown): Fields {
  const checked = wan22T2vPlus.check(body)
  if (checked.kind === 'rejected') throw new Error(JSON.stringify(checked.errors))
  return wan22T2vPlus.complete(checked.given)
}

function pointers (body: unknown): string[] {
  const checked = wan22T2vPlus.check(body)
  return checked.kind === 'rejected' ? checked.errors.map(({ pointer }) => pointer) : []
}

test('the shortest body is completed with the documented defaults, and nothing else', () => {
  expect(sent({ prompt: 'a cat' })).toEqual({ prompt: 'a cat', ...DEFAULTS })
})

test('a whole body is sent as it was given, except for the model\'s name', () => {
  const body = { prompt: 'a cat', negative_prompt: 'blurry', size: '624*624', duration: 5, prompt_extend: false, seed: 7, safety_filter: false }
  expect(sent({ ...body, model: 'alibaba/wan2.2-t2v-plus' })).toEqual(body)
})

test('what is absent in effect is not sent', () => {
  expect(sent({ prompt: 'a cat', negative_prompt: ' ' })).toEqual({ prompt: 'a cat', ...DEFAULTS })
  expect(sent({ prompt: 'a cat', negative_prompt: null })).toEqual({ prompt: 'a cat', ...DEFAULTS })
})

test.each([
  ['832*480', '480P'], ['480*832', '480P'], ['624*624', '480P'],
  ['1920*1080', '1080P'], ['1080*1920', '1080P'], ['1440*1440', '1080P'], ['1632*1248', '1080P'], ['1248*1632', '1080P']
])('the documented size %s belongs to the tier %s', (size, tier) => {
  expect(wan22T2vPlus.tier(sent({ prompt: 'a cat', size }))).toBe(tier)
})

test('1280*720 is refused although the page shows it once, and both 16:9 sizes are named', () => {
  expect(wan22T2vPlus.check({ prompt: 'a cat', size: '1280*720' })).toEqual({
    kind: 'rejected',
    errors: [{ pointer: '/size', detail: 'cannot be 1280*720: this model does not make it; its 16:9 sizes are 832*480, 1920*1080' }]
  })
})

test('the limits of the page hold: 800 characters of prompt, 500 of negative prompt, seeds to 2147483647', () => {
  expect(pointers({ prompt: '猫'.repeat(800), negative_prompt: 'x'.repeat(500), seed: 2147483647 })).toEqual([])
  expect(pointers({ prompt: '猫'.repeat(801), negative_prompt: 'x'.repeat(501), seed: 2147483648 })).toEqual(['/prompt', '/negative_prompt', '/seed'])
})

test('a body with nothing right in it is told everything at once', () => {
  const wrong = { prompt: '', negative_prompt: 5, size: 'big', duration: 6, prompt_extend: 1, seed: -1, safety_filter: 'no', model: 'other', webhook: 'x' }
  expect(pointers(wrong).sort()).toEqual(Object.keys(wrong).map(name => `/${name}`).sort())
})

test('a misspelt field is named with the one that was meant', () => {
  expect(wan22T2vPlus.check({ prompt: 'a cat', negativePrompt: 'blurry' })).toEqual({
    kind: 'rejected', errors: [{ pointer: '/negativePrompt', detail: 'is unknown (did you mean negative_prompt?)' }]
  })
})

test('a name that every JavaScript object has is an unknown field like any other', () => {
  expect(pointers(JSON.parse('{"prompt":"a cat","__proto__":{"size":"624*624"}}'))).toEqual(['/__proto__'])
  expect(pointers({ prompt: 'a cat', constructor: 1 })).toEqual(['/constructor'])
})

test('a complete body does not depend on how it was written: the order of fields, spellings, spaces, defaults that are spelt out', () => {
  const choices = fc.record({
    prompt: fc.constantFrom('a cat', ' a cat', 'a cat\n'),
    negative_prompt: fc.option(fc.constantFrom('', ' ', null), { nil: undefined }),
    size: fc.option(fc.constantFrom('1920*1080', '1920x1080', ' 1920 × 1080'), { nil: undefined }),
    duration: fc.option(fc.constantFrom(5, '5'), { nil: undefined }),
    prompt_extend: fc.option(fc.constant(true), { nil: undefined }),
    seed: fc.constantFrom(7, '7', '007'),
    model: fc.option(fc.constant('wan2.2-t2v-plus'), { nil: undefined })
  })
  const plain = sent({ prompt: 'a cat', seed: 7 })
  fc.assert(fc.property(choices.chain(body => fc.shuffledSubarray(Object.entries(body), { minLength: 7 })), entries => {
    const body = sent(Object.fromEntries(entries))
    expect(JSON.stringify(body)).toBe(JSON.stringify(plain))
    expect(fingerprintOf('alibaba/wan2.2-t2v-plus', body)).toBe(fingerprintOf('alibaba/wan2.2-t2v-plus', plain))
  }))
})

test('a complete body is its own normal form', () => {
  const given = fc.record({
    prompt: fc.stringMatching(/^[a-z]{1,20}$/),
    size: fc.constantFrom('832x480', '1440*1440'),
    seed: fc.integer({ min: 0, max: 2147483647 }),
    safety_filter: fc.boolean()
  }, { requiredKeys: ['prompt'] })
  fc.assert(fc.property(given, body => {
    expect(sent(sent(body))).toEqual(sent(body))
  }))
})

test('values of a policy are brought into the same normal form as those of a body', () => {
  expect(wan22T2vPlus.normalValue('size', '832 x 480')).toBe('832*480')
  expect(wan22T2vPlus.normalValue('seed', '7')).toBe(7)
  expect(wan22T2vPlus.normalValue('safety_filter', true)).toBe(true)
})

test.each([['size', '1280*720'], ['seed', -1], ['safety_filter', 'true'], ['webhook', 'x'], ['constructor', 1], ['__proto__', {}]])('the field %s cannot have the value %j in a policy', (name, value) => {
  expect(wan22T2vPlus.normalValue(name, value)).toBe(undefined)
})

test('it is in the catalog, under the provider\'s own route', () => {
  expect(catalog).toContain(wan22T2vPlus)
  expect(wan22T2vPlus).toMatchObject({ model: 'alibaba/wan2.2-t2v-plus', path: '/vendors/alibaba/v1/wan2.2-t2v-plus/generation', shortPaths: ['/generation'] })
})
