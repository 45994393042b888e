// Part of the ledger's contract: how the ledger as a whole is doing is what its tasks add up to.
import { expect, test } from 'vitest'
import type { TeamId } from '../../src/kernel/ids.ts'
import type { Pulse } from '../../src/ledger/pulse.ts'
import type { ObservedTask, Resolution } from '../../src/ledger/task.ts'
import { accepted, wholeBody } from '../support/tasks.ts'
import { keptWebhook } from '../support/webhooks.ts'
import { openBench } from './open-bench.ts'
import { everything, LOOK_LEASE_MS, SUBMIT_WITHIN_MS, UNKNOWN_HOLD_MS, type Bench, type Open } from './open-ledger.ts'

const QUIET: Pulse = { inFlight: [], oldestAtMs: null, dueSinceMs: null, inDoubt: 0 }

type Step = Resolution | ObservedTask
const saw = (status: 'processing' | 'completed' | 'failed'): Step => ({ kind: 'status', body: wholeBody(status) })
const ENDS: { name: string, steps: Step[] }[] = [
  { name: 'completed', steps: [accepted(), saw('processing'), saw('completed')] },
  { name: 'was accepted as completed', steps: [accepted('completed')] },
  { name: 'failed', steps: [accepted(), saw('failed')] },
  { name: 'was refused', steps: [{ kind: 'refused' }] },
  { name: 'was never sent', steps: [{ kind: 'unsent' }] },
  { name: 'expired', steps: [accepted(), { kind: 'given-up' }] },
  { name: 'was deleted', steps: [accepted(), { kind: 'deleted', begun: false }] },
  { name: 'was in doubt and was decided', steps: [{ kind: 'unknown' }, { kind: 'decided', as: 'refunded' }] },
  { name: 'was in doubt and completed', steps: [{ kind: 'unknown' }, accepted(), saw('completed')] }
]

function order (one: { team: string, mode: string }, other: { team: string, mode: string }): number {
  return `${one.team} ${one.mode}` < `${other.team} ${other.mode}` ? -1 : 1
}

/** The pulse, its accounts in an order. */
async function pulseOf (bench: Bench): Promise<Pulse> {
  const pulse = await bench.ledger.pulse()
  return { ...pulse, inFlight: pulse.inFlight.toSorted(order) }
}

/** What the tasks of these teams add up to. */
async function summed (bench: Bench, teams: readonly TeamId[]): Promise<Omit<Pulse, 'dueSinceMs'>> {
  const tasks = (await Promise.all(teams.map(team => bench.tasks(team)))).flat()
  const unfinished = tasks.filter(({ state }) => ['submitting', 'pending', 'processing'].includes(state))
  const accounts = Map.groupBy(unfinished, ({ team, mode }) => `${team} ${mode}`)
  return {
    inFlight: [...accounts.values()].flatMap(([first, ...more]) => first === undefined ? [] : [{ team: first.team, mode: first.mode, tasks: 1 + more.length }]).sort(order),
    oldestAtMs: unfinished.length === 0 ? null : Math.min(...unfinished.map(({ createdAtMs }) => createdAtMs)),
    inDoubt: tasks.filter(({ state, money }) => state === 'unknown' && money === 'held').length
  }
}

