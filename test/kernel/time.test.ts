// How a moment is written outside.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/kernel/clock.ts'
import { rfc3339, rfc3339In } from '../../src/kernel/time.ts'

test('a moment is written in UTC with milliseconds', () => {
  expect(rfc3339(Date.parse('2026-11-22T23:00:00.007+01:00'))).toBe('2026-11-22T22:00:00.007Z')
})

test.each([
  ['Europe/Berlin', '2026-11-22T23:00:00Z', '2026-11-23T00:00:00+01:00'],
  ['Europe/Berlin', '2026-07-01T00:00:00Z', '2026-07-01T02:00:00+02:00'],
  ['UTC', '2026-12-01T00:00:00Z', '2026-12-01T00:00:00+00:00'],
  ['Asia/Kolkata', '2026-11-22T18:30:00Z', '2026-11-23T00:00:00+05:30'],
  ['America/St_Johns', '2026-11-22T03:30:00Z', '2026-11-22T00:00:00-03:30']
])('in %s the moment %s is written %s', (timeZone, moment, text) => {
  expect(rfc3339In(timeZone, Date.parse(moment))).toBe(text)
})

test('a moment written in any zone is the same moment when it is read, to the second', () => {
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/New_York')
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 })
  fc.assert(fc.property(zones, seconds, fc.integer({ min: 0, max: 999 }), (zone, second, ms) => {
    expect(Date.parse(rfc3339In(zone, second * 1000 + ms))).toBe(second * 1000)
    expect(Date.parse(rfc3339(second * 1000 + ms))).toBe(second * 1000 + ms)
  }))
})

test('the system\'s clock tells milliseconds since the Unix epoch', () => {
  const before = Date.now()
  const told = systemClock.nowMs()
  expect(told).toBeGreaterThanOrEqual(before)
  expect(told).toBeLessThanOrEqual(Date.now())
})
