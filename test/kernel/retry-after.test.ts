// Retry-After as other servers write it.
import { expect, test } from 'vitest'
import { httpDateMs, retryAfterMs } from '../../src/kernel/retry-after.ts'

const NOW_MS = Date.parse('1994-11-06T08:49:00Z')

test.each([
  'Sun, 06 Nov 1994 08:49:37 GMT',
  'Sunday, 06-Nov-94 08:49:37 GMT',
  'Sun Nov  6 08:49:37 1994'
])('%s is a date', text => {
  expect(httpDateMs(text)).toBe(Date.parse('1994-11-06T08:49:37Z'))
  expect(retryAfterMs(text, NOW_MS)).toBe(37_000)
  expect(retryAfterMs(text, NOW_MS + 60_000)).toBe(0)
})

test.each([
  undefined, '', '1.5', '-1', '1994', '1994-11-06T08:49:37Z', 'Nov 6 1994', 'Sun, 06 Nov 1994 08:49:37', 'Sun, 06 Nov 1994 08:49:37 CET', 'Sun, 06 Nov 1994 08:49:37 +0000',
  'Sun, 99 Nov 1994 08:49:37 GMT', 'Sun, 06 Foo 1994 08:49:37 GMT', 'tomorrow', 'Tomorrow'
])('%j is no date, and asks for nothing unless it is a number of seconds', text => {
  expect(httpDateMs(text)).toBe(undefined)
  expect(retryAfterMs(text, NOW_MS)).toBe(text === '1994' ? 1_994_000 : undefined)
})

test.each([
  ['0', 0],
  ['120', 120_000],
  ['999999999', 999_999_999_000],
  ['1234567890', undefined]
])('%s seconds are %s ms', (header, ms) => {
  expect(retryAfterMs(header, NOW_MS)).toBe(ms)
})
