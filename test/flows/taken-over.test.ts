// A caller that takes over a lost task and is not answered either: the task is left to the next equal call, and nothing is bought twice.
import { expect, onTestFinished, test } from 'vitest'
import { catalog } from '../../src/catalog/catalog.ts'
import { builtInPrices } from '../../src/catalog/prices.ts'
import { openDebts } from '../../src/flows/debts.ts'
import { LostAnswers } from '../../src/flows/lost-answer.ts'
import type { Refusal } from '../../src/flows/refusals.ts'
import { submitTask, type SubmitDependencies, type Submitted } from '../../src/flows/submit-task.ts'
import { constant } from '../../src/kernel/live.ts'
import { Running } from '../../src/kernel/running.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { LedgerUnavailable, type Ledger } from '../../src/ledger/ledger.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { muleRouter } from '../../src/upstream/mulerouter.ts'
import { REFUND_FAILED, benchOf } from '../contract/open-ledger.ts'
import { openSqliteLedger } from '../stores/sqlite/open-sqlite-ledger.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog as log } from '../support/silent-log.ts'

const [endpoint] = catalog
const TOKEN = 'test-upstream-token'
const TIMEOUT_MS = 5000
/** Longer than any test: what is owed is paid when the test says so. */
const NOT_BY_ITSELF_MS = 600_000

