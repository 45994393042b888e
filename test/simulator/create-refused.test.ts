// The faults that refuse a create: none of them makes a task.

import { STATUS_CODES } from 'node:http'
import { request } from 'undici'
import { expect, test } from 'vitest'
import { GENERATION, bearer, openSimulator, TOKEN } from './open-simulator.ts'

const UNMADE = { creates: 1, accepted: 0, tasks: [] }

const PROBLEMS: Array<[number, string, number]> = [
  [400, 'Invalid Request', 2001],
  [401, 'Invalid API Key', 1001],
  [402, 'Payment Required', 4008],
  [403, 'Forbidden', 1001],
  [404, 'Task Not Found', 2005],
  [408, 'Request Timeout', 4008],
  [423, 'Locked', 4008],
  [429, 'Too Many Requests', 4008],
  [451, 'Unavailable For Legal Reasons', 3001],
  [500, 'Internal Server Error', 4002],
  [502, 'Bad Gateway', 3001],
  [503, 'Service Unavailable', 4002],
  [504, 'Gateway Timeout', 3001],
  [599, 'Unknown Error', 4002]
]

test.for(PROBLEMS)('[[status=%s]] refuses in the provider\'s error body, titled %s, with code %s, and makes no task', async ([status, title, errorCode]) => {
  const { create, simulator } = await openSimulator()
  const reply = await create({ prompt: `a cat [[status=${status}]]` })
  expect(reply.status).toBe(status)
  expect(reply.headers.get('content-type')).toBe('application/json')
  expect(reply.body).toEqual({ status, title, detail: expect.stringMatching(/^None \(request_id: [0-9a-f-]{36}\)$/), instance: GENERATION, error_code: errorCode })
  expect(simulator.received).toMatchObject(UNMADE)
})

test('a 429 says Retry-After: 7, and no other status does', async () => {
  const { create } = await openSimulator()
  expect((await create({ prompt: '[[status=429]]' })).headers.get('retry-after')).toBe('7')
  for (const [status] of PROBLEMS.filter(([status]) => status !== 429)) {
    expect((await create({ prompt: `[[status=${status}]]` })).headers.get('retry-after')).toBeNull()
  }
})

test.for([200, 202, 403, 500, 502, 503, 504])('[[html=%s]] answers the page of a proxy, and makes no task', async status => {
  const { simulator } = await openSimulator()
  const body = JSON.stringify({ prompt: `[[html=${status}]]` })
  const reply = await request(simulator.origin + GENERATION, { method: 'POST', headers: bearer(TOKEN), body })
  expect(reply.statusCode).toBe(status)
  expect(reply.headers['content-type']).toBe('text/html')

  const page = await reply.body.text()
  expect(page).toMatch(/^<html>\r\n/)
  expect(page).toContain(`<h1>${status} ${STATUS_CODES[status]}</h1>`)
  expect(simulator.received).toMatchObject(UNMADE)
})

test('[[redirect]] answers 307 to another path, and a client that does not follow it leaves no more than the create', async () => {
  const { simulator } = await openSimulator()
  const reply = await request(simulator.origin + GENERATION, { method: 'POST', headers: bearer(TOKEN), body: '{"prompt":"[[redirect]]"}' })
  await reply.body.dump()
  expect(reply.statusCode).toBe(307)
  expect(reply.headers.location).toBe(`/moved${GENERATION}`)
  expect(simulator.received).toMatchObject({ ...UNMADE, redirectsFollowed: 0 })
})

test('a redirect that is followed is counted, on the wire too, and makes no task', async () => {
  const { call, create, simulator } = await openSimulator()
  expect(await create({ prompt: '[[redirect]]' })).toMatchObject({ status: 404 })
  expect(simulator.received).toMatchObject({ ...UNMADE, redirectsFollowed: 1 })
  expect(simulator.received.requests.at(-1)).toMatchObject({ method: 'POST', path: `/moved${GENERATION}`, body: { prompt: '[[redirect]]' } })
  expect((await call('/_simulator/received')).body).toMatchObject({ creates: 1, redirects_followed: 1 })
})

test('a bad body and a bad token are refused as ever, whatever the prompt asks for', async () => {
  const { create, simulator } = await openSimulator()
  expect(await create({ prompt: '[[status=503]]', duration: 6 })).toMatchObject({ status: 400 })
  expect(await create({ prompt: '[[reset]]' }, 'nobody')).toMatchObject({ status: 401 })
  expect(simulator.received).toMatchObject({ creates: 2, accepted: 0 })
})

test('of several faults in one prompt the first counts', async () => {
  const { create } = await openSimulator()
  expect(await create({ prompt: '[[status=402]] [[status=503]] [[reset]]' })).toMatchObject({ status: 402 })
})

test.for([
  'status', 'status=', 'status=200', 'status=399', 'status=600', 'status=5e2', 'status=0x1f7', 'status= 503', 'status=503.0', 'status=-503',
  'html', 'html=199', 'html=600', 'html=204', 'html=304', 'late', 'late=', 'late=-1', 'late=soon', 'late=3600001',
  'hold=1', 'reset=now', 'cut=50', 'redirect=/elsewhere', 'not-json=x', 'no-id=', 'reset-before', 'constructor', 'nonsense', 'Status=503'
])('[[%s]] is text like any other: the task is made and the answer is whole', async marker => {
  const { create, simulator } = await openSimulator()
  expect(await create({ prompt: `a cat [[${marker}]]` })).toMatchObject({ status: 202, body: { task_info: { status: 'pending' } } })
  expect(simulator.received).toMatchObject({ creates: 1, accepted: 1 })
})
