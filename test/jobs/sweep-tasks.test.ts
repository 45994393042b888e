// The sweep: every task is followed to its end although nobody asks.
import { expect, onTestFinished, test } from 'vitest'
import { catalog } from '../../src/catalog/catalog.ts'
import type { Upstream } from '../../src/flows/upstream.ts'
import { sweepTasks } from '../../src/jobs/sweep-tasks.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { benchOf, REFUND_FAILED } from '../contract/open-ledger.ts'
import { openSqliteLedger } from '../stores/sqlite/open-sqlite-ledger.ts'
import { silentLog } from '../support/silent-log.ts'
import { COUNTED, accountOf, SPENT, UNTOUCHED } from '../support/account.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'

const SWEEPING = { SWEEP_LOOKS_PER_SECOND: '1000', STATUS_MAX_AGE_MS: '3000', UPSTREAM_TIMEOUT_MS: '3000' }

async function sweeping (env: Record<string, string> = {}) {
  const gateway = await startGateway({ ...SWEEPING, ...env })
  onTestFinished(() => gateway.stop())
  return gateway
}

async function begin (gateway: Gateway, key: string, prompt: string): Promise<string> {
  const { json, status, text } = await gateway.create(key, { prompt })
  expect(status, text).toBe(202)
  return json.task_info.id
}

/** Lets time fly, so many milliseconds at every glance, until the task has no hold any more. */
async function untilSettled (gateway: Gateway, key: string, glanceMs = 10_000): Promise<void> {
  await eventually(async () => {
    gateway.clock.advance(glanceMs)
    return (await accountOf(gateway, key)).tasksHeld === 0
  }, 'the task was settled')
}

test.each([
  ['completes', 'a cat', SPENT, 'task completed'],
  ['fails', '[[fail]]', UNTOUCHED, 'task failed'],
  ['is spoken of in other words', '[[synonyms]]', SPENT, 'task completed']
])('a task that nobody reads and that %s is settled, with one line', async (_what, prompt, account, message) => {
  const gateway = await sweeping()
  const { key } = await gateway.team({ limits: COUNTED })
  await begin(gateway, key, prompt)
  await untilSettled(gateway, key)
  expect(await accountOf(gateway, key)).toEqual(account)
  expect(gateway.log().filter(({ msg }) => msg === message)).toHaveLength(1)
})

test('a task that upstream has forgotten expires after three looks over ten minutes, and reads as failed with 5040', async () => {
  const gateway = await sweeping()
  const { key } = await gateway.team({ limits: COUNTED })
  const taskId = await begin(gateway, key, '[[forgotten]]')
  await untilSettled(gateway, key)
  expect(await accountOf(gateway, key)).toEqual(SPENT)
  expect((await gateway.read(key, taskId)).json).toMatchObject({ task_info: { id: taskId, status: 'failed', error: { code: 5040 } } })
  expect(gateway.log().filter(({ msg }) => msg === 'task expired')).toHaveLength(1)
})

test('a task that never ends expires at its deadline, and its price ends as UNKNOWN_HOLD_END says', async () => {
  const gateway = await sweeping({ TASK_DEADLINE_HOURS: '2', UNKNOWN_HOLD_END: 'release' })
  const { key } = await gateway.team({ limits: COUNTED })
  await begin(gateway, key, '[[never-ends]]')
  await untilSettled(gateway, key, 60_000)
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
  expect(gateway.log().filter(({ msg }) => msg === 'task expired')).toHaveLength(1)
})

test('a task at whose deadline nobody can tell what became of it is looked at for six more hours, and ends as MuleRouter says then', async () => {
  const gateway = await sweeping({ TASK_DEADLINE_HOURS: '2' })
  const { key } = await gateway.team({ limits: COUNTED })
  const taskId = await begin(gateway, key, 'a cat')
  gateway.simulator.inject({ on: 'read', fault: 'status=503', times: 3 })
  gateway.clock.advance(2 * 3_600_000)
  for (let failed = 1; failed <= 3; failed++) {
    await eventually(() => gateway.log().filter(({ msg }) => msg === 'look failed').length === failed, `look ${failed} after the deadline failed`)
    gateway.clock.advance(72_000)
  }
  await untilSettled(gateway, key, 60_000)
  expect((await gateway.read(key, taskId)).json.task_info.status).toBe('completed')
  expect(gateway.log().filter(({ msg }) => msg === 'task expired')).toEqual([])
})

