// Provably never sent: refunded, and a later try is safe.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { accountOf, COUNTED, newestTask, UNDER_WAY, UNTOUCHED } from '../../support/account.ts'
import { GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'
import { closedPort } from '../../support/raw-http.ts'
import { pointingAt, startUpstream, taskAnswer } from '../../support/scripted-upstream.ts'

let gateway: Gateway
afterEach(() => gateway.stop())

async function expectUnsent (key: string): Promise<void> {
  const reply = await gateway.create(key)
  expectProblem(reply, 'upstream_unreachable', { instance: GENERATION, detail: /nothing was sent/ })
  expect(reply.headers['retry-after']).toMatch(/^[1-9]\d*$/)
  expect(await newestTask(gateway, key)).toMatchObject({ task_id: null, status: 'unsent', money: 'refunded' })
}

test('a port on which nobody listens is upstream_unreachable, refunded', async () => {
  gateway = await startGateway(pointingAt(`http://127.0.0.1:${await closedPort()}`))
  const { key } = await gateway.team({ limits: COUNTED })
  await expectUnsent(key)
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
})

test('a TLS handshake that fails is upstream_unreachable, refunded', async () => {
  const plain = createServer(socket => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))).listen(0, '127.0.0.1')
  await once(plain, 'listening')
  const address = plain.address()
  gateway = await startGateway(pointingAt(`https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`))
  const { key } = await gateway.team({ limits: COUNTED })
  await expectUnsent(key)
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
  plain.close()
})

test('without a free connection within 2 s a create is upstream_unreachable, never sent and refunded', async () => {
  const upstream = await startUpstream()
  gateway = await startGateway(pointingAt(upstream.origin, { UPSTREAM_CONNECTIONS: '1' }))
  const [first, second] = [await gateway.team({ limits: COUNTED }), await gateway.team({ limits: COUNTED })]

  const arrived = Promise.withResolvers<() => void>()
  upstream.script = (response, request) => arrived.resolve(() => taskAnswer(202, 'task-first')(response, request))
  const waiting = gateway.create(first.key)
  const release = await arrived.promise

  await expectUnsent(second.key)
  expect(await accountOf(gateway, second.key)).toEqual(UNTOUCHED)
  expect(upstream.requests).toHaveLength(1)

  release()
  expect((await waiting).status).toBe(202)
  expect(await accountOf(gateway, first.key)).toEqual(UNDER_WAY)
  await upstream.close()
})

test('creates that were never sent fill no limit: each of them is tried', async () => {
  gateway = await startGateway(pointingAt(`http://127.0.0.1:${await closedPort()}`))
  const { key } = await gateway.team({ limits: { tasks_in_flight: 1, quotas: [{ per: 'day', unit: 'tasks', limit: 1 }, { per: 'total', unit: 'usd', limit: '0.50' }] } })
  for (let i = 0; i < 3; i++) await expectUnsent(key)
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
})
