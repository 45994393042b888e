// Nothing that belongs to a team may be kept by a cache on the way.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, GENERATION, startGateway, type CallOptions, type Gateway } from '../../support/gateway.ts'

let gateway: Gateway
let key: string
let taskId: string
beforeAll(async () => {
  gateway = await startGateway()
  key = (await gateway.team({ limits: { tasks_in_flight: 1 } })).key
  taskId = (await gateway.create(key)).json.task_info.id
})
afterAll(() => gateway.stop())

const calls: { name: string, method: string, path: () => string, options: () => CallOptions, status: number }[] = [
  { name: 'a task', method: 'GET', path: () => `${GENERATION}/${taskId}`, options: () => ({ key }), status: 200 },
  { name: 'a missing task', method: 'GET', path: () => `${GENERATION}/missing`, options: () => ({ key }), status: 404 },
  { name: 'the list of tasks', method: 'GET', path: () => '/v1/tasks', options: () => ({ key }), status: 200 },
  { name: 'the usage', method: 'GET', path: () => '/v1/usage', options: () => ({ key }), status: 200 },
  { name: 'a dry run that is refused', method: 'POST', path: () => `${GENERATION}?dry_run=true`, options: () => ({ key, body: { prompt: 'a cat' } }), status: 429 },
  { name: 'a refused create', method: 'POST', path: () => GENERATION, options: () => ({ key, body: { prompt: '' } }), status: 400 },
  { name: 'a refused key', method: 'GET', path: () => '/v1/usage', options: () => ({}), status: 401 },
  { name: 'a wrong method', method: 'PUT', path: () => GENERATION, options: () => ({ key }), status: 405 },
  { name: 'an unknown route', method: 'GET', path: () => '/nothing', options: () => ({ key }), status: 404 },
  { name: 'a path that cannot be decoded', method: 'GET', path: () => '/%zz', options: () => ({ key }), status: 404 },
  { name: 'the list of teams', method: 'GET', path: () => '/admin/v1/teams', options: () => ({ key: ADMIN_TOKEN }), status: 200 },
  { name: 'a deleted task', method: 'DELETE', path: () => `${GENERATION}/${taskId}`, options: () => ({ key }), status: 200 }
]

for (const { name, method, path, options, status } of calls) {
  test(`${name} is private, no-store`, async () => {
    const reply = await gateway.call(method, path(), options())
    expect(reply.status).toBe(status)
    expect(reply.headers['cache-control']).toBe('private, no-store')
  })
}