/** @param reached how the ledger is reached, if not directly @param waitMs for how long a task is waited for in another's place */
async function scene (reached: (ledger: Ledger) => Ledger = ledger => ledger, waitMs = TIMEOUT_MS) {
  const bench = benchOf(await openSqliteLedger(REFUND_FAILED))
  const { clock, directory } = bench
  const simulator = await startSimulator({ tokens: [TOKEN], pendingMs: 1000, processingMs: 1000, now: clock.nowMs })
  const upstream = muleRouter({
    baseUrl: new URL(simulator.origin), tokens: constant([new Secret(TOKEN)]), proxyUrl: undefined, timeoutMs: TIMEOUT_MS, connections: 8, on5xx: 'refused', clock, log
  })
  onTestFinished(async () => {
    await upstream.close()
    await simulator.close()
    await bench.close()
  })
  const [ledger, debts, running] = [reached(bench.ledger), openDebts({ log, retryMs: NOT_BY_ITSELF_MS }), new Running()]
  const deps: SubmitDependencies = {
    ledger, directory, debts, lostAnswers: new LostAnswers({ ledger, debts, running }), running, upstream, prices: builtInPrices, clock, upstreamTimeoutMs: waitMs, logPrompts: false
  }
  const caller = await bench.caller()

  /** A create; its caller has gone before it begins, or goes when the signal says so. */
  async function create (prompt: string, gone = new AbortController().signal): Promise<Submitted> {
    if (endpoint === undefined) throw new Error('there is an endpoint')
    return submitTask(deps, { caller, endpoint, body: { prompt }, idempotencyKey: undefined, trace: null, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`, gone, log })
  }
  return { simulator, running, debts, create }
}

const GONE = AbortSignal.abort()

test('one that goes while it is being told of a task that had been accepted', async () => {
  const { simulator, running, create } = await scene()
  const { taskId } = await create('a cat', GONE)
  expect(await create('a cat', GONE)).toMatchObject({ taskId, replayed: true })
  await running.idle()
  expect(await create('a cat')).toMatchObject({ taskId, replayed: true })
  expect((await create('a cat')).replayed).toBe(false)
  expect(simulator.received.creates).toBe(2)
})

test('one that has waited for the task, and goes when it is about to be told of it', async () => {
  const { simulator, running, create } = await scene()
  const leaving = new AbortController()
  const first = create('a cat [[hold]]', GONE)
  await eventually(() => simulator.held === 1, 'the create arrived upstream')
  const second = create('a cat [[hold]]', leaving.signal)
  simulator.release()
  const { taskId } = await first
  expect(await second).toMatchObject({ taskId, replayed: true })
  leaving.abort()
  await running.idle()
  expect(await create('a cat [[hold]]')).toMatchObject({ taskId, replayed: true })
  expect(simulator.received.creates).toBe(1)
})

test('one that has waited for as long as a call may take', async () => {
  const { simulator, create } = await scene(undefined, 1)
  const first = create('a cat [[hold]]', GONE)
  await eventually(() => simulator.held === 1, 'the create arrived upstream')
  await expect(create('a cat [[hold]]')).rejects.toMatchObject({ code: 'idempotency_in_progress' })
  simulator.release()
  const { taskId } = await first
  expect(await create('a cat [[hold]]')).toMatchObject({ taskId, replayed: true })
  expect(simulator.received.creates).toBe(1)
})

test('one that goes while it is being told that nobody knows what became of the task', async () => {
  const { simulator, running, create } = await scene()
  const unknown: Partial<Refusal> = { code: 'outcome_unknown' }
  await expect(create('a cat [[reset]]', GONE)).rejects.toMatchObject(unknown)
  await expect(create('a cat [[reset]]', GONE)).rejects.toMatchObject(unknown)
  await running.idle()
  await expect(create('a cat [[reset]]')).rejects.toMatchObject(unknown)
  expect(simulator.received.creates).toBe(1)
})

test('one that goes leaves the task once: whoever takes it over meanwhile keeps it, and the one after that begins a new one', async () => {
  const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let reads = 0
  let left = 0
  const { simulator, running, create } = await scene(ledger => ({
    ...ledger,
    async read (ref) {
      if (++reads === 1) {
        asked.resolve()
        await answered.promise
      }
      return ledger.read(ref)
    },
    async lose (asked) {
      await ledger.lose(asked)
      left++
    }
  }))
  const leaving = new AbortController()
  const first = create('a cat [[hold]]', GONE)
  await eventually(() => simulator.held === 1, 'the create arrived upstream')
  const second = create('a cat [[hold]]', leaving.signal)
  await asked.promise
  leaving.abort()
  await eventually(() => left === 2, 'both have left the task')
  const third = create('a cat [[hold]]')
  await eventually(() => reads === 2, 'the third has taken it over')
  answered.resolve()
  await expect(second).rejects.toMatchObject({ code: 'idempotency_in_progress' })
  simulator.release()
  const { taskId } = await first
  expect(await third).toMatchObject({ taskId, replayed: true })
  await running.idle()

  const fourth = create('a cat [[hold]]')
  await Promise.race([fourth, eventually(() => simulator.held === 1, 'a new one arrived upstream')])
  simulator.release()
  expect((await fourth).replayed).toBe(false)
})

test('one that cannot be told because the ledger is away', async () => {
  let away = true
  const { simulator, running, create } = await scene(ledger => ({ ...ledger, read: async ref => { if (away) throw new LedgerUnavailable(new Error('away')); return ledger.read(ref) } }))
  const first = create('a cat [[hold]]', GONE)
  await eventually(() => simulator.held === 1, 'the create arrived upstream')
  await expect(create('a cat [[hold]]')).rejects.toThrow(LedgerUnavailable)
  away = false
  simulator.release()
  const { taskId } = await first
  await running.idle()
  expect(await create('a cat [[hold]]')).toMatchObject({ taskId, replayed: true })
  expect(simulator.received.creates).toBe(1)
})

test('one of which the ledger did not say whether it has it: an equal call comes after that is known', async () => {
  let away = true
  const { simulator, debts, create } = await scene(ledger => ({
    ...ledger,
    async admit (order) {
      const admission = await ledger.admit(order)
      if (away) throw new LedgerUnavailable(new Error('away'))
      return admission
    }
  }))
  await expect(create('a cat')).rejects.toThrow(LedgerUnavailable)
  away = false
  await expect(create('a cat')).rejects.toThrow(LedgerUnavailable)
  expect((await create('a dog')).replayed).toBe(false)
  await debts.close(TIMEOUT_MS)
  expect((await create('a cat')).replayed).toBe(false)
  expect(simulator.received.creates).toBe(2)
})
