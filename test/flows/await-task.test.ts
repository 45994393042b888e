// Who waits for a task has a place, and gives it back however the waiting ends.
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { catalog } from '../../src/catalog/catalog.ts'
import { awaitEnd, followTask, WaitingPlaces, type WaitRequest } from '../../src/flows/await-task.ts'
import { openTaskWatch } from '../../src/flows/task-watch.ts'
import type { Upstream } from '../../src/flows/upstream.ts'
import type { Task } from '../../src/ledger/task.ts'
import { benchOf, REFUND_FAILED } from '../contract/open-ledger.ts'
import { sqliteLedgerAt } from '../stores/sqlite/open-sqlite-ledger.ts'
import { eventually } from '../support/eventually.ts'
import { manualClock } from '../support/manual-clock.ts'
import { silentLog } from '../support/silent-log.ts'
import { tempFolder } from '../support/temp-folder.ts'

const PLACES_PER_KEY = 5000
const WAIT_MS = 50_000

/** A task that runs, as it was read, and a caller who goes away when the test says so. */
async function begin () {
  const clock = manualClock()
  const bench = benchOf(sqliteLedgerAt({ path: join(tempFolder(), 'ledger.db'), clock, rules: REFUND_FAILED }))
  onTestFinished(() => bench.close())
  const { ref } = await bench.begin(await bench.caller())
  const [endpoint] = catalog
  const task = await bench.ledger.read(ref)
  if (endpoint === undefined || task === undefined) throw new Error('the task is in the ledger')
  const nobody: Upstream = { submit: unexpected, look: unexpected, remove: unexpected, probe: unexpected }
  const watch = openTaskWatch({ ledger: bench.ledger, upstream: nobody, clock, log: silentLog, statusMaxAgeMs: WAIT_MS })
  onTestFinished(() => watch.close())
  const places = new WaitingPlaces()
  let leave = (): void => {}
  const request: WaitRequest = { task, endpoint, keyId: task.keyId, whenGone: listener => { leave = listener } }
  return { bench, task, watch, places, request, leave: () => leave(), deps: { watch, places } }
}

async function unexpected (): Promise<never> { throw new Error('nobody is asked') }

/** How many places of the key are free. */
function free (places: WaitingPlaces, { keyId }: WaitRequest): number {
  let count = 0
  while (places.take(keyId)) count++
  for (let taken = 0; taken < count; taken++) places.giveBack(keyId)
  return count
}

test('without a place a stream is refused before it is opened, and a wait does not begin; one that is given back is free again', async () => {
  const { deps, request, places, watch, task, leave } = await begin()
  while (places.take(request.keyId));
  expect(() => followTask(deps, request, () => expect.unreachable('nothing is opened'))).toThrow(expect.objectContaining({ code: 'rate_limited' }))
  expect(await awaitEnd(deps, { ...request, waitMs: WAIT_MS })).toBe(undefined)
  expect(watch.size).toBe(0)
  places.giveBack(request.keyId)
  const told: Array<Task | undefined> = []
  followTask(deps, request, () => change => { told.push(change) })
  expect([told, watch.size, free(places, request)]).toEqual([[task], 1, 0])
  leave()
  leave()
  expect([told, watch.size, free(places, request)]).toEqual([[task, undefined], 0, 1])
})

test('a caller who has gone by then is not waited for', async () => {
  const { deps, request, places, watch, task } = await begin()
  const gone: WaitRequest = { ...request, whenGone: listener => listener() }
  expect(await awaitEnd(deps, { ...gone, waitMs: WAIT_MS })).toBe(task)
  const told: Array<Task | undefined> = []
  followTask(deps, gone, () => change => { told.push(change) })
  expect(told).toEqual([task, undefined])
  expect([watch.size, free(places, request)]).toEqual([0, PLACES_PER_KEY])
})

test('whoever comes when the gateway has begun to stop is told the task as it is, and the end', async () => {
  const { deps, request, places, watch, task } = await begin()
  const told: Array<Task | undefined> = []
  followTask(deps, request, () => change => { told.push(change) })
  watch.close()
  expect(told).toEqual([task, undefined])
  followTask(deps, request, () => change => { told.push(change) })
  expect(told).toEqual([task, undefined, task, undefined])
  expect(await awaitEnd(deps, { ...request, waitMs: WAIT_MS })).toBe(task)
  expect(free(places, request)).toBe(PLACES_PER_KEY)
})

test('everybody is told of every change of the state, and of nothing after the end', async () => {
  const { bench, deps, request, places, watch, task } = await begin()
  const told: Array<Task | undefined> = []
  followTask(deps, request, () => change => { told.push(change) })
  const awaited = awaitEnd(deps, { ...request, waitMs: WAIT_MS })
  await bench.see(task.ref, 'processing')
  await eventually(() => told.length === 2, 'the change is told')
  await bench.see(task.ref, 'completed')
  expect(await awaited).toMatchObject({ ref: task.ref, state: 'completed' })
  expect(told.map(change => change?.state)).toEqual(['pending', 'processing', 'completed', undefined])
  expect([watch.size, free(places, request)]).toEqual([0, PLACES_PER_KEY])
})
