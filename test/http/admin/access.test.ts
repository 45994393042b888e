// Who may use the admin API: named tokens, read-only ones, and nobody when there is no token.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_TOKEN, GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem, withoutIds } from '../../support/problem.ts'

const READER = 'test-reader-token-canary-5b1e'
const ALICE = 'test-alice-token-canary-77d0'

type Route = { method: string, path: string, body?: object, changes: boolean }

const routes: Route[] = [
  { method: 'GET', path: '/admin/v1/teams', changes: false },
  { method: 'GET', path: '/admin/v1/teams/reach', changes: false },
  { method: 'GET', path: '/admin/v1/teams/reach/keys', changes: false },
  { method: 'GET', path: '/admin/v1/keys/key_reach', changes: false },
  { method: 'POST', path: '/admin/v1/teams', body: { id: 'reach' }, changes: true },
  { method: 'PATCH', path: '/admin/v1/teams/reach', body: { name: 'x' }, changes: true },
  { method: 'DELETE', path: '/admin/v1/teams/reach', changes: true },
  { method: 'POST', path: '/admin/v1/teams/reach/keys', body: {}, changes: true },
  { method: 'PATCH', path: '/admin/v1/keys/key_reach', body: { label: 'x' }, changes: true },
  { method: 'DELETE', path: '/admin/v1/keys/key_reach', changes: true },
  { method: 'POST', path: '/admin/v1/ledger/confirm', changes: true }
]

const titleOf = ({ method, path }: Route): string => `${method} ${path}`

describe('with named tokens', () => {
  let gateway: Gateway
  let teamKey: string
  beforeAll(async () => {
    gateway = await startGateway({ ADMIN_TOKEN: `root=${ADMIN_TOKEN}\nalice=${ALICE}\ngrafana=${READER}:read` })
    teamKey = (await gateway.team()).key
  })
  afterAll(() => gateway.stop())

  for (const route of routes) {
    const { method, path, body } = route
    const call = (key?: string) => gateway.call(method, path, { ...(key !== undefined && { key }), ...(body && { body }) })

    test(`${titleOf(route)} without a token, with a wrong one and with a team's key is 401 in one text`, async () => {
      const replies = [await call(), await call('wrong-admin-token-000000'), await call(teamKey), await call(`${ADMIN_TOKEN}0`), await call(`${READER}:read`)]
      for (const reply of replies) {
        expectProblem(reply, 'unauthenticated', { instance: path, detail: /admin token/ })
        expect(reply.headers['www-authenticate']).toBe('Bearer')
      }
      expect(new Set(replies.map(reply => withoutIds(reply))).size).toBe(1)
    })

    if (route.changes) {
      test(`${titleOf(route)} with a read-only token is not_allowed`, async () => {
        expectProblem(await call(READER), 'not_allowed', { instance: path, detail: /grafana.*read/ })
      })
    } else {
      test(`${titleOf(route)} with a read-only token is answered as with any other`, async () => {
        const [reader, root] = [await call(READER), await call(ADMIN_TOKEN)]
        expect(reader.status).toBe(root.status)
        expect([200, 404]).toContain(reader.status)
      })
    }
  }

  test('a refused change changes nothing', async () => {
    const { team } = await gateway.team({ name: 'before' })
    await gateway.call('PATCH', `/admin/v1/teams/${team}`, { key: READER, body: { name: 'after' } })
    await gateway.call('DELETE', `/admin/v1/teams/${team}`, { key: READER })
    expect((await gateway.admin('GET', `/admin/v1/teams/${team}`)).json).toMatchObject({ name: 'before', disabled: false })
  })

  test('a read-only token reads what there is', async () => {
    const { team } = await gateway.team({ name: 'readable' })
    expect(await gateway.call('GET', `/admin/v1/teams/${team}`, { key: READER })).toMatchObject({ status: 200, json: { name: 'readable' } })
  })

  test('each named token may change things, and its name is in the log', async () => {
    const made = await gateway.call('POST', '/admin/v1/teams', { key: ALICE, body: { id: 'made-by-alice' } })
    expect(made.status).toBe(201)
    expect(gateway.log()).toContainEqual(expect.objectContaining({ msg: 'team created', team: 'made-by-alice', actor: 'alice' }))
  })

  test('an admin token is no key of a team', async () => {
    expect((await gateway.call('POST', GENERATION, { key: ALICE, body: { prompt: 'a cat' } })).status).toBe(401)
  })
})

describe('without ADMIN_TOKEN', () => {
  let gateway: Gateway
  beforeAll(async () => { gateway = await startGateway({ ADMIN_TOKEN: '' }) })
  afterAll(() => gateway.stop())

  const everything: Route[] = [
    ...routes,
    { method: 'PUT', path: '/admin/v1/teams', changes: false },
    { method: 'GET', path: '/admin/v1/nothing', changes: false },
    { method: 'GET', path: '/admin', changes: false },
    { method: 'GET', path: '//admin/v1/teams', changes: false },
    { method: 'GET', path: '/admin/%zz', changes: false }
  ]

  for (const route of everything) {
    test(`${titleOf(route)} is not_found for everybody`, async () => {
      const { method, path, body } = route
      for (const key of [undefined, ADMIN_TOKEN, 'undefined']) {
        const reply = await gateway.call(method, path, { ...(key !== undefined && { key }), ...(body && { body }) })
        expectProblem(reply, 'not_found', { instance: path, detail: 'There is no such route.' })
        expect(reply.headers).not.toHaveProperty('allow')
        expect(reply.headers).not.toHaveProperty('www-authenticate')
      }
    })
  }

  test('the team API is there all the same', async () => {
    expect((await gateway.call('GET', '/v1/usage')).status).toBe(401)
    expect((await gateway.call('GET', '/livez')).status).toBe(200)
  })
})
