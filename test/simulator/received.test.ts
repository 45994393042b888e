// What the simulator remembers of the requests that really arrived.

import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { countTask, nothingReceived } from '../../src/simulator/received.ts'
import { GENERATION, TOKEN, bearer, openSimulator } from './open-simulator.ts'

test('creates counts every POST that arrived, accepted only those answered 202, reads and deletes every GET and DELETE of a task', async () => {
  const { call, create, createId, read, remove, simulator } = await openSimulator()
  const id = await createId('a cat')
  await create({ prompt: 'a dog' })
  await create({})
  await create({ prompt: 'a cow' }, 'nobody')
  await read(id)
  await read('unknown')
  await read(id, 'nobody')
  await remove(id)
  await remove(id)
  await call(GENERATION)
  await call('/elsewhere', { method: 'POST', body: '{}' })

  const counted = { creates: 4, accepted: 2, reads: 3, deletes: 2 }
  expect(simulator.received).toMatchObject(counted)
  expect(simulator.received.requests).toHaveLength(11)

  const control = await call('/_simulator/received')
  expect(control.status).toBe(200)
  expect(control.body).toEqual({ ...counted, redirects_followed: 0 })
})

test('the control routes are not counted among what arrived', async () => {
  const { call, simulator } = await openSimulator()
  await call('/_simulator/faults', { method: 'POST', body: '{}' })
  await call('/_simulator/faults', { method: 'DELETE' })
  await call('/_simulator/received')
  expect(simulator.received).toEqual({ creates: 0, accepted: 0, reads: 0, deletes: 0, redirectsFollowed: 0, requests: [], tasks: [] })
})

test('a request is remembered with its method, its path as sent, lower-cased headers, and its parsed body or its text', async () => {
  const { call, simulator } = await openSimulator()
  await call(`/${GENERATION}?a=1`, { method: 'POST', headers: { ...bearer(TOKEN), 'X-Agent-Skills': 'none' }, body: '{"prompt":"a cat"}' })
  await call(GENERATION, { method: 'POST', body: '{"prompt":' })
  await call(`${GENERATION}/x`, { headers: bearer(TOKEN) })

  expect(simulator.received.requests).toMatchObject([
    {
      method: 'POST',
      path: `/${GENERATION}?a=1`,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', 'x-agent-skills': 'none' },
      body: { prompt: 'a cat' }
    },
    { method: 'POST', body: '{"prompt":' },
    { method: 'GET', path: `${GENERATION}/x`, body: '' }
  ])
})

test('only the last 1000 requests are kept, and the counters go on', async () => {
  const { read, simulator } = await openSimulator()
  for (let batch = 0; batch < 21; batch += 1) {
    await Promise.all(Array.from({ length: 50 }, (_, index) => read(`number-${batch * 50 + index}`)))
  }
  expect(simulator.received.reads).toBe(1050)
  expect(simulator.received.requests).toHaveLength(1000)
  const kept = simulator.received.requests.map(request => request.path)
  expect(kept).not.toContain(`${GENERATION}/number-0`)
  expect(kept).toContain(`${GENERATION}/number-1049`)
})

test('a create whose client went away before its body was whole did not arrive', async () => {
  const { simulator } = await openSimulator()
  const { port } = new URL(simulator.origin)
  const socket = connect(Number(port), '127.0.0.1')
  socket.end(`POST ${GENERATION} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"prompt":`)
  socket.resume()
  await once(socket, 'close')
  expect(simulator.received.creates).toBe(0)
})

test('tasks are the ids of those that were made, in order, and the control route tells them only when asked', async () => {
  const { call, create, createId, simulator } = await openSimulator()
  const ids = [await createId('a cat'), await createId('a dog [[fail]]')]
  await create({ prompt: 'a cow [[status=500]]' })
  await create({ prompt: 'a cow' }, 'nobody')

  expect(simulator.received.tasks).toEqual(ids)
  expect((await call('/_simulator/received?tasks=true')).body).toEqual({ creates: 4, accepted: 2, reads: 0, deletes: 0, redirects_followed: 0, task_ids: ids })
  expect((await call('/_simulator/received?tasks=false')).body).not.toHaveProperty('task_ids')
})

test('only the last 100,000 tasks are kept, and the counter goes on', () => {
  const received = nothingReceived()
  for (let number = 0; number < 100_002; number += 1) countTask(received, `task-${number}`)
  expect(received.accepted).toBe(100_002)
  expect(received.tasks).toHaveLength(100_000)
  expect(received.tasks[0]).toBe('task-2')
  expect(received.tasks.at(-1)).toBe('task-100001')
})
