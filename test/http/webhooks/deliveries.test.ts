// What became of messages, and how one is sent for a test, or again.
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { PENDING_MS, PROCESSING_MS, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'
import { present } from '../../support/present.ts'
import { answer, RECEIVERS_ALLOWED, startReceiver, verified, type Receiver } from '../../support/receiver.ts'

type Scene = { gateway: Gateway, receiver: Receiver, key: string, secret: string, deliveries (query?: string): Promise<Reply> }

/** A gateway, and a team whose webhook leads to a receiver. */
async function openScene (settings: object = {}): Promise<Scene> {
  const gateway = await startGateway(RECEIVERS_ALLOWED)
  onTestFinished(() => gateway.stop())
  const receiver = await startReceiver(answer(204, ''))
  onTestFinished(() => receiver.close())
  const { key } = await gateway.team({}, { webhooks: true })
  const made = await gateway.call('PUT', '/v1/webhooks/hook', { key, body: { url: `${receiver.origin}/hooks`, events: ['task.completed', 'task.failed'], ...settings }, reveals: true })
  expect(made.status, made.text).toBe(201)
  return { gateway, receiver, key, secret: made.json.secret, deliveries: (query = '') => gateway.call('GET', `/v1/webhooks/hook/deliveries${query}`, { key }) }
}

/** A task that has completed and was seen to. @returns its reference */
async function complete ({ gateway, key }: Scene): Promise<string> {
  const taskId = (await gateway.create(key)).json.task_info.id
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  await gateway.read(key, taskId)
  return (await gateway.call('GET', '/v1/tasks?limit=1', { key })).json.data[0].task_ref
}

async function statusIs (scene: Scene, status: string): Promise<void> {
  await eventually(async () => (await scene.deliveries()).json.data[0]?.status === status, `the delivery is ${status}`)
}

test('a task that completes is told to the receiver, in words that the verifier knows for ours, and the delivery is listed', async () => {
  const scene = await openScene()
  const taskRef = await complete(scene)
  await statusIs(scene, 'delivered')
  const [message, ...more] = scene.receiver.requests
  expect(more).toEqual([])
  const nowMs = scene.gateway.clock.nowMs()
  expect(verified(present(message), scene.secret, nowMs)).toEqual({
    type: 'task.completed',
    timestamp: new Date(nowMs).toISOString(),
    data: { task_id: expect.any(String), task_ref: taskRef, model: 'alibaba/wan2.2-t2v-plus', status: 'completed', price_usd: '0.50' }
  })
  expect((await scene.deliveries()).json).toEqual({
    data: [{
      id: message?.headers['webhook-id'],
      webhook: 'hook',
      type: 'task.completed',
      status: 'delivered',
      attempts: 1,
      last_status: 204,
      last_error: null,
      created_at: new Date(nowMs).toISOString(),
      next_attempt_at: null,
      ended_at: new Date(nowMs).toISOString()
    }],
    next_cursor: null
  })
  expect(scene.gateway.log()).toContainEqual(expect.objectContaining({ msg: 'webhook delivered', webhook: 'hook', delivery: message?.headers['webhook-id'], attempts: 1, status: 204 }))
})

test('202: a test is sent on the way of all messages, and its delivery is named', async () => {
  const scene = await openScene()
  const sent = await scene.gateway.call('POST', '/v1/webhooks/hook/test', { key: scene.key })
  expect(sent).toMatchObject({ status: 202, json: { id: expect.stringMatching(/^msg_/), type: 'webhook.test', status: 'pending', attempts: 0 } })
  await statusIs(scene, 'delivered')
  expect(scene.receiver.requests[0]?.headers['webhook-id']).toBe(sent.json.id)
  expect(verified(present(scene.receiver.requests[0]), scene.secret, scene.gateway.clock.nowMs())).toMatchObject({ type: 'webhook.test', data: { webhook: 'hook' } })
})

test('200: what failed says why and when it is tried again; what is dead is listed by itself, and 202: delivered when it is asked for again', async () => {
  const scene = await openScene()
  scene.receiver.script = answer(500, 'broken')
  const sent = await scene.gateway.call('POST', '/v1/webhooks/hook/test', { key: scene.key })
  for (let attempts = 1; attempts < 10; attempts++) {
    await eventually(async () => (await scene.deliveries()).json.data[0].attempts === attempts, `attempt ${attempts} is recorded`)
    expect((await scene.deliveries()).json.data).toMatchObject([{ status: 'pending', last_status: 500, last_error: 'status 500', next_attempt_at: expect.any(String) }])
    scene.gateway.clock.advance(2 * 86_400_000)
  }
  await statusIs(scene, 'dead')
  expect((await scene.deliveries('?status=dead')).json.data).toMatchObject([{ id: sent.json.id, attempts: 10, next_attempt_at: null }])
  expect((await scene.deliveries('?status=pending')).json.data).toEqual([])
  expect(scene.gateway.log()).toContainEqual(expect.objectContaining({ msg: 'webhook dead', delivery: sent.json.id }))

  scene.receiver.script = answer(200, 'well again')
  const again = await scene.gateway.call('POST', `/v1/webhooks/hook/deliveries/${sent.json.id}/redeliver`, { key: scene.key })
  expect(again).toMatchObject({ status: 202, json: { id: sent.json.id, status: 'pending', attempts: 10 } })
  await statusIs(scene, 'delivered')
  expect(new Set(scene.receiver.requests.map(({ headers, body }) => `${String(headers['webhook-id'])} ${body}`)).size).toBe(1)
  expect((await scene.deliveries('?status=dead')).json.data).toEqual([])
})

test('410 disables the webhook: it is told nothing more, and 409 webhook_disabled until it is enabled again', async () => {
  const scene = await openScene()
  scene.receiver.script = answer(410, 'gone')
  await complete(scene)
  await statusIs(scene, 'dead')
  expect((await scene.gateway.call('GET', '/v1/webhooks/hook', { key: scene.key })).json.enabled).toBe(false)
  expect(scene.gateway.log()).toContainEqual(expect.objectContaining({ msg: 'webhook disabled', webhook: 'hook' }))
  const [dead] = (await scene.deliveries()).json.data
  for (const path of ['/v1/webhooks/hook/test', `/v1/webhooks/hook/deliveries/${dead.id}/redeliver`]) {
    expectProblem(await scene.gateway.call('POST', path, { key: scene.key }), 'webhook_disabled', { instance: path, detail: 'Webhook hook is disabled; enable it before anything is sent to it.' })
  }
  await complete(scene)
  expect((await scene.deliveries()).json.data).toHaveLength(1)

  scene.receiver.script = answer(204, '')
  await scene.gateway.call('PUT', '/v1/webhooks/hook', { key: scene.key, body: { url: scene.receiver.origin, events: ['task.completed'], enabled: true } })
  await complete(scene)
  await statusIs(scene, 'delivered')
})

test('during the overlap of a rotation the receiver may know the old secret or the new one, after it only the new one', async () => {
  const scene = await openScene()
  const rotated = await scene.gateway.call('POST', '/v1/webhooks/hook/rotate', { key: scene.key, reveals: true })
  await complete(scene)
  await statusIs(scene, 'delivered')
  const during = present(scene.receiver.requests[0])
  const duringMs = scene.gateway.clock.nowMs()
  for (const secret of [scene.secret, rotated.json.secret]) expect(verified(during, secret, duringMs)).toMatchObject({ type: 'task.completed' })

  scene.gateway.clock.advance(86_400_000)
  await complete(scene)
  await eventually(() => scene.receiver.requests.length === 2, 'the second message arrived')
  const after = present(scene.receiver.requests[1])
  expect(verified(after, rotated.json.secret, scene.gateway.clock.nowMs())).toMatchObject({ type: 'task.completed' })
  expect(() => verified(after, scene.secret, scene.gateway.clock.nowMs())).toThrow('No matching signature')
})

test('a name that leads to a private address is taken for what it is when it is connected to', async () => {
  const gateway = await startGateway({ WEBHOOK_ALLOW_HTTP: 'true' })
  onTestFinished(() => gateway.stop())
  const receiver = await startReceiver(answer(204, ''))
  onTestFinished(() => receiver.close())
  const { key } = await gateway.team({}, { webhooks: true })
  const url = receiver.origin.replace('127.0.0.1', 'localhost')
  expect((await gateway.call('PUT', '/v1/webhooks/hook', { key, body: { url, events: ['task.failed'] }, reveals: true })).status).toBe(201)
  await gateway.call('POST', '/v1/webhooks/hook/test', { key })
  await eventually(async () => (await gateway.call('GET', '/v1/webhooks/hook/deliveries', { key })).json.data[0].attempts === 1, 'it was tried')
  expect((await gateway.call('GET', '/v1/webhooks/hook/deliveries', { key })).json.data).toMatchObject([{ last_status: null, last_error: 'ADDRESS_REFUSED' }])
  expect(receiver.requests).toEqual([])
})

test('400 and 404: a query that is not understood, and deliveries that are not there', async () => {
  const scene = await openScene()
  const instance = '/v1/webhooks/hook/deliveries'
  expectProblem(await scene.deliveries('?status=failed'), 'invalid_query', { instance, detail: /status must be one of pending, delivered, dead/ })
  expectProblem(await scene.deliveries('?state=dead'), 'invalid_query', { instance, detail: /did you mean status\?/ })
  expectProblem(await scene.deliveries('?cursor=msg_nobody'), 'invalid_query', { instance, detail: /cursor/ })
  for (const [id, detail] of [['msg_missing', 'Webhook hook has no delivery msg_missing.'], ['nonsense', 'There is no such delivery.']] as const) {
    const path = `${instance}/${id}/redeliver`
    expectProblem(await scene.gateway.call('POST', path, { key: scene.key }), 'not_found', { instance: path, detail })
  }
})

test('a quota that is nearly used up is told, at 80 and at 100 percent', async () => {
  const { gateway, receiver, key, secret } = await openScene({ events: ['quota.threshold'] })
  const { json: { team } } = await gateway.usage(key)
  await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { limits: { quotas: [{ per: 'day', unit: 'usd', limit: '2.50' }] } })
  for (let task = 1; task <= 5; task++) expect((await gateway.create(key)).status).toBe(202)
  await eventually(() => receiver.requests.length === 2, 'both messages arrived')
  const data = receiver.requests.map(message => verified(message, secret, gateway.clock.nowMs()).data)
  expect(data.toSorted((a, b) => a.percent - b.percent)).toEqual([80, 100].map(percent => ({
    team, scope: 'team', per: 'day', unit: 'usd', limit: '2.50', resets_at: '2026-11-23T00:00:00+00:00', percent
  })))
})
