// Webhooks and their deliveries as their team sees them; never a secret that was not just made.
import { z } from 'zod'
import { rfc3339 } from '../../kernel/time.ts'
import { TEST_EVENT } from '../../ledger/announcement.ts'
import { DELIVERY_STATES, type Delivery } from '../../ledger/delivery.ts'
import { WEBHOOK_EVENTS, type Webhook } from '../../teams/webhook.ts'
import { momentOrNullShape, momentShape } from './moment.ts'
import { pageShape } from './page.ts'

const example = {
  id: 'render-farm',
  url: 'https://example.com/hooks',
  events: ['task.completed', 'task.failed'],
  enabled: true,
  previous_secret_ends_at: null,
  created_at: '2026-11-22T09:30:00.000Z',
  updated_at: '2026-11-22T09:30:00.000Z'
}

export const webhookShape = z.strictObject({
  id: z.string(),
  url: z.string().meta({ format: 'uri' }),
  events: z.array(z.enum(WEBHOOK_EVENTS)).min(1),
  enabled: z.boolean().meta({ description: 'a disabled one is sent nothing; a receiver that answers 410 disables it' }),
  previous_secret_ends_at: momentOrNullShape('until when the secret before the last rotation signs as well; null before the first'),
  created_at: momentShape('when it was made'),
  updated_at: momentShape('when it was changed last')
}).meta({ id: 'Webhook', examples: [example] })

export const webhookWithSecretShape = z.strictObject({
  ...webhookShape.shape,
  secret: z.string().regex(/^whsec_/).meta({ description: 'signs the messages; shown this once' })
}).meta({ id: 'WebhookWithSecret', examples: [{ ...example, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=' }] })

export const webhookPageShape = pageShape('WebhookPage', webhookShape)

export const deliveryShape = z.strictObject({
  id: z.string().meta({ description: 'of the message: the same in every attempt, and what the receiver finds as `webhook-id`' }),
  webhook: z.string(),
  type: z.enum([...WEBHOOK_EVENTS, TEST_EVENT]),
  status: z.enum(DELIVERY_STATES),
  attempts: z.int().min(0),
  last_status: z.int().nullable().meta({ description: 'what the receiver answered last; null if it did not' }),
  last_error: z.string().nullable().meta({ description: 'why the last attempt was none; null if it was one' }),
  created_at: momentShape('when what it tells of happened'),
  next_attempt_at: momentOrNullShape('when it is sent next; null if it is not'),
  ended_at: momentOrNullShape('when it was delivered, or given up')
}).meta({
  id: 'Delivery',
  examples: [{
    id: 'msg_27q0aZ3kQ8xW1mN5pR7tV9yB_completed',
    webhook: 'render-farm',
    type: 'task.completed',
    status: 'pending',
    attempts: 1,
    last_status: 503,
    last_error: 'status 503',
    created_at: '2026-11-22T09:31:10.000Z',
    next_attempt_at: '2026-11-22T09:31:15.000Z',
    ended_at: null
  }]
})

export const deliveryPageShape = pageShape('DeliveryPage', deliveryShape)

export function webhookJson ({ id, url, events, enabled, previous, createdAtMs, updatedAtMs }: Webhook): z.input<typeof webhookShape> {
  return {
    id,
    url,
    events,
    enabled,
    previous_secret_ends_at: momentOf(previous?.endsAtMs ?? null),
    created_at: rfc3339(createdAtMs),
    updated_at: rfc3339(updatedAtMs)
  }
}

export function deliveryJson ({ id, webhook, type, state, attempts, lastStatus, lastError, createdAtMs, dueAtMs, endedAtMs }: Delivery): z.input<typeof deliveryShape> {
  return {
    id,
    webhook,
    type,
    status: state,
    attempts,
    last_status: lastStatus,
    last_error: lastError,
    created_at: rfc3339(createdAtMs),
    next_attempt_at: momentOf(dueAtMs),
    ended_at: momentOf(endedAtMs)
  }
}

function momentOf (ms: number | null): string | null { return ms === null ? null : rfc3339(ms) }
