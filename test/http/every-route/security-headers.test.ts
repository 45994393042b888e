// What every answer says to browsers, and what it does not say of the gateway.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, startGateway, type Gateway } from '../../support/gateway.ts'
import { rawCall } from '../../support/raw-http.ts'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

const answers = [
  { path: '/livez', key: undefined },
  { path: '/openapi.json', key: undefined },
  { path: '/docs', key: undefined },
  { path: '/v1/usage', key: undefined },
  { path: '/no/such/route', key: ADMIN_TOKEN },
  { path: '/%zz', key: undefined },
  { path: '/admin/v1/teams', key: ADMIN_TOKEN }
]

for (const { path, key } of answers) {
  test(`${path} is nothing else than its type says, and does not say what made it`, async () => {
    const { headers } = await gateway.call('GET', path, key === undefined ? {} : { key })
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers).not.toHaveProperty('server')
    expect(headers).not.toHaveProperty('x-powered-by')
    // Of TLS only who ends it can speak.
    expect(headers).not.toHaveProperty('strict-transport-security')
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  })
}

test('what is no HTTP is answered no differently', async () => {
  const { headers } = await rawCall(gateway.origin, 'GARBAGE\r\n\r\n')
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers).not.toHaveProperty('server')
})

test('the page runs nothing from elsewhere, stands in no frame, and tells nobody where it is', async () => {
  const { headers } = await gateway.call('GET', '/docs')
  expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin' })
  expect(headers['content-security-policy']).toContain("default-src 'self'")
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(headers['content-security-policy']).not.toContain('unsafe')
})
