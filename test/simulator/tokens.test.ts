// Tokens that come, go and are refused while the simulator runs, by the method or the control route.

import { expect, test } from 'vitest'
import { GENERATION, OTHER_TOKEN, TOKEN, openSimulator } from './open-simulator.ts'

const TOKENS = '/_simulator/tokens'
const NEW = 'mr-new-token'

test('a token is accepted from now on, with an account of its own', async () => {
  const { create, createId, read, simulator } = await openSimulator()
  const id = await createId('a cat')
  expect((await create({ prompt: 'a cat' }, NEW)).status).toBe(401)
  simulator.token({ token: NEW })
  expect((await create({ prompt: 'a cat' }, NEW)).status).toBe(202)
  expect((await read(id, NEW)).status).toBe(404)
})

test('a token of another one\'s account sees and deletes its tasks', async () => {
  const { createId, read, remove, simulator } = await openSimulator()
  const id = await createId('a cat')
  simulator.token({ token: NEW, account_of: TOKEN })
  expect((await read(id, NEW)).status).toBe(200)
  expect((await read(id, OTHER_TOKEN)).status).toBe(404)
  simulator.token({ token: TOKEN, refuse: 401 })
  expect((await read(id)).status).toBe(401)
  expect((await remove(id, NEW)).status).toBe(200)
})

test('a token may be refused for one kind of call only, with a time to come back, and be accepted again', async () => {
  const { create, createId, read, simulator } = await openSimulator()
  const id = await createId('a cat')
  simulator.token({ token: TOKEN, refuse: 402, on: 'create' })
  expect((await create({ prompt: 'a dog' })).status).toBe(402)
  expect((await read(id)).status).toBe(200)
  simulator.token({ token: TOKEN, refuse: 429, retry_after_s: 30 })
  const limited = await read(id)
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '30'])
  expect((await create({ prompt: 'a dog' }, OTHER_TOKEN)).status).toBe(202)
  simulator.token({ token: TOKEN })
  expect((await read(id)).status).toBe(200)
})

test('the control route orders as the method does, shows no token, is not counted, and says what is wrong with an order', async () => {
  const { call, create, simulator } = await openSimulator()
  const order = (body: unknown) => call(TOKENS, { method: 'POST', body: JSON.stringify(body) })
  expect(await order({ token: NEW })).toMatchObject({ status: 200, body: { tokens: 3 } })
  expect((await create({ prompt: 'a cat' }, NEW)).status).toBe(202)
  for (const wrong of [[], {}, { token: '' }, { token: NEW, refuse: 500 }, { token: NEW, on: 'look' }, { token: NEW, account_of: 1 }, { token: NEW, refuse: 429, retry_after_s: -1 }]) {
    expect((await order(wrong)).status).toBe(400)
  }
  expect((await call(TOKENS)).status).toBe(405)
  expect(simulator.received.requests.map(({ path }) => path)).toEqual([GENERATION])
  expect(() => simulator.token({ token: NEW, refuse: 200 })).toThrow("'refuse' has to be a status from 400 to 499")
})
