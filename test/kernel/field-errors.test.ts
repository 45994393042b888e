// What is wrong with a body, field by field.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { fieldErrors, pointerTo, unknownField, type KnownFields } from '../../src/kernel/field-errors.ts'
import { jsonObject } from '../../src/kernel/json-object.ts'

const KNOWN: KnownFields = { '': ['name', 'limits'], limits: ['per_day'], quotas: ['unit'] }
const schema = jsonObject({
  name: z.string({ error: 'must be a string' }),
  limits: jsonObject({ per_day: z.number({ error: 'must be a number' }).optional() }).optional(),
  quotas: z.array(z.strictObject({ unit: z.string({ error: 'must be a string' }) })).optional()
})

function errorsOf (body: unknown): Array<[string, string]> {
  const parsed = schema.safeParse(body)
  return parsed.success ? [] : fieldErrors(parsed.error, KNOWN).map(({ pointer, detail }) => [pointer, detail])
}

test.each([
  [[], ''],
  [['size'], '/size'],
  [['quotas', 0, 'limit'], '/quotas/0/limit'],
  [['a/b'], '/a~1b'],
  [['a~b'], '/a~0b'],
  [['~1'], '/~01'],
  [['~/'], '/~0~1'],
  [[''], '/'],
  [['a b', 'ü', '%'], '/a b/ü/%']
])('the place %j is written %j, as RFC 6901 says', (path, pointer) => {
  expect(pointerTo(path)).toBe(pointer)
})

test('all wrong fields are named at once, each with what it must be', () => {
  expect(errorsOf({ name: 5, limits: { per_day: 'x' }, quotas: [{ unit: 'a' }, { unit: 1 }] })).toEqual([
    ['/name', 'must be a string'],
    ['/limits/per_day', 'must be a number'],
    ['/quotas/1/unit', 'must be a string']
  ])
})

test('several unknown fields are each named by themselves, wherever they are, with the near ones of that place', () => {
  expect(errorsOf({ name: 'a', nam: 1, zzz: 2, limits: { perday: 1 }, quotas: [{ unit: 'x', uni: 1 }] })).toEqual([
    ['/limits/perday', 'is unknown (did you mean per_day?)'],
    ['/quotas/0/uni', 'is unknown (did you mean unit?)'],
    ['/nam', 'is unknown (did you mean name?)'],
    ['/zzz', 'is unknown (there are name, limits)']
  ])
})

test('a field that exists in another branch of a union is not suggested in its own place', () => {
  const union = z.discriminatedUnion('as', [jsonObject({ as: z.literal('a') }), jsonObject({ as: z.literal('b'), more: z.string() })])
  const errors = (body: object) => fieldErrors(union.safeParse(body).error ?? expect.unreachable('the body is wrong'), { '': ['as', 'more'] })
  expect(errors({ as: 'a', more: 'x' })).toEqual([{ pointer: '/more', detail: 'does not go with the other fields' }])
  expect(errors({ as: 'a', mor: 'x' })).toEqual([{ pointer: '/mor', detail: 'is unknown (did you mean more?)' }])
})

test('of very many unknown fields the first are named, and how many more there are', () => {
  const errors = errorsOf({ name: 'a', ...Object.fromEntries(Array.from({ length: 1000 }, (_, number) => [`zzz${number}`, 1])) })
  expect(errors).toHaveLength(21)
  expect(errors.slice(-2)).toEqual([['/zzz19', 'is unknown (there are name, limits)'], ['', 'has 980 more unknown fields']])
})

test('the name of an unknown field is escaped in its pointer', () => {
  expect(errorsOf({ name: 'a', 'x/y~z': 1 })).toEqual([['/x~1y~0z', 'is unknown (there are name, limits)']])
})

test.each([undefined, null, [], 'text', 5, true])('a body that is %j must be a JSON object', body => {
  expect(errorsOf(body)).toEqual([['', 'must be a JSON object']])
})

test('an inner value that is no object must be one', () => {
  expect(errorsOf({ name: 'a', limits: [] })).toEqual([['/limits', 'must be a JSON object']])
})

test('names that every JavaScript object has are unknown fields like any other', () => {
  expect(errorsOf(JSON.parse('{"name":"a","__proto__":{"admin":true},"constructor":1,"toString":2}')).map(([pointer]) => pointer).sort())
    .toEqual(['/__proto__', '/constructor', '/toString'])
})

test('a field far from every known one is answered with all of them', () => {
  expect(unknownField('webhook', ['prompt', 'seed'])).toBe('is unknown (there are prompt, seed)')
})
