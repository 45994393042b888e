// The faults that lose or spoil the answer of a create: each of them has made its task.

import { request } from 'undici'
import { expect, test } from 'vitest'
import { GENERATION, TOKEN, bearer, openSimulator } from './open-simulator.ts'
import { connectRaw, createBytes, headBytes, requestBytes, splitAnswer } from './raw-client.ts'

const MADE = { creates: 1, accepted: 1, tasks: [expect.any(String)] }

test('[[reset]] makes the task, and resets the connection without a byte of an answer', async () => {
  const { read, simulator } = await openSimulator()
  const client = await connectRaw(simulator.origin)
  client.socket.write(createBytes('a cat [[reset]]'))

  expect(await client.ended).toBe('reset')
  expect(client.text()).toBe('')
  expect(simulator.received).toMatchObject(MADE)
  expect((await read(simulator.received.tasks[0] ?? '')).status).toBe(200)
})

test('[[reset]] waits until the whole request is read', async () => {
  const { simulator } = await openSimulator()
  const client = await connectRaw(simulator.origin)
  const body = JSON.stringify({ prompt: 'a cat [[reset]]' })
  client.socket.write(headBytes('POST', GENERATION, body.length) + body.slice(0, -1))

  // That another client is answered proves that the simulator has seen the first part, and is not hasty.
  const other = await connectRaw(simulator.origin)
  other.socket.write(requestBytes('GET', '/'))
  await other.until(/Not Found/)
  expect(simulator.received.creates).toBe(0)
  expect(client.socket.destroyed).toBe(false)

  client.socket.write(body.slice(-1))
  expect(await client.ended).toBe('reset')
  expect(simulator.received).toMatchObject(MADE)
})

test('[[cut]] makes the task, promises the whole answer, sends half of its body, and closes the connection', async () => {
  const { simulator } = await openSimulator()
  const client = await connectRaw(simulator.origin)
  client.socket.write(createBytes('a cat [[cut]]'))

  expect(await client.ended).toBe('closed')
  const { head, body } = splitAnswer(client.text())
  expect(head).toMatch(/^HTTP\/1\.1 202 Accepted\r\n/)
  const [, promised] = /^content-length: (\d+)$/m.exec(head) ?? []
  expect(body).toMatch(/^\{"task_info":\{"id":"/)
  expect(body.length).toBe(Math.floor(Number(promised) / 2))
  expect(simulator.received).toMatchObject(MADE)
})

test('undici sees a [[cut]] answer as 202 first, and then as an error of the body', async () => {
  const { simulator } = await openSimulator()
  const reply = await request(simulator.origin + GENERATION, { method: 'POST', headers: bearer(TOKEN), body: '{"prompt":"[[cut]]"}' })
  expect(reply.statusCode).toBe(202)
  await expect(reply.body.text()).rejects.toMatchObject({ code: expect.stringMatching(/^(UND_ERR_SOCKET|ECONNRESET)$/) })
})

test('[[not-json]] makes the task, and answers 202 with a whole text that is no JSON', async () => {
  const { simulator } = await openSimulator()
  const reply = await request(simulator.origin + GENERATION, { method: 'POST', headers: bearer(TOKEN), body: '{"prompt":"[[not-json]]"}' })
  const text = await reply.body.text()
  expect(reply.statusCode).toBe(202)
  expect(text.length).toBe(Number(reply.headers['content-length']))
  expect(() => JSON.parse(text)).toThrow(SyntaxError)
  expect(simulator.received).toMatchObject(MADE)
})

test('[[no-id]] makes the task, and answers 202 with all of its task_info but the id', async () => {
  const { create, simulator } = await openSimulator()
  const reply = await create({ prompt: 'a cat [[no-id]]' })
  expect(reply.status).toBe(202)
  expect(reply.body).toEqual({ task_info: { status: 'pending', created_at: expect.any(String), updated_at: expect.any(String) } })
  expect(simulator.received).toMatchObject(MADE)
})

test('after [[not-json]] and [[no-id]] the same connection takes the next request', async () => {
  const { simulator } = await openSimulator()
  const client = await connectRaw(simulator.origin)
  client.socket.write(createBytes('[[not-json]]'))
  await client.until(/worker\n$/)
  client.socket.write(createBytes('[[no-id]]'))
  await client.until(/\{"task_info":\{"status".*\}\}$/)
  client.socket.write(createBytes('a cat'))
  await client.until(/\{"task_info":\{"id".*\}\}$/)
  expect(simulator.received).toMatchObject({ creates: 3, accepted: 3 })
})

test('a fault of the create and a fate of the task may stand in one prompt', async () => {
  const { read, simulator } = await openSimulator({ pendingMs: 0, processingMs: 0 })
  const client = await connectRaw(simulator.origin)
  client.socket.write(createBytes('[[fail]] a cat [[reset]]'))
  await client.ended
  expect((await read(simulator.received.tasks[0] ?? '')).body).toMatchObject({ task_info: { status: 'failed' } })
})
