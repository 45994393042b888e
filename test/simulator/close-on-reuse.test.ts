// The idle connection that is closed just as it is used again.

import { once } from 'node:events'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Pool } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { GENERATION, TOKEN, bearer, openSimulator, type Opened } from './open-simulator.ts'
import { connectRaw, createBytes } from './raw-client.ts'

const WHOLE_ANSWER = /\{"task_info":\{"id".*\}\}$/

async function openDoomed (): Promise<Opened> {
  const opened = await openSimulator()
  opened.simulator.inject({ on: 'create', fault: 'close-on-reuse', times: 1 })
  return opened
}

test('the first request is answered whole, with keep-alive, and the connection stays open', async () => {
  const { create, simulator } = await openDoomed()
  const client = await connectRaw(simulator.origin)
  client.socket.write(createBytes('a cat'))
  const answer = await client.until(WHOLE_ANSWER)
  expect(answer).toMatch(/^HTTP\/1\.1 202 Accepted\r\n/)
  expect(answer).toMatch(/^connection: keep-alive\r$/mi)

  // Another connection's whole exchange passes, and this one is still there.
  expect((await create({ prompt: 'a dog' })).status).toBe(202)
  expect(client.socket.readyState).toBe('open')
})

test.for([
  ['a whole create', createBytes('a dog')],
  ['its first byte', 'P']
])('%s on that connection closes it without an answer, and is not counted', async ([, bytes = '']) => {
  const { simulator } = await openDoomed()
  const client = await connectRaw(simulator.origin)
  client.socket.write(createBytes('a cat'))
  const answer = await client.until(WHOLE_ANSWER)

  client.socket.write(bytes)
  expect(await client.ended).toBe('closed')
  expect(client.text()).toBe(answer)
  expect(simulator.received).toMatchObject({ creates: 1, accepted: 1 })
  expect(simulator.received.requests).toHaveLength(1)
})

test('a connection that the fault was not for can be used again', async () => {
  const { create, simulator } = await openDoomed()
  await create({ prompt: 'a cat' })
  const client = await connectRaw(simulator.origin)
  for (const creates of [2, 3]) {
    client.socket.write(createBytes('a dog'))
    await client.until(new RegExp(`(?:HTTP/1\\.1 202[^]*?"task_info".*){${creates - 1}}$`))
    expect(simulator.received.creates).toBe(creates)
  }
})

test('undici, which reuses its connection, sees the second create fail after sending began', async () => {
  const { simulator } = await openDoomed()
  const pool = new Pool(simulator.origin, { connections: 1 })
  onTestFinished(() => pool.destroy())
  const create = async () => {
    const { statusCode, body } = await pool.request({ path: GENERATION, method: 'POST', headers: bearer(TOKEN), body: '{"prompt":"a cat"}' })
    await body.dump()
    return statusCode
  }
  expect(await create()).toBe(202)
  await expect(create()).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
  expect(simulator.received).toMatchObject({ creates: 1, accepted: 1 })
  expect(await create()).toBe(202)
})

test('node:http, which says so, sees the reused connection hang up', async () => {
  const { simulator } = await openDoomed()
  const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  const create = () => {
    const request = httpRequest(simulator.origin + GENERATION, { agent, method: 'POST', headers: bearer(TOKEN) })
    request.end('{"prompt":"a cat"}')
    return request
  }
  const [response] = await once(create(), 'response')
  response.resume()
  await once(response, 'close')

  const second = create()
  await expect(once(second, 'response')).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(second.reusedSocket).toBe(true)
  expect(simulator.received.creates).toBe(1)
})

test('close ends a connection that waits for its next bytes', async () => {
  const { simulator } = await openDoomed()
  const client = await connectRaw(simulator.origin)
  client.socket.write(createBytes('a cat'))
  await client.until(WHOLE_ANSWER)
  await simulator.close()
  await client.ended
})
