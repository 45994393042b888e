// The comparison that every test of the HTTP suite makes can fail.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, GENERATION, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { rawCall } from '../../support/raw-http.ts'
import { ApiComparison, readDescription, type Exchange } from '../../support/openapi.ts'

let gateway: Gateway
let comparison: ApiComparison
let usage: Exchange
let created: Exchange
let refused: Exchange
beforeAll(async () => {
  gateway = await startGateway()
  comparison = new ApiComparison(await readDescription(gateway.origin))
  const { key } = await gateway.team({ limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 2 }] } })
  usage = exchangeOf('GET', '/v1/usage', await gateway.usage(key))
  created = exchangeOf('POST', GENERATION, await gateway.create(key), { prompt: 'a small cat' })
  refused = exchangeOf('POST', GENERATION, await gateway.create(key, {}), {})
})
afterAll(() => gateway.stop())

function exchangeOf (method: string, path: string, { status, headers, text }: Reply, body?: object): Exchange {
  return { method, path, sent: body === undefined ? undefined : JSON.stringify(body), status, headers, text }
}

function withBody (exchange: Exchange, members: object): Exchange { return { ...exchange, text: JSON.stringify({ ...JSON.parse(exchange.text), ...members }) } }

function withHeaders (exchange: Exchange, headers: Record<string, string>): Exchange { return { ...exchange, headers: { ...exchange.headers, ...headers } } }

function withoutHeader (exchange: Exchange, name: string): Exchange {
  return { ...exchange, headers: Object.fromEntries(Object.entries(exchange.headers).filter(([each]) => each !== name)) }
}

test('what the gateway answered is what the document says', () => {
  expect([usage.status, created.status, refused.status]).toEqual([200, 202, 400])
  for (const exchange of [usage, created, refused]) expect(comparison.differences(exchange)).toEqual([])
})

test('a member that is not described is found, also deep in the body', () => {
  expect(comparison.differences(withBody(usage, { surprise: 1 }))).toEqual([expect.stringContaining('surprise')])
  expect(comparison.differences(withBody(usage, { in_flight: { limit: null, used: 0, surprise: 1 } }))).toEqual([expect.stringContaining('surprise')])
  expect(comparison.differences(withBody(refused, { surprise: 1 }))).toEqual([expect.stringContaining('surprise')])
})

test('members that MuleRouter adds are not', () => {
  expect(comparison.differences(withBody(created, { surprise: 1 }))).toEqual([])
})

test('a member that is missing or of another kind is found', () => {
  expect(comparison.differences(withBody(usage, { team: undefined }))).toEqual([expect.stringContaining('team')])
  expect(comparison.differences(withBody(usage, { team: 7 }))).toEqual([expect.stringContaining('/team')])
  expect(comparison.differences(withBody(created, { task_info: { id: 'x', status: 'queued' } }))).toEqual([expect.stringContaining('/task_info/status')])
})

test('a status and a refusal that are not described are found', () => {
  expect(comparison.differences({ ...usage, status: 201 })).not.toEqual([])
  expect(comparison.differences({ ...usage, status: 409 })).not.toEqual([])
  expect(comparison.differences(withBody(refused, { code: 'no_such_code' }))).not.toEqual([])
  expect(comparison.differences(withBody(refused, { code: 'already_exists' }))).not.toEqual([])
})

test('a header that is missing, wrong or not described is found', () => {
  expect(comparison.differences(withoutHeader(usage, 'x-request-id'))).toEqual(['has no header X-Request-Id'])
  expect(comparison.differences(withoutHeader(usage, 'cache-control'))).toEqual(['has no header Cache-Control'])
  expect(comparison.differences(withoutHeader(created, 'location'))).toEqual(['has no header Location'])
  expect(comparison.differences(withHeaders(created, { 'mulegate-price-usd': 'much' }))).toEqual([expect.stringContaining('Mulegate-Price-Usd')])
  expect(comparison.differences(withHeaders(usage, { allow: 'GET' }))).toEqual(['has a header Allow, which is not described'])
})

test('another media type is found, and a body where there is none', () => {
  expect(comparison.differences(withHeaders(usage, { 'content-type': 'text/plain' }))).toEqual(['has the content type text/plain'])
  expect(comparison.differences({ ...usage, method: 'DELETE', path: '/admin/v1/teams/ads', status: 204, text: 'gone' })).toEqual(['has a body, and no content'])
})

test('an operation that is not described is found, unless it is refused as every unknown one is', async () => {
  expect(comparison.differences({ ...usage, path: '/v1/surprise' })).not.toEqual([])
  expect(comparison.differences({ ...usage, method: 'POST' })).not.toEqual([])
  expect(comparison.differences(exchangeOf('GET', '/admin/v1/surprise', await gateway.call('GET', '/admin/v1/surprise', { key: ADMIN_TOKEN })))).toEqual([])
  expect(comparison.differences(exchangeOf('PUT', '/v1/usage', await gateway.call('PUT', '/v1/usage')))).toEqual([])
})

test.each([
  ['no method', 'NONSENSE\r\n\r\n', 400],
  ['no Host', 'GET /v1/usage HTTP/1.1\r\n\r\n', 400],
  ['too many headers', `GET /v1/usage HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431]
])('what is not valid HTTP is refused as the document says of every path: %s', async (_what, text, status) => {
  const reply = await rawCall(gateway.origin, text)
  expect(reply.status).toBe(status)
  expect(comparison.differences(exchangeOf('GET', '/v1/usage', reply))).toEqual([])
})

test('a body that was taken and that the document does not allow is found', () => {
  expect(comparison.differences({ ...created, sent: '{"prompt":"a small cat","surprise":1}' })).toEqual([expect.stringContaining('surprise')])
})
