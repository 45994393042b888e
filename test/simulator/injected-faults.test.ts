// Faults that a test injects, by the method or the control route, for requests that carry no marker.

import { request } from 'undici'
import { expect, test, vi } from 'vitest'
import type { FaultOrder } from '../../src/simulator/fault-order.ts'
import { GENERATION, TOKEN, bearer, openSimulator, textAt, type Opened, type Reply } from './open-simulator.ts'
import { connectRaw, createBytes, headBytes, requestBytes, splitAnswer } from './raw-client.ts'

const FAULTS = '/_simulator/faults'

function order ({ call }: Opened, fault: unknown): Promise<Reply> {
  return call(FAULTS, { method: 'POST', body: typeof fault === 'string' ? fault : JSON.stringify(fault) })
}

test('an injected fault is for the next requests of its kind, as many times as was said, and for no others', async () => {
  const { call, create, createId, read, remove, simulator } = await openSimulator()
  const id = await createId('a cat')
  simulator.inject({ on: 'read', fault: 'status=503', times: 2 })

  expect((await create({ prompt: 'a dog' })).status).toBe(202)
  expect((await call('/elsewhere')).status).toBe(404)
  expect(await read(id)).toMatchObject({ status: 503, body: { status: 503, instance: `${GENERATION}/${id}`, error_code: 4002 } })
  expect((await read(id)).status).toBe(503)
  expect((await read(id)).status).toBe(200)
  expect((await remove(id)).status).toBe(200)
  expect(simulator.received).toMatchObject({ creates: 2, accepted: 2, reads: 3, deletes: 1 })
})

test('a fault on any is for creates, reads and deletes, and for nothing else', async () => {
  const { call, create, createId, read, remove, simulator } = await openSimulator()
  const id = await createId('a cat')
  simulator.inject({ on: 'any', fault: 'status=500', times: 3 })
  expect((await call('/_simulator/received')).status).toBe(200)
  expect((await call('/elsewhere')).status).toBe(404)
  expect((await call(GENERATION)).status).toBe(405)
  for (const reply of [await create({ prompt: 'a dog' }), await read(id), await remove(id)]) expect(reply.status).toBe(500)
  expect((await read(id)).status).toBe(200)
})

test('faults are used in the order in which they were injected', async () => {
  const { createId, read, simulator } = await openSimulator()
  const id = await createId('a cat')
  simulator.inject({ on: 'read', fault: 'status=500', times: 1 })
  simulator.inject({ on: 'create', fault: 'status=501', times: 1 })
  simulator.inject({ on: 'any', fault: 'status=502', times: 1 })
  simulator.inject({ on: 'read', fault: 'status=503', times: 1 })
  const statuses: number[] = []
  for (let count = 0; count < 4; count += 1) statuses.push((await read(id)).status)
  expect(statuses).toEqual([500, 502, 503, 200])
})

test('the control route injects as the method does, answers what is left, and DELETE forgets it', async () => {
  const opened = await openSimulator()
  const id = await opened.createId('a cat')
  const first: FaultOrder = { on: 'read', fault: 'status=404', times: 2 }
  const second: FaultOrder = { on: 'create', fault: 'late=5', times: 1 }

  expect(await order(opened, first)).toMatchObject({ status: 200, body: { faults: [first] } })
  expect(await opened.read(id)).toMatchObject({ status: 404, body: { error_code: 2005 } })
  expect((await order(opened, second)).body).toEqual({ faults: [{ ...first, times: 1 }, second] })
  expect(await opened.call(FAULTS, { method: 'DELETE' })).toMatchObject({ status: 200, body: { faults: [] } })
  expect((await opened.read(id)).status).toBe(200)
})

