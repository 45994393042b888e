// The ids that hold a task.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SIZES } from '../../src/simulator/sizes.ts'
import { FATES, mintTaskId, readTaskId } from '../../src/simulator/task-id.ts'

const TASKS = fc.record({
  account: fc.integer({ min: 0, max: 2 ** 16 - 1 }),
  createdAtMs: fc.integer({ min: 0, max: 2 ** 42 - 1 }),
  size: fc.constantFrom(...SIZES),
  fate: fc.constantFrom(...FATES)
})

test('an id gives back the facts it was made from, and looks like a random UUID', () => {
  fc.assert(fc.property(TASKS, facts => {
    const id = mintTaskId(facts)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(readTaskId(id)).toEqual(facts)
  }))
})

test('a thousand tasks that are alike to the millisecond have a thousand ids, which share no first digits', () => {
  const facts = { account: 1, createdAtMs: Date.UTC(2026, 8, 21), size: '832*480', fate: 'completes' } as const
  const ids = Array.from({ length: 1000 }, () => mintTaskId(facts))
  expect(new Set(ids).size).toBe(1000)
  expect(new Set(ids.map(id => id.charAt(0))).size).toBe(16)
  expect(new Set(ids.map(id => id.charAt(24))).size).toBe(16)
})

test('a fact that does not fit its bits is refused, not cut', () => {
  const facts = { account: 1, createdAtMs: 0, size: '832*480', fate: 'completes' } as const
  expect(() => mintTaskId({ ...facts, account: 2 ** 16 })).toThrow(RangeError)
  expect(() => mintTaskId({ ...facts, createdAtMs: 2 ** 42 })).toThrow(RangeError)
  expect(() => mintTaskId({ ...facts, createdAtMs: -1 })).toThrow(RangeError)
})
