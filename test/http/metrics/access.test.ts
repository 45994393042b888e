// Who may read the metrics, where, and in which format.
import { expect, onTestFinished, test } from 'vitest'
import { ADMIN_TOKEN, startGateway, type Gateway } from '../../support/gateway.ts'
import { Scraped } from '../../support/metrics.ts'
import { expectProblem } from '../../support/problem.ts'

const READ_TOKEN = 'test-read-token-canary-5e0d'
const NO_ROUTE = { instance: '/metrics', detail: 'There is no such route.' }

async function gatewayWith (env: Record<string, string> = {}): Promise<Gateway> {
  const gateway = await startGateway(env)
  onTestFinished(() => gateway.stop())
  return gateway
}

test('without OPS_PORT an admin token reads them on PORT, a read-only one too, and nobody else does', async () => {
  const gateway = await gatewayWith({ ADMIN_TOKEN: `boss=${ADMIN_TOKEN}\ngrafana=${READ_TOKEN}:read` })
  const { key } = await gateway.team()
  for (const token of [ADMIN_TOKEN, READ_TOKEN]) {
    const { status, headers, text } = await gateway.call('GET', '/metrics', { key: token })
    expect(status).toBe(200)
    expect(headers).toMatchObject({ 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'private, no-store' })
    expect(new Scraped(text).value('mulegate_ledger_up')).toBe(1)
  }
  for (const token of [undefined, 'not-a-token-of-this-gateway', key]) {
    expectProblem(await gateway.call('GET', '/metrics', token === undefined ? {} : { key: token }), 'unauthenticated', { instance: '/metrics', detail: /admin token/ })
  }
  expectProblem(await gateway.call('POST', '/metrics', { key: ADMIN_TOKEN }), 'method_not_allowed', { instance: '/metrics', detail: /GET, HEAD/ })
  expectProblem(await gateway.call('POST', '/metrics', { key: READ_TOKEN }), 'not_allowed', { instance: '/metrics', detail: /may only read/ })
})

test('with OPS_PORT they are there, without any token, and PORT has no such route whoever asks', async () => {
  const gateway = await gatewayWith({ OPS_PORT: '0' })
  const { status, headers, text } = await gateway.call('GET', '/metrics', { origin: gateway.opsOrigin })
  expect(status).toBe(200)
  expect(headers['cache-control']).toBe('private, no-store')
  expect(new Scraped(text).value('mulegate_ledger_up')).toBe(1)
  for (const path of ['/metrics', '//metrics', '/metrics/', '/metrics?x=1']) {
    for (const options of [{}, { key: ADMIN_TOKEN }, { key: 'something' }]) expect((await gateway.call('GET', path, options)).status, path).toBe(404)
  }
  expectProblem(await gateway.call('GET', '/metrics', { key: ADMIN_TOKEN }), 'not_found', NO_ROUTE)
})

test('without OPS_PORT and without an admin token they do not exist', async () => {
  const gateway = await gatewayWith({ ADMIN_TOKEN: '' })
  for (const options of [{}, { key: ADMIN_TOKEN }]) expectProblem(await gateway.call('GET', '/metrics', options), 'not_found', NO_ROUTE)
})

test('with OPS_PORT they need no ADMIN_TOKEN to be there', async () => {
  const gateway = await gatewayWith({ ADMIN_TOKEN: '', OPS_PORT: '0' })
  expect((await gateway.call('GET', '/metrics', { origin: gateway.opsOrigin })).status).toBe(200)
})

test('who asks for OpenMetrics gets it, and whoever asks afterwards gets what it asked for', async () => {
  const gateway = await gatewayWith()
  const { key } = await gateway.team()
  await gateway.create(key)
  const accept = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2'
  const [before, open, after, again] = [
    await gateway.call('GET', '/metrics', { key: ADMIN_TOKEN }),
    await gateway.call('GET', '/metrics', { key: ADMIN_TOKEN, headers: { accept } }),
    await gateway.call('GET', '/metrics', { key: ADMIN_TOKEN, headers: { accept: 'text/plain' } }),
    await gateway.call('GET', '/metrics', { key: ADMIN_TOKEN, headers: { accept } })
  ]
  expect(open.headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
  for (const { text } of [open, again]) {
    expect(text).toMatch(/\n# EOF\n$/)
    expect(text).toContain('# TYPE mulegate_tasks counter\nmulegate_tasks_total{team="')
    expect(text).not.toContain('_total_total')
  }
  expect(after.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(new Scraped(after.text).names).toEqual(new Scraped(before.text).names)
})

test('many who ask at once are each answered in full', async () => {
  const gateway = await gatewayWith()
  const { key } = await gateway.team()
  await gateway.create(key)
  const answers = await Promise.all(Array.from({ length: 50 }, (_, place) =>
    gateway.call('GET', '/metrics', { key: ADMIN_TOKEN, headers: { accept: place % 2 === 0 ? 'text/plain' : 'application/openmetrics-text' } })))
  const plain = answers.filter((_, place) => place % 2 === 0).map(({ text }) => new Scraped(text))
  expect(new Set(plain.map(scraped => scraped.value('mulegate_tasks_in_flight')))).toEqual(new Set([1]))
  expect(new Set(plain.map(scraped => scraped.value('mulegate_tasks_total', { outcome: 'accepted' })))).toEqual(new Set([1]))
  // The ledger was not asked by each of them.
  expect((plain.at(-1)?.value('mulegate_ledger_operation_duration_seconds', { operation: 'pulse' }) ?? 0)).toBeLessThan(50)
})