test.for([
  [{ on: 'create', fault: 'sttus=503', times: 1 }, /^'fault' has to be one of status=400\.\.599, html=.*close-on-reuse, and is "sttus=503" /],
  [{ on: 'create', fault: 'status=200', times: 1 }, /and is "status=200" /],
  [{ on: 'create', fault: 'status', times: 1 }, /and is "status" /],
  [{ on: 'create', fault: 'hold=', times: 1 }, /and is "hold=" /],
  [{ on: 'create', fault: 'html=204', times: 1 }, /and is "html=204" /],
  [{ on: 'create', fault: 'fail', times: 1 }, /and is "fail" /],
  [{ on: 'create', fault: 503, times: 1 }, /^'fault' .* and is 503 /],
  [{ on: 'create', times: 1 }, /^'fault' .* and is missing /],
  [{ on: 'write', fault: 'hold', times: 1 }, /^'on' has to be one of create, read, delete, any, and is "write" /],
  [{ fault: 'hold', times: 1 }, /^'on' .* and is missing /],
  [{ on: 'any', fault: 'hold', times: 0 }, /^'times' has to be a whole number of at least 1, and is 0 /],
  [{ on: 'any', fault: 'hold', times: 1.5 }, /^'times' .* and is 1\.5 /],
  [{ on: 'any', fault: 'hold', times: '1' }, /^'times' .* and is "1" /],
  [{ on: 'any', fault: 'hold' }, /^'times' .* and is missing /],
  ['[]', /^the body has to be a JSON object /],
  ['{"on":', /^the body has to be a JSON object /]
] as const)('the order %j is a 400 that says what is wrong, and injects nothing', async ([wrong, complaint]) => {
  const opened = await openSimulator()
  const reply = await order(opened, wrong)
  expect(reply).toMatchObject({ status: 400, body: { status: 400, instance: FAULTS } })
  expect(textAt(reply.body, 'detail')).toMatch(complaint)
  expect((await opened.call(FAULTS, { method: 'DELETE' })).status).toBe(200)
  expect((await opened.create({ prompt: 'a cat' })).status).toBe(202)
})

test('the method throws what the control route would complain of', async () => {
  const { simulator } = await openSimulator()
  expect(() => simulator.inject({ on: 'create', fault: 'rest', times: 1 })).toThrow(/'fault' has to be one of .* and is "rest"/)
  expect(() => simulator.inject({ on: 'create', fault: 'reset', times: -1 })).toThrow("'times' has to be a whole number")
})

test('an injected reset-before resets the connection on the headers, before there is a body, and nothing has arrived', async () => {
  const { simulator } = await openSimulator()
  simulator.inject({ on: 'create', fault: 'reset-before', times: 2 })

  const headersOnly = await connectRaw(simulator.origin)
  headersOnly.socket.write(headBytes('POST', GENERATION, 100))
  expect(await headersOnly.ended).toBe('reset')
  expect(headersOnly.text()).toBe('')

  const whole = await connectRaw(simulator.origin)
  whole.socket.write(createBytes('a cat'))
  expect(await whole.ended).toBe('reset')
  expect(simulator.received).toMatchObject({ creates: 0, accepted: 0, requests: [] })
})

test.for([
  ['GET', 'read'],
  ['DELETE', 'delete']
] as const)('a %s meets with reset-before and with reset: without an answer, counted only when it was read', async ([method, on]) => {
  const { createId, simulator } = await openSimulator()
  const path = `${GENERATION}/${await createId('a cat')}`
  const counter = `${on}s` as const
  for (const [fault, counted] of [['reset-before', 0], ['reset', 1]] as const) {
    simulator.inject({ on, fault, times: 1 })
    const client = await connectRaw(simulator.origin)
    client.socket.write(requestBytes(method, path))
    expect(await client.ended).toBe('reset')
    expect(client.text()).toBe('')
    expect(simulator.received[counter]).toBe(counted)
  }
})

test('a delete whose answer is lost by an injected reset has deleted the task, and one that was refused has not', async () => {
  const { createId, read, remove, simulator } = await openSimulator()
  const id = await createId('a cat')
  simulator.inject({ on: 'delete', fault: 'status=500', times: 1 })
  simulator.inject({ on: 'delete', fault: 'reset', times: 1 })
  expect((await remove(id)).status).toBe(500)
  expect((await read(id)).status).toBe(200)
  await expect(remove(id)).rejects.toThrow()
  expect((await read(id)).status).toBe(404)
})

