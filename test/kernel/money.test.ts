// Money: decimal strings outside, whole micro-dollars inside.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatUsd, parseUsd } from '../../src/kernel/money.ts'

const MICROS_MAX = 999_999_999_999_999

test.each([
  ['0', 0],
  ['0.50', 500_000],
  ['0.5', 500_000],
  ['150', 150_000_000],
  ['150.00', 150_000_000],
  ['0.000001', 1],
  ['10.000010', 10_000_010],
  ['999999999.999999', MICROS_MAX]
])('the amount %s is %d micro-dollars', (text, micros) => {
  expect(parseUsd(text)).toBe(micros)
})

test.each([
  '', ' ', '.', '.5', '5.', '1.0000000', '1000000000', '00', '01', '-1', '+1', '1e3', '1,5', '1 000', ' 1', '1 ', '1\n', '$1', '0x10', 'NaN', 'Infinity', '١', '1.2.3'
])('%j is no amount of money', text => {
  expect(parseUsd(text)).toBe(undefined)
})

test.each([
  [0, '0.00'],
  [-0, '0.00'],
  [1, '0.000001'],
  [100_000, '0.10'],
  [500_000, '0.50'],
  [1_234_500, '1.2345'],
  [150_000_000, '150.00'],
  [10_000_010, '10.00001'],
  [-500_000, '-0.50'],
  [-1, '-0.000001'],
  [MICROS_MAX, '999999999.999999']
])('%d micro-dollars are written %s', (micros, text) => {
  expect(formatUsd(micros)).toBe(text)
})

test('every amount is read back as it was written, with two to six digits behind the point', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: MICROS_MAX }), micros => {
    const text = formatUsd(micros)
    expect(text).toMatch(/^\d+\.\d{2,6}$/)
    expect(parseUsd(text)).toBe(micros)
  }))
})

test('an amount and its debt are written alike but for the sign', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: MICROS_MAX }), micros => {
    expect(formatUsd(-micros)).toBe(`-${formatUsd(micros)}`)
  }))
})

test('however an amount is written, it is an integer of micro-dollars that no rounding touched', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 999_999_999 }), fc.stringMatching(/^\d{1,6}$/), (whole, fraction) => {
    expect(parseUsd(`${whole}.${fraction}`)).toBe(whole * 1_000_000 + Number(fraction.padEnd(6, '0')))
  }))
})
