// Load on a ledger: callers that order one task after the other, as the gateway does for them, whatever becomes of the ledger meanwhile.
import { expect, onTestFinished } from 'vitest'
import { LedgerLost, LedgerUnavailable, type Order } from '../../../src/ledger/ledger.ts'
import type { Resolution } from '../../../src/ledger/task.ts'
import type { Caller } from '../../../src/teams/directory.ts'
import { quota, type Bench, type CallerSettings } from '../../contract/open-ledger.ts'
import { eventually } from '../../support/eventually.ts'
import { accepted } from '../../support/tasks.ts'

/** Settings of a caller whose account shows, and is never full. */
export const COUNTED: CallerSettings = quota('team', 'day', 'tasks', 1_000_000)

/** What became of one caller's orders. */
export type CallerLoad = {
  caller: Caller
  /** orders of which the ledger has acknowledged that upstream accepted them */
  readonly acknowledged: readonly Order[]
  /** every no of the ledger */
  readonly faults: readonly LedgerUnavailable[]
}

export type LedgerLoad = {
  of (caller: Caller): CallerLoad
  /** Resolves when each of the callers has so many more tasks. */
  goesOn (callers: readonly Caller[], tasks: number): Promise<void>
  /** Ends with the orders of now, once the ledger knows what became of them. */
  stop (): Promise<void>
}

type Attempt = 'done' | 'untouched' | 'unclear'

/** Begins to order for all of them, each at its own pace. Only inside a test, and ended with it. */
export function startLoad ({ ledger, order: orderOf }: Bench, callers: readonly Caller[]): LedgerLoad {
  const loads = new Map(callers.map(caller => [caller, { caller, acknowledged: [] as Order[], faults: [] as LedgerUnavailable[] }]))
  const ending = new AbortController()
  onTestFinished(() => ending.abort())
  const working = Promise.all(callers.map(async caller => {
    while (!ending.signal.aborted) await eventually(async () => ending.signal.aborted || await begin(caller), 'the ledger takes an order')
  }))
  // Whoever stops the load hears of it; a test that has failed already does not.
  working.catch(() => {})

  function of (caller: Caller) {
    const load = loads.get(caller)
    if (load === undefined) throw new Error('a caller has load')
    return load
  }

  /** One order from admission to acceptance; one that may have been admitted and may not is taken back. */
  async function begin (caller: Caller): Promise<boolean> {
    const order = orderOf(caller)
    const admission = await attempt(caller, async () => { expect(await ledger.admit(order)).toMatchObject({ kind: 'admitted' }) })
    if (admission === 'untouched') return false
    const outcome: Resolution = admission === 'done' ? accepted() : { kind: 'unsent' }
    await eventually(async () => await attempt(caller, () => ledger.resolve(order, outcome)) === 'done', 'the ledger learns how an order ended')
    if (admission === 'done') of(caller).acknowledged.push(order)
    return true
  }

  async function attempt (caller: Caller, step: () => Promise<unknown>): Promise<Attempt> {
    try {
      await step()
      return 'done'
    } catch (error) {
      if (!(error instanceof LedgerUnavailable)) throw error
      of(caller).faults.push(error)
      return error.untouched ? 'untouched' : 'unclear'
    }
  }

  return {
    of,
    async goesOn (some, tasks) {
      const goals = new Map(some.map(caller => [caller, of(caller).acknowledged.length + tasks]))
      await eventually(() => [...goals].every(([caller, goal]) => of(caller).acknowledged.length >= goal), `every caller has ${tasks} more tasks`)
    },
    async stop () {
      ending.abort()
      await working
    }
  }
}

/** Acknowledged tasks that the ledger does not have. */
export async function missingOf (bench: Bench, { caller, acknowledged }: CallerLoad): Promise<Order[]> {
  const known = new Set((await bench.tasks(caller.team.id)).map(({ ref }) => ref))
  return acknowledged.filter(({ ref }) => !known.has(ref))
}

/** Demands that the ledger has exactly what it has acknowledged, and that the caller's account is the sum of it. */
export async function expectExact (bench: Bench, { caller, acknowledged }: CallerLoad): Promise<void> {
  const tasks = (await bench.tasks(caller.team.id)).filter(({ state }) => state !== 'unsent')
  expect(tasks.map(({ ref }) => ref).sort()).toEqual(acknowledged.map(({ ref }) => ref).sort())
  const count = acknowledged.length
  const { standings, inFlight } = await bench.ledger.standing(caller)
  expect(standings).toMatchObject([{ used: count, held: count }])
  expect(inFlight).toMatchObject([{ used: count }, { used: count }])
}

/** Whether the ledger knows that it has lost something. */
export function isLost ({ ledger }: Bench): Promise<boolean> {
  return ledger.ping().then(() => false, error => error instanceof LedgerLost)
}
