// The life of a task, from create to delete, by an injected clock.

import { expect, test } from 'vitest'
import {
  ENDED_MS, GENERATION, OTHER_TOKEN, PENDING_MS, START_MS, TOKEN, bearer, openSimulator, textAt
} from './open-simulator.ts'

const CREATED_AT = '2026-09-21T08:23:12.657000+00:00'
const STARTED_AT = '2026-09-21T08:23:14.657000+00:00'
const ENDED_AT = '2026-09-21T08:23:19.657000+00:00'

test('a create answers 202 with a pending task, and nothing but its task_info', async () => {
  const { create } = await openSimulator()
  const reply = await create({ prompt: 'a cat' })
  expect(reply.status).toBe(202)
  expect(reply.body).toEqual({
    task_info: { id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/), status: 'pending', created_at: CREATED_AT, updated_at: CREATED_AT }
  })
})

test('a create is pending even where tasks end at once', async () => {
  const { create, read } = await openSimulator({ pendingMs: 0, processingMs: 0 })
  const reply = await create({ prompt: 'a cat' })
  expect(reply.body).toMatchObject({ task_info: { status: 'pending' } })
  expect((await read(textAt(reply.body, 'task_info', 'id'))).body).toMatchObject({ task_info: { status: 'completed' } })
})

test('a task is pending, then processing, then completed, each to the millisecond, and updated_at is the last change', async () => {
  const { createId, read, setTime, simulator } = await openSimulator()
  const id = await createId('a cat')

  for (const timeMs of [START_MS, START_MS + PENDING_MS - 1]) {
    setTime(timeMs)
    expect((await read(id)).body).toEqual({ task_info: { id, status: 'pending', created_at: CREATED_AT, updated_at: CREATED_AT } })
  }
  for (const timeMs of [START_MS + PENDING_MS, ENDED_MS - 1]) {
    setTime(timeMs)
    expect((await read(id)).body).toEqual({ task_info: { id, status: 'processing', created_at: CREATED_AT, updated_at: STARTED_AT } })
  }
  for (const timeMs of [ENDED_MS, ENDED_MS + 60_000]) {
    setTime(timeMs)
    const reply = await read(id)
    expect(reply.status).toBe(200)
    expect(reply.body).toEqual({
      task_info: { id, status: 'completed', created_at: CREATED_AT, updated_at: ENDED_AT },
      videos: [expect.stringMatching(new RegExp(`^${RegExp.escape(simulator.origin)}/ephemeral/${id}/result_00\\.mp4\\?Expires=\\d+&Signature=\\w+$`))]
    })
  }
})

test('a task whose prompt has the marker [[fail]] ends as failed, which is read with 200, with an error and no videos', async () => {
  const { createId, read, setTime } = await openSimulator()
  const id = await createId('a cat [[fail]] in the moonlight')

  setTime(ENDED_MS - 1)
  expect((await read(id)).body).toMatchObject({ task_info: { status: 'processing' } })
  setTime(ENDED_MS)
  const reply = await read(id)
  expect(reply.status).toBe(200)
  expect(reply.body).toEqual({
    task_info: {
      id,
      status: 'failed',
      created_at: CREATED_AT,
      updated_at: ENDED_AT,
      error: { code: 3001, title: 'Task Execution Error', detail: expect.any(String) }
    }
  })
})

test.for(['fail', '[fail]', '[[ fail ]]', '[[failure]]', '[[unknown=1]]'])('a prompt with %s is no marker, and its task completes', async text => {
  const { createId, read, setTime } = await openSimulator()
  const id = await createId(`a cat ${text}`)
  setTime(ENDED_MS)
  expect((await read(id)).body).toMatchObject({ task_info: { status: 'completed' } })
})

test('two simulators with the same options say the same about each other\'s tasks', async () => {
  const first = await openSimulator()
  const second = await openSimulator()
  const ids = [await first.createId('a cat'), await second.createId('a dog [[fail]]')]

  for (const timeMs of [START_MS, START_MS + PENDING_MS, ENDED_MS]) {
    first.setTime(timeMs)
    second.setTime(timeMs)
    for (const id of ids) {
      const here = await first.read(id)
      const there = await second.read(id)
      expect(here.status).toBe(200)
      expect(JSON.stringify(here.body).replaceAll(first.simulator.origin, second.simulator.origin)).toBe(JSON.stringify(there.body))
    }
  }
  expect((await second.read(ids[0] ?? '', OTHER_TOKEN)).status).toBe(404)
})

test.for([
  ['pending', 'a cat', START_MS],
  ['completed', 'a cat', ENDED_MS],
  ['failed', 'a cat [[fail]]', ENDED_MS]
] as const)('a %s task can be deleted once, and is then unknown', async ([status, prompt, timeMs]) => {
  const { createId, read, remove, setTime } = await openSimulator()
  const id = await createId(prompt)
  setTime(timeMs)
  expect((await read(id)).body).toMatchObject({ task_info: { status } })

  const reply = await remove(id)
  expect(reply.status).toBe(200)
  expect(reply.body).toEqual({ task_id: id, deleted_at: timeMs === START_MS ? CREATED_AT : ENDED_AT })
  expect(await read(id)).toMatchObject({ status: 404, body: { error_code: 2005 } })
  expect(await remove(id)).toMatchObject({ status: 404, body: { error_code: 2005 } })
})

test('a processing task cannot be deleted: 409 in the provider\'s error body, and it goes on', async () => {
  const { createId, read, remove, setTime } = await openSimulator()
  const id = await createId('a cat')
  setTime(START_MS + PENDING_MS)
  expect(await remove(id)).toMatchObject({
    status: 409,
    body: { status: 409, title: 'Task Is Processing', instance: `${GENERATION}/${id}`, error_code: expect.any(Number) }
  })
  expect((await read(id)).body).toMatchObject({ task_info: { status: 'processing' } })
})

test('two leading slashes are as good as one, which one of the provider\'s clients sends', async () => {
  const { call } = await openSimulator()
  const created = await call(`/${GENERATION}`, { method: 'POST', headers: bearer(TOKEN), body: '{"prompt":"a cat"}' })
  expect(created.status).toBe(202)
  const path = `/${GENERATION}/${textAt(created.body, 'task_info', 'id')}`
  expect((await call(path, { headers: bearer(TOKEN) })).status).toBe(200)
  expect((await call(path, { method: 'DELETE', headers: bearer(TOKEN) })).status).toBe(200)
})