test('a task of which MuleRouter says nothing for six hours after its deadline expires', async () => {
  const gateway = await sweeping({ TASK_DEADLINE_HOURS: '2' })
  const { key } = await gateway.team({ limits: COUNTED })
  await begin(gateway, key, 'a cat')
  gateway.simulator.inject({ on: 'read', fault: 'status=503', times: 1000 })
  gateway.clock.advance(7.9 * 3_600_000)
  await eventually(() => gateway.log().some(({ msg }) => msg === 'look failed'), 'a look failed')
  expect(await accountOf(gateway, key)).toMatchObject({ tasksHeld: 1 })
  await untilSettled(gateway, key, 60_000)
  expect(gateway.log().filter(({ msg }) => msg === 'task expired')).toHaveLength(1)
})

test('a look that fails, however it fails, is no verdict, and the sweep comes again', async () => {
  const gateway = await sweeping()
  const { key } = await gateway.team({ limits: COUNTED })
  await begin(gateway, key, '[[never-ends]]')
  for (const fault of ['status=503', 'status=401', 'status=429', 'html=502', 'reset', 'not-json'] as const) {
    gateway.simulator.inject({ on: 'read', fault, times: 1 })
    const failures = gateway.log().filter(({ msg }) => msg === 'look failed').length
    await eventually(() => {
      gateway.clock.advance(10_000)
      return gateway.log().filter(({ msg }) => msg === 'look failed').length > failures
    }, `a look met ${fault}`)
    expect(await accountOf(gateway, key)).toMatchObject({ tasksHeld: 1 })
  }
})

test('what is claimed in the moment of a stop is not looked at, and is given back at once', async () => {
  const bench = benchOf(await openSqliteLedger(REFUND_FAILED))
  onTestFinished(() => bench.close())
  const begun = await bench.begin(await bench.caller())
  await bench.pass(10_000)
  const [claimed, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const ledger: Ledger = {
    ...bench.ledger,
    async claimDue (count, leaseMs) {
      const due = await bench.ledger.claimDue(count, leaseMs)
      claimed.resolve()
      await answered.promise
      return due
    }
  }
  const nobody: Upstream = { submit: unexpected, look: unexpected, remove: unexpected, probe: unexpected }
  const sweep = sweepTasks({
    ledger, upstream: nobody, catalog, clock: bench.clock, log: silentLog, rules: REFUND_FAILED, looksPerSecond: 50, looksAtOnce: 10, leaseMs: 35_000
  })
  await claimed.promise
  const stopping = sweep.stop()
  answered.resolve()
  await stopping
  expect((await bench.ledger.claimDue(5, 35_000)).map(({ ref }) => ref)).toEqual([begun.ref])
})

test('no more is claimed in a second than may be looked at', async () => {
  const bench = benchOf(await openSqliteLedger(REFUND_FAILED))
  onTestFinished(() => bench.close())
  const caller = await bench.caller()
  for (let task = 1; task <= 40; task++) await bench.begin(caller)
  await bench.pass(10_000)
  const wanted: number[] = []
  const ledger: Ledger = {
    ...bench.ledger,
    claimDue (count, leaseMs) {
      wanted.push(count)
      return bench.ledger.claimDue(count, leaseMs)
    }
  }
  const silent: Upstream = { submit: unexpected, remove: unexpected, probe: unexpected, look: async () => ({ kind: 'failed', cause: new Error('no answer') }) }
  const sweep = sweepTasks({
    ledger, upstream: silent, catalog, clock: bench.clock, log: silentLog, rules: REFUND_FAILED, looksPerSecond: 10, looksAtOnce: 100, leaseMs: 35_000
  })
  await eventually(() => wanted.length === 3, 'three rounds of half a second')
  await sweep.stop()
  expect(wanted).toEqual([5, 5, 5])
})

async function unexpected (): Promise<never> { throw new Error('nobody is asked any more') }
