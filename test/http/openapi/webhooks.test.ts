// What receivers are sent is what the document says.
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { PENDING_MS, PROCESSING_MS, startGateway } from '../../support/gateway.ts'
import { ApiComparison, readDescription } from '../../support/openapi.ts'
import { answer, RECEIVERS_ALLOWED, startReceiver } from '../../support/receiver.ts'
import { WEBHOOK_EVENTS } from '../../../src/teams/webhook.ts'

test('every message that arrives is of a type that the document has, and valid', async () => {
  const gateway = await startGateway(RECEIVERS_ALLOWED)
  onTestFinished(() => gateway.stop())
  const receiver = await startReceiver(answer(204, ''))
  onTestFinished(() => receiver.close())
  const quotas = [{ per: 'day', unit: 'tasks', limit: 2 }]
  const { key } = await gateway.team({ limits: { quotas: [{ per: 'total', unit: 'usd', limit: '1.00' }] } }, { webhooks: true, limits: { quotas } })
  await gateway.call('PUT', '/v1/webhooks/hook', { key, body: { url: `${receiver.origin}/hooks`, events: WEBHOOK_EVENTS }, reveals: true })

  const taskIds = [await gateway.create(key), await gateway.create(key, { prompt: 'a cat [[fail]]' })].map(({ json }) => json.task_info.id)
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  for (const taskId of taskIds) await gateway.read(key, taskId)
  await gateway.call('POST', '/v1/webhooks/hook/test', { key })
  // Four marks of two quotas, the ends of two tasks, and the test.
  await eventually(() => receiver.requests.length === 7, 'all messages have arrived')

  const comparison = new ApiComparison(await readDescription(gateway.origin))
  const messages = receiver.requests.map(({ body }) => JSON.parse(body))
  expect([...new Set(messages.map(({ type }) => type))].toSorted()).toEqual(['quota.threshold', 'task.completed', 'task.failed', 'webhook.test'])
  for (const message of messages) {
    expect(comparison.problemsOf(message, ['webhooks', message.type, 'post', 'requestBody', 'content', 'application/json', 'schema']), JSON.stringify(message)).toEqual([])
  }
})

test('the document has every type of message', async () => {
  const gateway = await startGateway()
  onTestFinished(() => gateway.stop())
  const document = await readDescription(gateway.origin)
  expect(Object.keys(Object(document['webhooks'])).toSorted()).toEqual([...WEBHOOK_EVENTS, 'webhook.test'].toSorted())
})
