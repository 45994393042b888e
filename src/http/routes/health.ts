// Whether the process runs, and whether it should be sent work.
import type { FastifyInstance } from 'fastify'
import { refusal } from '../../flows/refusals.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { publicRoute } from '../operation.ts'
import { health, readyQuery } from '../operations/health.ts'

export type HealthOptions = { ledger: Ledger, leaving: () => boolean }

export function healthRoutes (app: FastifyInstance, { ledger, leaving }: HealthOptions): void {
  app.get('/livez', publicRoute(health.live), async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return { status: 'ok' }
  })

  app.get('/readyz', publicRoute(health.ready), async (request, reply) => {
    reply.header('cache-control', 'no-store')
    if (leaving()) throw refusal('draining', 'This instance is shutting down.', { retryAfterS: 1 })
    if (readyQuery.safeParse(request.query).data?.scope !== 'instance') await ledger.ping()
    return { status: 'ok' }
  })
}
