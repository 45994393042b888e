// A simulator that refuses connections, and takes them again.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ENDED_MS, openSimulator } from './open-simulator.ts'
import { connectRaw, createBytes, requestBytes } from './raw-client.ts'

test('after stopListening a connection is refused, and after resumeListening it is taken on the same port', async () => {
  const { create, simulator } = await openSimulator()
  const { origin } = simulator
  await simulator.stopListening()
  await expect(connectRaw(origin)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await expect(create({ prompt: 'a cat' })).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })

  await simulator.resumeListening()
  expect(simulator.origin).toBe(origin)
  expect((await create({ prompt: 'a cat' })).status).toBe(202)
  expect(simulator.received).toMatchObject({ creates: 1, accepted: 1 })
})

test('stopListening ends connections that are idle and that wait for an answer', async () => {
  const { simulator } = await openSimulator()
  const idle = await connectRaw(simulator.origin)
  idle.socket.write(requestBytes('GET', '/'))
  await idle.until(/Not Found/)
  const waiting = await connectRaw(simulator.origin)
  waiting.socket.write(createBytes('a cat [[hold]]'))
  await vi.waitFor(() => expect(simulator.held).toBe(1), { interval: 1, timeout: 10_000 })

  await simulator.stopListening()
  await Promise.all([idle.ended, waiting.ended])
  expect(waiting.text()).toBe('')
  expect(simulator.held).toBe(0)
})

test('when stopListening resolves, a client of the same process has seen its idle connection end', async () => {
  const { simulator } = await openSimulator()
  const idle = await connectRaw(simulator.origin)
  idle.socket.write(requestBytes('GET', '/'))
  await idle.until(/Not Found/)

  const ends: string[] = []
  idle.socket.once('end', () => ends.push('end'))
  await simulator.stopListening()
  expect(ends).toEqual(['end'])
})

test('tasks, deletions, counters and injected faults outlast the time without a port', async () => {
  const { createId, read, remove, setTime, simulator } = await openSimulator()
  const [kept, deleted] = [await createId('a cat'), await createId('a dog')]
  await remove(deleted)
  simulator.inject({ on: 'read', fault: 'status=503', times: 1 })
  await simulator.stopListening()
  await simulator.resumeListening()

  setTime(ENDED_MS)
  expect((await read(kept)).status).toBe(503)
  expect((await read(kept)).body).toMatchObject({ task_info: { status: 'completed' } })
  expect((await read(deleted)).status).toBe(404)
  expect(simulator.received).toMatchObject({ creates: 2, accepted: 2, reads: 3, deletes: 1 })
})

test('stopping and resuming can be repeated, and doing one of them twice is doing it once', async () => {
  const { create, simulator } = await openSimulator()
  for (let round = 1; round <= 3; round += 1) {
    await simulator.stopListening()
    await simulator.stopListening()
    await expect(connectRaw(simulator.origin)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await simulator.resumeListening()
    await simulator.resumeListening()
    expect((await create({ prompt: 'a cat' })).status).toBe(202)
  }
})

test('resumeListening rejects if another process has taken the port meanwhile', async () => {
  const { simulator } = await openSimulator()
  await simulator.stopListening()
  const thief = createServer()
  onTestFinished(() => { thief.close() })
  thief.listen(Number(new URL(simulator.origin).port), '127.0.0.1')
  await once(thief, 'listening')
  await expect(simulator.resumeListening()).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
