// Part of the ledger's contract: every outcome moves task, money and counters once, and exactly.
import { expect, test } from 'vitest'
import type { Order } from '../../src/ledger/ledger.ts'
import type { UsageFigures } from '../../src/ledger/report.ts'
import type { ObservedTask, Resolution, Task } from '../../src/ledger/task.ts'
import type { Caller } from '../../src/teams/directory.ts'
import { accepted, bodyOf, newTaskId, VIDEOS, wholeBody } from '../support/tasks.ts'
import { openBench } from './open-bench.ts'
import { CHARGE_FAILED, figuresOf, PRICE_MICROS, REFUND_FAILED, type Bench, type Open } from './open-ledger.ts'

/** `resolve` is told an outcome, `observe` what was seen. */
type Step = { resolve: Resolution } | { observe: ObservedTask }
type Money = 'held' | 'spent' | 'refunded'
type Life = { name: string, steps: Step[], state: Task['state'], money: Money, inFlight?: number, report?: Partial<UsageFigures>, charge?: boolean }

const ACCEPTED: Step = { resolve: accepted('pending') }
const saw = (status: 'pending' | 'processing' | 'completed' | 'failed'): Step => ({ observe: { kind: 'status', body: wholeBody(status) } })
const deleted = (begun: boolean): Step => ({ observe: { kind: 'deleted', begun } })

const LIVES: readonly Life[] = [
  { name: 'was only admitted', steps: [], state: 'submitting', money: 'held', inFlight: 1 },
  { name: 'was refused', steps: [{ resolve: { kind: 'refused' } }], state: 'refused', money: 'refunded', report: { tasks: 0, refundedMicros: 0 } },
  { name: 'was never sent', steps: [{ resolve: { kind: 'unsent' } }], state: 'unsent', money: 'refunded', report: { tasks: 0, refundedMicros: 0 } },
  { name: 'has an unknown outcome', steps: [{ resolve: { kind: 'unknown' } }], state: 'unknown', money: 'held', report: { unknown: 1 } },
  { name: 'had an unknown outcome and then turned up', steps: [{ resolve: { kind: 'unknown' } }, ACCEPTED], state: 'pending', money: 'held', inFlight: 1 },
  { name: 'turned up and completed', steps: [{ resolve: { kind: 'unknown' } }, ACCEPTED, saw('completed')], state: 'completed', money: 'spent', report: { completed: 1 } },
  { name: 'was accepted', steps: [ACCEPTED], state: 'pending', money: 'held', inFlight: 1 },
  { name: 'was accepted as processing', steps: [{ resolve: accepted('processing') }], state: 'processing', money: 'held', inFlight: 1 },
  { name: 'was accepted as failed', steps: [{ resolve: accepted('failed') }], state: 'failed', money: 'refunded', report: { failed: 1 } },
  { name: 'is processing', steps: [ACCEPTED, saw('processing')], state: 'processing', money: 'held', inFlight: 1 },
  { name: 'went back to the queue', steps: [ACCEPTED, saw('processing'), saw('pending')], state: 'pending', money: 'held', inFlight: 1 },
  { name: 'was looked at without a verdict', steps: [ACCEPTED, { observe: { kind: 'nothing' } }], state: 'pending', money: 'held', inFlight: 1 },
  { name: 'completed', steps: [ACCEPTED, saw('processing'), saw('completed')], state: 'completed', money: 'spent', report: { completed: 1 } },
  { name: 'failed', steps: [ACCEPTED, saw('processing'), saw('failed')], state: 'failed', money: 'refunded', report: { failed: 1 } },
  { name: 'failed where failed tasks are charged', steps: [ACCEPTED, saw('failed')], state: 'failed', money: 'spent', report: { failed: 1 }, charge: true },
  { name: 'was deleted before it began', steps: [ACCEPTED, deleted(false)], state: 'deleted', money: 'refunded' },
  { name: 'was deleted after it began', steps: [ACCEPTED, saw('processing'), deleted(true)], state: 'deleted', money: 'spent' },
  { name: 'was deleted after it completed', steps: [ACCEPTED, saw('completed'), deleted(true)], state: 'deleted', money: 'spent' },
  { name: 'was deleted after it failed', steps: [ACCEPTED, saw('failed'), deleted(true)], state: 'deleted', money: 'refunded' },
  { name: 'was seen in every way after it completed', steps: [ACCEPTED, saw('completed'), saw('failed'), saw('pending'), ACCEPTED, { resolve: { kind: 'refused' } }], state: 'completed', money: 'spent', report: { completed: 1 } },
  { name: 'was seen in every way after it was refused', steps: [{ resolve: { kind: 'refused' } }, ACCEPTED, saw('completed'), deleted(true)], state: 'refused', money: 'refunded', report: { tasks: 0, refundedMicros: 0 } }
]

const QUOTAS = (['hour', 'day', 'week', 'month', 'total'] as const).flatMap(per => [
  { per, unit: 'tasks' as const, limit: 100 }, { per, unit: 'usd' as const, limit: 100_000_000 }
])
const LIMITS = { limits: { quotas: QUOTAS } }

