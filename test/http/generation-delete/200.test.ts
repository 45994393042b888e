// Deleting a task: MuleRouter decides, and what it had not begun is given back.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { accountOf, COUNTED, newestTask, SPENT, UNDER_WAY, UNTOUCHED } from '../../support/account.ts'
import { GENERATION, PENDING_MS, PROCESSING_MS, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblemShape } from '../../support/problem.ts'

let gateway: Gateway
let key: string
let taskId: string
beforeAll(async () => { gateway = await startGateway() })
beforeEach(async () => {
  gateway.clock.set('2026-11-22T12:00:00Z')
  key = (await gateway.team({ limits: COUNTED })).key
  taskId = (await gateway.create(key)).json.task_info.id
})
afterAll(() => gateway.stop())

const remove = (path = `${GENERATION}/${taskId}`, headers: Record<string, string> = {}): Promise<Reply> => gateway.call('DELETE', path, { key, headers })

test('a pending task is deleted with MuleRouter\'s answer, and refunded', async () => {
  gateway.clock.advance(PENDING_MS - 1)
  const reply = await remove()
  expect(reply.status).toBe(200)
  expect(reply.json).toEqual({ task_id: taskId, deleted_at: '2026-11-22T12:00:09.999000+00:00' })
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
  expect(await newestTask(gateway, key)).toMatchObject({ task_id: taskId, status: 'deleted', money: 'refunded' })
  expect((await gateway.read(key, taskId)).status).toBe(404)
})

test('a pending task that was created a moment ago is looked at first all the same', async () => {
  const { reads } = gateway.simulator.received
  expect((await remove()).status).toBe(200)
  expect(gateway.simulator.received.reads).toBe(reads + 1)
})

test('a processing task is not deleted: MuleRouter\'s 409 is passed on, and nothing is refunded', async () => {
  gateway.clock.advance(PENDING_MS)
  const reply = await remove()
  expectProblemShape(reply, {
    type: 'urn:mulegate:problem:upstream_refused',
    status: 409,
    title: 'Task Is Processing',
    detail: expect.stringMatching(/processing/),
    instance: `${GENERATION}/${taskId}`,
    error_code: 4008,
    code: 'upstream_refused'
  })
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
  expect((await gateway.read(key, taskId)).json.task_info.status).toBe('processing')

  gateway.clock.advance(PROCESSING_MS)
  expect((await gateway.read(key, taskId)).json.task_info.status).toBe('completed')
  expect(await accountOf(gateway, key)).toEqual(SPENT)
})

test('a completed task is deleted and stays spent', async () => {
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  expect((await gateway.read(key, taskId)).json.task_info.status).toBe('completed')
  expect(await remove()).toMatchObject({ status: 200, json: { task_id: taskId, deleted_at: expect.any(String) } })
  expect(await accountOf(gateway, key)).toEqual(SPENT)
  expect(await newestTask(gateway, key)).toMatchObject({ status: 'deleted', money: 'spent' })
  expect((await gateway.read(key, taskId)).status).toBe(404)
})

test('a task that completed unseen is deleted and stays spent', async () => {
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  expect((await remove()).status).toBe(200)
  expect(await accountOf(gateway, key)).toEqual(SPENT)
  expect(await newestTask(gateway, key)).toMatchObject({ status: 'deleted', money: 'spent' })
})

test('a failed task is deleted and stays refunded', async () => {
  const { json } = await gateway.create(key, { prompt: 'another cat [[fail]]' })
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  expect((await remove(`${GENERATION}/${json.task_info.id}`)).status).toBe(200)
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
  expect(await newestTask(gateway, key)).toMatchObject({ status: 'deleted', money: 'refunded' })
})

test('a deleted task gives its place in flight and in its windows back at once', async () => {
  const caller = await gateway.team({ limits: { tasks_in_flight: 1, quotas: [{ per: 'day', unit: 'tasks', limit: 1 }] } })
  const { json } = await gateway.create(caller.key)
  expect((await gateway.create(caller.key)).status).toBe(429)
  await gateway.call('DELETE', `${GENERATION}/${json.task_info.id}`, { key: caller.key })
  expect((await gateway.create(caller.key)).status).toBe(202)
})

test('deletes at once are one delete: the task is refunded once', async () => {
  const replies = await Promise.all(Array.from({ length: 20 }, () => remove()))
  expect(replies.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(1)
  for (const { status } of replies) expect([200, 404]).toContain(status)
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
})

const ways: { name: string, path: () => string, headers?: Record<string, string> }[] = [
  { name: 'the short name', path: () => `/generation/${taskId}` },
  { name: 'two slashes', path: () => `/${GENERATION}/${taskId}` },
  { name: 'a Content-Type and no body', path: () => `${GENERATION}/${taskId}`, headers: { 'content-type': 'application/json' } }
]

for (const { name, path, headers } of ways) {
  test(`a task is deleted by ${name}`, async () => {
    expect(await remove(path(), headers)).toMatchObject({ status: 200, json: { task_id: taskId } })
    expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
  })
}

test('every key of the team may delete the team\'s tasks', async () => {
  const owner = await gateway.team()
  const { json } = await gateway.create(owner.key)
  const colleague = await gateway.mint(owner.team)
  expect((await gateway.call('DELETE', `${GENERATION}/${json.task_info.id}`, { key: colleague.key })).status).toBe(200)
  expect((await gateway.read(owner.key, json.task_info.id)).status).toBe(404)
})
