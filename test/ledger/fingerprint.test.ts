// The short name for "the same request".
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fingerprintOf } from '../../src/ledger/fingerprint.ts'

const MODEL = 'alibaba/wan2.2-t2v-plus'
const value = fc.oneof(fc.string(), fc.integer(), fc.boolean())
const bodies = fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), value, { minKeys: 1, maxKeys: 6, noNullPrototype: true })

test('the order of the fields does not matter', () => {
  fc.assert(fc.property(bodies.chain(body => fc.tuple(fc.constant(body), fc.shuffledSubarray(Object.entries(body), { minLength: Object.keys(body).length }))), ([body, shuffled]) => {
    expect(fingerprintOf(MODEL, Object.fromEntries(shuffled))).toBe(fingerprintOf(MODEL, body))
  }))
})

test('one changed field matters, and so does its type', () => {
  fc.assert(fc.property(bodies, value, fc.nat(), (body, changed, place) => {
    const names = Object.keys(body)
    const name = names[place % names.length] ?? ''
    fc.pre(body[name] !== changed)
    expect(fingerprintOf(MODEL, { ...body, [name]: changed })).not.toBe(fingerprintOf(MODEL, body))
  }))
  expect(fingerprintOf(MODEL, { seed: 7 })).not.toBe(fingerprintOf(MODEL, { seed: '7' }))
})

test('one field more matters', () => {
  fc.assert(fc.property(bodies, value, (body, added) => {
    expect(fingerprintOf(MODEL, { ...body, more_than_eight: added })).not.toBe(fingerprintOf(MODEL, body))
  }))
})

test('the model matters', () => {
  expect(fingerprintOf('alibaba/wan2.5', { prompt: 'a cat' })).not.toBe(fingerprintOf(MODEL, { prompt: 'a cat' }))
})

test('no text in a field can pass for another field', () => {
  expect(fingerprintOf(MODEL, { prompt: 'a","seed":"7' })).not.toBe(fingerprintOf(MODEL, { prompt: 'a', seed: '7' }))
  expect(fingerprintOf(MODEL, { a: 'b,c' })).not.toBe(fingerprintOf(`${MODEL},a`, { b: 'c' }))
})

test('a fingerprint is SHA-256 in hexadecimal, the same in every version: stored ones stay comparable', () => {
  expect(fingerprintOf(MODEL, { prompt: 'a cat', duration: 5, prompt_extend: true })).toBe('502721c6b2bdd2c75c25bfe66fb68d5f301aa87afdb81395f019f074c1d48209')
})
