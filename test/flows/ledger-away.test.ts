// The ledger fails for a while: nothing is sent without it, and what it missed is recorded as soon as it is back.
import { mkdtempSync, rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { catalog } from '../../src/catalog/catalog.ts'
import { builtInPrices } from '../../src/catalog/prices.ts'
import { createTeam } from '../../src/flows/administer-teams.ts'
import { mintKey } from '../../src/flows/administer-keys.ts'
import { openDebts, type Debts } from '../../src/flows/debts.ts'
import { deleteTask } from '../../src/flows/delete-task.ts'
import { LostAnswers } from '../../src/flows/lost-answer.ts'
import { submitTask, type SubmitDependencies, type SubmitRequest } from '../../src/flows/submit-task.ts'
import { Running } from '../../src/kernel/running.ts'
import { constant } from '../../src/kernel/live.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { LedgerUnavailable, type Ledger } from '../../src/ledger/ledger.ts'
import type { Task } from '../../src/ledger/task.ts'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { openDatabase } from '../../src/stores/sqlite/database.ts'
import { sqliteAudit } from '../../src/stores/sqlite/audit.ts'
import { sqliteDirectory } from '../../src/stores/sqlite/directory.ts'
import { KnownCallers } from '../../src/stores/sqlite/known-callers.ts'
import { sqliteLedger } from '../../src/stores/sqlite/ledger.ts'
import { hashKey } from '../../src/teams/api-key.ts'
import { muleRouter, type MuleRouter } from '../../src/upstream/mulerouter.ts'
import { REFUND_FAILED } from '../contract/open-ledger.ts'
import { eventually } from '../support/eventually.ts'
import { manualClock } from '../support/manual-clock.ts'

type Line = { facts: object, message: string }

let folder: string
let database: DatabaseSync
let simulator: Simulator
let upstream: MuleRouter
let debts: Debts
let deps: SubmitDependencies
let lines: Line[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mulegate-test-'))
  database = openDatabase({ path: join(folder, 'ledger.db'), sync: 'normal' })
  const clock = manualClock()
  simulator = await startSimulator({ tokens: ['test-upstream-token'], pendingMs: 1000, processingMs: 1000, now: clock.nowMs })
  upstream = muleRouter({
    baseUrl: new URL(simulator.origin), tokens: constant([new Secret('test-upstream-token')]), proxyUrl: undefined, timeoutMs: 5000, connections: 8, on5xx: 'refused', clock, log
  })
  lines = []
  debts = openDebts({ log, retryMs: 5 })
  const callers = new KnownCallers()
  const ledger = sqliteLedger({
    database, callers, clock, rules: REFUND_FAILED, idempotencyTtlMs: 3_600_000, statusMaxAgeMs: 1000, lookLeaseMs: 5000, completeSinceMs: 0
  })
  const running = new Running()
  deps = { ledger, directory: sqliteDirectory({ database, callers }), debts, lostAnswers: new LostAnswers({ ledger, debts, running }), running, upstream, prices: builtInPrices, clock, upstreamTimeoutMs: 5000, logPrompts: false }
})

afterEach(async () => {
  setWritable(true)
  await debts.close(1000)
  await upstream.close()
  await simulator.close()
  database.close()
  rmSync(folder, { recursive: true })
})

const write = (facts: object, message: string): void => { lines.push({ facts, message }) }
const log = { debug: write, info: write, warn: write, error: write, record: write }

/** Read-only, SQLite refuses every write as it would on a file system that was remounted so. */
function setWritable (writable: boolean): void { database.exec(`PRAGMA query_only = ${writable ? 'OFF' : 'ON'}`) }

