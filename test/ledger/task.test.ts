// The life of a task: every state against everything that can be seen of it, and what becomes of the money.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CHARGE_FAILED, REFUND_FAILED } from '../contract/open-ledger.ts'
import {
  advance, isRunning, TASK_STATES, TASK_STATUSES, type Money, type ObservedTask, type Resolution, type Task, type TaskState
} from '../../src/ledger/task.ts'
import { accepted, aTask, bodyOf, newTaskId, VIDEOS, wholeBody } from '../support/tasks.ts'

type Seen = Resolution | ObservedTask

const SEEN: ReadonlyArray<[string, Seen]> = [
  ['accepted as pending', accepted('pending')],
  ['accepted as processing', accepted('processing')],
  ['accepted as completed', accepted('completed')],
  ['accepted as failed', accepted('failed')],
  ['refused', { kind: 'refused' }],
  ['unsent', { kind: 'unsent' }],
  ['unknown', { kind: 'unknown' }],
  ['pending', { kind: 'status', body: wholeBody('pending') }],
  ['processing', { kind: 'status', body: wholeBody('processing') }],
  ['completed', { kind: 'status', body: wholeBody('completed') }],
  ['failed', { kind: 'status', body: wholeBody('failed') }],
  ['deleted before it began', { kind: 'deleted', begun: false }],
  ['deleted after it began', { kind: 'deleted', begun: true }],
  ['nothing', { kind: 'nothing' }],
  ['about to be deleted', { kind: 'deleting', begun: false }],
  ['decided to be spent', { kind: 'decided', as: 'spent' }],
  ['decided to be refunded', { kind: 'decided', as: 'refunded' }],
  ['given up', { kind: 'given-up' }]
]

const SAME = '='
const NEVER_MOVES = SEEN.map(() => SAME)
const THE_TRUTH_AFTER_ALL = ['completed spent', 'failed refunded', 'refused refunded', 'unsent refunded']
const SEVEN_LATE_ANSWERS = NEVER_MOVES.slice(0, 7)

/** By state and money: what each entry of SEEN makes of it, in that order. */
const TABLE: ReadonlyArray<[TaskState, Money, readonly string[]]> = [
  ['submitting', 'held', [
    'pending held', 'processing held', 'completed spent', 'failed refunded', 'refused refunded', 'unsent refunded', 'unknown held',
    SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME, SAME
  ]],
  ['pending', 'held', [...SEVEN_LATE_ANSWERS,
    'pending held', 'processing held', 'completed spent', 'failed refunded', 'deleted refunded', 'deleted spent', SAME, 'pending held', SAME, SAME, 'expired spent'
  ]],
  ['pending', 'spent', [...SEVEN_LATE_ANSWERS,
    'pending spent', 'processing spent', 'completed spent', 'failed refunded', 'deleted refunded', 'deleted spent', SAME, 'pending spent', SAME, SAME, 'expired spent'
  ]],
  ['processing', 'held', [...SEVEN_LATE_ANSWERS,
    'pending held', 'processing held', 'completed spent', 'failed refunded', 'deleted refunded', 'deleted spent', SAME, 'processing held', SAME, SAME, 'expired spent'
  ]],
  ['completed', 'spent', [...NEVER_MOVES.slice(0, 11), 'deleted spent', 'deleted spent', SAME, SAME, SAME, SAME, SAME]],
  ['failed', 'refunded', [...NEVER_MOVES.slice(0, 11), 'deleted refunded', 'deleted refunded', SAME, SAME, SAME, SAME, SAME]],
  ['failed', 'spent', [...NEVER_MOVES.slice(0, 11), 'deleted spent', 'deleted spent', SAME, SAME, SAME, SAME, SAME]],
  ['refused', 'refunded', NEVER_MOVES],
  ['unsent', 'refunded', NEVER_MOVES],
  ['unknown', 'held', ['pending held', 'processing held', ...THE_TRUTH_AFTER_ALL, ...NEVER_MOVES.slice(6, 15), 'unknown spent', 'unknown refunded', SAME]],
  ['unknown', 'spent', ['pending spent', 'processing spent', ...THE_TRUTH_AFTER_ALL, ...NEVER_MOVES.slice(6)]],
  ['unknown', 'refunded', ['pending held', 'processing held', ...THE_TRUTH_AFTER_ALL, ...NEVER_MOVES.slice(6)]],
  ['deleted', 'spent', NEVER_MOVES],
  ['deleted', 'refunded', NEVER_MOVES],
  ['expired', 'spent', NEVER_MOVES],
  ['expired', 'refunded', NEVER_MOVES]
]

