// Without a good key everything is 401, in one text that does not say why.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, GENERATION, startGateway, UPSTREAM_TOKEN, type CallOptions, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem, withoutIds } from '../../support/problem.ts'
import { inventedKey, withChecksum, withWrongChecksum } from '../../support/written-key.ts'

let gateway: Gateway
let key: string
let reference: Reply
beforeAll(async () => {
  gateway = await startGateway()
  key = (await gateway.team()).key
  reference = await gateway.call('POST', GENERATION, { body: { prompt: 'a cat' } })
})
afterAll(() => gateway.stop())

async function expectUnauthenticated (headers: Record<string, string>): Promise<void> {
  const reply = await gateway.call('POST', GENERATION, { headers, body: { prompt: 'a cat' } })
  expectProblem(reply, 'unauthenticated', { instance: GENERATION, detail: /API key/ })
  expect(withoutIds(reply)).toBe(withoutIds(reference))
  expect(Object.keys(reply.headers)).toEqual(Object.keys(reference.headers))
  expect(reply.headers['www-authenticate']).toBe('Bearer')
  expect(gateway.simulator.received.creates).toBe(0)
}

const bearer = (text: string): Record<string, string> => ({ authorization: `Bearer ${text}` })

const withoutKey: { name: string, headers: () => Record<string, string> }[] = [
  { name: 'no Authorization', headers: () => ({}) },
  { name: 'an empty Authorization', headers: () => ({ authorization: '' }) },
  { name: 'a scheme without a key', headers: () => ({ authorization: 'Bearer' }) },
  { name: 'a key without a scheme', headers: () => ({ authorization: key }) },
  { name: 'a good key under another scheme', headers: () => ({ authorization: `Basic ${key}` }) },
  { name: 'a good key in another header', headers: () => ({ 'x-api-key': key }) },
  { name: 'a good key and something behind it', headers: () => ({ authorization: `Bearer ${key} more` }) },
  { name: 'a text that is no key', headers: () => bearer('sk-1234567890') },
  { name: 'a key that is cut off', headers: () => bearer(key.slice(0, -1)) },
  { name: 'a key that is too long', headers: () => bearer(`${key}0`) },
  { name: 'a good key with one wrong character', headers: () => bearer(withWrongChecksum(key)) },
  { name: 'a good key in lower case', headers: () => bearer(key.toLowerCase()) },
  { name: 'a key of a mode that does not exist', headers: () => bearer(withChecksum(`mg_prod_${'a'.repeat(30)}`)) },
  { name: 'a live key that nobody minted', headers: () => bearer(inventedKey()) },
  { name: 'a test key that nobody minted', headers: () => bearer(inventedKey('test')) },
  { name: 'the admin token', headers: () => bearer(ADMIN_TOKEN) },
  { name: 'MuleRouter\'s own token', headers: () => bearer(UPSTREAM_TOKEN) }
]

for (const { name, headers } of withoutKey) {
  test(`${name} is answered with the one text for all`, async () => {
    await expectUnauthenticated(headers())
  })
}

test('a key is good until the moment at which it expires, and from then on is answered with the one text for all', async () => {
  const expiring = await gateway.team({}, { expires_at: new Date(gateway.clock.nowMs() + 60_000).toISOString() })
  gateway.clock.advance(59_999)
  expect((await gateway.usage(expiring.key)).status).toBe(200)
  gateway.clock.advance(1)
  await expectUnauthenticated(bearer(expiring.key))
})

test('a revoked key is answered with the one text for all', async () => {
  const revoked = await gateway.team()
  expect((await gateway.admin('DELETE', `/admin/v1/keys/${revoked.keyId}`)).status).toBe(204)
  await expectUnauthenticated(bearer(revoked.key))
})

test('a key of a disabled team is answered with the one text for all', async () => {
  const disabled = await gateway.team()
  expect((await gateway.admin('DELETE', `/admin/v1/teams/${disabled.team}`)).status).toBe(204)
  await expectUnauthenticated(bearer(disabled.key))
})

const everywhere: { method: string, path: string, options?: CallOptions }[] = [
  { method: 'POST', path: `${GENERATION}?dry_run=true`, options: { body: {} } },
  { method: 'POST', path: '/generation', options: { body: '{' } },
  { method: 'POST', path: GENERATION, options: { body: 'text', headers: { 'content-type': 'text/plain' } } },
  { method: 'POST', path: GENERATION, options: { body: JSON.stringify({ prompt: 'x'.repeat(100_000) }) } },
  { method: 'GET', path: `${GENERATION}/some-task` },
  { method: 'DELETE', path: `${GENERATION}/some-task` },
  { method: 'GET', path: `${GENERATION}/${'a'.repeat(300)}` },
  { method: 'GET', path: '/v1/tasks?limit=wrong' },
  { method: 'GET', path: '/v1/usage' },
  { method: 'PUT', path: GENERATION },
  { method: 'POST', path: '/v1/usage' },
  { method: 'GET', path: '/no/such/route' },
  { method: 'POST', path: '/no/such/route', options: { body: '{' } },
  { method: 'GET', path: '/' },
  { method: 'GET', path: '/%zz' }
]

for (const { method, path, options } of everywhere) {
  test(`without a key it is 401 and nothing else: ${method} ${path.slice(0, 80)}`, async () => {
    const reply = await gateway.call(method, path, options)
    expectProblem(reply, 'unauthenticated', { instance: path.split('?')[0] ?? '', detail: /API key/ })
  })
}
