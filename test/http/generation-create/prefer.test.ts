// POST …/generation with Prefer: wait=N: only together with an Idempotency-Key, and always 202.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { GENERATION, PENDING_MS, PROCESSING_MS, startGateway, type Gateway } from '../../support/gateway.ts'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway({ STATUS_MAX_AGE_MS: '200' }) })
afterAll(() => gateway.stop())

function create (key: string, headers: Record<string, string>) {
  return gateway.call('POST', GENERATION, { key, body: { prompt: 'a cat' }, headers })
}

test('with an Idempotency-Key the answer comes when the task has ended, and is 202 with its videos', async () => {
  const { key } = await gateway.team()
  const waiting = create(key, { 'idempotency-key': 'once', prefer: 'wait=50' })
  await eventually(() => gateway.watching() === 1, 'the caller waits')
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  const reply = await waiting
  expect([reply.status, reply.headers['preference-applied'], reply.json.task_info.status]).toEqual([202, 'wait=50', 'completed'])
  expect(reply.json.videos).toHaveLength(1)
  expect(reply.headers['location']).toBe(`${GENERATION}/${reply.json.task_info.id}`)
})

test('without an Idempotency-Key the preference is ignored: whoever is cut off could not ask again', async () => {
  const { key } = await gateway.team()
  const reply = await create(key, { prefer: 'wait=50' })
  expect([reply.status, reply.headers['preference-applied'], reply.json.task_info.status]).toEqual([202, undefined, 'pending'])
})

test.each(['wait', 'wait=', 'wait=-1', 'wait=soon', 'respond-async', ''])('Prefer: %s waits for nothing', async prefer => {
  const { key } = await gateway.team()
  const reply = await create(key, { 'idempotency-key': 'once', prefer })
  expect([reply.status, reply.headers['preference-applied']]).toEqual([202, undefined])
})

test.each([['respond-async, wait=1', 'wait=1'], ['WAIT = "1"', 'wait=1'], ['wait=1; foo=bar', 'wait=1']])('Prefer: %s is understood', async (prefer, applied) => {
  const { key } = await gateway.team()
  const reply = await create(key, { 'idempotency-key': 'once', prefer })
  expect([reply.status, reply.headers['preference-applied'], reply.json.task_info.status]).toEqual([202, applied, 'pending'])
})
