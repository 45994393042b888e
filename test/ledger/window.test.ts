// Calendar windows: which one a moment lies in, and where it begins and ends.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boundsOf, windowAt, type Period } from '../../src/ledger/window.ts'
import { present } from '../support/present.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

function at (moment: string): number { return Date.parse(moment) }

/** The window of a moment with its ends as text in UTC. */
function windowOf (per: Period, timeZone: string, moment: string): [string, string, string] {
  const { label, startsAtMs, endsAtMs } = windowAt(per, timeZone, at(moment))
  return [label, new Date(startsAtMs).toISOString(), new Date(present(endsAtMs)).toISOString()]
}

function hoursOf (per: Period, timeZone: string, moment: string): number {
  const { startsAtMs, endsAtMs } = windowAt(per, timeZone, at(moment))
  return (present(endsAtMs) - startsAtMs) / HOUR_MS
}

test.each([
  ['minute', '2026-11-22T15:04:05.678Z', '2026-11-22T15:04Z', '2026-11-22T15:04:00.000Z', '2026-11-22T15:05:00.000Z'],
  ['minute', '2026-11-22T15:04:00.000Z', '2026-11-22T15:04Z', '2026-11-22T15:04:00.000Z', '2026-11-22T15:05:00.000Z'],
  ['minute', '2026-12-31T23:59:59.999Z', '2026-12-31T23:59Z', '2026-12-31T23:59:00.000Z', '2027-01-01T00:00:00.000Z'],
  ['hour', '2026-11-22T15:04:05.678Z', '2026-11-22T15Z', '2026-11-22T15:00:00.000Z', '2026-11-22T16:00:00.000Z'],
  ['hour', '2026-11-22T23:59:59.999Z', '2026-11-22T23Z', '2026-11-22T23:00:00.000Z', '2026-11-23T00:00:00.000Z']
] as const)('a %s is counted by UTC in every zone: %s', (per, moment, ...window) => {
  for (const timeZone of ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Asia/Kathmandu']) {
    expect(windowOf(per, timeZone, moment), timeZone).toEqual(window)
  }
})

test('the total is one window without an end', () => {
  expect(windowAt('total', 'Europe/Berlin', at('2026-11-22T12:00:00Z'))).toEqual({ per: 'total', label: 'total', startsAtMs: 0, endsAtMs: null })
})

