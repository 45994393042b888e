// Part of the ledger's contract: what is kept, for how long, and that nobody stumbles over what is gone.
import { expect, test } from 'vitest'
import type { Order } from '../../src/ledger/ledger.ts'
import type { Task } from '../../src/ledger/task.ts'
import type { QuotaPeriod } from '../../src/teams/limits.ts'
import type { Caller } from '../../src/teams/directory.ts'
import { accepted } from '../support/tasks.ts'
import { openBench } from './open-bench.ts'
import { everything, IDEMPOTENCY_TTL_MS, TASK_RETENTION_MS, USAGE_RETENTION_MS, type Bench, type Open } from './open-ledger.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const START = '2026-11-22T12:00:00Z'
const YEAR = { fromDay: '2026-01-01', toDay: '2026-12-31' }
const NO_WINDOW: QuotaPeriod[] = []
const PERIODS: QuotaPeriod[] = ['hour', 'day', 'week', 'month', 'total']

function isThere (bench: Bench, { ref }: Pick<Task, 'ref'>): Promise<boolean> { return bench.ledger.read(ref).then(task => task !== undefined) }

/** Windows that hold anything of a caller whose first task was admitted at the start. */
async function countedIn (bench: Bench, caller: Caller): Promise<QuotaPeriod[]> {
  const now = new Date(bench.clock.nowMs()).toISOString()
  bench.clock.set(START)
  const { standings } = await bench.ledger.standing(caller)
  bench.clock.set(now)
  return standings.filter(({ used }) => used > 0).flatMap(({ window }) => PERIODS.filter(per => per === window.per))
}

