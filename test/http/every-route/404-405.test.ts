// What does not exist, and what a path does not do.
import { METHODS } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, GENERATION, startGateway, type CallOptions, type Gateway } from '../../support/gateway.ts'
import { scrape } from '../../support/metrics.ts'
import { expectProblem } from '../../support/problem.ts'
import { rawCall } from '../../support/raw-http.ts'

let gateway: Gateway
let key: string
beforeAll(async () => {
  gateway = await startGateway()
  key = (await gateway.team()).key
})
afterAll(() => gateway.stop())

const unknown: { method: string, path: string, options?: CallOptions }[] = [
  { method: 'GET', path: '/' },
  { method: 'GET', path: '/no/such/route' },
  { method: 'DELETE', path: '/no/such/route' },
  { method: 'GET', path: '/vendors' },
  { method: 'POST', path: '/vendors/alibaba/v1/wan2.1-t2v/generation', options: { body: { prompt: 'a cat' } } },
  { method: 'POST', path: '/vendors/alibaba/v1/wan2.2-t2v-plus', options: { body: { prompt: 'a cat' } } },
  { method: 'POST', path: '/Vendors/alibaba/v1/wan2.2-t2v-plus/generation', options: { body: { prompt: 'a cat' } } },
  { method: 'GET', path: `${GENERATION}/some-task/more` },
  { method: 'POST', path: `${GENERATION}/`, options: { body: { prompt: 'a cat' } } },
  { method: 'GET', path: '/v1' },
  { method: 'GET', path: '/v1/tasks/some-task' },
  { method: 'POST', path: '/no/such/route', options: { body: '{"not": json' } },
  { method: 'POST', path: '/no/such/route', options: { body: 'text', headers: { 'content-type': 'text/plain' } } },
  { method: 'POST', path: '/no/such/route', options: { body: JSON.stringify({ prompt: 'x'.repeat(300_000) }) } },
  { method: 'GET', path: '/%zz' },
  { method: 'GET', path: '/%' },
  { method: 'GET', path: '/%c0%80' },
  { method: 'GET', path: '/v1/usage/%ff' }
]

for (const { method, path, options } of unknown) {
  test(`an unknown route is not_found: ${method} ${path}${options?.headers === undefined ? '' : ' as text'}${options?.body === undefined ? '' : ` with ${JSON.stringify(options.body).length} characters`}`, async () => {
    const reply = await gateway.call(method, path, { key, ...options })
    expectProblem(reply, 'not_found', { instance: path, detail: 'There is no such route.' })
    expect(gateway.simulator.received.requests).toEqual([])
  })
}

test('an unknown route of the admin API is not_found for who has the admin token', async () => {
  expectProblem(await gateway.admin('GET', '/admin/v1/nothing'), 'not_found', { instance: '/admin/v1/nothing', detail: 'There is no such route.' })
})

test('the query of a call is not repeated in instance', async () => {
  const reply = await gateway.call('GET', '/no/such/route?token=private', { key })
  expectProblem(reply, 'not_found', { instance: '/no/such/route', detail: 'There is no such route.' })
  expect(reply.text).not.toContain('private')
})

const USUAL_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']

const paths: { path: string, has: string[], token?: string }[] = [
  { path: GENERATION, has: ['POST'] },
  { path: '/generation', has: ['POST'] },
  { path: `${GENERATION}/some-task`, has: ['GET', 'DELETE'] },
  { path: '/generation/some-task', has: ['GET', 'DELETE'] },
  { path: '/v1/tasks', has: ['GET'] },
  { path: '/v1/usage', has: ['GET'] },
  { path: '/v1/webhooks', has: ['GET'] },
  { path: '/v1/webhooks/some-hook', has: ['GET', 'PUT', 'DELETE'] },
  { path: '/v1/webhooks/some-hook/test', has: ['POST'] },
  { path: '/v1/webhooks/some-hook/rotate', has: ['POST'] },
  { path: '/v1/webhooks/some-hook/deliveries', has: ['GET'] },
  { path: '/v1/webhooks/some-hook/deliveries/msg_some/redeliver', has: ['POST'] },
  { path: '/livez', has: ['GET'] },
  { path: '/readyz', has: ['GET'] },
  { path: '/admin/v1/teams', has: ['GET', 'POST'], token: ADMIN_TOKEN },
  { path: '/admin/v1/teams/some-team', has: ['GET', 'PATCH', 'DELETE'], token: ADMIN_TOKEN },
  { path: '/admin/v1/teams/some-team/keys', has: ['GET', 'POST'], token: ADMIN_TOKEN },
  { path: '/admin/v1/keys/key_some', has: ['GET', 'PATCH', 'DELETE'], token: ADMIN_TOKEN }
]

