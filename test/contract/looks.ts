// Part of the ledger's contract: who finds a task, and who of them has to ask upstream.
import { expect, test } from 'vitest'
import { present } from '../support/present.ts'
import { accepted, newTaskId } from '../support/tasks.ts'
import { openBench } from './open-bench.ts'
import { LOOK_LEASE_MS, STATUS_MAX_AGE_MS, type Bench, type Begun, type Open } from './open-ledger.ts'

/** Whether a reader who asks now has to look. */
async function mayLook (bench: Bench, { order, taskId }: Begun): Promise<boolean | undefined> {
  return (await bench.find(order.caller, taskId))?.mayLook
}

/** A task whose status is old enough to be asked for. */
async function staleTask (bench: Bench): Promise<Begun> {
  const begun = await bench.begin(await bench.caller())
  await bench.pass(STATUS_MAX_AGE_MS)
  return begun
}

export function looksContract (open: Open): void {
  test('a task is found by its own team, with any of its keys', async () => {
    const bench = await openBench(open)
    const { order, taskId } = await bench.begin(await bench.caller())
    const colleague = await bench.colleague(order.caller)
    for (const caller of [order.caller, colleague]) expect((await bench.find(caller, taskId))?.task).toEqual(await bench.task(order))
  })

  test('a foreign team finds nothing, just as for an id that nobody knows', async () => {
    const bench = await openBench(open)
    const { order, taskId } = await bench.begin(await bench.caller())
    expect(await bench.find(await bench.caller(), taskId)).toBe(undefined)
    expect(await bench.find(order.caller, newTaskId())).toBe(undefined)
  })

  test('a test key finds what test keys of its team began; what live keys began it does not, and takes nobody\'s right to look at it', async () => {
    const bench = await openBench(open)
    const live = await staleTask(bench)
    const tester = await bench.colleague(live.order.caller, { mode: 'test' })
    expect(await bench.find(tester, live.taskId)).toBe(undefined)
    expect(await mayLook(bench, live)).toBe(true)

    const tested = await bench.begin(tester)
    for (const caller of [tester, await bench.colleague(tester, { mode: 'test' }), live.order.caller]) expect((await bench.find(caller, tested.taskId))?.task.ref).toBe(tested.ref)
    // With a trace, and without one.
    const untraced = await bench.begin(tester, { trace: null })
    expect((await bench.find(tester, untraced.taskId))?.task.ref).toBe(untraced.ref)
  })

  test('a foreign team that asks takes nobody\'s right to look', async () => {
    const bench = await openBench(open)
    const begun = await staleTask(bench)
    await bench.find(await bench.caller(), begun.taskId)
    expect(await mayLook(bench, begun)).toBe(true)
  })

  test('when two teams have a task of one id, each finds its own', async () => {
    const bench = await openBench(open)
    const taskId = newTaskId()
    const orders = [await bench.admit(await bench.caller()), await bench.admit(await bench.caller())]
    for (const order of orders) await bench.ledger.resolve(order, accepted('pending', taskId))
    const found = await Promise.all(orders.map(({ caller }) => bench.find(caller, taskId)))
    expect(found.map(row => row?.task.ref)).toEqual(orders.map(({ ref }) => ref))
  })

  test('a status that is not old is answered without a look, from the moment the task was accepted', async () => {
    const bench = await openBench(open)
    const begun = await bench.begin(await bench.caller())
    expect(await mayLook(bench, begun)).toBe(false)
    await bench.pass(STATUS_MAX_AGE_MS - 1)
    expect(await mayLook(bench, begun)).toBe(false)
    await bench.pass(1)
    expect(await mayLook(bench, begun)).toBe(true)
  })

  test('of fifty readers at once one has to look, the others are answered what is known', async () => {
    const bench = await openBench(open)
    const { order: { caller }, taskId } = await staleTask(bench)
    const found = await Promise.all(Array.from({ length: 50 }, () => bench.find(caller, taskId)))
    expect(found.filter(row => row?.mayLook === true)).toHaveLength(1)
    expect(new Set(found.map(row => row?.task.state))).toEqual(new Set(['pending']))
  })

  test('a look that never reports back ends with its lease, and then one other reader has to look', async () => {
    const bench = await openBench(open)
    const begun = await staleTask(bench)
    expect(await mayLook(bench, begun)).toBe(true)
    await bench.pass(LOOK_LEASE_MS - 1)
    expect(await mayLook(bench, begun)).toBe(false)
    await bench.pass(1)
    expect([await mayLook(bench, begun), await mayLook(bench, begun)]).toEqual([true, false])
  })

  test.each([
    ['what it saw', (bench: Bench, { ref }: Begun) => bench.see(ref, 'processing')],
    ['that it saw nothing', (bench: Bench, { ref }: Begun) => bench.observe(ref, { kind: 'nothing' })]
  ])('a look that reports %s makes the status fresh and ends its lease', async (_what, report) => {
    const bench = await openBench(open)
    const begun = await staleTask(bench)
    expect(await mayLook(bench, begun)).toBe(true)
    await report(bench, begun)
    expect(await mayLook(bench, begun)).toBe(false)
    await bench.pass(STATUS_MAX_AGE_MS - 1)
    expect(await mayLook(bench, begun)).toBe(false)
    await bench.pass(1)
    expect(await mayLook(bench, begun)).toBe(true)
  })

  test('the look at one task takes nobody\'s right to look at another', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const tasks = [await bench.begin(caller), await bench.begin(caller)]
    await bench.pass(STATUS_MAX_AGE_MS)
    expect(await Promise.all(tasks.map(task => mayLook(bench, task)))).toEqual([true, true])
  })

  test.each([
    ['completed', (bench: Bench, { ref }: Begun) => bench.see(ref, 'completed')],
    ['failed', (bench: Bench, { ref }: Begun) => bench.see(ref, 'failed')],
    ['deleted', (bench: Bench, { ref }: Begun) => bench.observe(ref, { kind: 'deleted', begun: true })]
  ])('a %s task is found, and never looked at again', async (state, end) => {
    const bench = await openBench(open)
    const begun = await staleTask(bench)
    await end(bench, begun)
    await bench.pass(10 * LOOK_LEASE_MS)
    expect(await bench.find(begun.order.caller, begun.taskId)).toMatchObject({ task: { state }, mayLook: false })
  })

  test('a claimed task that is given back is given to the next who claims, and whoever reads it may look', async () => {
    const bench = await openBench(open)
    const begun = await staleTask(bench)
    await bench.pass(10_000)
    const [task] = await bench.ledger.claimDue(5, LOOK_LEASE_MS)
    expect(await bench.ledger.claimDue(5, LOOK_LEASE_MS)).toEqual([])
    await bench.ledger.giveBack(present(task))
    expect(await bench.ledger.claimDue(5, LOOK_LEASE_MS)).toEqual([task])
    await bench.ledger.giveBack(present(task))
    expect(await mayLook(bench, begun)).toBe(true)
  })

  test('what has moved since it was claimed is not given back: its lease may be another one\'s by now', async () => {
    const bench = await openBench(open)
    const { ref } = await staleTask(bench)
    await bench.pass(10_000)
    const [task] = await bench.ledger.claimDue(5, LOOK_LEASE_MS)
    await bench.see(ref, 'processing')
    await bench.pass(60_000)
    expect(await bench.ledger.claimDue(5, LOOK_LEASE_MS)).toHaveLength(1)
    await bench.ledger.giveBack(present(task))
    expect(await bench.ledger.claimDue(5, LOOK_LEASE_MS)).toEqual([])
  })
}