async function aRequest (prompt: string): Promise<SubmitRequest> {
  const administration = { directory: deps.directory, audit: sqliteAudit({ database, retentionMs: 86_400_000 }), catalog, clock: deps.clock }
  const actor = { name: 'test', address: '127.0.0.1', requestId: 'req_test', log }
  const { id } = await createTeam(administration, actor, { id: 'ads', limits: { tasks_in_flight: 2, quotas: [{ per: 'day', unit: 'tasks', limit: 2 }] } })
  const { secret } = await mintKey(administration, actor, { team: id, body: {} })
  const caller = await deps.directory.findCaller(hashKey(secret.reveal()))
  const [endpoint] = catalog
  if (caller === undefined || endpoint === undefined) throw new Error('there is a caller and an endpoint')
  return { caller, endpoint, body: { prompt }, idempotencyKey: undefined, trace: null, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`, gone: new AbortController().signal, log }
}

async function allTasks (): Promise<Task[]> { return (await deps.ledger.list({ limit: 100, cursor: null })).rows }

test('while the ledger cannot be written, a create is refused, nothing is sent, and the retraction is paid when it is back', async () => {
  const request = await aRequest('a cat')
  setWritable(false)
  await expect(submitTask(deps, request)).rejects.toThrow(LedgerUnavailable)
  expect(simulator.received.creates).toBe(0)
  expect(debts.outstanding()).toBe(1)

  setWritable(true)
  await eventually(() => debts.outstanding() === 0, 'the retraction was paid')
  expect((await allTasks()).map(({ state, money }) => ({ state, money }))).toEqual([{ state: 'unsent', money: 'refunded' }])
  expect((await deps.ledger.standing(request.caller)).standings).toMatchObject([{ used: 0, held: 0 }])
  expect((await submitTask(deps, request)).status).toBe(202)
})

test('a task that was accepted while the ledger was away is answered, is in the log, and is recorded when it is back', async () => {
  const request = await aRequest('a cat [[hold]]')
  const submitting = submitTask(deps, request)
  await eventually(() => simulator.held === 1, 'the create arrived upstream')
  setWritable(false)
  simulator.release()
  const { taskId, status } = await submitting
  expect(status).toBe(202)
  expect(lines).toContainEqual({ facts: expect.objectContaining({ task_id: taskId }), message: 'task submitted' })
  expect((await allTasks()).map(({ state }) => state)).toEqual(['submitting'])

  setWritable(true)
  await eventually(() => debts.outstanding() === 0, 'the acceptance was recorded')
  expect(await allTasks()).toMatchObject([{ state: 'pending', money: 'held', taskId }])
  expect(await deps.ledger.find(request.caller, taskId)).toMatchObject({ task: { taskId } })
})

test('a task that was accepted is in the log before the ledger is told of it', async () => {
  const request = await aRequest('a cat')
  const { ledger } = deps
  let before: Line[] = []
  const resolve: Ledger['resolve'] = (order, outcome) => {
    before = [...lines]
    return ledger.resolve(order, outcome)
  }
  const { taskId } = await submitTask({ ...deps, ledger: { ...ledger, resolve } }, request)
  expect(before).toContainEqual({ facts: expect.objectContaining({ task_id: taskId }), message: 'task submitted' })
})

test('a delete that upstream did while the ledger was away is answered, and is recorded when it is back', async () => {
  const request = await aRequest('a cat')
  const { taskId } = await submitTask(deps, request)
  const { caller, endpoint, traceparent } = request
  simulator.inject({ on: 'delete', fault: 'hold', times: 1 })
  const deleting = deleteTask(deps, { caller, endpoint, taskId, traceparent, log })
  await eventually(() => simulator.held === 1, 'the delete arrived upstream')
  setWritable(false)
  simulator.release()
  expect(await deleting).toMatchObject({ task_id: taskId })
  expect(await allTasks()).toMatchObject([{ state: 'pending', money: 'held' }])

  setWritable(true)
  await eventually(() => debts.outstanding() === 0, 'the deletion was recorded')
  expect(await allTasks()).toMatchObject([{ state: 'deleted', money: 'refunded' }])
})

test('what is owed is paid at shutdown', async () => {
  const request = await aRequest('a cat [[hold]]')
  const submitting = submitTask(deps, request)
  await eventually(() => simulator.held === 1, 'the create arrived upstream')
  setWritable(false)
  simulator.release()
  await submitting
  const closing = debts.close(10_000)
  setWritable(true)
  await closing
  expect(await allTasks()).toMatchObject([{ state: 'pending' }])
})

test('what could not be paid before the end is named in the log', async () => {
  const request = await aRequest('a cat [[hold]]')
  const submitting = submitTask(deps, request)
  await eventually(() => simulator.held === 1, 'the create arrived upstream')
  setWritable(false)
  simulator.release()
  const { taskId } = await submitting
  await debts.close(20)
  expect(lines).toContainEqual({ facts: expect.objectContaining({ task_id: taskId, outcome: 'accepted' }), message: 'never recorded' })
})

test('an acceptance whose row a store has lost is written anew, with its hold', async () => {
  const request = await aRequest('a cat [[hold]]')
  const submitting = submitTask(deps, request)
  await eventually(() => simulator.held === 1, 'the create arrived upstream')
  database.exec('DELETE FROM tasks; DELETE FROM counters; DELETE FROM in_flight; DELETE FROM usage_days')
  simulator.release()
  const { taskId } = await submitting
  expect(await allTasks()).toMatchObject([{ state: 'pending', money: 'held', taskId }])
  expect(await deps.ledger.standing(request.caller)).toMatchObject({ standings: [{ used: 1, held: 1 }], inFlight: [{ used: 1 }, { used: 1 }] })
})
