// When a sum that differs from its tasks is a mistake: not where it, or they, may have gone already.
import { expect, test } from 'vitest'
import type { KeyId } from '../../src/kernel/ids.ts'
import { keepingOf, keptAfter } from '../../src/ledger/keeping.ts'
import { mismatchesIn } from '../../src/ledger/recount.ts'
import { EMPTY_FIGURES } from '../../src/ledger/report.ts'
import type { SumId } from '../../src/ledger/sum.ts'

const DAY_MS = 86_400_000
const KEEPING = keepingOf({
  taskRetentionMs: 400 * DAY_MS,
  usageRetentionMs: 30 * DAY_MS,
  rules: { chargeFailedTasks: false, unknownHoldMs: DAY_MS, unknownHoldEnd: 'spent', taskDeadlineMs: DAY_MS }
})
const DAY: SumId = { kind: 'usage_day', account: 'ads', day: '2026-11-22', lineage: 'key_1' as KeyId, model: 'vendor/model' }

function missedAt (time: string): number {
  return mismatchesIn({ id: DAY, stored: undefined, counted: { ...EMPTY_FIGURES, tasks: 1 } }, { nowMs: Date.parse(time), teamSinceMs: 0, completeSinceMs: 0, keeping: KEEPING }).length
}

test('a day of the report is missed for as long as no store may drop it, though its tasks are kept for longer', () => {
  expect(missedAt('2026-11-22T12:00:00Z')).toBe(1)
  expect(missedAt('2026-12-23T00:00:00Z')).toBe(1)
  // The day began on 2026-11-21T10:00:00Z in the zone that is furthest ahead.
  expect(missedAt('2026-12-23T10:00:00Z')).toBe(0)
  expect(missedAt('2026-12-25T00:00:00Z')).toBe(0)
})

test('what holds more than its tasks is a mistake only where all of them must be there', () => {
  const moreAt = (completeSinceMs: number): number => mismatchesIn({ id: DAY, stored: { ...EMPTY_FIGURES, tasks: 1 }, counted: EMPTY_FIGURES }, {
    nowMs: Date.parse('2026-11-23T12:00:00Z'), teamSinceMs: 0, completeSinceMs, keeping: KEEPING
  }).length
  expect(moreAt(0)).toBe(1)
  expect(moreAt(Date.parse('2026-11-22T12:00:00Z'))).toBe(0)
})

test('when tasks begin to be kept for longer, those that have gone do not come back', () => {
  const week = keptAfter(undefined, { taskMs: 7 * DAY_MS, nowMs: 100 * DAY_MS })
  expect(week).toEqual({ taskMs: 7 * DAY_MS, completeSinceMs: 0 })
  const month = keptAfter(week, { taskMs: 30 * DAY_MS, nowMs: 110 * DAY_MS })
  expect(month).toEqual({ taskMs: 30 * DAY_MS, completeSinceMs: 103 * DAY_MS })
  const shorter = keptAfter(month, { taskMs: 10 * DAY_MS, nowMs: 111 * DAY_MS })
  expect(shorter).toEqual({ taskMs: 10 * DAY_MS, completeSinceMs: 103 * DAY_MS })
  expect(keptAfter(shorter, { taskMs: 20 * DAY_MS, nowMs: 150 * DAY_MS })).toEqual({ taskMs: 20 * DAY_MS, completeSinceMs: 140 * DAY_MS })
  expect(keptAfter(month, { taskMs: 30 * DAY_MS, nowMs: 200 * DAY_MS })).toEqual(month)
})
