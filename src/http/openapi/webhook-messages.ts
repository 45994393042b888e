// What teams' receivers are sent, as the document tells it.
import { z } from 'zod'
import type { ZodOpenApiPathItemObject } from 'zod-openapi'
import { QUOTA_EVENT, TEST_EVENT } from '../../ledger/announcement.ts'
import { SCOPES } from '../../ledger/counter.ts'
import { TASK_STATES } from '../../ledger/task.ts'
import { QUOTA_PERIODS } from '../../teams/limits.ts'
import type { WebhookEvent } from '../../teams/webhook.ts'
import { usdShape } from '../shapes/limits.ts'
import { momentShape } from '../shapes/moment.ts'

const TAG = 'webhooks'
const TIMESTAMP = '2026-11-22T09:31:10.000Z'

const mode = z.literal('test').optional().meta({ description: 'said of what a test key does' })

const taskData = z.object({
  task_id: z.string().nullable().meta({ description: 'null while nobody knows whether MuleRouter has the task' }),
  task_ref: z.string(),
  model: z.string(),
  status: z.enum(TASK_STATES),
  price_usd: usdShape('the price, whatever became of it'),
  mode
})
const taskExample = { task_id: '8e1e0b36-7a3b-4c0e-9a51-0e1f6a2f5c11', task_ref: 'tsk_27q0aZ3kQ8xW1mN5pR7tV9yB', model: 'alibaba/wan2.2-t2v-plus', price_usd: '0.50' }

const quotaData = z.object({
  team: z.string(),
  scope: z.enum(SCOPES),
  key_id: z.string().optional().meta({ description: 'of a key\'s own quota' }),
  mode,
  per: z.enum(QUOTA_PERIODS),
  unit: z.enum(['tasks', 'usd']),
  limit: z.union([z.int(), usdShape('US dollars')]),
  resets_at: z.iso.datetime({ offset: true }).nullable(),
  percent: z.literal([80, 100])
})

type Message = { summary: string, data: z.ZodObject, example: object }

const MESSAGES: Readonly<Record<WebhookEvent | typeof TEST_EVENT, Message>> = {
  'task.completed': { summary: 'A task has completed; read it for its videos', data: taskData, example: { ...taskExample, status: 'completed' } },
  'task.failed': { summary: 'A task has failed', data: taskData, example: { ...taskExample, status: 'failed' } },
  'task.unknown': { summary: 'Nobody knows whether a create took effect', data: taskData, example: { ...taskExample, task_id: null, status: 'unknown' } },
  'task.expired': { summary: 'The gateway has given a task up', data: taskData, example: { ...taskExample, status: 'expired' } },
  [QUOTA_EVENT]: {
    summary: 'A create has taken a quota to 80 or 100 percent',
    data: quotaData,
    example: { team: 'ads', scope: 'team', per: 'day', unit: 'tasks', limit: 20, resets_at: '2026-11-23T00:00:00+01:00', percent: 80 }
  },
  [TEST_EVENT]: { summary: 'Somebody asked for a test', data: z.object({ team: z.string(), webhook: z.string() }), example: { team: 'ads', webhook: 'render-farm' } }
}

const signature = [
  { name: 'webhook-id', description: 'The message: the same in every attempt.', example: 'msg_27q0aZ3kQ8xW1mN5pR7tV9yB_completed' },
  { name: 'webhook-timestamp', description: 'Seconds since the Unix epoch, of this attempt.', example: '1795339870' },
  { name: 'webhook-signature', description: 'One for each secret that signs.', example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=' }
].map(header => ({ ...header, in: 'header' as const, required: true, schema: { type: 'string' as const } }))

/** The messages by their types. */
export function webhookMessages (): Record<string, ZodOpenApiPathItemObject> {
  return Object.fromEntries(Object.entries(MESSAGES).map(([type, message]) => [type, { post: messageOf(type, message) }]))
}

function messageOf (type: string, { summary, data, example }: Message) {
  return {
    operationId: `on${type.split('.').map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`,
    tags: [TAG],
    summary,
    description: 'Signed by [Standard Webhooks](https://www.standardwebhooks.com). More members may be added; ignore those that you do not know.',
    security: [],
    parameters: signature,
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: z.object({ type: z.literal(type), timestamp: momentShape('when it happened'), data }),
          examples: { [type]: { value: { type, timestamp: TIMESTAMP, data: example } } }
        }
      }
    },
    responses: {
      '2XX': { description: 'Received. Anything else is tried again, over three days.' },
      410: { description: 'Received, and nothing more is wanted: the webhook is disabled.' }
    }
  }
}
