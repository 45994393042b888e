// How the simulator refuses: tokens, tasks, routes and methods.

import { expect, test } from 'vitest'
import { GENERATION, OTHER_TOKEN, TOKEN, bearer, openSimulator } from './open-simulator.ts'

const REQUEST_ID = /\(request_id: [0-9a-f-]{36}\)$/
const UNKNOWN_ID = '3c90c3cc-0d44-4b50-8888-8dd25736052a'

const BAD_TOKENS: Array<[string, Record<string, string>, string]> = [
  ['no token', {}, 'Invalid API Key format'],
  ['a token without its scheme', { authorization: TOKEN }, 'Invalid API Key format'],
  ['another scheme', { authorization: `Basic ${TOKEN}` }, 'Invalid API Key format'],
  ['a scheme without a token', { authorization: 'Bearer ' }, 'Invalid API Key format'],
  ['a token that nobody has', { authorization: 'Bearer nobody' }, 'Invalid API Key']
]

test.for(BAD_TOKENS)('%s is refused with 401 and code 1001 on every route of a task', async ([, headers, title]) => {
  const { call, createId } = await openSimulator()
  const taskPath = `${GENERATION}/${await createId('a cat')}`
  const replies = [
    await call(GENERATION, { method: 'POST', headers, body: '{"prompt":"a cat"}' }),
    await call(taskPath, { headers }),
    await call(taskPath, { method: 'DELETE', headers })
  ]
  for (const reply of replies) {
    expect(reply).toMatchObject({ status: 401, body: { status: 401, title, error_code: 1001, detail: expect.stringMatching(/^None /) } })
  }
})

test('a refusal has the five fields of the provider, a request id in its detail, and its path without the query', async () => {
  const { call } = await openSimulator()
  const reply = await call(`${GENERATION}/${UNKNOWN_ID}?poll=1`, { headers: bearer(TOKEN) })
  expect(reply.body).toEqual({
    status: 404,
    title: 'Task Not Found',
    detail: expect.stringMatching(REQUEST_ID),
    instance: `${GENERATION}/${UNKNOWN_ID}`,
    error_code: 2005
  })
})

test.for([
  ['the id of the provider\'s example', UNKNOWN_ID],
  ['another random UUID', 'f47ac10b-58cc-4372-a567-0e02b2c3d479'],
  ['a UUID of another version', '01890a5d-ac96-774b-bcce-b302099a8057'],
  ['no UUID', 'latest'],
  ['an encoded slash', 'a%2Fb']
])('%s is an unknown task: 404 with code 2005', async ([, taskId = '']) => {
  const { read, remove } = await openSimulator()
  expect(await read(taskId)).toMatchObject({ status: 404, body: { error_code: 2005 } })
  expect(await remove(taskId)).toMatchObject({ status: 404, body: { error_code: 2005 } })
})

test('an id with any one digit changed is an unknown task', async () => {
  const { createId, read } = await openSimulator()
  const taskId = await createId('a cat')
  const changed = Array.from(taskId, (digit, at) => taskId.slice(0, at) + (digit === '0' ? '1' : '0') + taskId.slice(at + 1))
  const replies = await Promise.all(changed.map(id => read(id)))
  expect(replies.map(reply => reply.status)).toEqual(changed.map(() => 404))
})

test("another account's task does not exist, to read or to delete, and stays", async () => {
  const { createId, read, remove } = await openSimulator()
  const taskId = await createId('a cat')
  expect(await read(taskId, OTHER_TOKEN)).toMatchObject({ status: 404, body: { error_code: 2005 } })
  expect(await remove(taskId, OTHER_TOKEN)).toMatchObject({ status: 404, body: { error_code: 2005 } })
  expect(await read(taskId)).toMatchObject({ status: 200 })
})

test.for([
  '/',
  '/vendors/alibaba/v1/wan2.5-t2v-plus/generation',
  `${GENERATION}/`,
  `${GENERATION}/${UNKNOWN_ID}/more`,
  '/ephemeral',
  '/_simulator'
])('the route %s is unknown: 404 with a status and a title, token or not', async path => {
  const { call } = await openSimulator()
  expect(await call(path)).toMatchObject({ status: 404, body: { status: 404, title: 'Not Found' } })
  expect((await call(path, { headers: bearer(TOKEN) })).body).toEqual({ status: 404, title: 'Not Found' })
})

test.for([
  ['GET', GENERATION, 'POST'],
  ['DELETE', GENERATION, 'POST'],
  ['POST', `${GENERATION}/${UNKNOWN_ID}`, 'GET, DELETE'],
  ['PUT', `/ephemeral/${UNKNOWN_ID}/result_00.mp4`, 'GET, HEAD'],
  ['POST', '/_simulator/received', 'GET']
])('%s on %s is a 405 in the provider\'s error body, and says what is allowed', async ([method = '', path = '', allowed = '']) => {
  const { call } = await openSimulator()
  const reply = await call(path, { method })
  expect(reply).toMatchObject({ status: 405, body: { status: 405, title: 'Method Not Allowed', instance: path, error_code: expect.any(Number) } })
  expect(reply.headers.get('allow')).toBe(allowed)
})
