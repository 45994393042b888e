// A pool of upstream tokens: a definitive no to one of them lets another try, once.
import { afterEach, expect, test } from 'vitest'
import { accountOf, COUNTED, UNDER_WAY, UNTOUCHED } from '../support/account.ts'
import { startGateway, UPSTREAM_TOKEN, type Gateway } from '../support/gateway.ts'

const REVOKED = 'test-upstream-token-revoked'
const REVOKED_TOO = 'test-upstream-token-revoked-too'

let gateway: Gateway
afterEach(() => gateway.stop())

test('a revoked token of two is tried once and then rests: every create is accepted by the other', async () => {
  gateway = await startGateway({ MULEROUTER_API_KEY: `${REVOKED},${UPSTREAM_TOKEN}` })
  const { key } = await gateway.team({ limits: COUNTED })
  expect((await gateway.create(key)).status).toBe(202)
  expect(gateway.simulator.received).toMatchObject({ creates: 2, accepted: 1 })
  expect((await gateway.create(key)).status).toBe(202)
  expect(gateway.simulator.received).toMatchObject({ creates: 3, accepted: 2 })

  gateway.clock.advance(60_000)
  expect((await gateway.create(key)).status).toBe(202)
  expect(gateway.simulator.received).toMatchObject({ creates: 5, accepted: 3 })
})

test('a task is read with the token that made it', async () => {
  gateway = await startGateway({ MULEROUTER_API_KEY: `${REVOKED},${UPSTREAM_TOKEN}` })
  const { key } = await gateway.team()
  const { json } = await gateway.create(key)
  gateway.clock.advance(3_600_000)
  expect((await gateway.read(key, json.task_info.id)).json.task_info.status).toBe('completed')
  expect(gateway.simulator.received.requests.at(-1)?.headers['authorization']).toBe(`Bearer ${UPSTREAM_TOKEN}`)
})

test.each([401, 402, 403, 429])('a definitive %i lets another token try', async status => {
  gateway = await startGateway({ MULEROUTER_API_KEY: `${UPSTREAM_TOKEN},${REVOKED}` })
  const { key } = await gateway.team({ limits: COUNTED })
  gateway.simulator.inject({ on: 'create', fault: `status=${status}`, times: 1 })
  await gateway.create(key)
  expect(gateway.simulator.received.requests.map(({ headers }) => headers['authorization'])).toEqual([`Bearer ${UPSTREAM_TOKEN}`, `Bearer ${REVOKED}`])
})

test.each(['status=400', 'status=404', 'status=500', 'html=502', 'reset', 'not-json'])('no other token tries after %s', async fault => {
  gateway = await startGateway({ MULEROUTER_API_KEY: `${UPSTREAM_TOKEN},${REVOKED}` })
  const { key } = await gateway.team()
  gateway.simulator.inject({ on: 'create', fault, times: 1 })
  await gateway.create(key)
  expect(gateway.simulator.received.creates).toBe(1)
})

test('two tokens that are both refused are tried once each, and the price goes back', async () => {
  gateway = await startGateway({ MULEROUTER_API_KEY: `${REVOKED},${REVOKED_TOO}` })
  const { key } = await gateway.team({ limits: COUNTED })
  expect(await gateway.create(key)).toMatchObject({ status: 502, json: { code: 'upstream_credentials' } })
  expect(gateway.simulator.received.creates).toBe(2)
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
})

test('when all tokens rest, the one that rested longest is used', async () => {
  gateway = await startGateway({ MULEROUTER_API_KEY: `${REVOKED},${REVOKED_TOO}` })
  const { key } = await gateway.team()
  await gateway.create(key)
  gateway.clock.advance(1000)
  await gateway.create(key)
  const used = gateway.simulator.received.requests.map(({ headers }) => headers['authorization'])
  expect(used[2]).toBe(`Bearer ${REVOKED}`)
})

test('a pool of one never rests', async () => {
  gateway = await startGateway()
  const { key } = await gateway.team({ limits: COUNTED })
  gateway.simulator.inject({ on: 'create', fault: 'status=429', times: 1 })
  expect(await gateway.create(key)).toMatchObject({ status: 429, headers: { 'retry-after': '7' } })
  expect((await gateway.create(key)).status).toBe(202)
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})