test.each([
  ['UTC', '2026-11-22T23:59:59.999Z', '2026-11-22', '2026-11-22T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
  ['Europe/Berlin', '2026-11-22T22:59:59.999Z', '2026-11-22', '2026-11-21T23:00:00.000Z', '2026-11-22T23:00:00.000Z'],
  ['Europe/Berlin', '2026-11-22T23:00:00.000Z', '2026-11-23', '2026-11-22T23:00:00.000Z', '2026-11-23T23:00:00.000Z'],
  ['America/Los_Angeles', '2026-11-22T07:59:59.999Z', '2026-11-21', '2026-11-21T08:00:00.000Z', '2026-11-22T08:00:00.000Z'],
  ['Asia/Kolkata', '2026-11-22T18:30:00.000Z', '2026-11-23', '2026-11-22T18:30:00.000Z', '2026-11-23T18:30:00.000Z'],
  ['Asia/Kathmandu', '2026-11-22T18:14:59.999Z', '2026-11-22', '2026-11-21T18:15:00.000Z', '2026-11-22T18:15:00.000Z'],
  ['Pacific/Kiritimati', '2026-11-22T10:00:00.000Z', '2026-11-23', '2026-11-22T10:00:00.000Z', '2026-11-23T10:00:00.000Z']
])('a day in %s begins at the midnight of that place: %s', (timeZone, moment, ...window) => {
  expect(windowOf('day', timeZone, moment)).toEqual(window)
})

test.each([
  ['Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-28', 24],
  ['Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-29', 23],
  ['Europe/Berlin', '2026-03-30T12:00:00Z', '2026-03-30', 24],
  ['Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-24', 24],
  ['Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-25', 25],
  ['Europe/Berlin', '2026-10-26T12:00:00Z', '2026-10-26', 24],
  ['Australia/Lord_Howe', '2026-04-04T18:00:00Z', '2026-04-05', 24.5],
  ['Australia/Lord_Howe', '2026-10-03T18:00:00Z', '2026-10-04', 23.5],
  // Clocks that change at midnight: the day begins at 01:00, or has the hour before or after midnight twice.
  ['America/Sao_Paulo', '2018-11-04T12:00:00Z', '2018-11-04', 23],
  ['America/Sao_Paulo', '2018-02-17T12:00:00Z', '2018-02-17', 25],
  ['Africa/Cairo', '2026-04-24T12:00:00Z', '2026-04-24', 23],
  ['Africa/Cairo', '2026-10-29T12:00:00Z', '2026-10-29', 25],
  ['Asia/Beirut', '2026-03-29T12:00:00Z', '2026-03-29', 23],
  ['America/Havana', '2026-03-08T12:00:00Z', '2026-03-08', 23],
  ['America/Havana', '2026-11-01T12:00:00Z', '2026-11-01', 25],
  ['Atlantic/Azores', '2026-03-29T12:00:00Z', '2026-03-29', 23],
  ['Atlantic/Azores', '2026-10-25T12:00:00Z', '2026-10-25', 25]
])('in %s the day of %s is %s and has %d hours', (timeZone, moment, label, hours) => {
  expect(windowAt('day', timeZone, at(moment)).label).toBe(label)
  expect(hoursOf('day', timeZone, moment)).toBe(hours)
})

test('a day without a midnight begins with its first moment, which is 01:00', () => {
  expect(windowOf('day', 'America/Sao_Paulo', '2018-11-04T03:00:00Z')).toEqual(['2018-11-04', '2018-11-04T03:00:00.000Z', '2018-11-05T02:00:00.000Z'])
  expect(windowOf('day', 'America/Sao_Paulo', '2018-11-04T02:59:59.999Z')).toEqual(['2018-11-03', '2018-11-03T03:00:00.000Z', '2018-11-04T03:00:00.000Z'])
  expect(windowOf('day', 'Africa/Cairo', '2026-04-23T22:00:00Z')).toEqual(['2026-04-24', '2026-04-23T22:00:00.000Z', '2026-04-24T21:00:00.000Z'])
})

test('a day whose midnight was skipped half an hour before it begins with its first moment, which is 00:30', () => {
  expect(windowOf('day', 'America/Toronto', '1919-03-31T12:00:00Z')).toEqual(['1919-03-31', '1919-03-31T04:30:00.000Z', '1919-04-01T04:00:00.000Z'])
})

test('a day with two midnights begins with the first of them', () => {
  expect(windowOf('day', 'America/Havana', '2026-11-01T04:30:00Z')).toEqual(['2026-11-01', '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'])
  expect(windowOf('day', 'America/Havana', '2026-11-01T05:30:00Z')).toEqual(['2026-11-01', '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'])
})

test('a day that a place left out of its calendar is in no window, and its neighbours meet', () => {
  const before = windowAt('day', 'Pacific/Apia', at('2011-12-30T09:59:59.999Z'))
  const after = windowAt('day', 'Pacific/Apia', at('2011-12-30T10:00:00Z'))
  expect([before.label, after.label]).toEqual(['2011-12-29', '2011-12-31'])
  expect(before.endsAtMs).toBe(after.startsAtMs)
})

test.each([
  ['UTC', '2026-11-22T23:59:59.999Z', '2026-W47', '2026-11-16T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
  ['UTC', '2026-11-23T00:00:00.000Z', '2026-W48', '2026-11-23T00:00:00.000Z', '2026-11-30T00:00:00.000Z'],
  ['UTC', '2026-01-01T00:00:00.000Z', '2026-W01', '2025-12-29T00:00:00.000Z', '2026-01-05T00:00:00.000Z'],
  ['UTC', '2025-12-31T12:00:00.000Z', '2026-W01', '2025-12-29T00:00:00.000Z', '2026-01-05T00:00:00.000Z'],
  ['UTC', '2026-12-28T00:00:00.000Z', '2026-W53', '2026-12-28T00:00:00.000Z', '2027-01-04T00:00:00.000Z'],
  ['UTC', '2027-01-03T23:59:59.999Z', '2026-W53', '2026-12-28T00:00:00.000Z', '2027-01-04T00:00:00.000Z'],
  ['UTC', '2027-01-04T00:00:00.000Z', '2027-W01', '2027-01-04T00:00:00.000Z', '2027-01-11T00:00:00.000Z'],
  ['Europe/Berlin', '2027-01-03T23:00:00.000Z', '2027-W01', '2027-01-03T23:00:00.000Z', '2027-01-10T23:00:00.000Z'],
  ['America/New_York', '2027-01-04T04:59:59.999Z', '2026-W53', '2026-12-28T05:00:00.000Z', '2027-01-04T05:00:00.000Z']
])('a week in %s is the ISO week of that place, from Monday: %s', (timeZone, moment, ...window) => {
  expect(windowOf('week', timeZone, moment)).toEqual(window)
})

test('a week in which the clocks change has an hour less or more', () => {
  expect(hoursOf('week', 'Europe/Berlin', '2026-03-25T12:00:00Z')).toBe(167)
  expect(hoursOf('week', 'Europe/Berlin', '2026-10-25T12:00:00Z')).toBe(169)
})

test.each([
  ['UTC', '2026-02-28T23:59:59.999Z', '2026-02', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
  ['UTC', '2028-02-29T12:00:00.000Z', '2028-02', '2028-02-01T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
  ['UTC', '2026-01-31T12:00:00.000Z', '2026-01', '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
  ['UTC', '2026-12-31T23:59:59.999Z', '2026-12', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
  ['UTC', '2027-01-01T00:00:00.000Z', '2027-01', '2027-01-01T00:00:00.000Z', '2027-02-01T00:00:00.000Z'],
  ['Europe/Berlin', '2026-12-31T23:00:00.000Z', '2027-01', '2026-12-31T23:00:00.000Z', '2027-01-31T23:00:00.000Z'],
  ['Europe/Berlin', '2026-03-15T12:00:00.000Z', '2026-03', '2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z'],
  ['Asia/Kolkata', '2026-02-28T18:29:59.999Z', '2026-02', '2026-01-31T18:30:00.000Z', '2026-02-28T18:30:00.000Z']
])('a month in %s is the calendar month of that place: %s', (timeZone, moment, ...window) => {
  expect(windowOf('month', timeZone, moment)).toEqual(window)
})

const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'))
const moments = fc.integer({ min: at('2024-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') })
const bounded = fc.constantFrom<Period>('minute', 'hour', 'day', 'week', 'month')

test('every moment lies in its window, and windows follow one another without gap or overlap, in every zone', () => {
  fc.assert(fc.property(bounded, zones, moments, (per, timeZone, nowMs) => {
    const window = windowAt(per, timeZone, nowMs)
    const endsAtMs = present(window.endsAtMs)
    expect(window.startsAtMs).toBeLessThanOrEqual(nowMs)
    expect(nowMs).toBeLessThan(endsAtMs)
    expect(windowAt(per, timeZone, window.startsAtMs)).toEqual(window)
    expect(windowAt(per, timeZone, endsAtMs - 1)).toEqual(window)
    expect(windowAt(per, timeZone, endsAtMs).startsAtMs).toBe(endsAtMs)
    expect(windowAt(per, timeZone, window.startsAtMs - 1).endsAtMs).toBe(window.startsAtMs)
    expect(windowAt(per, timeZone, endsAtMs).label > window.label).toBe(true)
  }), { numRuns: 1000 })
})

test('the days around every change of the clocks follow one another without gap or overlap', () => {
  for (const timeZone of Intl.supportedValuesOf('timeZone')) {
    let dayMs = at('2026-01-01T00:00:00Z')
    while (dayMs < at('2027-01-01T00:00:00Z')) {
      const change = Temporal.Instant.fromEpochMilliseconds(dayMs).toZonedDateTimeISO(timeZone).getTimeZoneTransition('next')
      if (change === null) break
      dayMs = change.epochMilliseconds
      for (const nowMs of [dayMs - DAY_MS, dayMs - 1, dayMs, dayMs + DAY_MS]) {
        const { label, startsAtMs, endsAtMs } = windowAt('day', timeZone, nowMs)
        const where = `${timeZone} ${label}`
        expect(startsAtMs <= nowMs && nowMs < present(endsAtMs), where).toBe(true)
        expect(windowAt('day', timeZone, present(endsAtMs)).startsAtMs, where).toBe(endsAtMs)
      }
    }
  }
})

test('a day\'s label is the date that people there have on their calendars', () => {
  fc.assert(fc.property(zones, moments, (timeZone, nowMs) => {
    const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(nowMs)
    expect(windowAt('day', timeZone, nowMs).label).toBe(parts)
    expect(windowAt('month', timeZone, nowMs).label).toBe(parts.slice(0, 7))
  }), { numRuns: 200 })
})

test('a window lies within the bounds that its label tells, whatever its time zone', () => {
  const zones = fc.constantFrom('UTC', 'Pacific/Kiritimati', 'Etc/GMT+12', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/Los_Angeles')
  const periods = fc.constantFrom('hour', 'day', 'week', 'month', 'total')
  fc.assert(fc.property(zones, periods, fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') }), (timeZone, per, nowMs) => {
    const window = windowAt(per, timeZone, nowMs)
    const { fromMs, overMs, toMs } = boundsOf({ per, label: window.label })
    expect(fromMs).toBeLessThanOrEqual(window.startsAtMs)
    expect(overMs ?? Infinity).toBeLessThanOrEqual(window.endsAtMs ?? Infinity)
    expect(toMs ?? Infinity).toBeGreaterThanOrEqual(window.endsAtMs ?? Infinity)
    if (per === 'total') return
    const slackMs = per === 'hour' ? 0 : 27 * HOUR_MS
    expect(present(toMs) - fromMs).toBeLessThanOrEqual(present(window.endsAtMs) - window.startsAtMs + slackMs)
  }))
})

test('the window of a moment is the same, whatever was asked before', () => {
  const moments = fc.array(fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') }), { minLength: 2, maxLength: 6 })
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/Havana', 'Asia/Kathmandu')
  const periods = fc.constantFrom<Period>('minute', 'hour', 'day', 'week', 'month', 'total')
  fc.assert(fc.property(moments, zones, periods, (times, zone, per) => {
    const there = times.map(time => windowAt(per, zone, time))
    expect(times.toReversed().map(time => windowAt(per, zone, time))).toEqual(there.toReversed())
    for (const [place, { startsAtMs, endsAtMs }] of there.entries()) {
      const time = times[place] ?? 0
      expect(time).toBeGreaterThanOrEqual(startsAtMs)
      expect(time).toBeLessThan(endsAtMs ?? Infinity)
    }
  }))
})
