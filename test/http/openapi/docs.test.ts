// The page that shows the document: served from here, and loading nothing from elsewhere.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

/** Addresses in the page, as a browser resolves them. */
function addressesIn (html: string): URL[] {
  return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => new URL(address, `${gateway.origin}/docs`))
}

test('anybody may read the page, and it may load nothing from elsewhere', async () => {
  const { status, headers, text } = await gateway.call('GET', '/docs')
  expect(status).toBe(200)
  expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff' })
  const policy = headers['content-security-policy']?.split('; ') ?? []
  expect(policy).toEqual(["default-src 'self'", "img-src 'self' data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "object-src 'none'"])
  // What the policy forbids the page does not try.
  expect(text).not.toMatch(/<style|<script>|style="|\son\w+="/)
})

test('everything that the page refers to is served from here, as what it is', async () => {
  const { text } = await gateway.call('GET', '/docs')
  const addresses = addressesIn(text)
  expect(addresses.map(({ origin }) => origin)).toEqual(addresses.map(() => gateway.origin))
  const types = await Promise.all(addresses.map(async ({ pathname }) => {
    const { status, headers } = await gateway.call('GET', pathname)
    expect(status, pathname).toBe(200)
    return `${pathname} ${headers['content-type']}`
  }))
  expect(types.toSorted()).toEqual([
    '/docs/icon.png image/png', '/docs/start.js text/javascript; charset=utf-8', '/docs/viewer.css text/css; charset=utf-8', '/docs/viewer.js text/javascript; charset=utf-8',
    '/openapi.json application/json; charset=utf-8'
  ])
})

test('what the page loads refers to nothing elsewhere: the stylesheet to no address, the start to no other document', async () => {
  const { text: style } = await gateway.call('GET', '/docs/viewer.css')
  expect([...style.matchAll(/url\(\s*["']?([^"')]{0,5})/g)].map(([, begin]) => begin).filter(begin => begin !== 'data:')).toEqual([])
  expect(style).not.toContain('@import')
  const { text: start } = await gateway.call('GET', '/docs/start.js')
  expect(start).not.toMatch(/https?:/)
  expect(start).toContain('validatorUrl: null')
})

test.each(['/docs/', '/docs/json', '/docs/yaml', '/docs/static/index.html', '/docs/oauth2-redirect.html', '/documentation'])('there is no more of it: %s needs a key like any unknown path', async path => {
  const { status } = await gateway.call('GET', path)
  expect(status).toBe(401)
})

test('the page has no other methods', async () => {
  expectProblem(await gateway.call('POST', '/docs'), 'method_not_allowed', { instance: '/docs', detail: 'This path has no POST; it has GET, HEAD.' })
})
