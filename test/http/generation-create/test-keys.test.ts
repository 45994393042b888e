// Test keys: the same gateway, a simulated MuleRouter behind it, no costs, and an account of their own.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type Gateway } from '../../support/gateway.ts'

const LIMITS = { tasks_in_flight: 2, quotas: [{ per: 'day', unit: 'tasks', limit: 2 }, { per: 'month', unit: 'usd', limit: '0.50' }] }

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway({ STATUS_MAX_AGE_MS: '200' }) })
afterAll(() => gateway.stop())

async function teamWithTestKey () {
  const { team, key } = await gateway.team({ limits: LIMITS })
  const { key: testKey, keyId } = await gateway.mint(team, { mode: 'test' })
  return { team, key, testKey, keyId }
}

test('a test key begins with mg_test_, and its task costs nothing, reaches no MuleRouter, and completes', async () => {
  const { testKey } = await teamWithTestKey()
  expect(testKey).toMatch(/^mg_test_/)
  const creates = gateway.simulator.received.creates
  const created = await gateway.create(testKey)
  expect([created.status, created.headers['mulegate-price-usd']]).toEqual([202, '0.00'])
  const taskId = created.json.task_info.id

  expect((await gateway.read(testKey, taskId)).json.task_info.status).toBe('pending')
  gateway.clock.advance(60_000)
  expect((await gateway.read(testKey, taskId)).json).toMatchObject({ task_info: { id: taskId, status: 'completed' }, videos: [expect.stringMatching(/\.mp4/)] })
  expect(gateway.simulator.received.creates).toBe(creates)
  expect((await gateway.call('GET', '/v1/tasks', { key: testKey })).json.data).toMatchObject([{ mode: 'test', price_usd: '0.00', status: 'completed' }])
})

test('to a test key the tasks of live keys do not exist; live keys see all tasks of their team', async () => {
  const { team, key, testKey } = await teamWithTestKey()
  const [live, tested] = [(await gateway.create(key)).json.task_info.id, (await gateway.create(testKey)).json.task_info.id]
  for (const [method, path] of [['GET', live], ['DELETE', live], ['GET', `${live}/events`]] as const) {
    expect(await gateway.call(method, `/generation/${path}`, { key: testKey })).toMatchObject({ status: 404, json: { code: 'not_found' } })
  }
  const idsOf = async (who: string) => (await gateway.call('GET', '/v1/tasks', { key: who })).json.data.map((task: { task_id: string }) => task.task_id)
  expect(await idsOf(testKey)).toEqual([tested])
  expect(await idsOf(key)).toEqual([tested, live])
  for (const [mode, ids] of [['live', [live]], ['test', [tested]]] as const) {
    const { json } = await gateway.admin('GET', `/admin/v1/tasks?team=${team}&mode=${mode}`)
    expect(json.data).toMatchObject(ids.map(id => ({ task_id: id })))
    expect(json.data).toHaveLength(1)
  }
  expect(await gateway.admin('GET', '/admin/v1/tasks?mode=some')).toMatchObject({ status: 400, json: { errors: [{ pointer: '/mode' }] } })
  expect((await gateway.read(key, live)).status).toBe(200)
})

test('a test key has the limits of its team, and leaves the team\'s live account as it is', async () => {
  const { key, testKey } = await teamWithTestKey()
  expect([(await gateway.create(testKey)).status, (await gateway.create(testKey)).status, (await gateway.create(testKey)).status]).toEqual([202, 202, 429])
  expect((await gateway.usage(testKey)).json).toMatchObject({ in_flight: { used: 2 }, quotas: [{ used: 2 }, { used: '0.00' }] })
  expect((await gateway.usage(key)).json).toMatchObject({ in_flight: { used: 0 }, quotas: [{ used: 0 }, { used: '0.00' }] })
  expect((await gateway.create(key)).status).toBe(202)
})

test('an Idempotency-Key of a test key is none of a live key', async () => {
  const { key, testKey } = await teamWithTestKey()
  const create = (who: string) => gateway.call('POST', '/generation', { key: who, body: { prompt: 'a cat' }, headers: { 'idempotency-key': 'once' } })
  const [first, second, again] = [await create(testKey), await create(key), await create(testKey)]
  expect([first.status, second.status, again.status]).toEqual([202, 202, 202])
  expect(second.headers['idempotency-replayed']).toBe(undefined)
  expect([again.headers['idempotency-replayed'], again.json.task_info.id]).toEqual(['true', first.json.task_info.id])
})

test('the simulator\'s faults can be had with a test key, as in the demo', async () => {
  const { testKey } = await teamWithTestKey()
  const created = await gateway.create(testKey, { prompt: 'a cat [[fail]]' })
  gateway.clock.advance(60_000)
  expect((await gateway.read(testKey, created.json.task_info.id)).json.task_info.status).toBe('failed')
})

test('a test task is deleted in the simulator', async () => {
  const { testKey } = await teamWithTestKey()
  const { json } = await gateway.create(testKey)
  expect((await gateway.call('DELETE', `/generation/${json.task_info.id}`, { key: testKey })).json).toMatchObject({ task_id: json.task_info.id })
})
