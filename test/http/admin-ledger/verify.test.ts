// GET /admin/v1/ledger/verify and POST /admin/v1/ledger/repair: the sums of a team, counted again. What is found is in test/contract/verify.ts.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

const VERIFY = '/admin/v1/ledger/verify'
const REPAIR = '/admin/v1/ledger/repair'
const READER = 'reader-token-of-a-test'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway({ ADMIN_TOKEN: `admin=${ADMIN_TOKEN}\nreader=${READER}:read` }) })
afterAll(() => gateway.stop())

test('a sound account has no differences, and there is nothing to repair', async () => {
  const { team, key } = await gateway.team()
  for (let count = 1; count <= 3; count++) await gateway.create(key)
  const verified = await gateway.admin('GET', `${VERIFY}?team=${team}`)
  expect(verified).toMatchObject({ status: 200, json: { team, tasks: 3, differences: [] } })
  expect(verified.json.sums).toBeGreaterThan(8)
  expect((await gateway.admin('POST', REPAIR, { team })).json).toEqual({ ...verified.json, repaired: 0 })
})

test('a read-only token verifies and does not repair', async () => {
  const { team } = await gateway.team()
  expect((await gateway.call('GET', `${VERIFY}?team=${team}`, { key: READER })).status).toBe(200)
  expectProblem(await gateway.call('POST', REPAIR, { key: READER, body: { team } }), 'not_allowed', { instance: REPAIR, detail: /may only read/ })
})

test('a team that is not there is not_found', async () => {
  expectProblem(await gateway.admin('GET', `${VERIFY}?team=nobody`), 'not_found', { instance: VERIFY, detail: 'There is no team nobody.' })
  expectProblem(await gateway.admin('POST', REPAIR, { team: 'nobody' }), 'not_found', { instance: REPAIR, detail: 'There is no team nobody.' })
})

test('the team must be named', async () => {
  expectProblem(await gateway.admin('GET', VERIFY), 'invalid_query', { instance: VERIFY, detail: /team is required/ })
  expectProblem(await gateway.admin('GET', `${VERIFY}?team=No%20Team`), 'invalid_query', { instance: VERIFY, detail: /team is no team id/ })
  expectProblem(await gateway.admin('POST', REPAIR, {}), 'invalid_body', { instance: REPAIR, detail: /team is required/, more: { errors: [{ pointer: '/team', detail: 'is required' }] } })
})
