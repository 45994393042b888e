// What a task adds to the daily report.
import { expect, test } from 'vitest'
import { figuresOf, type UsageFigures } from '../../src/ledger/report.ts'
import { TASK_STATES, type Money, type TaskState } from '../../src/ledger/task.ts'

const NOTHING: UsageFigures = { tasks: 0, completed: 0, failed: 0, unknown: 0, spentMicros: 0, heldMicros: 0, refundedMicros: 0 }

function figures (state: TaskState, money: Money): UsageFigures { return figuresOf({ state, money, priceMicros: 500_000 }) }

test.each([
  ['submitting', 'held', { tasks: 1, heldMicros: 500_000 }],
  ['pending', 'held', { tasks: 1, heldMicros: 500_000 }],
  ['processing', 'held', { tasks: 1, heldMicros: 500_000 }],
  ['completed', 'spent', { tasks: 1, completed: 1, spentMicros: 500_000 }],
  ['failed', 'refunded', { tasks: 1, failed: 1, refundedMicros: 500_000 }],
  ['failed', 'spent', { tasks: 1, failed: 1, spentMicros: 500_000 }],
  ['unknown', 'held', { tasks: 1, unknown: 1, heldMicros: 500_000 }],
  ['unknown', 'spent', { tasks: 1, unknown: 1, spentMicros: 500_000 }],
  ['unknown', 'refunded', { tasks: 1, unknown: 1, refundedMicros: 500_000 }],
  ['deleted', 'refunded', { tasks: 1, refundedMicros: 500_000 }],
  ['deleted', 'spent', { tasks: 1, spentMicros: 500_000 }],
  ['expired', 'spent', { tasks: 1, spentMicros: 500_000 }],
  ['expired', 'refunded', { tasks: 1, refundedMicros: 500_000 }],
  ['refused', 'refunded', {}],
  ['unsent', 'refunded', {}]
] as const)('a %s task whose money is %s adds %j and nothing else', (state, money, added) => {
  expect(figures(state, money)).toEqual({ ...NOTHING, ...added })
})

test('the price of every task that counts stands in exactly one column', () => {
  for (const state of TASK_STATES.filter(state => state !== 'refused' && state !== 'unsent')) {
    for (const money of ['held', 'spent', 'refunded'] as const) {
      const { spentMicros, heldMicros, refundedMicros } = figures(state, money)
      expect(spentMicros + heldMicros + refundedMicros, `${state} ${money}`).toBe(500_000)
    }
  }
})