export function retentionContract (open: Open): void {
  test('a settled task is kept for its retention, and then nobody finds it any more', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const { ref, taskId } = await bench.begin(caller)
    await bench.see(ref, 'completed')
    await bench.age(TASK_RETENTION_MS - HOUR_MS)
    expect((await bench.find(caller, taskId))?.task).toMatchObject({ ref, state: 'completed' })
    expect(await bench.tasks(caller.team.id)).toHaveLength(1)

    await bench.age(2 * HOUR_MS)
    expect(await bench.ledger.read(ref)).toBe(undefined)
    expect(await bench.find(caller, taskId)).toBe(undefined)
    expect(await bench.ledger.follow(ref)).toEqual({ kind: 'missing' })
    expect(await bench.tasks(caller.team.id)).toEqual([])
    expect(await bench.ledger.list({ taskId, limit: 10, cursor: null })).toEqual({ rows: [], nextCursor: null })
  })

  test('a task is kept from when it settled, however old it was', async () => {
    const bench = await openBench(open)
    const { ref } = await bench.begin(await bench.caller())
    await bench.age(TASK_RETENTION_MS)
    await bench.see(ref, 'failed')
    await bench.age(TASK_RETENTION_MS - HOUR_MS)
    expect(await isThere(bench, { ref })).toBe(true)
    await bench.age(2 * HOUR_MS)
    expect(await isThere(bench, { ref })).toBe(false)
  })

  test('a task whose price is held is never removed, and settles after any time', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const submitting = await bench.admit(caller)
    const unknown = await bench.admit(caller)
    await bench.ledger.resolve(unknown, { kind: 'unknown' })
    const { ref } = await bench.begin(caller)
    await bench.age(3 * TASK_RETENTION_MS)
    for (const kept of [submitting, unknown, { ref }]) expect(await isThere(bench, kept)).toBe(true)
    expect((await bench.see(ref, 'failed')).after).toMatchObject({ state: 'failed', money: 'refunded' })
    expect((await bench.observe(unknown.ref, { kind: 'decided', as: 'spent' })).after.money).toBe('spent')
    await bench.age(TASK_RETENTION_MS + HOUR_MS)
    expect(await Promise.all([submitting, unknown, { ref }].map(kept => isThere(bench, kept)))).toEqual([true, false, false])
  })

  test('a task that was charged for before it was found to be accepted is not removed while it runs', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const order = await bench.admit(caller)
    await bench.ledger.resolve(order, { kind: 'unknown' })
    await bench.observe(order.ref, { kind: 'decided', as: 'spent' })
    await bench.observe(order.ref, accepted('processing'))
    await bench.age(2 * TASK_RETENTION_MS)
    expect(await isThere(bench, order)).toBe(true)
    expect((await bench.see(order.ref, 'completed')).after).toMatchObject({ state: 'completed', money: 'spent' })
    expect((await bench.ledger.standing(caller)).inFlight.map(({ used }) => used)).toEqual([0, 0])
    await bench.age(TASK_RETENTION_MS + HOUR_MS)
    expect(await isThere(bench, order)).toBe(false)
  })

  test('a task that never began is kept for a day', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const orders = [await bench.admit(caller), await bench.admit(caller), bench.order(caller)]
    for (const [place, order] of orders.entries()) await bench.ledger.resolve(order, { kind: place === 0 ? 'refused' : 'unsent' })
    await bench.age(DAY_MS - HOUR_MS)
    expect(await Promise.all(orders.map(order => isThere(bench, order)))).toEqual([true, true, true])
    await bench.age(2 * HOUR_MS)
    expect(await Promise.all(orders.map(order => isThere(bench, order)))).toEqual([false, false, false])
  })

  test('a list goes on behind a task that is gone, and its pages are full', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const orders: Order[] = []
    for (let number = 0; number < 6; number++) orders.push((await bench.begin(caller)).order)
    const [kept, gone] = [[0, 2, 5], [1, 3, 4]].map(places => orders.filter((_, place) => places.includes(place)).map(({ ref }) => ref).toReversed())
    for (const ref of gone ?? []) await bench.see(ref, 'completed')
    const query = { team: caller.team.id, limit: 2 }
    const first = await bench.ledger.list({ ...query, cursor: null })
    await bench.age(TASK_RETENTION_MS + HOUR_MS)
    expect(first.rows.map(({ ref }) => ref)).toEqual([kept?.[0], gone?.[0]])
    const second = await bench.ledger.list({ ...query, cursor: first.nextCursor })
    expect(second.rows.map(({ ref }) => ref)).toEqual(kept?.slice(1))
    expect(second.nextCursor).toBe(null)
    expect((await bench.ledger.list({ ...query, cursor: null })).rows.map(({ ref }) => ref)).toEqual(kept?.slice(0, 2))
    expect((await everything(page => bench.ledger.list({ ...page }), 1)).map(({ ref }) => ref)).toEqual(kept)
  })

  test('an unknown outcome is listed by its state as long as it is kept, decided or not', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const [held, decided, found] = [await bench.admit(caller), await bench.admit(caller), await bench.admit(caller)]
    for (const order of [held, decided, found]) await bench.ledger.resolve(order, { kind: 'unknown' })
    await bench.observe(decided.ref, { kind: 'decided', as: 'refunded' })
    await bench.ledger.resolve(found, accepted('completed'))
    const unknown = async (): Promise<string[]> => (await everything(page => bench.ledger.list({ ...page, state: 'unknown' }), 1)).map(({ ref }) => ref)
    expect(await unknown()).toEqual([decided.ref, held.ref])
    await bench.age(TASK_RETENTION_MS + HOUR_MS)
    expect(await unknown()).toEqual([held.ref])
  })

  test('a window is counted until its last task must have settled; a refund that comes later begins it not anew', async () => {
    const bench = await openBench(open)
    const limits = { quotas: PERIODS.map(per => ({ per, unit: 'tasks' as const, limit: 100 })) }
    const caller = await bench.caller({ team: { limits }, key: { limits } })
    const { ref } = await bench.begin(caller)
    const twice = (periods: QuotaPeriod[]): QuotaPeriod[] => [...periods, ...periods]
    await bench.age(2 * DAY_MS)
    expect(await countedIn(bench, caller)).toEqual(twice(PERIODS))
    await bench.age(3 * DAY_MS)
    expect(await countedIn(bench, caller)).toEqual(twice(['month', 'total']))
    await bench.age(9 * DAY_MS)
    expect(await countedIn(bench, caller)).toEqual(twice(['total']))
    await bench.see(ref, 'failed')
    bench.clock.set(START)
    expect((await bench.ledger.standing(caller)).standings.map(({ used, held }) => [used, held])).toEqual(Array.from({ length: 10 }, () => [0, 0]))
    expect(await countedIn(bench, caller)).toEqual(NO_WINDOW)
  })

  test('a day is reported for its retention, whatever became of its tasks', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    await bench.see((await bench.begin(caller)).ref, 'completed')
    const team = caller.team.id
    await bench.age(TASK_RETENTION_MS + HOUR_MS)
    expect(await bench.usage({ team, ...YEAR })).toMatchObject([{ tasks: 1, completed: 1 }])
    await bench.age(USAGE_RETENTION_MS - TASK_RETENTION_MS)
    expect(await bench.usage({ team, ...YEAR })).toMatchObject([{ tasks: 1, completed: 1 }])
    await bench.age(4 * DAY_MS)
    expect(await bench.usage({ team, ...YEAR })).toEqual([])
  })

  test('an Idempotency-Key stands for its call for its time, and for as long as nobody knows what became of it', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const settings = { prompt: 'a cat' }
    const [unknown, settled] = [{ ...settings, idempotencyKey: 'unknown' }, { ...settings, idempotencyKey: 'settled' }]
    await bench.ledger.resolve(await bench.admit(caller, unknown), { kind: 'unknown' })
    await bench.see((await bench.begin(caller, settled)).ref, 'completed')
    await bench.age(IDEMPOTENCY_TTL_MS - HOUR_MS)
    expect((await bench.ledger.admit(bench.order(caller, settled))).kind).toBe('replay')
    await bench.age(2 * HOUR_MS)
    expect((await bench.ledger.admit(bench.order(caller, unknown))).kind).toBe('unknown')
    expect((await bench.ledger.admit(bench.order(caller, settled))).kind).toBe('admitted')
  })
}