/** A caller of whom every counter shows, and who has a finished and an unfinished task already. */
async function busyCaller (bench: Bench): Promise<Caller> {
  const caller = await bench.caller({ team: LIMITS, key: LIMITS })
  await bench.see((await bench.begin(caller)).ref, 'completed')
  await bench.admit(caller)
  return caller
}

async function live (bench: Bench, order: Order, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if ('resolve' in step) await bench.ledger.resolve(order, step.resolve)
    else await bench.observe(order.ref, step.observe)
  }
}

/** What every counter of both accounts must show for so many tasks. */
function counters (usedTasks: number, heldTasks: number): object[] {
  return (['team', 'key'] as const).flatMap(scope => QUOTAS.map(({ per, unit, limit }) => {
    const price = unit === 'tasks' ? 1 : PRICE_MICROS
    return { scope, per, unit, limit, used: usedTasks * price, held: heldTasks * price }
  }))
}

export function settlementContract (open: Open): void {
  test('an id is set aside for one task at a time, of whichever team', async () => {
    const bench = await openBench(open)
    const [first, second] = [await bench.admit(await bench.caller()), await bench.admit(await bench.caller())]
    const taskId = newTaskId()
    const set = await Promise.all([first, second].map(async ({ ref }) => await bench.ledger.reserve(taskId, ref)))
    expect(set.filter(Boolean)).toHaveLength(1)
    const [mine, other] = set[0] === true ? [first, second] : [second, first]
    expect(await bench.ledger.reserve(taskId, mine.ref)).toBe(true)
    expect(await bench.ledger.reserve(taskId, other.ref)).toBe(false)
    expect(await bench.ledger.reserve(newTaskId(), other.ref)).toBe(true)
  })

  test.each(LIVES)('of a task that $name, every counter tells exactly what became of it', async ({ steps, state, money, inFlight = 0, report, charge = false }) => {
    const bench = await openBench(open, charge ? CHARGE_FAILED : REFUND_FAILED)
    const caller = await busyCaller(bench)
    const order = await bench.admit(caller)
    await live(bench, order, steps)

    expect(await bench.task(order)).toMatchObject({ state, money })
    const { standings, inFlight: unfinished } = await bench.ledger.standing(caller)
    expect(standings.map(figuresOf)).toEqual(counters(money === 'refunded' ? 2 : 3, money === 'held' ? 2 : 1))
    expect(unfinished.map(({ used }) => used)).toEqual([1 + inFlight, 1 + inFlight])

    const settled = { [`${money}Micros`]: PRICE_MICROS }
    const own: UsageFigures = { tasks: 1, completed: 0, failed: 0, unknown: 0, spentMicros: 0, heldMicros: 0, refundedMicros: 0, ...settled, ...report }
    const [row, ...more] = await bench.usage({ team: caller.team.id, fromDay: '2026-11-22', toDay: '2026-11-22' })
    expect(more).toEqual([])
    expect(row).toMatchObject({
      tasks: 2 + own.tasks,
      completed: 1 + own.completed,
      failed: own.failed,
      unknown: own.unknown,
      spentMicros: PRICE_MICROS + own.spentMicros,
      heldMicros: PRICE_MICROS + own.heldMicros,
      refundedMicros: own.refundedMicros
    })
  })

  test.each(LIVES)('every step in the life of a task that $name can be repeated without a difference', async ({ steps, charge = false }) => {
    const bench = await openBench(open, charge ? CHARGE_FAILED : REFUND_FAILED)
    const caller = await busyCaller(bench)
    const order = await bench.admit(caller)
    for (const step of steps) {
      await live(bench, order, [step])
      const once = { task: await bench.task(order), standing: await bench.ledger.standing(caller) }
      await live(bench, order, [step, step])
      expect({ task: await bench.task(order), standing: await bench.ledger.standing(caller) }).toEqual(once)
    }
  })

  test('fifty concurrent observers of one failure refund once', async () => {
    const bench = await openBench(open)
    const caller = await busyCaller(bench)
    const { ref } = await bench.begin(caller)
    const transitions = await Promise.all(Array.from({ length: 50 }, () => bench.see(ref, 'failed')))
    expect(transitions.filter(({ before, after }) => before.state !== after.state)).toHaveLength(1)
    expect((await bench.ledger.standing(caller)).standings.map(figuresOf)).toEqual(counters(2, 1))
  })

  test('of concurrent observers who saw different ends, one decides, and the others learn what was decided', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({ team: LIMITS, key: LIMITS })
    const { ref } = await bench.begin(caller)
    const transitions = await Promise.all(Array.from({ length: 50 }, (_, number) => number % 3 === 0
      ? bench.observe(ref, { kind: 'deleted', begun: false })
      : bench.see(ref, number % 3 === 1 ? 'completed' : 'failed')))
    const settlements = transitions.filter(({ before, after }) => before.money !== after.money)
    expect(settlements).toHaveLength(1)
    const [task] = await bench.tasks(caller.team.id)
    expect(task?.money).toBe(settlements[0]?.after.money)
    const used = task?.money === 'refunded' ? 0 : 1
    expect((await bench.ledger.standing(caller)).standings.map(figuresOf)).toEqual(counters(used, 0))
  })

  test('a transition shows the task before and after, and equal tasks when nothing moved', async () => {
    const bench = await openBench(open)
    const { ref } = await bench.begin(await bench.caller())
    const moved = await bench.see(ref, 'completed')
    expect([moved.before.state, moved.before.money, moved.after.state, moved.after.money]).toEqual(['pending', 'held', 'completed', 'spent'])
    const late = await bench.see(ref, 'failed')
    expect(late.after).toEqual(late.before)
    expect(late.before.state).toBe('completed')
  })

  test('an accepted task has upstream\'s id and body, and the credential that made it', async () => {
    const bench = await openBench(open)
    const order = await bench.admit(await bench.caller())
    const outcome = accepted('pending')
    await bench.ledger.resolve(order, outcome)
    expect(await bench.task(order)).toMatchObject({ taskId: outcome.taskId, credential: outcome.credential, body: outcome.body, state: 'pending' })
  })

  test('a task keeps what upstream said last, to the letter', async () => {
    const bench = await openBench(open)
    const { ref, order } = await bench.begin(await bench.caller())
    const body = bodyOf('completed', { videos: [...VIDEOS, 'https://media.example/ü?sig=a%2Fb'], cost: 1.5, nested: { list: [null, true, '🎬'] } })
    await bench.observe(ref, { kind: 'status', body })
    expect((await bench.task(order)).body).toEqual(body)
    await bench.see(ref, 'pending')
    expect((await bench.task(order)).body).toEqual(body)
    await bench.observe(ref, { kind: 'deleted', begun: true })
    expect((await bench.task(order)).body).toBe(null)
  })

  test('a task completed without media completes after five looks without any', async () => {
    const bench = await openBench(open)
    const { ref } = await bench.begin(await bench.caller())
    const look = () => bench.observe(ref, { kind: 'status', body: bodyOf('completed', { videos: [] }) })
    const states: string[] = []
    for (let number = 1; number <= 6; number++) states.push((await look()).after.state)
    expect(states).toEqual([...Array.from({ length: 5 }, () => 'processing'), 'completed'])
  })

  test('a task is updated when it moves, and not when it is only looked at', async () => {
    const bench = await openBench(open)
    const { ref, order } = await bench.begin(await bench.caller())
    const { createdAtMs, updatedAtMs } = await bench.task(order)
    await bench.pass(60_000)
    await bench.see(ref, 'pending')
    expect(await bench.task(order)).toMatchObject({ createdAtMs, updatedAtMs, lookedAtMs: createdAtMs + 60_000 })
    await bench.pass(60_000)
    await bench.see(ref, 'completed')
    expect(await bench.task(order)).toMatchObject({ createdAtMs, updatedAtMs: createdAtMs + 120_000 })
  })

  test('what settles after its window ended is settled in that window, and not in the one that has begun', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({ team: LIMITS })
    const yesterday = await bench.begin(caller)
    bench.clock.set('2026-12-01T12:00:00Z')
    await bench.begin(caller)
    await bench.see(yesterday.ref, 'failed')
    const { standings } = await bench.ledger.standing(caller)
    expect(standings.filter(({ unit }) => unit === 'tasks').map(({ window, used, held }) => [window.per, used, held]))
      .toEqual([['hour', 1, 1], ['day', 1, 1], ['week', 1, 1], ['month', 1, 1], ['total', 1, 1]])
    expect(await bench.usage({ team: caller.team.id, fromDay: '2026-11-01', toDay: '2026-12-31' })).toMatchObject([
      { day: '2026-11-22', tasks: 1, failed: 1, heldMicros: 0, refundedMicros: PRICE_MICROS },
      { day: '2026-12-01', tasks: 1, failed: 0, heldMicros: PRICE_MICROS, refundedMicros: 0 }
    ])
  })

  test('tasks of different prices are given back for what each of them cost', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({ key: LIMITS })
    const cheap = await bench.begin(caller, { priceMicros: 1 })
    await bench.begin(caller, { priceMicros: 333_333 })
    const dear = await bench.begin(caller, { priceMicros: 50_000_001 })
    await bench.see(cheap.ref, 'failed')
    await bench.see(dear.ref, 'completed')
    const total = (await bench.ledger.standing(caller)).standings.find(({ window, unit }) => window.per === 'total' && unit === 'usd')
    expect(total).toMatchObject({ used: 333_333 + 50_000_001, held: 333_333 })
  })

  test('two tasks that upstream gave one id to are two tasks', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({ team: LIMITS })
    const taskId = newTaskId()
    const first = await bench.admit(caller)
    const second = await bench.admit(caller)
    for (const order of [first, second]) await bench.ledger.resolve(order, accepted('pending', taskId))
    await bench.see(first.ref, 'failed')
    expect((await bench.task(first)).state).toBe('failed')
    expect((await bench.task(second)).state).toBe('pending')
  })
}
