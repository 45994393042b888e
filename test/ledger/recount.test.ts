// When a sum that differs from its tasks is a mistake: not where it, or they, may have gone already.
import { expect, test } from 'vitest'
import type { KeyId } from '../../src/kernel/ids.ts'
import { keepingOf } from '../../src/ledger/keeping.ts'
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
  return mismatchesIn({ id: DAY, stored: undefined, counted: { ...EMPTY_FIGURES, tasks: 1 } }, { nowMs: Date.parse(time), teamSinceMs: 0, keeping: KEEPING }).length
}

test('a day of the report is missed for as long as no store may drop it, though its tasks are kept for longer', () => {
  expect(missedAt('2026-11-22T12:00:00Z')).toBe(1)
  expect(missedAt('2026-12-23T00:00:00Z')).toBe(1)
  // The day began on 2026-11-21T10:00:00Z in the zone that is furthest ahead.
  expect(missedAt('2026-12-23T10:00:00Z')).toBe(0)
  expect(missedAt('2026-12-25T00:00:00Z')).toBe(0)
})
