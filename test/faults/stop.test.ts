// A stop that cannot wait for everything: what hangs is cut at the end of the grace time, and is recorded as what it became.
import { request } from 'undici'
import { expect, test } from 'vitest'
import { COUNTED } from '../support/account.ts'
import { eventually } from '../support/eventually.ts'
import { GENERATION, startGateway } from '../support/gateway.ts'
import { openSocket, readReplies } from '../support/raw-http.ts'
import { startReceiver } from '../support/receiver.ts'
import { pointingAt, startUpstream, taskAnswer } from '../support/scripted-upstream.ts'

/** Generous, and far from the hour that upstream is silent here. */
const SOON_MS = 30_000

test('creates that upstream never answers end with the grace time: unknown, with their holds, and named in the log', async () => {
  const upstream = await startUpstream(() => {})
  const gateway = await startGateway(pointingAt(upstream.origin, { UPSTREAM_TIMEOUT_MS: '300000', SHUTDOWN_GRACE_MS: '305000' }), { config: { shutdownGraceMs: 300 } })
  const { key } = await gateway.team({ limits: COUNTED })
  const creates = Array.from({ length: 5 }, () => gateway.create(key).catch(() => undefined))
  await eventually(() => upstream.requests.length === 5, 'all have been sent')
  const startedMs = performance.now()
  await gateway.stop({ atOnce: true })
  await Promise.all(creates)
  expect(gateway.log().filter(({ msg, task_ref: ref, money }) => msg === 'task unknown' && typeof ref === 'string' && money !== 'refunded')).toHaveLength(5)
  expect(performance.now() - startedMs).toBeLessThan(SOON_MS)
  await upstream.close()
})

test('who waits for a task is answered as it is, and told that the connection ends', async () => {
  const upstream = await startUpstream(taskAnswer(202, 'task-1'))
  const gateway = await startGateway(pointingAt(upstream.origin, { STATUS_MAX_AGE_MS: '3600000' }))
  const { key } = await gateway.team()
  await gateway.create(key)
  const waiting = gateway.call('GET', `${GENERATION}/task-1`, { key, headers: { prefer: 'wait=50' } })
  await eventually(() => gateway.watching() === 1, 'somebody waits')
  const stopped = gateway.stop({ atOnce: true })
  expect(await waiting).toMatchObject({ status: 200, headers: { connection: 'close' }, json: { task_info: { id: 'task-1', status: 'pending' } } })
  await stopped
  await upstream.close()
})

test('a reader of events who does not read, and a client that connected and said nothing, do not hold the stop up', async () => {
  const gateway = await startGateway({}, { config: { shutdownGraceMs: 2000 } })
  const { key } = await gateway.team()
  const taskId = (await gateway.create(key)).json.task_info.id
  const { body } = await request(`${gateway.origin}${GENERATION}/${taskId}/events`, { headers: { authorization: `Bearer ${key}` } })
  const silent = await openSocket(gateway.origin)
  await eventually(() => gateway.watching() === 1, 'somebody listens')
  const startedMs = performance.now()
  await gateway.stop({ atOnce: true })
  expect(performance.now() - startedMs).toBeLessThan(SOON_MS)
  expect(await body.text()).toContain('event: task\n')
  silent.destroy()
})

test.each([
  ['its headers', () => 'POST '],
  ['its body', (key: string) => `POST ${GENERATION} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{`]
])('a client that never ends %s has no longer than otherwise, and is told so: the stop does not wait for the end of its grace time', async (_what, bytes) => {
  const gateway = await startGateway({}, { config: { shutdownGraceMs: 3_600_000 }, connectionLimits: { headersTimeoutMs: 4000, requestTimeoutMs: 4000, checkEveryMs: 200 } })
  const { key } = await gateway.team()
  const socket = await openSocket(gateway.origin)
  socket.write(`GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n${bytes(key)}`)
  // That the bytes behind it have arrived is known from its answer.
  expect(await readReplies(socket, 1)).toMatchObject([{ status: 200 }])
  const stopped = gateway.stop({ atOnce: true })
  expect(await readReplies(socket, 1)).toMatchObject([{ status: 408, json: { code: 'request_timeout' } }])
  await stopped
})

test('an attempt to deliver to a receiver that never answers is cut, and is due again', async () => {
  const receiver = await startReceiver(() => {})
  const gateway = await startGateway({ WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' }, { config: { shutdownGraceMs: 300 } })
  const { key } = await gateway.team({}, { webhooks: true })
  const made = await gateway.call('PUT', '/v1/webhooks/hook', { key, body: { url: receiver.origin, events: ['task.completed'] }, reveals: true })
  expect(made.status, made.text).toBe(201)
  expect((await gateway.call('POST', '/v1/webhooks/hook/test', { key })).status).toBe(202)
  await eventually(() => receiver.requests.length === 1, 'the attempt is under way')
  const startedMs = performance.now()
  await gateway.stop({ atOnce: true })
  expect(performance.now() - startedMs).toBeLessThan(10_000)
  expect(gateway.log()).toContainEqual(expect.objectContaining({ msg: 'webhook failed', retry_at: expect.any(String) }))
  await receiver.close()
})
