// Unknown, foreign, deleted: one answer to read and to delete, and MuleRouter is not asked.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf, COUNTED, UNDER_WAY } from '../../support/account.ts'
import { GENERATION, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem, withoutIds } from '../../support/problem.ts'

const MISSING = '3f0a6f9e-0000-4000-8000-000000000000'

let gateway: Gateway
let owner: { key: string }
let stranger: { key: string }
let foreign: string
beforeAll(async () => {
  gateway = await startGateway()
  owner = await gateway.team({ limits: COUNTED })
  stranger = await gateway.team()
  foreign = (await gateway.create(owner.key)).json.task_info.id
  gateway.clock.advance(60_000)
})
afterAll(() => gateway.stop())

const headersThatMayDiffer = ['x-request-id', 'traceparent', 'date', 'content-length']
const constantHeaders = ({ headers }: Reply) => Object.fromEntries(Object.entries(headers).filter(([name]) => !headersThatMayDiffer.includes(name)))

for (const method of ['GET', 'DELETE']) {
  for (const path of [GENERATION, '/generation']) {
    test(`${method} ${path}/…: a foreign task and a missing one are answered alike but for ids and path, and nothing reaches MuleRouter`, async () => {
      const before = gateway.simulator.received.requests.length
      const [one, other] = [await gateway.call(method, `${path}/${foreign}`, { key: stranger.key }), await gateway.call(method, `${path}/${MISSING}`, { key: stranger.key })]
      expectProblem(one, 'not_found', { instance: `${path}/${foreign}`, detail: 'There is no such task.' })
      expectProblem(other, 'not_found', { instance: `${path}/${MISSING}`, detail: 'There is no such task.' })
      expect(withoutIds(one, foreign)).toBe(withoutIds(other, MISSING))
      expect(constantHeaders(one)).toEqual(constantHeaders(other))
      expect(gateway.simulator.received.requests).toHaveLength(before)
    })
  }
}

test('after all that the task is still its owner\'s, and its money where it was', async () => {
  expect(await accountOf(gateway, owner.key)).toEqual(UNDER_WAY)
  expect((await gateway.read(owner.key, foreign)).json.task_info.id).toBe(foreign)
})

test('a task that was deleted is not_found, in the same words as one that never was', async () => {
  const { key } = await gateway.team()
  const { json } = await gateway.create(key)
  expect((await gateway.call('DELETE', `${GENERATION}/${json.task_info.id}`, { key })).status).toBe(200)
  const { reads, deletes } = gateway.simulator.received
  for (const method of ['GET', 'DELETE']) {
    const [deleted, missing] = [await gateway.call(method, `${GENERATION}/${json.task_info.id}`, { key }), await gateway.call(method, `${GENERATION}/${MISSING}`, { key })]
    expectProblem(deleted, 'not_found', { instance: `${GENERATION}/${json.task_info.id}`, detail: 'There is no such task.' })
    expect(withoutIds(deleted, json.task_info.id)).toBe(withoutIds(missing, MISSING))
  }
  expect(gateway.simulator.received).toMatchObject({ reads, deletes })
})

const notAnId = [
  'a'.repeat(129), 'a'.repeat(257), 'a'.repeat(2000), '%20', 'a%20b', 'a%2Fb', '%2e%2e%2fadmin', 'ta%00sk', '%C3%A4', 'a+b', 'a:b', 'a,b', '%7B%7D', 'a%25b', '*'
]

for (const id of notAnId) {
  test(`what cannot be an id is not_found, to read and to delete: ${id.slice(0, 20)}${id.length > 20 ? `… of ${id.length} characters` : ''}`, async () => {
    const before = gateway.simulator.received.requests.length
    for (const method of ['GET', 'DELETE']) {
      const reply = await gateway.call(method, `${GENERATION}/${id}`, { key: owner.key })
      expectProblem(reply, 'not_found', { instance: `${GENERATION}/${id}`, detail: 'There is no such task.' })
    }
    expect(gateway.simulator.received.requests).toHaveLength(before)
  })
}

for (const id of ['a', 'A-Z_a.z-0', '...', 'a'.repeat(128)]) {
  test(`what can be an id but is none of ours is not_found: ${id.slice(0, 20)}`, async () => {
    expectProblem(await gateway.read(owner.key, id), 'not_found', { instance: `${GENERATION}/${id}`, detail: 'There is no such task.' })
  })
}
