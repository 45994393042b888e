// RFC 7396 in both directions.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergePatch, patchBetween } from '../../src/flows/merge-patch.ts'

const { value } = fc.letrec(tie => ({
  value: fc.oneof({ maxDepth: 3 }, fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), { maxKeys: 3 })
}))

test('the change between two values, merged into the first, makes the second', () => {
  fc.assert(fc.property(value, value, (before, after) => {
    expect(mergePatch(before, patchBetween(before, after))).toEqual(after)
  }))
})

test('the change between two equal values changes nothing, and what is undefined is as good as absent', () => {
  expect(patchBetween({ a: { b: 1, c: undefined }, e: 2 }, { a: { b: 1 }, d: undefined })).toEqual({ a: { b: 1 }, e: null })
})

test('a patch of any depth is merged', () => {
  const depth = 50_000
  const patch: unknown = JSON.parse('{"a":'.repeat(depth) + '1' + '}'.repeat(depth))
  expect(mergePatch({ a: 1, b: 2 }, patch)).toMatchObject({ a: { a: { a: {} } }, b: 2 })
})