/** A task in that state, which cannot be changed in place. */
function frozen (state: TaskState, money: Money): Task {
  const known = state !== 'submitting' && state !== 'unknown' && state !== 'refused' && state !== 'unsent'
  const task = aTask({ state, money, ...(known ? { taskId: newTaskId(), credential: 'c0ffee00', body: wholeBody('processing') } : {}) })
  Object.freeze(task.counted)
  Object.freeze(task.body)
  return Object.freeze(task)
}

const CASES = TABLE.flatMap(([state, money, row]) => SEEN.map(([name, seen], column) => ({ state, money, name, seen, expected: row[column] ?? 'missing' })))

test.each(CASES)('a $state task whose money is $money, seen as "$name": $expected', ({ state, money, seen, expected }) => {
  const before = frozen(state, money)
  const after = advance(before, seen, REFUND_FAILED)
  if (expected === SAME) expect(after).toBe(before)
  else expect(`${after.state} ${after.money}`).toBe(expected)
})

test('the table has a row for every state, and a column for everything that can be seen but one "no such task", which is no verdict', () => {
  expect(new Set(TABLE.map(([state]) => state))).toEqual(new Set(TASK_STATES))
  expect(TABLE.map(([, , row]) => row.length)).toEqual(TABLE.map(() => SEEN.length))
  expect(new Set(SEEN.map(([, { kind }]) => kind))).toEqual(new Set(['accepted', 'refused', 'unsent', 'unknown', 'status', 'deleted', 'nothing', 'deleting', 'decided', 'given-up']))
})

test.each(CASES.filter(({ expected }) => expected.startsWith('failed')))('where failed tasks are charged, a $state task whose money is $money, seen as "$name", is failed and spent', ({ state, money, seen }) => {
  expect(advance(frozen(state, money), seen, CHARGE_FAILED)).toMatchObject({ state: 'failed', money: 'spent' })
})

test.each(CASES.filter(({ expected }) => !expected.startsWith('failed')))('where failed tasks are charged, a $state task seen as "$name" moves as ever', ({ state, money, seen }) => {
  const before = frozen(state, money)
  expect(advance(before, seen, CHARGE_FAILED)).toEqual(advance(before, seen, REFUND_FAILED))
})

test.each(CASES)('seeing a $state task whose money is $money as "$name" a second time changes nothing more', ({ state, money, seen }) => {
  const once = advance(frozen(state, money), seen, REFUND_FAILED)
  expect(advance(once, seen, REFUND_FAILED)).toEqual(once)
})

test.each(CASES)('a $state task seen as "$name" keeps its owner, price and times', ({ state, money, seen }) => {
  const before = frozen(state, money)
  const after = advance(before, seen, REFUND_FAILED)
  const { taskId, state: next, money: settled, credential, body, looksWithoutMedia, deleting } = after
  expect(after).toEqual({ ...before, taskId, state: next, money: settled, credential, body, looksWithoutMedia, deleting })
})

const RANK: Readonly<Record<TaskState, number>> = {
  submitting: 0, unknown: 1, pending: 2, processing: 2, completed: 3, failed: 3, refused: 3, unsent: 3, expired: 3, deleted: 4
}

test('no history without a decision moves a task backwards, and its money settles at most once', () => {
  const withoutDecision = SEEN.filter(([, { kind }]) => kind !== 'decided')
  fc.assert(fc.property(fc.array(fc.constantFrom(...withoutDecision), { maxLength: 20 }), fc.boolean(), (history, chargeFailedTasks) => {
    let task = frozen('submitting', 'held')
    let settlements = 0
    for (const [, seen] of history) {
      const next = advance(task, seen, { ...REFUND_FAILED, chargeFailedTasks })
      expect(RANK[next.state]).toBeGreaterThanOrEqual(RANK[task.state])
      if (next.money !== task.money) settlements++
      task = Object.freeze(next)
    }
    expect(settlements).toBeLessThanOrEqual(1)
    expect(task.money === 'held').toBe(RANK[task.state] < 3)
  }), { numRuns: 500 })
})

