// An instance that shuts down finishes what it has, and refuses what arrives on connections that are still open.
import { expect, test } from 'vitest'
import type { Socket } from 'node:net'
import { ADMIN_TOKEN, GENERATION, startGateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'
import { openSocket, readReplies } from '../../support/raw-http.ts'
import { pointingAt, startUpstream, taskAnswer } from '../../support/scripted-upstream.ts'

type Begun = { socket: Socket, rest: string }

/** A connection in the middle of a request: that its first half has arrived is known from the answer to one before it. */
async function begin (origin: string, method: string, path: string, token: string): Promise<Begun> {
  const socket = await openSocket(origin)
  const begun = `${method} ${path} HTTP/1.1\r\nHost: gateway\r\n`
  socket.write(`GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n${begun}`)
  expect(await readReplies(socket, 1)).toMatchObject([{ status: 200 }])
  return { socket, rest: `Authorization: Bearer ${token}\r\nContent-Length: 0\r\n\r\n` }
}

async function finish ({ socket, rest }: Begun): Promise<Reply> {
  socket.write(rest)
  const [reply] = await readReplies(socket, 1)
  if (reply === undefined) throw new Error('the connection ended without an answer')
  socket.destroy()
  return reply
}

test('a draining gateway finishes the create that it has, and answers draining to every other call that still arrives', async () => {
  const upstream = await startUpstream()
  const gateway = await startGateway(pointingAt(upstream.origin))
  const { key } = await gateway.team()
  const calls = [
    { method: 'POST', path: GENERATION, token: key },
    { method: 'GET', path: '/v1/usage', token: key },
    { method: 'GET', path: '/v1/tasks', token: 'no key at all' },
    { method: 'GET', path: '/admin/v1/teams', token: ADMIN_TOKEN },
    { method: 'GET', path: '/readyz', token: '' },
    { method: 'GET', path: '/readyz?scope=instance', token: '' }
  ]
  const begun = await Promise.all(calls.map(({ method, path, token }) => begin(gateway.origin, method, path, token)))
  const living = await begin(gateway.origin, 'GET', '/livez', '')
  const watched = await begin(gateway.origin, 'GET', '/metrics', ADMIN_TOKEN)

  const arrived = Promise.withResolvers<() => void>()
  upstream.script = (response, request) => arrived.resolve(() => taskAnswer(202, 'task-last')(response, request))
  const created = gateway.create(key)
  const release = await arrived.promise
  const stopped = gateway.stop({ atOnce: true })

  for (const [index, { path }] of calls.entries()) {
    const refused = await finish(begun[index] ?? living)
    expectProblem(refused, 'draining', { instance: path.split('?')[0] ?? '', detail: /shutting down/ })
    expect(refused.headers['retry-after']).toMatch(/^[1-9]\d*$/)
  }
  expect(await finish(living)).toMatchObject({ status: 200, json: { status: 'ok' } })
  // Whoever watches sees that it goes.
  expect(await finish(watched)).toMatchObject({ status: 200, text: expect.stringContaining('\nmulegate_draining 1\n') })
  expect(upstream.requests).toHaveLength(1)

  release()
  expect(await created).toMatchObject({ status: 202, json: { task_info: { id: 'task-last' } } })
  await stopped
  await upstream.close()
})

test('a gateway that has stopped takes no connection', async () => {
  const gateway = await startGateway()
  await gateway.stop()
  await expect(openSocket(gateway.origin)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
