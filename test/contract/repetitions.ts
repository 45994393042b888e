// Part of the ledger's contract: repeated, late, retracted and abandoned orders.
import { expect, test } from 'vitest'
import type { TaskRef } from '../../src/kernel/ids.ts'
import { accepted, bodyOf } from '../support/tasks.ts'
import { openBench } from './open-bench.ts'
import { ADMIT_WITHIN_MS, IDEMPOTENCY_TTL_MS, LOOK_LEASE_MS, quota, SUBMIT_WITHIN_MS, UNKNOWN_HOLD_MS, type Bench, type Open } from './open-ledger.ts'
import type { Caller } from '../../src/teams/directory.ts'

const LOST_ANSWER_MS = 600_000
const KEYED = { idempotencyKey: 'once', prompt: 'a cat' }
const PLAIN = { prompt: 'a cat' }

/** How many tasks the caller's day counts, and how many of them are held. */
async function counted (bench: Bench, caller: Caller): Promise<[number, number]> {
  const { standings: [day] } = await bench.ledger.standing(caller)
  return [day?.used ?? NaN, day?.held ?? NaN]
}

/** The tasks that so many equal orders are told of, in this order, all of them in the place of one that was lost. */
async function takenOver (bench: Bench, caller: Caller, count: number): Promise<TaskRef[]> {
  const refs: TaskRef[] = []
  while (refs.length < count) {
    const admission = await bench.ledger.admit(bench.order(caller, PLAIN))
    if (admission.kind !== 'in-progress' || !admission.lost) throw new Error(`not taken over: ${admission.kind}`)
    refs.push(admission.ref)
  }
  return refs
}