test('no history, decisions included, moves a task backwards or settles the money of an ended task again', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom(...SEEN), { maxLength: 20 }), history => {
    let task = frozen('submitting', 'held')
    for (const [, seen] of history) {
      const next = advance(task, seen, REFUND_FAILED)
      expect(RANK[next.state]).toBeGreaterThanOrEqual(RANK[task.state])
      if (RANK[task.state] >= 3) expect(next.money).toBe(task.money)
      task = Object.freeze(next)
    }
  }), { numRuns: 500 })
})

test('an accepted task has upstream\'s id, the credential that made it and upstream\'s body', () => {
  const seen = accepted('pending')
  expect(advance(frozen('submitting', 'held'), seen, REFUND_FAILED)).toMatchObject({ taskId: seen.taskId, credential: seen.credential, body: seen.body })
})

test('an unknown outcome learns the credential that it was sent with, though the sweep was first, and keeps it', () => {
  const swept = advance(frozen('submitting', 'held'), { kind: 'unknown' }, REFUND_FAILED)
  expect(swept.credential).toBe(null)
  const known = advance(swept, { kind: 'unknown', credential: 'c0ffee00' }, REFUND_FAILED)
  expect(known).toMatchObject({ state: 'unknown', money: 'held', credential: 'c0ffee00' })
  expect(advance(known, { kind: 'unknown', credential: 'decaf000' }, REFUND_FAILED)).toBe(known)
})

test('an accepted task keeps the id and credential that it had first', () => {
  const first = advance(frozen('submitting', 'held'), accepted('pending'), REFUND_FAILED)
  expect(advance(first, accepted('processing'), REFUND_FAILED)).toBe(first)
})

test.each(TASK_STATUSES)('the body of a task seen as %s is what upstream said', status => {
  const body = bodyOf(status, { videos: VIDEOS, note: 'kept' })
  expect(advance(frozen('pending', 'held'), { kind: 'status', body }, REFUND_FAILED).body).toEqual(body)
})

test('a deleted task has no body any more', () => {
  expect(advance(frozen('pending', 'held'), { kind: 'deleted', begun: false }, REFUND_FAILED).body).toBe(null)
  expect(advance(frozen('completed', 'spent'), { kind: 'deleted', begun: true }, REFUND_FAILED).body).toBe(null)
})

test('a task completed without media stays processing for five looks, holds its money, and completes at the sixth', () => {
  const empty: Seen = { kind: 'status', body: bodyOf('completed', { videos: [] }) }
  let task = frozen('processing', 'held')
  for (let look = 1; look <= 5; look++) {
    task = advance(task, empty, REFUND_FAILED)
    expect(task, `look ${look}`).toMatchObject({ state: 'processing', money: 'held', looksWithoutMedia: look, body: { task_info: { status: 'processing' } } })
  }
  expect(advance(task, empty, REFUND_FAILED)).toMatchObject({ state: 'completed', money: 'spent', body: { task_info: { status: 'completed' } } })
})

test('a task completed without media completes as soon as there are any', () => {
  const waiting = advance(frozen('processing', 'held'), { kind: 'status', body: bodyOf('completed') }, REFUND_FAILED)
  expect(waiting.state).toBe('processing')
  expect(advance(waiting, { kind: 'status', body: wholeBody('completed') }, REFUND_FAILED)).toMatchObject({ state: 'completed', money: 'spent' })
})

test.each([
  [{ videos: VIDEOS }, 'completed'],
  [{ images: VIDEOS }, 'completed'],
  [{ audios: VIDEOS }, 'completed'],
  [{ videos: [], images: VIDEOS }, 'completed'],
  [{}, 'processing'],
  [{ videos: [] }, 'processing'],
  [{ videos: null }, 'processing'],
  [{ videos: 'https://media.example/a.mp4' }, 'processing'],
  [{ outputs: VIDEOS }, 'processing']
])('a task said to be completed with %j is %s', (media, state) => {
  expect(advance(frozen('processing', 'held'), { kind: 'status', body: bodyOf('completed', media) }, REFUND_FAILED).state).toBe(state)
})

test('a task accepted as completed without media waits for them too', () => {
  const seen: Seen = { ...accepted('completed'), body: bodyOf('completed') }
  expect(advance(frozen('submitting', 'held'), seen, REFUND_FAILED)).toMatchObject({ state: 'processing', money: 'held', looksWithoutMedia: 1 })
})

test('running are the tasks that upstream has and has not finished', () => {
  expect(TASK_STATES.filter(state => isRunning(aTask({ state })))).toEqual(['pending', 'processing'])
})
