// Answers that come late, or when a test lets them go.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openSimulator, textAt } from './open-simulator.ts'
import { connectRaw, createBytes } from './raw-client.ts'

const SOON = { interval: 1, timeout: 10_000 }

test('[[late]] makes the task, and its whole answer comes no sooner than that many milliseconds later', async () => {
  const { create, simulator } = await openSimulator()
  const sentAtMs = performance.now()
  const reply = await create({ prompt: 'a cat [[late=20]]' })
  // A timer of Node may be up to a millisecond early.
  expect(performance.now() - sentAtMs).toBeGreaterThanOrEqual(19)
  expect(reply.status).toBe(202)
  expect(simulator.received.tasks).toEqual([textAt(reply.body, 'task_info', 'id')])
})

test('[[late]] has made the task when the answer is not there yet, and close does not wait for it', async () => {
  const { simulator } = await openSimulator()
  const client = await connectRaw(simulator.origin)
  client.socket.write(createBytes('a cat [[late=3600000]]'))
  await vi.waitFor(() => expect(simulator.received.accepted).toBe(1), SOON)

  await simulator.close()
  await client.ended
  expect(client.text()).toBe('')
})

test('a late answer does not keep the process of the simulator alive', async () => {
  const main = fileURLToPath(new URL('../../src/simulator/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main], { env: { PORT: '0', SIMULATOR_TOKENS: 'mr-first-token' }, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => { child.kill('SIGKILL') })
  const [line] = await once(createInterface(child.stdout), 'line')
  const origin = String(line).replace('simulator listens on ', '')

  const client = await connectRaw(origin)
  client.socket.write(createBytes('a cat [[late=3600000]]'))
  await vi.waitFor(async () => expect(await (await fetch(`${origin}/_simulator/received`)).json()).toMatchObject({ accepted: 1 }), SOON)

  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('[[hold]] makes the task, and holds the answer back until it is released', async () => {
  const { create, read, simulator } = await openSimulator()
  const replies: number[] = []
  const creating = create({ prompt: 'a cat [[hold]]' }).then(reply => { replies.push(reply.status); return reply })
  await vi.waitFor(() => expect(simulator.held).toBe(1), SOON)

  const [id = ''] = simulator.received.tasks
  expect((await read(id)).status).toBe(200)
  expect(replies).toEqual([])

  simulator.release()
  expect(simulator.held).toBe(0)
  expect(await creating).toMatchObject({ status: 202, body: { task_info: { id, status: 'pending' } } })
})

test('release lets all held answers go, each to its own caller, and what is held later is held again', async () => {
  const { createId, simulator } = await openSimulator()
  const first = [createId('a cat [[hold]]'), createId('a dog [[hold]]'), createId('a cow [[hold]]')]
  await vi.waitFor(() => expect(simulator.held).toBe(3), SOON)
  simulator.release()
  expect(new Set(await Promise.all(first))).toEqual(new Set(simulator.received.tasks))

  const second = createId('a cat [[hold]]')
  await vi.waitFor(() => expect(simulator.held).toBe(1), SOON)
  simulator.release()
  expect(await second).toBe(simulator.received.tasks[3])
})

test('an answer that nobody waits for any more is no longer held, and releasing does no harm', async () => {
  const { createId, simulator } = await openSimulator()
  simulator.release()

  const gone = await connectRaw(simulator.origin)
  gone.socket.write(createBytes('a cat [[hold]]'))
  await vi.waitFor(() => expect(simulator.held).toBe(1), SOON)
  const staying = createId('a dog [[hold]]')
  await vi.waitFor(() => expect(simulator.held).toBe(2), SOON)

  gone.socket.destroy()
  await vi.waitFor(() => expect(simulator.held).toBe(1), SOON)
  simulator.release()
  expect(await staying).toBe(simulator.received.tasks[1])
})

test('close ends the connections of held answers, and then none is held', async () => {
  const { simulator } = await openSimulator()
  const client = await connectRaw(simulator.origin)
  client.socket.write(createBytes('a cat [[hold]]'))
  await vi.waitFor(() => expect(simulator.held).toBe(1), SOON)

  await simulator.close()
  await client.ended
  expect(client.text()).toBe('')
  expect(simulator.held).toBe(0)
})
