// Stopping one of several gateways, and stopping while Redis is away.
import type { ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { deliverWebhooks } from '../../../src/jobs/deliver-webhooks.ts'
import { testAnnouncement } from '../../../src/ledger/announcement.ts'
import { openCourier } from '../../../src/webhooks/courier.ts'
import { twoGateways } from '../../stores/redis/two-gateways.ts'
import { eventually } from '../../support/eventually.ts'
import { startGateway } from '../../support/gateway.ts'
import { startReceiver } from '../../support/receiver.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import { pointingAt, startUpstream, taskAnswer } from '../../support/scripted-upstream.ts'
import { silentLog } from '../../support/silent-log.ts'
import { keptWebhook } from '../../support/webhooks.ts'

const AT_ONCE_TO_ONE = 16
const MESSAGES = 40
const LEASE_MS = 20_000
const SOON_MS = 30_000

test('what a gateway claimed and did not begin is another one\'s as soon as the first is stopped, and what it began is not', async () => {
  const { one, other, clock } = await twoGateways()
  const held: ServerResponse[] = []
  const silent = await startReceiver(response => { held.push(response) })
  onTestFinished(() => silent.close())
  const webhook = await keptWebhook(one.bench.outbox, await one.bench.caller(), { url: silent.origin })
  for (let message = 1; message <= MESSAGES; message++) await one.bench.outbox.tell(webhook, testAnnouncement(webhook, clock.nowMs()))
  const courier = openCourier({ allowHttp: true, allowCidrs: ['127.0.0.0/8'], clock })
  onTestFinished(() => courier.close())
  const job = deliverWebhooks({ outbox: one.bench.outbox, courier, clock, log: silentLog, leaseMs: LEASE_MS })
  await eventually(() => held.length === AT_ONCE_TO_ONE, 'as many as may be are under way')
  expect(await other.bench.outbox.claimDeliveries(100, LEASE_MS)).toEqual([])

  const stopping = job.stop()
  // The clock of both stands still: no lease ends by itself.
  const taken = new Set<string>()
  await eventually(async () => {
    for (const { delivery } of await other.bench.outbox.claimDeliveries(100, LEASE_MS)) taken.add(delivery.id)
    return taken.size === MESSAGES - AT_ONCE_TO_ONE
  }, 'the other gateway has what was not begun')
  for (const response of held) response.writeHead(204).end()
  await stopping
  expect(silent.requests).toHaveLength(AT_ONCE_TO_ONE)
})

test('while Redis is away a stop ends all the same, and names in the log what was never recorded', async () => {
  const redis = await redisForTest()
  const upstream = await startUpstream()
  const gateway = await startGateway({ ...pointingAt(upstream.origin), REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'mg' }, { config: { shutdownGraceMs: 1000 } })
  const { key } = await gateway.team()
  const arrived = Promise.withResolvers<() => void>()
  upstream.script = (response, request) => arrived.resolve(() => taskAnswer(202, 'task-of-the-last-minute')(response, request))
  const created = gateway.create(key)
  const release = await arrived.promise
  redis.kill('SIGSTOP')
  const startedMs = performance.now()
  const stopped = gateway.stop({ atOnce: true })
  release()
  expect(await created).toMatchObject({ status: 202, json: { task_info: { id: 'task-of-the-last-minute' } } })
  await stopped
  expect(gateway.log()).toContainEqual(expect.objectContaining({ level: 'error', msg: 'never recorded', task_id: 'task-of-the-last-minute', task_ref: expect.any(String) }))
  expect(performance.now() - startedMs).toBeLessThan(SOON_MS)
  await upstream.close()
})

test('a create that was cut off unanswered is answered for by another gateway when it is asked again, and is not bought a second time', async () => {
  const redis = await redisForTest()
  const upstream = await startUpstream(() => {})
  onTestFinished(() => upstream.close())
  const env = { ...pointingAt(upstream.origin), REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'mg' }
  const other = await startGateway(env)
  onTestFinished(() => other.stop({ atOnce: true }))
  const { key } = await other.team()
  const gateway = await startGateway(env, { config: { shutdownGraceMs: 0 } })
  const prompts = Array.from({ length: 20 }, (_, place) => `cat ${place}`)
  const creates = prompts.map(prompt => gateway.create(key, { prompt }).catch(() => 'cut'))
  await eventually(() => upstream.requests.length === prompts.length, 'all have been sent')
  await gateway.stop({ atOnce: true })
  expect(new Set(await Promise.all(creates))).toEqual(new Set(['cut']))
  for (const prompt of prompts) expect(await other.create(key, { prompt })).toMatchObject({ status: 409, json: { code: 'outcome_unknown' } })
  expect(upstream.requests).toHaveLength(prompts.length)
})
