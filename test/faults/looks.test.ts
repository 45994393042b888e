// What upstream may say of a task, and how little of it is a verdict.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { accountOf, COUNTED, SPENT, UNDER_WAY, UNTOUCHED } from '../support/account.ts'
import { PENDING_MS, PROCESSING_MS, startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway
let key: string

beforeAll(async () => { gateway = await startGateway({ STATUS_MAX_AGE_MS: '1000', UPSTREAM_TIMEOUT_MS: '3000' }) })
afterAll(() => gateway.stop())
beforeEach(async () => { key = (await gateway.team({ limits: COUNTED })).key })

async function begin (prompt: string): Promise<string> {
  const { json, status, text } = await gateway.create(key, { prompt })
  expect(status, text).toBe(202)
  return json.task_info.id
}

/** The status that a read shows some time later. */
async function statusAfter (ms: number, taskId: string): Promise<string> {
  gateway.clock.advance(ms)
  const { json, status, text } = await gateway.read(key, taskId)
  expect(status, text).toBe(200)
  return json.task_info.status
}

test('a failed task gives the price back and shows upstream\'s error', async () => {
  const taskId = await begin('[[fail]]')
  expect(await statusAfter(PENDING_MS + PROCESSING_MS, taskId)).toBe('failed')
  expect((await gateway.read(key, taskId)).json.task_info.error).toMatchObject({ code: 3001 })
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
})

test('queued, running and succeeded are understood as pending, processing and completed', async () => {
  const taskId = await begin('[[synonyms]]')
  expect(await statusAfter(1000, taskId)).toBe('pending')
  expect(await statusAfter(PENDING_MS, taskId)).toBe('processing')
  expect(await statusAfter(PROCESSING_MS, taskId)).toBe('completed')
  expect(await accountOf(gateway, key)).toEqual(SPENT)
})

test('a word that nobody knows is shown as processing and ends nothing', async () => {
  const taskId = await begin('[[unknown-word]]')
  expect(await statusAfter(PENDING_MS, taskId)).toBe('processing')
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
  expect(await statusAfter(PROCESSING_MS, taskId)).toBe('completed')
  expect(await accountOf(gateway, key)).toEqual(SPENT)
})

test('a task that never ends keeps its hold', async () => {
  const taskId = await begin('[[never-ends]]')
  expect(await statusAfter(10 * 3_600_000, taskId)).toBe('processing')
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})

test('a 404 is no verdict: the task is shown as it was seen last, and keeps its hold', async () => {
  const taskId = await begin('[[forgotten]]')
  expect(await statusAfter(PENDING_MS, taskId)).toBe('processing')
  expect(await statusAfter(PROCESSING_MS, taskId)).toBe('processing')
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})

test('a task that is completed without media stays processing for five looks, and completes at the sixth', async () => {
  const taskId = await begin('[[no-media]]')
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  const statuses: string[] = []
  for (let look = 1; look <= 6; look++) statuses.push(await statusAfter(1000, taskId))
  expect(statuses).toEqual([...Array.from({ length: 5 }, () => 'processing'), 'completed'])
  expect(await accountOf(gateway, key)).toEqual(SPENT)
})

test('an answer about another task is no verdict', async () => {
  const taskId = await begin('[[other-id]]')
  const { json } = await gateway.read(key, taskId)
  expect(await statusAfter(PENDING_MS + PROCESSING_MS, taskId)).toBe('pending')
  expect((await gateway.read(key, taskId)).json.task_info.id).toBe(json.task_info.id)
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})

test.each(['status=401', 'status=404', 'status=429', 'status=500', 'html=502', 'redirect', 'reset', 'reset-before', 'cut', 'not-json', 'no-id', 'hold'])(
  'a look that meets with %s is no verdict, and the next one is', async fault => {
    const taskId = await begin('a cat')
    gateway.simulator.inject({ on: 'read', fault, times: 1 })
    expect(await statusAfter(PENDING_MS + PROCESSING_MS, taskId)).toBe('pending')
    expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
    expect(await statusAfter(1000, taskId)).toBe('completed')
    expect(await accountOf(gateway, key)).toEqual(SPENT)
  }
)

test('fifty readers that see one failure together give the price back once', async () => {
  const taskId = await begin('[[fail]]')
  await begin('a cat that goes on')
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  const replies = await Promise.all(Array.from({ length: 50 }, () => gateway.read(key, taskId)))
  expect(replies.every(({ status }) => status === 200)).toBe(true)
  expect(await statusAfter(1000, taskId)).toBe('failed')
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
  expect(gateway.log().filter(({ msg, task_id: id }) => msg === 'task failed' && id === taskId)).toHaveLength(1)
})