export function repetitionsContract (open: Open): void {
  test('of fifty orders with one Idempotency-Key that are admitted at once, one is a new task', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 100))
    const admissions = await Promise.all(Array.from({ length: 50 }, () => bench.ledger.admit(bench.order(caller, KEYED))))
    expect(admissions.filter(({ kind }) => kind === 'admitted')).toHaveLength(1)
    expect(admissions.filter(({ kind }) => kind === 'in-progress')).toHaveLength(49)
    expect(await counted(bench, caller)).toEqual([1, 1])
  })

  test('an Idempotency-Key answers by what became of its first order', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 100))
    const first = await bench.admit(caller, KEYED)
    expect(await bench.ledger.admit(bench.order(caller, KEYED))).toEqual({ kind: 'in-progress', lost: false, ref: first.ref })
    expect(await bench.ledger.admit(bench.order(caller, { ...KEYED, prompt: 'a dog' }))).toEqual({ kind: 'mismatch' })

    const answer = accepted('pending')
    await bench.ledger.resolve(first, answer)
    await bench.see(first.ref, 'completed')
    expect(await bench.ledger.admit(bench.order(caller, KEYED))).toMatchObject({ kind: 'replay', lost: false, body: answer.body, task: { ref: first.ref, state: 'completed' } })

    await bench.pass(IDEMPOTENCY_TTL_MS)
    expect((await bench.ledger.admit(bench.order(caller, KEYED))).kind).toBe('admitted')
  })

  test.each(['refused', 'unsent'] as const)('an Idempotency-Key whose first order was %s is free', async kind => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    await bench.ledger.resolve(await bench.admit(caller, KEYED), { kind })
    expect((await bench.ledger.admit(bench.order(caller, KEYED))).kind).toBe('admitted')
  })

  test('an Idempotency-Key whose first order is unknown stays so, whatever time passes, until the hold ends', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const first = await bench.admit(caller, KEYED)
    await bench.ledger.resolve(first, { kind: 'unknown', credential: 'c0ffee00' })
    await bench.pass(10 * IDEMPOTENCY_TTL_MS)
    expect(await bench.ledger.admit(bench.order(caller, KEYED))).toEqual({ kind: 'unknown', lost: false, ref: first.ref })
    await bench.observe(first.ref, { kind: 'decided', as: 'refunded' })
    expect((await bench.ledger.admit(bench.order(caller, KEYED))).kind).toBe('admitted')
  })

  test('an Idempotency-Key whose first order is unknown, and is given back by time alone, stays so for as long as keys are remembered', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 100))
    const first = await bench.admit(caller, KEYED)
    await bench.ledger.resolve(first, { kind: 'unknown' })
    await bench.observe(first.ref, { kind: 'decided', as: 'refunded', byTime: true })
    expect(await counted(bench, caller)).toEqual([0, 0])
    expect(await bench.ledger.admit(bench.order(caller, KEYED))).toEqual({ kind: 'unknown', lost: false, ref: first.ref })
    expect(await bench.ledger.admit(bench.order(caller, { ...KEYED, prompt: 'a dog' }))).toEqual({ kind: 'mismatch' })
    await bench.pass(IDEMPOTENCY_TTL_MS)
    expect((await bench.ledger.admit(bench.order(caller, KEYED))).kind).toBe('admitted')
  })

  test('an unknown order that was given back by time alone, and is found to be accepted, answers for its Idempotency-Key', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const first = await bench.admit(caller, KEYED)
    await bench.ledger.resolve(first, { kind: 'unknown' })
    await bench.observe(first.ref, { kind: 'decided', as: 'refunded', byTime: true })
    const answer = accepted('pending')
    await bench.observe(first.ref, answer)
    expect(await bench.ledger.admit(bench.order(caller, KEYED))).toMatchObject({ kind: 'replay', body: answer.body, task: { ref: first.ref } })
  })

  test('an unknown order that was given back is not taken over by the next equal one, and frees its caller', async () => {
    for (const byTime of [true, undefined]) {
      const bench = await openBench(open)
      const caller = await bench.caller()
      const first = await bench.admit(caller, PLAIN)
      await bench.ledger.resolve(first, { kind: 'unknown' })
      await bench.lose(first)
      await bench.observe(first.ref, { kind: 'decided', as: 'refunded', ...byTime && { byTime } })
      await bench.lose(first)
      expect((await bench.ledger.admit(bench.order(caller, PLAIN))).kind).toBe('admitted')
    }
  })

  test('an Idempotency-Key whose first order was unknown and is accepted after all answers as that did, whatever comes of the task', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const first = await bench.admit(caller, KEYED)
    await bench.ledger.resolve(first, { kind: 'unknown' })
    const answer = accepted('pending')
    await bench.observe(first.ref, answer)
    await bench.see(first.ref, 'completed')
    expect(await bench.ledger.admit(bench.order(caller, KEYED))).toMatchObject({ kind: 'replay', body: answer.body, task: { ref: first.ref, state: 'completed' } })
  })

  test.each([['refused', { kind: 'refused' }], ['accepted', accepted('pending')]] as const)('an Idempotency-Key whose first order an operator has accepted answers so, though it is told to be %s later', async (_what, late) => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const first = await bench.admit(caller, KEYED)
    await bench.ledger.resolve(first, { kind: 'unknown' })
    const answer = accepted('pending')
    await bench.observe(first.ref, { ...answer, body: bodyOf('pending', { found: 'in the console' }) })
    await bench.ledger.resolve(first, late)
    expect(await bench.ledger.admit(bench.order(caller, KEYED))).toMatchObject({ kind: 'replay', body: { found: 'in the console' }, task: { ref: first.ref, taskId: answer.taskId } })
  })

  test('an Idempotency-Key stands until its end by the clock of whoever asks, though its outcome was known late and by a clock ahead', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    for (const knownMs of [-1, 0, 1]) {
      const keyed = { prompt: 'a cat', idempotencyKey: `known at ${knownMs}` }
      const first = await bench.admit(caller, keyed)
      await bench.pass(IDEMPOTENCY_TTL_MS + knownMs)
      await bench.ledger.resolve(first, accepted('pending'))
      await bench.pass(-1 - knownMs)
      expect(await bench.ledger.admit(bench.order(caller, keyed))).toMatchObject({ kind: 'replay', task: { ref: first.ref } })
      await bench.pass(1)
      expect((await bench.ledger.admit(bench.order(caller, keyed))).kind).toBe('admitted')
    }
  })

  test.each(['submitting', 'unknown'] as const)('an Idempotency-Key whose first order an operator found accepted while it was %s is answered for it, also after it was deleted', async state => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const { ref } = await bench.admit(caller, KEYED)
    if (state === 'unknown') await bench.observe(ref, { kind: 'unknown' })
    const answer = accepted('pending')
    await bench.observe(ref, answer)
    await bench.observe(ref, { kind: 'deleted', begun: false })
    expect(await bench.ledger.admit(bench.order(caller, KEYED))).toMatchObject({ kind: 'replay', body: answer.body, task: { ref, state: 'deleted' } })
  })

  test('an Idempotency-Key holds for its team and model, not for others', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const first = await bench.admit(caller, KEYED)
    expect(await bench.ledger.admit(bench.order(await bench.colleague(caller), KEYED))).toMatchObject({ kind: 'in-progress', ref: first.ref })
    expect((await bench.ledger.admit(bench.order(await bench.caller(), KEYED))).kind).toBe('admitted')
    expect((await bench.ledger.admit(bench.order(caller, { ...KEYED, model: 'other/model' }))).kind).toBe('admitted')
  })

  test('orders whose callers went away are taken over one by one, oldest first, by equal orders of the same key', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 100))
    const lost = [await bench.admit(caller, PLAIN), await bench.admit(caller, PLAIN)]
    for (const order of [...lost, ...lost]) await bench.lose(order)
    expect((await bench.ledger.admit(bench.order(await bench.colleague(caller), PLAIN))).kind).toBe('admitted')
    expect((await bench.ledger.admit(bench.order(caller, { prompt: 'a dog' }))).kind).toBe('admitted')

    const answers = [await bench.ledger.admit(bench.order(caller, PLAIN)), await bench.ledger.admit(bench.order(caller, PLAIN))]
    expect(answers).toEqual(lost.map(({ ref }) => ({ kind: 'in-progress', lost: true, ref })))
    expect((await bench.ledger.admit(bench.order(caller, PLAIN))).kind).toBe('admitted')
    expect(await counted(bench, caller)).toEqual([5, 5])
  })

  test('an order whose caller went away is taken over for ten minutes, as what it has become', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const { ref, order } = await bench.begin(caller, PLAIN)
    await bench.lose(order)
    expect(await bench.ledger.admit(bench.order(caller, PLAIN))).toMatchObject({ kind: 'replay', lost: true, task: { ref } })

    await bench.lose(order)
    await bench.pass(LOST_ANSWER_MS)
    expect((await bench.ledger.admit(bench.order(caller, PLAIN))).kind).toBe('admitted')
  })

  test.each(['refused', 'unsent'] as const)('an order that was %s is not taken over, whether its caller went away before or after', async kind => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const before = await bench.admit(caller, PLAIN)
    await bench.lose(before)
    await bench.ledger.resolve(before, { kind })
    await bench.lose(before)
    expect((await bench.ledger.admit(bench.order(caller, PLAIN))).kind).toBe('admitted')
  })

  test('a submission that the process before left behind is taken over, for its caller has gone too', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const { ref } = await bench.admit(caller, PLAIN)
    await bench.reopen()
    expect(await bench.ledger.admit(bench.order(caller, PLAIN))).toEqual({ kind: 'in-progress', lost: true, ref })
  })

  test('a submission that the process before left behind, and that has an Idempotency-Key, is told of by that alone', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const { ref } = await bench.admit(caller, KEYED)
    await bench.reopen()
    expect((await bench.ledger.admit(bench.order(caller, PLAIN))).kind).toBe('admitted')
    expect(await bench.ledger.admit(bench.order(caller, KEYED))).toEqual({ kind: 'in-progress', lost: false, ref })
  })

  test('submissions that the process before left behind are taken over in the order of their admission, whatever the clock said', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const left: TaskRef[] = []
    for (const laterMs of [0, 0, 5, -2, -1, 0, -3]) {
      await bench.pass(laterMs)
      left.push((await bench.admit(caller, PLAIN)).ref)
    }
    await bench.reopen()
    expect(await takenOver(bench, caller, left.length)).toEqual(left)
  })

  test('what was lost before is taken over before what a process left behind, though it was admitted later', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const [first, second, third] = [await bench.admit(caller, PLAIN), await bench.admit(caller, PLAIN), await bench.admit(caller, PLAIN)]
    await bench.lose(third)
    await bench.reopen()
    expect(await takenOver(bench, caller, 3)).toEqual([third.ref, first.ref, second.ref])
  })

  test('an order that the store meets too late does nothing', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 1))
    const order = bench.order(caller)
    await bench.pass(ADMIT_WITHIN_MS + 1)
    expect(await bench.ledger.admit(order)).toEqual({ kind: 'late' })
    expect(await counted(bench, caller)).toEqual([0, 0])
  })

  test('an order that was retracted does nothing when it is met, and one that was met is taken back', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 1))
    const late = bench.order(caller)
    await bench.ledger.resolve(late, { kind: 'unsent' })
    expect(await bench.ledger.admit(late)).toEqual({ kind: 'late' })
    expect(await counted(bench, caller)).toEqual([0, 0])

    const met = await bench.admit(caller)
    await bench.ledger.resolve(met, { kind: 'unsent' })
    await bench.ledger.resolve(met, { kind: 'unsent' })
    expect(await counted(bench, caller)).toEqual([0, 0])
    await bench.pass(SUBMIT_WITHIN_MS)
    expect(await bench.ledger.claimDue(10, LOOK_LEASE_MS)).toEqual([])
  })

  test('an acceptance of an order that the store never met is written with its hold, once', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 10))
    const order = bench.order(caller)
    const answer = accepted('pending')
    await bench.ledger.resolve(order, answer)
    await bench.ledger.resolve(order, answer)
    expect(await bench.task(order)).toMatchObject({ state: 'pending', money: 'held', taskId: answer.taskId })
    expect(await counted(bench, caller)).toEqual([1, 1])
    expect(await bench.ledger.admit(order)).toEqual({ kind: 'late' })
  })

  test('an acceptance of an order that the store never met has its Idempotency-Key, unless that stands for another one by now', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const [lost, answer] = [bench.order(caller, KEYED), accepted('pending')]
    await bench.ledger.resolve(lost, answer)
    expect(await bench.ledger.admit(bench.order(caller, KEYED))).toMatchObject({ kind: 'replay', body: answer.body, task: { ref: lost.ref } })

    const another = { ...KEYED, idempotencyKey: 'another' }
    const [lostToo, { ref }] = [bench.order(caller, another), await bench.admit(caller, another)]
    await bench.ledger.resolve(lostToo, accepted('pending'))
    expect(await bench.ledger.admit(bench.order(caller, another))).toEqual({ kind: 'in-progress', lost: false, ref })

    const lostAsWell = bench.order(caller, another)
    await bench.ledger.resolve(lostAsWell, { kind: 'unknown' })
    await bench.ledger.resolve(lostAsWell, { kind: 'refused' })
    expect(await bench.ledger.admit(bench.order(caller, another))).toEqual({ kind: 'in-progress', lost: false, ref })
  })

  test('a submission past its deadline becomes unknown with its hold, once, and nothing else changes', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 10))
    const abandoned = await bench.admit(caller)
    const { ref } = await bench.begin(caller)
    await bench.pass(SUBMIT_WITHIN_MS)
    const young = await bench.admit(caller)
    expect((await bench.settleOverdue(10)).map(({ before, after }) => [after.ref, before.state, after.state])).toEqual([[abandoned.ref, 'submitting', 'unknown']])
    expect(await bench.settleOverdue(10)).toEqual([])
    expect((await bench.ledger.read(ref))?.state).toBe('pending')
    expect((await bench.ledger.read(young.ref))?.state).toBe('submitting')
    expect(await counted(bench, caller)).toEqual([3, 3])
  })

  test('the answer to an abandoned submission is the truth when it turns up', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 10))
    const orders = [await bench.admit(caller), await bench.admit(caller), await bench.admit(caller)]
    await bench.pass(SUBMIT_WITHIN_MS)
    await bench.settleOverdue(10)
    const outcomes = [accepted('pending'), { kind: 'refused' } as const, { kind: 'unsent' } as const]
    for (const [index, outcome] of outcomes.entries()) {
      const order = orders[index]
      if (order !== undefined) await bench.ledger.resolve(order, outcome)
    }
    expect(await Promise.all(orders.map(async order => (await bench.task(order)).state))).toEqual(['pending', 'refused', 'unsent'])
    expect(await counted(bench, caller)).toEqual([1, 1])
  })

  test('the hold on an unknown outcome ends when its time is over, counted from when it became unknown', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 10))
    const order = await bench.admit(caller)
    await bench.pass(1000)
    await bench.ledger.resolve(order, { kind: 'unknown' })
    await bench.pass(UNKNOWN_HOLD_MS - 1)
    expect(await bench.settleOverdue(10)).toEqual([])
    await bench.pass(1)
    expect((await bench.settleOverdue(10)).map(({ after }) => [after.state, after.money])).toEqual([['unknown', 'spent']])
    expect(await bench.settleOverdue(10)).toEqual([])
  })

  test('what is overdue is settled a few at a time', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    for (let count = 0; count < 5; count++) await bench.admit(caller)
    await bench.pass(SUBMIT_WITHIN_MS)
    const rounds = [await bench.settleOverdue(2), await bench.settleOverdue(2), await bench.settleOverdue(2)]
    expect(rounds.map(({ length }) => length)).toEqual([2, 2, 1])
  })
}
