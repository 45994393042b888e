// Tasks that upstream does not know any more, or never finishes.
import { expect, test } from 'vitest'
import { advance, type ObservedTask, type Task } from '../../src/ledger/task.ts'
import { REFUND_FAILED } from '../contract/open-ledger.ts'
import { aTask, bodyOf, wholeBody } from '../support/tasks.ts'

const MINUTE_MS = 60_000
const RULES = REFUND_FAILED

function running (): Task { return aTask({ state: 'processing', money: 'held', body: bodyOf('processing') }) }

function after (seen: readonly ObservedTask[], rules = RULES): Task { return seen.reduce<Task>((task, each) => advance(task, each, rules), running()) }

function missingAt (...minutes: number[]): ObservedTask[] { return minutes.map(minute => ({ kind: 'missing', atMs: minute * MINUTE_MS })) }

test.each([
  ['one', [0]],
  ['two, however far apart', [0, 60]],
  ['three within less than ten minutes', [0, 5, 9.99]],
  ['many within less than ten minutes', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]
])('%s "no such task" is no verdict', (_what, minutes) => {
  expect(after(missingAt(...minutes))).toMatchObject({ state: 'processing', money: 'held' })
})

test.each([['three over ten minutes', [0, 5, 10]], ['many over ten minutes', [0, 1, 2, 3, 4, 10]]])('%s are: the task expires', (_what, minutes) => {
  expect(after(missingAt(...minutes))).toMatchObject({ state: 'expired', money: 'spent' })
})

test('a task that is seen in between is not missing any more', () => {
  expect(after([...missingAt(0, 5), { kind: 'status', body: bodyOf('processing') }, ...missingAt(10, 15)])).toMatchObject({ state: 'processing', misses: { times: 2, sinceMs: 10 * MINUTE_MS } })
})

test.each(['spent', 'refunded'] as const)('the price of a task that expired is %s, as the rule for what nobody can tell about says', unknownHoldEnd => {
  const rules = { ...RULES, unknownHoldEnd }
  expect(after(missingAt(0, 5, 10), rules)).toMatchObject({ state: 'expired', money: unknownHoldEnd })
  expect(after([{ kind: 'given-up' }], rules)).toMatchObject({ state: 'expired', money: unknownHoldEnd })
})

test.each([
  ['before it began', [{ kind: 'deleting', begun: false }], 'refunded'],
  ['after it began', [{ kind: 'deleting', begun: true }], 'spent'],
  ['before it began, as was thought, and that was seen to begin since', [{ kind: 'deleting', begun: false }, { kind: 'status', body: bodyOf('processing') }], 'spent']
] as const)('a task whose delete nobody answered, sent %s, was deleted if upstream does not know it any more', (_what, seen, money) => {
  const history: ObservedTask[] = [{ kind: 'status', body: bodyOf('pending') }, ...seen, ...missingAt(0, 5, 10)]
  for (const unknownHoldEnd of ['spent', 'refunded'] as const) expect(after(history, { ...RULES, unknownHoldEnd })).toMatchObject({ state: 'deleted', money })
})

test('a task whose delete was refused, or that is never finished, expires as any other', () => {
  const deleting: ObservedTask[] = [{ kind: 'status', body: bodyOf('pending') }, { kind: 'deleting', begun: false }]
  expect(after([...deleting, { kind: 'deleting', begun: null }, ...missingAt(0, 5, 10)])).toMatchObject({ state: 'expired', money: 'spent' })
  expect(after([...deleting, { kind: 'given-up' }])).toMatchObject({ state: 'expired', money: 'spent' })
})

test('a task that has ended is neither missing nor given up', () => {
  const ended = advance(running(), { kind: 'status', body: wholeBody('completed') }, RULES)
  for (const seen of [...missingAt(0), { kind: 'given-up' } as const]) expect(advance(ended, seen, RULES)).toBe(ended)
})

test('what is seen of a task after it expired changes nothing: its money is settled', () => {
  const expired = after([{ kind: 'given-up' }])
  for (const status of ['processing', 'completed', 'failed'] as const) expect(advance(expired, { kind: 'status', body: wholeBody(status) }, RULES)).toBe(expired)
})
