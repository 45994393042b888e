// GET /admin/v1/check: configuration, prices, catalog, upstream and ledger, in one sentence each, and at no cost.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ADMIN_TOKEN, startGateway, UPSTREAM_TOKEN, type Gateway } from '../../support/gateway.ts'
import { closedPort } from '../../support/raw-http.ts'
import { tempFolder } from '../../support/temp-folder.ts'

type Finding = { name: string, ok: boolean, detail: string }

async function checked (env: Record<string, string> = {}): Promise<{ gateway: Gateway, ok: boolean, checks: Map<string, Finding> }> {
  const gateway = await startGateway(env)
  onTestFinished(() => gateway.stop())
  const { status, json, text } = await gateway.admin('GET', '/admin/v1/check')
  expect(status, text).toBe(200)
  return { gateway, ok: json.ok, checks: new Map(json.checks.map((finding: Finding) => [finding.name, finding])) }
}

test('a gateway that works passes every check, and nothing was bought', async () => {
  const { gateway, ok, checks } = await checked()
  expect([...checks.keys()]).toEqual(['configuration', 'prices', 'catalog', 'upstream', 'ledger'])
  expect([...checks.values()].filter(finding => !finding.ok)).toEqual([])
  expect(ok).toBe(true)
  expect(gateway.simulator.received.creates).toBe(0)
})

test('every token is tried, and one that is refused is named by its fingerprint', async () => {
  const { ok, checks } = await checked({ MULEROUTER_API_KEY: `${UPSTREAM_TOKEN},another-token-of-a-test` })
  expect(ok).toBe(false)
  expect(checks.get('upstream')).toMatchObject({ ok: false, detail: expect.stringMatching(/^token [0-9a-f]{8} is accepted; token [0-9a-f]{8} is refused with status 401\.$/) })
  expect(checks.get('ledger')).toMatchObject({ ok: true })
})

test('an upstream that cannot be reached is said to be', async () => {
  const { checks } = await checked({ MULEROUTER_BASE_URL: `http://127.0.0.1:${await closedPort()}` })
  expect(checks.get('upstream')).toMatchObject({ ok: false, detail: expect.stringMatching(/^MuleRouter does not answer token [0-9a-f]{8}: .*ECONNREFUSED/) })
})

test.each([
  [{ 'alibaba/wan2.2-t2v-plus': { '480P': '0.10' } }, 'There is no price for alibaba/wan2.2-t2v-plus 1080P: creates of that kind are refused.'],
  [{ 'alibaba/wan2.2-t2v-plus': { '480P': '0.10', '1080P': '0.50', '720P': '0.30' } }, /^The price list names what no model has: alibaba\/wan2\.2-t2v-plus\.720P/]
])('a price list that does not fit the catalog fails: %j', async (prices, detail) => {
  const path = join(tempFolder(), 'prices.json')
  writeFileSync(path, JSON.stringify(prices))
  const { checks } = await checked({ PRICE_FILE: path })
  expect(checks.get('prices')).toMatchObject({ ok: false, detail: typeof detail === 'string' ? detail : expect.stringMatching(detail) })
})

test('a read-only token may check', async () => {
  const reader = 'reader-token-of-a-test'
  const { gateway } = await checked({ ADMIN_TOKEN: `admin=${ADMIN_TOKEN}\nreader=${reader}:read` })
  expect((await gateway.call('GET', '/admin/v1/check', { key: reader })).json.ok).toBe(true)
})
