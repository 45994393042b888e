// What the document says of the team's webhooks.
import { z } from 'zod'
import { DELIVERY_STATES } from '../../ledger/delivery.ts'
import { webhookSchema } from '../../teams/webhook.ts'
import type { Operation } from '../operation.ts'
import { pageParameters } from '../query.ts'
import { deliveryPageShape, deliveryShape, webhookPageShape, webhookShape, webhookWithSecretShape } from '../shapes/webhook.ts'

export const webhookListQuery = z.strictObject(pageParameters)
export const deliveryListQuery = z.strictObject({
  status: z.enum(DELIVERY_STATES, { error: `must be one of ${DELIVERY_STATES.join(', ')}` }).optional(),
  ...pageParameters
})

const tag = 'webhooks'
const RIGHT = 'Needs a key with `"webhooks": true`.'

export const webhooks = {
  list: {
    id: 'listWebhooks',
    tag,
    summary: 'List the team\'s webhooks',
    query: webhookListQuery,
    answers: { 200: { description: 'A page of webhooks.', schema: webhookPageShape } }
  },
  put: {
    id: 'putWebhook',
    tag,
    summary: 'Make or change a webhook',
    description: `The whole webhook is replaced, but for its secret. A team has at most 20. ${RIGHT}`,
    body: {
      schema: webhookSchema,
      examples: { 'the end of tasks': { value: { url: 'https://example.com/hooks', events: ['task.completed', 'task.failed'], enabled: true } } }
    },
    answers: {
      200: { description: 'It was there, and is now so.', schema: webhookShape },
      201: { description: 'It is made; its secret is shown this once.', schema: webhookWithSecretShape, headers: ['Location'] }
    },
    refusals: ['not_allowed']
  },
  read: {
    id: 'readWebhook',
    tag,
    summary: 'Read a webhook',
    answers: { 200: { description: 'The webhook, without its secret.', schema: webhookShape } }
  },
  remove: {
    id: 'removeWebhook',
    tag,
    summary: 'Remove a webhook',
    description: `What was not delivered yet goes with it. ${RIGHT}`,
    answers: { 204: { description: 'It is gone.' } },
    refusals: ['not_allowed']
  },
  rotate: {
    id: 'rotateWebhookSecret',
    tag,
    summary: 'Make a new secret',
    description: `The one before it signs as well for a day. ${RIGHT}`,
    answers: { 200: { description: 'The webhook with its new secret, shown this once.', schema: webhookWithSecretShape } },
    refusals: ['not_allowed']
  },
  test: {
    id: 'testWebhook',
    tag,
    summary: 'Send a test message',
    description: `It goes the way of all others. ${RIGHT}`,
    answers: { 202: { description: 'Its delivery.', schema: deliveryShape } },
    refusals: ['not_allowed', 'webhook_disabled']
  },
  deliveries: {
    id: 'listDeliveries',
    tag,
    summary: 'List what a webhook was told',
    description: 'Newest first. What was delivered is kept for a day, what was given up for 30.',
    query: deliveryListQuery,
    answers: { 200: { description: 'A page of deliveries.', schema: deliveryPageShape } }
  },
  redeliver: {
    id: 'redeliver',
    tag,
    summary: 'Send a message again',
    description: `At once, and with a whole schedule of attempts. ${RIGHT}`,
    answers: { 202: { description: 'Its delivery.', schema: deliveryShape } },
    refusals: ['not_allowed', 'webhook_disabled']
  }
} as const satisfies Record<string, Operation>
