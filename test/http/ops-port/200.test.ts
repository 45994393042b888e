// OPS_PORT: the admin API stands on a port of its own, and nowhere else.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway({ OPS_PORT: '0' }) })
afterAll(() => gateway.stop())

test('there are two ports', () => {
  expect(gateway.opsOrigin).not.toBe(gateway.origin)
})

test('what an operator changes on one port holds on the other', async () => {
  const { team, key, keyId } = await gateway.team({ limits: { quotas: [{ per: 'total', unit: 'tasks', limit: 1 }] } })
  expect((await gateway.create(key)).status).toBe(202)
  expect((await gateway.create(key)).status).toBe(429)
  await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { limits: null })
  expect((await gateway.create(key)).status).toBe(202)
  await gateway.admin('DELETE', `/admin/v1/keys/${keyId}`)
  expect((await gateway.create(key)).status).toBe(401)
})

test('the port for everybody has no admin API, whatever token is sent', async () => {
  for (const path of ['/admin/v1/teams', '/admin/v1/usage', '/admin/v1/nothing', '/admin']) {
    for (const key of [ADMIN_TOKEN, undefined]) {
      expectProblem(await gateway.call('GET', path, key === undefined ? {} : { key }), 'not_found', { instance: path, detail: 'There is no such route.' })
    }
  }
})

test('the port for operators has no team API', async () => {
  const { key } = await gateway.team()
  for (const path of ['/v1/usage', '/generation/some-task', '/v1/webhooks']) {
    // Not by `call`: by the document these routes do exist, on the other port.
    expect((await fetch(`${gateway.opsOrigin}${path}`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(404)
    expect((await fetch(`${gateway.opsOrigin}${path}`)).status).toBe(401)
  }
})

test('both ports tell whether the gateway is well', async () => {
  for (const origin of [gateway.origin, gateway.opsOrigin]) {
    for (const path of ['/livez', '/readyz']) expect((await gateway.call('GET', path, { origin })).status).toBe(200)
  }
})

test('the document describes the routes of both ports', async () => {
  const { paths } = (await gateway.call('GET', '/openapi.json')).json
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/generation', '/admin/v1/teams']))
})
