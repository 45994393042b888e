// A team's webhooks, read, rotated and removed; those of others do not exist.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

const DAY_MS = 86_400_000

let gateway: Gateway
let key: string
beforeAll(async () => {
  gateway = await startGateway()
  key = (await gateway.team({}, { webhooks: true })).key
})
afterAll(() => gateway.stop())

function put (id: string, as = key): Promise<Reply> {
  return gateway.call('PUT', `/v1/webhooks/${id}`, { key: as, body: { url: 'https://receiver.example/', events: ['task.failed'] }, reveals: true })
}

test('200: the webhooks of a team are listed in the order of their ids, page by page', async () => {
  const { key } = await gateway.team({}, { webhooks: true })
  for (const id of ['b', 'c', 'a']) await put(id, key)
  const first = await gateway.call('GET', '/v1/webhooks?limit=2', { key })
  expect(first.json).toMatchObject({ data: [{ id: 'a' }, { id: 'b' }], next_cursor: expect.any(String) })
  const second = await gateway.call('GET', `/v1/webhooks?limit=2&cursor=${first.json.next_cursor}`, { key })
  expect(second.json).toMatchObject({ data: [{ id: 'c' }], next_cursor: null })
  expectProblem(await gateway.call('GET', '/v1/webhooks?cursor=No', { key }), 'invalid_query', { instance: '/v1/webhooks', detail: /cursor/ })
  expectProblem(await gateway.call('GET', '/v1/webhooks?limt=2', { key }), 'invalid_query', { instance: '/v1/webhooks', detail: /did you mean limit/ })
})

test('200: a rotation shows a new secret, and when the old one ends', async () => {
  const made = await put('rotated')
  const rotated = await gateway.call('POST', '/v1/webhooks/rotated/rotate', { key, reveals: true })
  expect(rotated).toMatchObject({ status: 200, json: { id: 'rotated', secret: expect.stringMatching(/^whsec_/), previous_secret_ends_at: new Date(gateway.clock.nowMs() + DAY_MS).toISOString() } })
  expect(rotated.json.secret).not.toBe(made.json.secret)
  expect((await gateway.call('GET', '/v1/webhooks/rotated', { key })).json.previous_secret_ends_at).toBe(rotated.json.previous_secret_ends_at)
})

test('204: a webhook that was removed is not there, and may be made again with another secret', async () => {
  const made = await put('removed')
  const removed = await gateway.call('DELETE', '/v1/webhooks/removed', { key })
  expect([removed.status, removed.text]).toEqual([204, ''])
  expectProblem(await gateway.call('GET', '/v1/webhooks/removed', { key }), 'not_found', { instance: '/v1/webhooks/removed', detail: 'There is no webhook removed.' })
  expectProblem(await gateway.call('DELETE', '/v1/webhooks/removed', { key }), 'not_found', { instance: '/v1/webhooks/removed', detail: 'There is no webhook removed.' })
  const again = await put('removed')
  expect(again.status).toBe(201)
  expect(again.json.secret).not.toBe(made.json.secret)
})

const calls: [method: string, path: string][] = [
  ['GET', '/v1/webhooks/ID'],
  ['DELETE', '/v1/webhooks/ID'],
  ['POST', '/v1/webhooks/ID/rotate'],
  ['POST', '/v1/webhooks/ID/test'],
  ['GET', '/v1/webhooks/ID/deliveries'],
  ['POST', '/v1/webhooks/ID/deliveries/msg_1/redeliver']
]

for (const [method, path] of calls) {
  test(`404: a foreign webhook is answered as one that nobody has: ${method} ${path}`, async () => {
    await put('own')
    const other = await gateway.team({}, { webhooks: true })
    const replies = await Promise.all(['own', 'missing'].map(id => gateway.call(method, path.replace('ID', id), { key: other.key })))
    for (const [index, id] of ['own', 'missing'].entries()) {
      expectProblem(replies[index] ?? expect.unreachable(), 'not_found', { instance: path.replace('ID', id), detail: `There is no webhook ${id}.` })
    }
    expectProblem(await gateway.call(method, path.replace('ID', 'No_Id'), { key: other.key }), 'not_found', { instance: path.replace('ID', 'No_Id'), detail: 'There is no such webhook.' })
    expect((await gateway.call('GET', '/v1/webhooks/own', { key })).status).toBe(200)
  })
}

test('a webhook of the same id is another team\'s own', async () => {
  const other = await gateway.team({}, { webhooks: true })
  await put('shared')
  expect((await put('shared', other.key)).status).toBe(201)
  await gateway.call('DELETE', '/v1/webhooks/shared', { key: other.key })
  expect((await gateway.call('GET', '/v1/webhooks/shared', { key })).status).toBe(200)
})
