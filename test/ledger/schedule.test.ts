// When a task is looked at although nobody asks, and what time alone makes of it.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TaskRef } from '../../src/kernel/ids.ts'
import { dueAfter, endedByTime, isGivenUp } from '../../src/ledger/schedule.ts'
import { stepOf } from '../../src/ledger/step.ts'
import type { Task } from '../../src/ledger/task.ts'
import { REFUND_FAILED, TASK_DEADLINE_MS, UNKNOWN_HOLD_MS } from '../contract/open-ledger.ts'
import { aTask, bodyOf } from '../support/tasks.ts'

const RULES = REFUND_FAILED
const BORN_MS = Date.parse('2026-11-22T12:00:00Z')
const MINUTE_MS = 60_000

function running (settings: Partial<Task> = {}): Task {
  return aTask({ state: 'processing', money: 'held', createdAtMs: BORN_MS, updatedAtMs: BORN_MS, body: bodyOf('processing'), ...settings })
}

/** The ages, in seconds, at which a task is looked at that only the sweep looks at. */
function looksOf (ref: string, untilMs: number): number[] {
  const task = running({ ref: ref as TaskRef })
  const ages: number[] = []
  let nowMs = BORN_MS
  while (nowMs - BORN_MS < untilMs) {
    nowMs = dueAfter(task, nowMs, RULES) ?? Infinity
    ages.push((nowMs - BORN_MS) / 1000)
  }
  return ages
}

test('a task is looked at when it is 5, 10 and 20 seconds old', () => {
  expect(looksOf('tsk_00a', 20_000)).toEqual([5, 10, 20])
})

test('then about every 20 seconds, and about every minute after ten minutes, a fifth sooner or later', () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), ref => {
    const ages = looksOf(ref, 30 * MINUTE_MS)
    for (const [index, age] of ages.entries()) {
      const before = ages[index - 1]
      if (before === undefined || before < 20) continue
      const [least, most] = before < 600 ? [16, 24] : [48, 72]
      expect(age - before).toBeGreaterThanOrEqual(least)
      expect(age - before).toBeLessThanOrEqual(most)
    }
  }))
})

test('looks at many tasks that began together are spread', () => {
  const seconds = Array.from({ length: 200 }, (_, number) => Math.round(looksOf(`tsk_00${number}`, 21_000).at(-1) ?? 0))
  expect(new Set(seconds).size).toBeGreaterThanOrEqual(8)
})

test('a task of which nobody can tell whether it has ended is given up six hours after its deadline, or after it was found that upstream has it', () => {
  const deadlineMs = BORN_MS + TASK_DEADLINE_MS
  for (const [task, fromMs] of [[running(), deadlineMs], [running({ updatedAtMs: deadlineMs + 5000 }), deadlineMs + 5000]] as const) {
    expect(isGivenUp(task, fromMs + 6 * 3_600_000 - 1, { rules: RULES, isSeen: false })).toBe(false)
    expect(isGivenUp(task, fromMs + 6 * 3_600_000, { rules: RULES, isSeen: false })).toBe(true)
  }
})

test('a task is due at its deadline, however far away the next look is', () => {
  const deadlineMs = BORN_MS + TASK_DEADLINE_MS
  expect(dueAfter(running(), deadlineMs - 1000, RULES)).toBe(deadlineMs)
  expect(isGivenUp(running(), deadlineMs - 1, { rules: RULES, isSeen: true })).toBe(false)
  expect(isGivenUp(running(), deadlineMs, { rules: RULES, isSeen: true })).toBe(true)
  expect(dueAfter(running(), deadlineMs + 1000, RULES)).toBeGreaterThan(deadlineMs)
})

test.each(['completed', 'failed', 'refused', 'unsent', 'deleted', 'expired'] as const)('nothing is ever due about a %s task', state => {
  expect(dueAfter(aTask({ state, money: 'spent' }), BORN_MS, RULES)).toBe(null)
})

test('a submission is due at its own deadline, and then its outcome is unknown', () => {
  const task = aTask({ state: 'submitting', submitDeadlineMs: BORN_MS })
  expect(dueAfter(task, 0, RULES)).toBe(BORN_MS)
  expect(endedByTime(task, BORN_MS - 1, RULES)).toEqual({ kind: 'nothing' })
  expect(endedByTime(task, BORN_MS, RULES)).toEqual({ kind: 'unknown' })
})

test('the hold on an unknown outcome is due when it is over, and ends as the rule says; one that is decided is never due', () => {
  const task = aTask({ state: 'unknown', money: 'held', updatedAtMs: BORN_MS })
  expect(dueAfter(task, 0, RULES)).toBe(BORN_MS + UNKNOWN_HOLD_MS)
  expect(endedByTime(task, BORN_MS + UNKNOWN_HOLD_MS - 1, RULES)).toEqual({ kind: 'nothing' })
  for (const unknownHoldEnd of ['spent', 'refunded'] as const) {
    expect(endedByTime(task, BORN_MS + UNKNOWN_HOLD_MS, { ...RULES, unknownHoldEnd })).toEqual({ kind: 'decided', as: unknownHoldEnd, byTime: true })
  }
  expect(dueAfter({ ...task, money: 'spent' }, 0, RULES)).toBe(null)
})

test('a running task is for somebody to look at', () => {
  expect(endedByTime(running(), BORN_MS, RULES)).toBe(undefined)
})

test('an upstream that asks to be left alone is left alone for so long', () => {
  const step = stepOf(running(), { kind: 'nothing', notBeforeMs: BORN_MS + 10 * MINUTE_MS }, { rules: RULES, nowMs: BORN_MS + 30_000 })
  expect(step.after.dueAtMs).toBe(BORN_MS + 10 * MINUTE_MS)
})
