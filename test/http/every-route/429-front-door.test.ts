// The front door: calls of one key over all routes, and failed logins of one address.
import { afterEach, expect, test } from 'vitest'
import { ADMIN_TOKEN, GENERATION, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'
import { inventedKey } from '../../support/written-key.ts'

const FAILED_LOGINS = 60

let gateway: Gateway
afterEach(() => gateway.stop())

function expectRetryWithinAMinute ({ headers }: Reply): void {
  expect(headers['retry-after']).toMatch(/^\d+$/)
  expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1)
  expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60)
}

test('REQUESTS_PER_MINUTE counts the calls of one key over all routes, and refuses one call more', async () => {
  gateway = await startGateway({ REQUESTS_PER_MINUTE: '6' })
  const { team, key } = await gateway.team()
  const created = await gateway.create(key)
  const answers = [
    created,
    await gateway.read(key, created.json.task_info.id),
    await gateway.usage(key),
    await gateway.call('GET', '/v1/tasks', { key }),
    await gateway.call('GET', '/no/such/route', { key }),
    await gateway.create(key, { prompt: '' })
  ]
  expect(answers.map(({ status }) => status)).toEqual([202, 200, 200, 200, 404, 400])

  const refused = await gateway.create(key)
  expectProblem(refused, 'rate_limited', { instance: GENERATION, detail: /6 calls/, more: { 'violated-policies': ['front-door'] } })
  expectRetryWithinAMinute(refused)
  expectProblem(await gateway.usage(key), 'rate_limited', { instance: '/v1/usage', detail: /6 calls/, more: { 'violated-policies': ['front-door'] } })
  expect(gateway.simulator.received.creates).toBe(1)

  const other = await gateway.mint(team)
  expect((await gateway.usage(other.key)).json.in_flight.used).toBe(1)
})

test('a rotated key and the key in its place go through one door together', async () => {
  gateway = await startGateway({ REQUESTS_PER_MINUTE: '4' })
  const old = await gateway.team()
  const rotated = await gateway.call('POST', `/admin/v1/keys/${old.keyId}/rotate`, { key: ADMIN_TOKEN, reveals: true })
  for (const key of [old.key, rotated.json.key, old.key, rotated.json.key]) expect((await gateway.usage(key)).status).toBe(200)
  for (const key of [old.key, rotated.json.key]) expect((await gateway.usage(key)).status).toBe(429)
})

test('the admin API is not behind the front door of keys', async () => {
  gateway = await startGateway({ REQUESTS_PER_MINUTE: '1' })
  for (let i = 0; i < 5; i++) expect((await gateway.admin('GET', '/admin/v1/teams')).status).toBe(200)
})

test('60 failed logins of an address are told 401, further ones rate_limited, and a valid key still works', async () => {
  gateway = await startGateway()
  const { key } = await gateway.team()
  const failing: (() => Promise<Reply>)[] = [
    () => gateway.call('GET', '/v1/usage'),
    () => gateway.call('GET', '/v1/usage', { key: inventedKey() }),
    () => gateway.call('POST', GENERATION, { key: 'nonsense', body: { prompt: 'a cat' } }),
    () => gateway.call('GET', '/admin/v1/teams', { key: 'nonsense-admin-token' }),
    () => gateway.call('GET', '/no/such/route')
  ]
  for (let i = 0; i < FAILED_LOGINS; i++) expect((await failing[i % failing.length]?.())?.status, `login ${i + 1}`).toBe(401)

  for (const path of ['/v1/usage', '/no/such/route', '/admin/v1/teams']) {
    const refused = await gateway.call('GET', path)
    expectProblem(refused, 'rate_limited', { instance: path, detail: /failed logins/, more: { 'violated-policies': ['failed-logins'] } })
    expectRetryWithinAMinute(refused)
  }
  expectProblem(await gateway.call('GET', '/v1/usage', { key: inventedKey() }), 'rate_limited', {
    instance: '/v1/usage', detail: /failed logins/, more: { 'violated-policies': ['failed-logins'] }
  })

  expect((await gateway.usage(key)).status).toBe(200)
  expect((await gateway.create(key)).status).toBe(202)
  expect((await gateway.admin('GET', '/admin/v1/teams')).status).toBe(200)
  expect((await gateway.call('GET', '/livez')).status).toBe(200)
})
