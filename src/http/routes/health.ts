// Whether the process runs, and whether it should be sent work.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { refusal } from '../../flows/refusals.ts'
import type { Ledger } from '../../ledger/ledger.ts'

export type HealthOptions = { ledger: Ledger, draining: () => boolean }

const access = { config: { access: 'public' as const } }
const readyQuery = z.object({ scope: z.string().optional() })

export function healthRoutes (app: FastifyInstance, { ledger, draining }: HealthOptions): void {
  app.get('/livez', access, async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return { status: 'ok' }
  })

  app.get('/readyz', access, async (request, reply) => {
    reply.header('cache-control', 'no-store')
    if (draining()) throw refusal('draining', 'This instance is shutting down.', { retryAfterS: 1 })
    if (readyQuery.safeParse(request.query).data?.scope !== 'instance') await ledger.ping()
    return { status: 'ok' }
  })
}
