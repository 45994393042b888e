// GET …/generation/{task_id} with Prefer: wait=N: answered when the task has ended, or when the time is over.
import { request } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { GENERATION, PENDING_MS, PROCESSING_MS, startGateway, type Gateway } from '../../support/gateway.ts'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway({ STATUS_MAX_AGE_MS: '200' }) })
afterAll(() => gateway.stop())

async function begin (key: string): Promise<string> { return (await gateway.create(key)).json.task_info.id }

function wait (key: string, taskId: string, seconds: number | string) {
  return gateway.call('GET', `${GENERATION}/${taskId}`, { key, headers: { prefer: `wait=${seconds}` } })
}

test('a task that has ended is answered at once', async () => {
  const { key } = await gateway.team()
  const taskId = await begin(key)
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  await gateway.read(key, taskId)
  const reply = await wait(key, taskId, 50)
  expect([reply.status, reply.json.task_info.status, reply.headers['preference-applied']]).toEqual([200, 'completed', 'wait=50'])
})

test('a task that ends while somebody waits is answered then', async () => {
  const { key } = await gateway.team()
  const taskId = await begin(key)
  const waiting = wait(key, taskId, 50)
  const looks = gateway.simulator.received.reads
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  const reply = await waiting
  expect(reply.json.task_info.status).toBe('completed')
  expect(gateway.simulator.received.reads).toBeGreaterThan(looks)
})

test.each(['50.5', '-1', 'x'])('a time of %s cannot be read, and is ignored', async seconds => {
  const { key } = await gateway.team()
  const reply = await wait(key, await begin(key), seconds)
  expect([reply.status, reply.headers['preference-applied']]).toEqual([200, undefined])
})

test('who would wait for longer than anybody can waits for as long as one can', async () => {
  const { key } = await gateway.team()
  const taskId = await begin(key)
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  for (const seconds of ['51', '9999999999', '9'.repeat(400)]) expect((await wait(key, taskId, seconds)).headers['preference-applied']).toBe('wait=50')
})

test('when the time is over the task is answered as it is', async () => {
  const { key } = await gateway.team()
  const reply = await wait(key, await begin(key), 1)
  expect([reply.status, reply.json.task_info.status, reply.headers['preference-applied']]).toEqual([200, 'pending', 'wait=1'])
})

test('a caller that goes away while it waits leaves nobody waiting', async () => {
  const { key } = await gateway.team()
  const taskId = await begin(key)
  const leaving = new AbortController()
  const waiting = request(`${gateway.origin}${GENERATION}/${taskId}`, { headers: { authorization: `Bearer ${key}`, prefer: 'wait=50' }, signal: leaving.signal })
  waiting.catch(() => {})
  await eventually(() => gateway.watching() === 1, 'somebody waits')
  leaving.abort()
  await eventually(() => gateway.watching() === 0, 'nobody waits any more')
})
