// What the document says of the health routes.
import { z } from 'zod'
import type { Operation } from '../operation.ts'

const healthy = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Healthy', examples: [{ status: 'ok' }] })

/** Anything else than these is ignored: a probe that asks oddly is answered all the same. */
export const readyQuery = z.object({
  scope: z.string().optional().meta({ description: '`instance` looks at this instance only, for balancers: an outage of the ledger then takes none away', example: 'instance' })
})

export const health = {
  live: {
    id: 'getLiveness',
    tag: 'operations',
    summary: 'Whether the process runs',
    answers: { 200: { description: 'It does.', schema: healthy } }
  },
  ready: {
    id: 'getReadiness',
    tag: 'operations',
    summary: 'Whether it should be sent work',
    query: readyQuery,
    answers: { 200: { description: 'The ledger answers, and the gateway is not shutting down.', schema: healthy } },
    refusals: ['draining', 'ledger_unavailable']
  }
} as const satisfies Record<string, Operation>
