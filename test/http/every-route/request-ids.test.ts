// Every answer has the id of its request and its place in a trace.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, GENERATION, startGateway, type CallOptions, type Gateway } from '../../support/gateway.ts'

const OURS = /^req_[0-9A-Za-z]+$/
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

let gateway: Gateway
let key: string
beforeAll(async () => {
  gateway = await startGateway()
  key = (await gateway.team()).key
})
afterAll(() => gateway.stop())

const calls: { method: string, path: string, options: () => CallOptions, status: number }[] = [
  { method: 'POST', path: GENERATION, options: () => ({ key, body: { prompt: 'a cat' } }), status: 202 },
  { method: 'POST', path: GENERATION, options: () => ({ key, body: { prompt: '' } }), status: 400 },
  { method: 'GET', path: `${GENERATION}/nothing`, options: () => ({ key }), status: 404 },
  { method: 'GET', path: '/v1/usage', options: () => ({ key }), status: 200 },
  { method: 'GET', path: '/v1/usage', options: () => ({}), status: 401 },
  { method: 'GET', path: '/no/such/route', options: () => ({ key }), status: 404 },
  { method: 'PUT', path: GENERATION, options: () => ({ key }), status: 405 },
  { method: 'GET', path: '/%zz', options: () => ({ key }), status: 404 },
  { method: 'GET', path: '/admin/v1/teams', options: () => ({ key: ADMIN_TOKEN }), status: 200 },
  { method: 'GET', path: '/livez', options: () => ({}), status: 200 }
]

for (const { method, path, options, status } of calls) {
  test(`${method} ${path} answered with ${status}: a new X-Request-Id and a new traceparent`, async () => {
    const [one, two] = [await gateway.call(method, path, options()), await gateway.call(method, path, options())]
    for (const reply of [one, two]) {
      expect(reply.status).toBe(status)
      expect(reply.headers['x-request-id']).toMatch(OURS)
      expect(reply.headers['traceparent']).toMatch(TRACEPARENT)
    }
    expect(one.headers['x-request-id']).not.toBe(two.headers['x-request-id'])
    expect(one.headers['traceparent']).not.toBe(two.headers['traceparent'])
  })

  test(`${method} ${path} answered with ${status}: the caller's own X-Request-Id and trace are kept`, async () => {
    const { headers = {}, ...rest } = options()
    const reply = await gateway.call(method, path, { ...rest, headers: { ...headers, 'x-request-id': 'order-17.a_B', traceparent: `00-${TRACE}-${SPAN}-01` } })
    expect(reply.headers['x-request-id']).toBe('order-17.a_B')
    const [, trace, span, flags] = TRACEPARENT.exec(reply.headers['traceparent'] ?? '') ?? []
    expect({ trace, flags }).toEqual({ trace: TRACE, flags: '01' })
    expect(span).not.toBe(SPAN)
  })
}

for (const usable of ['a', 'A-b_c.9', '0'.repeat(128), 'req_mine', '...']) {
  test(`an X-Request-Id of ${usable.length} usable characters is the id of the request, in refusals and in the log too: ${usable.slice(0, 20)}`, async () => {
    const refused = await gateway.call('GET', '/v1/nothing', { key, headers: { 'x-request-id': usable } })
    expect(refused.headers['x-request-id']).toBe(usable)
    expect(refused.json).toMatchObject({ request_id: usable, detail: expect.stringMatching(/\(request_id: [^ ]+\)$/) })
    expect(gateway.log()).toContainEqual(expect.objectContaining({ request_id: usable }))
  })
}

for (const unusable of ['', ' ', 'a b', 'a'.repeat(129), 'ü', 'a/b', 'a,b', '"quoted"', 'a:b', '<script>']) {
  test(`an X-Request-Id that is not usable is ignored: ${JSON.stringify(unusable).slice(0, 20)}`, async () => {
    const refused = await gateway.call('GET', '/v1/nothing', { key, headers: { 'x-request-id': Buffer.from(unusable).toString('latin1') } })
    expect(refused.headers['x-request-id']).toMatch(OURS)
    expect(refused.json.request_id).toBe(refused.headers['x-request-id'])
  })
}

test('a create continues the caller\'s trace at MuleRouter, as the gateway\'s own span', async () => {
  const reply = await gateway.call('POST', GENERATION, { key, body: { prompt: 'a trace' }, headers: { traceparent: `00-${TRACE}-${SPAN}-01` } })
  const sent = gateway.simulator.received.requests.at(-1)
  expect(sent?.body).toMatchObject({ prompt: 'a trace' })
  expect(sent?.headers['traceparent']).toBe(reply.headers['traceparent'])
  expect(sent?.headers['traceparent']).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`))
})

test('a read continues the caller\'s trace at MuleRouter', async () => {
  const { json } = await gateway.create(key)
  gateway.clock.advance(3000)
  const reply = await gateway.call('GET', `${GENERATION}/${json.task_info.id}`, { key, headers: { traceparent: `00-${TRACE}-${SPAN}-00` } })
  const sent = gateway.simulator.received.requests.at(-1)
  expect(sent?.method).toBe('GET')
  expect(sent?.headers['traceparent']).toBe(reply.headers['traceparent'])
  expect(sent?.headers['traceparent']).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`))
})

const unusableTraces = [
  'nonsense',
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}`
]

for (const traceparent of unusableTraces) {
  test(`a traceparent that is none begins a new trace: ${traceparent}`, async () => {
    const { headers } = await gateway.call('GET', '/v1/usage', { key, headers: { traceparent } })
    expect(headers['traceparent']).toMatch(TRACEPARENT)
    expect(headers['traceparent']).not.toContain(TRACE)
    expect(headers['traceparent']).not.toContain('0'.repeat(32))
  })
}

test('a traceparent of a later version is continued', async () => {
  const { headers } = await gateway.call('GET', '/v1/usage', { key, headers: { traceparent: `01-${TRACE}-${SPAN}-01-later` } })
  expect(headers['traceparent']).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`))
})