for (const { path, has, token } of paths) {
  const hasNot = USUAL_METHODS.filter(method => !has.includes(method))
  test(`${path} has ${has.join(', ')}; ${hasNot.join(', ')} are method_not_allowed with an Allow that names those`, async () => {
    for (const method of hasNot) {
      const reply = await gateway.call(method, path, { key: token ?? key })
      expectProblem(reply, 'method_not_allowed', { instance: path, detail: new RegExp(`no ${method}\\b`) })
      const allowed = (reply.headers['allow'] ?? '').split(', ')
      expect(allowed.filter(name => name !== 'HEAD').toSorted()).toEqual(has.toSorted())
      expect(allowed.includes('HEAD')).toBe(has.includes('GET'))
    }
    for (const method of has) expect((await gateway.call(method, path, { key: token ?? key })).status, method).not.toBe(405)
  })
}

test('every method that the parser lets through is method_not_allowed, whatever comes with it, and no operation of the document', async () => {
  const described: object = (await gateway.call('GET', '/openapi.json')).json.paths
  for (const method of METHODS.filter(method => !['CONNECT', 'GET', 'HEAD', 'POST', 'DELETE'].includes(method))) {
    for (const path of [`${GENERATION}/some-task`, '/v1/usage', '/livez', '/openapi.json', '/docs', '/metrics', '/admin/v1/teams/some-team/keys']) {
      const own = /^\/(admin|metrics)/.test(path) ? ADMIN_TOKEN : key
      const sent = `${method} ${path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${own}\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody`
      const reply = await rawCall(gateway.origin, sent)
      expectProblem(reply, 'method_not_allowed', { instance: path, detail: new RegExp(`no ${method};`) })
      expect(reply.headers['allow']).toContain('GET')
    }
  }
  expect(new Set(Object.values(described).flatMap(path => Object.keys(path)))).toEqual(new Set(['get', 'post', 'put', 'patch', 'delete']))
  const counted = (await scrape(gateway)).samples('mulegate_http_request_duration_seconds').map(({ labels }) => labels['method'])
  expect(counted).toContain('other')
  expect(counted).not.toContain('PROPFIND')
})

test('an unusual method on a path that does not exist is not_found', async () => {
  for (const method of ['PROPFIND', 'QUERY', 'M-SEARCH']) {
    const reply = await rawCall(gateway.origin, `${method} /no/such/route HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\n\r\n`)
    expectProblem(reply, 'not_found', { instance: '/no/such/route', detail: 'There is no such route.' })
  }
})

test('a wrong method with a body that nobody could read is method_not_allowed all the same', async () => {
  const reply = await gateway.call('PUT', GENERATION, { key, body: '{"not": json' })
  expectProblem(reply, 'method_not_allowed', { instance: GENERATION, detail: /no PUT/ })
})

for (const path of [GENERATION, '/v1/usage', '/admin/v1/teams']) {
  test(`a wrong method without a key is 401 and tells nothing of the path: PUT ${path}`, async () => {
    const reply = await gateway.call('PUT', path)
    expectProblem(reply, 'unauthenticated', { instance: path, detail: /Authorization/ })
    expect(reply.headers).not.toHaveProperty('allow')
  })
}