test.for([
  ['reset', 'reset', /^$/],
  ['cut', 'closed', /^HTTP\/1\.1 202 /]
] as const)('a create without a marker meets with an injected %s when its task is made', async ([fault, ending, answer]) => {
  const { simulator } = await openSimulator()
  simulator.inject({ on: 'create', fault, times: 1 })
  const client = await connectRaw(simulator.origin)
  client.socket.write(createBytes('a cat'))
  expect(await client.ended).toBe(ending)
  expect(client.text()).toMatch(answer)
  expect(simulator.received).toMatchObject({ creates: 1, accepted: 1 })
})

test('an injected cut of a read promises more than it sends, and says 200 first', async () => {
  const { createId, simulator } = await openSimulator()
  const id = await createId('a cat')
  simulator.inject({ on: 'read', fault: 'cut', times: 1 })
  const client = await connectRaw(simulator.origin)
  client.socket.write(requestBytes('GET', `${GENERATION}/${id}`))
  expect(await client.ended).toBe('closed')
  const { head, body } = splitAnswer(client.text())
  expect(head).toMatch(/^HTTP\/1\.1 200 OK/)
  expect(body.length * 2).toBeLessThanOrEqual(Number(/^content-length: (\d+)$/m.exec(head)?.[1]))
})

test('a read meets with html, redirect, not-json and no-id as a create does', async () => {
  const { createId, simulator } = await openSimulator()
  const path = `${GENERATION}/${await createId('a cat')}`
  const answers: Array<[number, string]> = []
  for (const fault of ['html=504', 'redirect', 'not-json', 'no-id']) {
    simulator.inject({ on: 'read', fault, times: 1 })
    const reply = await request(simulator.origin + path, { headers: bearer(TOKEN) })
    answers.push([reply.statusCode, await reply.body.text()])
  }
  expect(answers).toEqual([
    [504, expect.stringContaining('<h1>504 Gateway Timeout</h1>')],
    [307, ''],
    [200, expect.stringMatching(/^[^{[]/)],
    [200, expect.stringMatching(/^\{"task_info":\{"status":"pending","created_at":"[^"]+","updated_at":"[^"]+"\}\}$/)]
  ])
})

test('a read that is held by injection shows the task as it was when it was asked for', async () => {
  const { createId, read, setTime, simulator } = await openSimulator({ pendingMs: 1000, processingMs: 0 })
  const id = await createId('a cat')
  simulator.inject({ on: 'read', fault: 'hold', times: 1 })
  const reading = read(id)
  await vi.waitFor(() => expect(simulator.held).toBe(1), { interval: 1, timeout: 10_000 })

  setTime(Date.UTC(2027, 0, 1))
  expect((await read(id)).body).toMatchObject({ task_info: { status: 'completed' } })
  simulator.release()
  expect((await reading).body).toMatchObject({ task_info: { status: 'pending' } })
})

test('an injected fault comes before the checks of a body and a token, and in place of the fault that a marker asks for', async () => {
  const { create, simulator } = await openSimulator()
  simulator.inject({ on: 'create', fault: 'status=503', times: 2 })
  expect((await create({})).status).toBe(503)
  expect((await create({ prompt: 'a cat' }, 'nobody')).status).toBe(503)

  simulator.inject({ on: 'create', fault: 'late=1', times: 1 })
  expect((await create({ prompt: 'a cat [[reset]]' })).status).toBe(202)
  expect(simulator.received).toMatchObject({ creates: 3, accepted: 1 })
})

test('two hundred creates at once use up a fault exactly as often as it was injected', async () => {
  const { create, simulator } = await openSimulator()
  simulator.inject({ on: 'create', fault: 'status=500', times: 30 })
  const replies = await Promise.all(Array.from({ length: 200 }, () => create({ prompt: 'a cat' })))
  expect(replies.filter(reply => reply.status === 500)).toHaveLength(30)
  expect(simulator.received).toMatchObject({ creates: 200, accepted: 170 })
})
