// What travels to MuleRouter beside the body: the gateway's own token, and nothing of the caller's.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GENERATION, startGateway, UPSTREAM_TOKEN, type Gateway } from '../../support/gateway.ts'

const CALLERS_OWN = {
  cookie: 'session=private',
  'x-anything': 'private',
  'x-api-key': 'private',
  'x-forwarded-for': '203.0.113.7',
  forwarded: 'for=203.0.113.7',
  via: '1.1 proxy',
  'x-request-id': 'private-id',
  'user-agent': 'MuleRouter-Python/1.0',
  'x-agent-skills': 'private',
  accept: 'text/html',
  'accept-language': 'de',
  'idempotency-key': 'private',
  prefer: 'wait=1',
  tracestate: 'vendor=private',
  origin: 'https://private.example',
  referer: 'https://private.example/page'
}

let gateway: Gateway
let key: string
let taskId: string
beforeAll(async () => {
  gateway = await startGateway()
  key = (await gateway.team()).key
  taskId = (await gateway.create(key)).json.task_info.id
})
afterAll(() => gateway.stop())

const calls = [
  { method: 'POST', path: GENERATION, body: { prompt: 'a cat' }, arrives: ['accept', 'accept-encoding', 'authorization', 'connection', 'content-length', 'content-type', 'host', 'traceparent', 'user-agent'] },
  { method: 'GET', path: () => `${GENERATION}/${taskId}`, arrives: ['accept', 'accept-encoding', 'authorization', 'connection', 'host', 'traceparent', 'user-agent'] },
  { method: 'DELETE', path: () => `${GENERATION}/${taskId}`, arrives: ['accept', 'accept-encoding', 'authorization', 'connection', 'host', 'traceparent', 'user-agent'] }
]

for (const { method, path, body, arrives } of calls) {
  test(`a ${method} arrives with the gateway's token and without any header of the caller`, async () => {
    gateway.clock.advance(3000)
    const reply = await gateway.call(method, typeof path === 'string' ? path : path(), { key, headers: CALLERS_OWN, ...(body && { body }) })
    expect(reply.status, reply.text).toBeLessThan(300)

    const arrived = gateway.simulator.received.requests.at(-1)
    expect(arrived?.method).toBe(method)
    expect(Object.keys(arrived?.headers ?? {}).toSorted()).toEqual(arrives)
    expect(arrived?.headers).toMatchObject({
      authorization: `Bearer ${UPSTREAM_TOKEN}`, host: new URL(gateway.simulator.origin).host, accept: 'application/json', 'user-agent': 'mulegate'
    })
    expect(JSON.stringify(arrived)).not.toMatch(/private|203\.0\.113/)
    expect(JSON.stringify(arrived)).not.toContain(key)
  })
}

test('the body of a create arrives as JSON, whatever charset the caller named', async () => {
  await gateway.call('POST', GENERATION, { key, body: { prompt: 'ein Kätzchen' }, headers: { 'content-type': 'application/json;charset=UTF-8' } })
  expect(gateway.simulator.received.requests.at(-1)).toMatchObject({ headers: { 'content-type': 'application/json' }, body: { prompt: 'ein Kätzchen' } })
})

test('no query of the caller reaches MuleRouter', async () => {
  gateway.clock.advance(3000)
  const created = await gateway.create(key)
  gateway.clock.advance(3000)
  const reads = gateway.simulator.received.reads
  await gateway.call('GET', `${GENERATION}/${created.json.task_info.id}?secret=1`, { key })
  expect(gateway.simulator.received.reads).toBe(reads + 1)
  expect(gateway.simulator.received.requests.at(-1)?.path).toBe(`${GENERATION}/${created.json.task_info.id}`)
})