export function pulseContract (open: Open): void {
  test('a ledger without tasks is quiet', async () => {
    const bench = await openBench(open)
    await bench.caller()
    expect(await pulseOf(bench)).toEqual(QUIET)
  })

  test('unfinished tasks count by team and mode, and the oldest of them says since when, whatever states they are in', async () => {
    const bench = await openBench(open)
    const [one, other] = [await bench.caller(), await bench.caller({ key: { mode: 'test' } })]
    const beganAtMs = bench.clock.nowMs()
    const first = await bench.begin(one)
    await bench.see(first.ref, 'processing')
    await bench.pass(1000)
    const second = await bench.begin(other)
    await bench.pass(1000)
    await bench.admit(one)
    expect(await pulseOf(bench)).toMatchObject({
      inFlight: [{ team: one.team.id, mode: 'live', tasks: 2 }, { team: other.team.id, mode: 'test', tasks: 1 }].sort(order), oldestAtMs: beganAtMs, inDoubt: 0
    })
    await bench.see(first.ref, 'completed')
    expect((await pulseOf(bench)).oldestAtMs).toBe(beganAtMs + 1000)
    await bench.see(second.ref, 'failed')
    expect(await pulseOf(bench)).toMatchObject({ inFlight: [{ team: one.team.id, mode: 'live', tasks: 1 }], oldestAtMs: beganAtMs + 2000 })
  })

  for (const { name, steps } of ENDS) {
    test(`a task that ${name} is what its tasks add up to at every step, and leaves nothing`, async () => {
      const bench = await openBench(open)
      const caller = await bench.caller()
      const expectSummed = async (): Promise<void> => expect(await pulseOf(bench)).toMatchObject(await summed(bench, [caller.team.id]))
      const admitted = await bench.admit(caller)
      await expectSummed()
      for (const [place, step] of steps.entries()) {
        if (place === 0 && (step.kind === 'accepted' || step.kind === 'refused' || step.kind === 'unsent' || step.kind === 'unknown')) await bench.ledger.resolve(admitted, step)
        else await bench.observe(admitted.ref, step)
        await expectSummed()
      }
      expect(await pulseOf(bench)).toEqual(QUIET)
    })
  }

  test('an unknown outcome is in doubt while its price is held, and not unfinished', async () => {
    const bench = await openBench(open)
    const orders = [await bench.admit(await bench.caller()), await bench.admit(await bench.caller()), await bench.admit(await bench.caller())]
    for (const order of orders) await bench.ledger.resolve(order, { kind: 'unknown' })
    expect(await pulseOf(bench)).toEqual({ ...QUIET, inDoubt: 3 })
    const [first, second] = orders
    if (first === undefined || second === undefined) throw new Error('there are three orders')
    await bench.observe(first.ref, { kind: 'decided', as: 'spent' })
    await bench.observe(second.ref, accepted())
    expect(await pulseOf(bench)).toMatchObject({ inDoubt: 1, inFlight: [{ team: second.caller.team.id, mode: 'live', tasks: 1 }] })
  })

  test('a task is overdue from the moment it is due until somebody has it in hand', async () => {
    const bench = await openBench(open)
    await bench.admit(await bench.caller())
    const dueAtMs = bench.clock.nowMs() + SUBMIT_WITHIN_MS
    await bench.pass(SUBMIT_WITHIN_MS - 1)
    expect((await pulseOf(bench)).dueSinceMs).toBe(null)
    await bench.pass(10_000)
    expect((await pulseOf(bench)).dueSinceMs).toBe(dueAtMs)
    const [claimed] = await bench.ledger.claimDue(1, LOOK_LEASE_MS)
    expect((await pulseOf(bench)).dueSinceMs).toBe(null)
    if (claimed === undefined) throw new Error('it was due')
    await bench.ledger.observe(claimed, { kind: 'unknown' })
    expect((await pulseOf(bench)).dueSinceMs).toBe(null)
    const holdEndsAtMs = bench.clock.nowMs() + UNKNOWN_HOLD_MS
    await bench.pass(UNKNOWN_HOLD_MS + 5000)
    expect((await pulseOf(bench)).dueSinceMs).toBe(holdEndsAtMs)
  })

  test('the pulse is the same after the next start', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    await bench.begin(caller)
    await bench.ledger.resolve(await bench.admit(caller), { kind: 'unknown' })
    const before = await pulseOf(bench)
    await bench.reopen()
    expect(await pulseOf(bench)).toEqual(before)
    expect(before).toMatchObject({ inDoubt: 1, inFlight: [{ tasks: 1 }] })
  })

  test('a task that the store had lost and that is written anew is in the pulse once', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const order = bench.order(caller)
    await bench.ledger.resolve(order, accepted())
    await bench.ledger.resolve(order, accepted())
    expect((await pulseOf(bench)).inFlight).toEqual([{ team: caller.team.id, mode: 'live', tasks: 1 }])
    const never = bench.order(await bench.caller())
    await bench.ledger.resolve(never, { kind: 'unsent' })
    const doubtful = bench.order(await bench.caller())
    await bench.ledger.resolve(doubtful, { kind: 'unknown' })
    expect(await pulseOf(bench)).toMatchObject({ inFlight: [{ tasks: 1 }], inDoubt: 1 })
  })

  test('deliveries that wait for an attempt are counted over all teams', async () => {
    const bench = await openBench(open)
    expect(await bench.outbox.countPending()).toBe(0)
    for (const caller of [await bench.caller(), await bench.caller()]) {
      await keptWebhook(bench.outbox, caller)
      await bench.see((await bench.begin(caller)).ref, 'completed')
    }
    expect(await bench.outbox.countPending()).toBe(2)
    const [claimed] = await bench.outbox.claimDeliveries(1, LOOK_LEASE_MS)
    if (claimed === undefined) throw new Error('one is due')
    const { delivery } = claimed
    expect(await bench.outbox.countPending()).toBe(2)
    await bench.outbox.replaceDelivery(delivery, { ...delivery, state: 'delivered', attempts: 1, lastStatus: 200, dueAtMs: null, endedAtMs: bench.clock.nowMs() })
    expect(await bench.outbox.countPending()).toBe(1)
  })

  test('a hundred tasks at once, in every state, add up', async () => {
    const bench = await openBench(open)
    const callers = [await bench.caller(), await bench.caller(), await bench.caller({ key: { mode: 'test' } })]
    const ends = [...ENDS, { name: 'is in doubt', steps: [{ kind: 'unknown' as const }] }, { name: 'runs', steps: [accepted()] }, { name: 'is submitted', steps: [] }]
    await Promise.all(Array.from({ length: 100 }, async (_, number) => {
      const caller = callers[number % callers.length]
      if (caller === undefined) throw new Error('there are three callers')
      const { ref } = await bench.admit(caller)
      for (const step of ends[number % ends.length]?.steps ?? []) await bench.observe(ref, step)
    }))
    expect(await pulseOf(bench)).toMatchObject(await summed(bench, callers.map(({ team }) => team.id)))
    expect((await everything(query => bench.ledger.list(query))).length).toBe(100)
  })
}
