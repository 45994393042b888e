// What holds for every answer of the simulator, and how it starts and stops.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { ENDED_MS, GENERATION, TOKEN, bearer, openSimulator, textAt } from './open-simulator.ts'

test('every answer has a W3C traceparent of its own, and every one but the films is JSON', async () => {
  const { call, create, createId, read, remove, setTime } = await openSimulator()
  const id = await createId('a cat')
  setTime(ENDED_MS)
  const completed = await read(id)
  const film = await fetch(textAt(completed.body, 'videos', 0))
  await film.arrayBuffer()
  const replies = [
    completed,
    await create({ prompt: 'a dog' }),
    await create({}),
    await create('x'.repeat(1024 * 1024 + 1)),
    await create({ prompt: 'a cow' }, 'nobody'),
    await remove(id),
    await read(id),
    await call(GENERATION),
    await call('/elsewhere'),
    await call('/_simulator/received')
  ]

  const traces = [...replies, film].map(({ headers }) => headers.get('traceparent'))
  for (const trace of traces) expect(trace).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  expect(new Set(traces).size).toBe(traces.length)
  for (const { headers } of replies) expect(headers.get('content-type')).toBe('application/json')
})

test('close ends connections that are idle, that never sent anything, and that are in the middle of a request', async () => {
  const simulator = await startSimulator({ tokens: [TOKEN], pendingMs: 0, processingMs: 0 })
  const port = Number(new URL(simulator.origin).port)

  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  const [response] = await once(get(simulator.origin, { agent }), 'response')
  const idle = response.socket
  response.resume()
  await once(response, 'end')

  const silent = connect(port, '127.0.0.1')
  const halfway = connect(port, '127.0.0.1')
  await Promise.all([once(silent, 'connect'), once(halfway, 'connect')])
  // The interim answer proves that the simulator is reading this request.
  halfway.write(`POST ${GENERATION} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\nexpect: 100-continue\r\n\r\n`)
  await once(halfway, 'data')

  const closed = [idle, silent, halfway].map(socket => once(socket.on('error', () => {}).resume(), 'close'))
  await simulator.close()
  await Promise.all(closed)
  await expect(fetch(simulator.origin)).rejects.toThrow()
})

test('close may be called twice', async () => {
  const simulator = await startSimulator({ tokens: [TOKEN], pendingMs: 0, processingMs: 0 })
  await simulator.close()
  await simulator.close()
})

test('a port that is taken is an error at the start', async () => {
  const { simulator } = await openSimulator()
  const port = Number(new URL(simulator.origin).port)
  await expect(startSimulator({ port, tokens: [TOKEN], pendingMs: 0, processingMs: 0 })).rejects.toThrow('EADDRINUSE')
})

test('two tokens that a task id could not tell apart are an error at the start', async () => {
  const tokens = Array.from({ length: 1000 }, (_, number) => `token-${number}`)
  await expect(startSimulator({ tokens, pendingMs: 0, processingMs: 0 })).rejects.toThrow('the same 16 bits')
})

test('without an injected clock, tasks are made now', async () => {
  const simulator = await startSimulator({ tokens: [TOKEN], pendingMs: 60_000, processingMs: 0 })
  onTestFinished(simulator.close)
  const beforeMs = Date.now()
  const response = await fetch(simulator.origin + GENERATION, { method: 'POST', headers: bearer(TOKEN), body: '{"prompt":"a cat"}' })
  const createdAtMs = Date.parse(textAt(await response.json(), 'task_info', 'created_at'))
  expect(createdAtMs).toBeGreaterThanOrEqual(beforeMs)
  expect(createdAtMs).toBeLessThanOrEqual(Date.now())
})

test('as a process it says where it listens, takes its tokens from the environment, and stops with code 0 on SIGTERM', async () => {
  const main = fileURLToPath(new URL('../../src/simulator/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main], { env: { PORT: '0', HOST: '', SIMULATOR_TOKENS: 'one, two' }, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => { child.kill('SIGKILL') })

  const [line] = await once(createInterface(child.stdout), 'line')
  const [, origin = ''] = /^simulator listens on (http:\/\/127\.0\.0\.1:\d+)$/.exec(String(line)) ?? []
  for (const [token, status] of [['one', 202], ['two', 202], ['mr-simulator-token', 401]] as const) {
    const response = await fetch(origin + GENERATION, { method: 'POST', headers: bearer(token), body: '{"prompt":"a cat"}' })
    expect(response.status).toBe(status)
    await response.arrayBuffer()
  }

  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})
