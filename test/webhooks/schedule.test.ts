// The pauses between attempts: those of the Standard Webhooks specification, never shorter.
import { expect, test } from 'vitest'
import { pauseAfter } from '../../src/webhooks/schedule.ts'

const HOUR_S = 3600
const PAUSES_S = [5, 300, 1800, 2 * HOUR_S, 5 * HOUR_S, 10 * HOUR_S, 14 * HOUR_S, 20 * HOUR_S, 24 * HOUR_S]

test('there are ten attempts, with the pauses of the specification', () => {
  expect(PAUSES_S.map((_, index) => pauseAfter(index + 1, 0, 0))).toEqual(PAUSES_S.map(seconds => seconds * 1000))
  expect(pauseAfter(10)).toBe(undefined)
  expect(pauseAfter(11)).toBe(undefined)
})

test('each pause is up to a fifth longer by chance', () => {
  expect(PAUSES_S.map((_, index) => pauseAfter(index + 1, 0, 1))).toEqual(PAUSES_S.map(seconds => seconds * 1200))
  const pauses = new Set(Array.from({ length: 100 }, () => pauseAfter(4)))
  expect(pauses.size).toBeGreaterThan(50)
})

test('what a receiver asks for is waited for if it is longer than the pause, up to a day, and makes no attempt more', () => {
  expect(pauseAfter(1, 60_000, 0)).toBe(60_000)
  expect(pauseAfter(2, 60_000, 0)).toBe(300_000)
  expect(pauseAfter(1, 86_399_999, 0)).toBe(86_399_999)
  expect(pauseAfter(1, 864_000_000, 0)).toBe(86_400_000)
  expect(pauseAfter(10, 60_000)).toBe(undefined)
})
