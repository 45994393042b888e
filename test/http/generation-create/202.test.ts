// What a create that was accepted looks like: MuleRouter's own answer, and where the task is.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf, COUNTED, SPENT } from '../../support/account.ts'
import { GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { answer, pointingAt, startUpstream, taskAnswer, type ScriptedUpstream } from '../../support/scripted-upstream.ts'

let gateway: Gateway
let upstream: ScriptedUpstream
let scripted: Gateway
beforeAll(async () => {
  gateway = await startGateway()
  upstream = await startUpstream()
  scripted = await startGateway(pointingAt(upstream.origin))
})
afterAll(async () => {
  await gateway.stop()
  await scripted.stop()
  await upstream.close()
})

test('a create is answered with MuleRouter\'s status and body and the Location of the task', async () => {
  const { key } = await gateway.team()
  const reply = await gateway.create(key)
  expect(reply.status).toBe(202)
  expect(reply.json).toEqual({
    task_info: { id: expect.any(String), status: 'pending', created_at: '2026-11-22T12:00:00.000000+00:00', updated_at: '2026-11-22T12:00:00.000000+00:00' }
  })
  expect(reply.headers).toMatchObject({
    'content-type': expect.stringMatching(/^application\/json(;|$)/),
    location: `${GENERATION}/${reply.json.task_info.id}`,
    'cache-control': 'private, no-store'
  })
})

test('the Location of a create can be read with the same key', async () => {
  const { key } = await gateway.team()
  const created = await gateway.create(key)
  const read = await gateway.call('GET', created.headers['location'] ?? '', { key })
  expect(read).toMatchObject({ status: 200, json: created.json })
})

test('the short name is the same route: it sends the same request and names the same Location', async () => {
  const { key } = await gateway.team()
  const created = await gateway.call('POST', '/generation', { key, body: { prompt: 'a short name' } })
  expect(created.status).toBe(202)
  expect(created.headers['location']).toBe(`${GENERATION}/${created.json.task_info.id}`)
  expect(gateway.simulator.received.requests.at(-1)).toMatchObject({ method: 'POST', path: GENERATION, body: { prompt: 'a short name' } })
})

test('a client that joins its base URL into two slashes is served', async () => {
  const { key } = await gateway.team()
  const created = await gateway.call('POST', `/${GENERATION}`, { key, body: { prompt: 'two slashes' } })
  expect(created.status).toBe(202)
  const read = await gateway.call('GET', `/${GENERATION}/${created.json.task_info.id}`, { key })
  expect(read).toMatchObject({ status: 200, json: created.json })
})

test('a Content-Type with a charset is accepted', async () => {
  const { key } = await gateway.team()
  const created = await gateway.call('POST', GENERATION, { key, body: { prompt: 'a charset' }, headers: { 'content-type': 'application/json; charset=utf-8' } })
  expect(created.status).toBe(202)
})

test('the word of the Authorization scheme may be written in any case', async () => {
  const { key } = await gateway.team()
  const created = await gateway.call('POST', GENERATION, { body: { prompt: 'a scheme' }, headers: { authorization: `bearer ${key}` } })
  expect(created.status).toBe(202)
})

test('two equal creates that were answered are two tasks', async () => {
  const { key } = await gateway.team()
  const before = gateway.simulator.received.creates
  const [first, second] = [await gateway.create(key), await gateway.create(key)]
  expect(first.json.task_info.id).not.toBe(second.json.task_info.id)
  expect(gateway.simulator.received.creates).toBe(before + 2)
})

test('members of MuleRouter\'s answer that the gateway does not know reach the caller, and another 2xx stays what it is', async () => {
  const { key } = await scripted.team()
  upstream.script = taskAnswer(201, 'task-with-more', 'pending', { queue: { position: 3 }, cost: null })
  const reply = await scripted.create(key)
  expect(reply.status).toBe(201)
  expect(reply.json).toEqual({
    task_info: { id: 'task-with-more', status: 'pending', created_at: '2026-11-22T12:00:00.000000+00:00', updated_at: '2026-11-22T12:00:00.000000+00:00' },
    queue: { position: 3 },
    cost: null
  })
})

test('no header of MuleRouter\'s answer reaches the caller', async () => {
  const { key } = await scripted.team()
  upstream.script = answer(202, { task_info: { id: 'task-with-headers', status: 'pending' } }, {
    'x-upstream-account': 'acct-1', 'set-cookie': 'session=1', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, location: 'https://elsewhere.example/'
  })
  const { status, headers } = await scripted.create(key)
  expect(status).toBe(202)
  expect(headers).not.toHaveProperty('x-upstream-account')
  expect(headers).not.toHaveProperty('set-cookie')
  expect(headers['traceparent']).not.toContain('a'.repeat(32))
  expect(headers['location']).toBe(`${GENERATION}/task-with-headers`)
})

test('a create that MuleRouter answers as completed at once is spent at once', async () => {
  const { key } = await scripted.team({ limits: COUNTED })
  upstream.script = taskAnswer(202, 'task-at-once', 'completed', { videos: ['https://cdn.example/video.mp4'] })
  expect((await scripted.create(key)).json).toMatchObject({ task_info: { status: 'completed' }, videos: ['https://cdn.example/video.mp4'] })
  expect(await accountOf(scripted, key)).toEqual(SPENT)
})
