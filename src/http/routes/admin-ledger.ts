// The admin API's word about the ledger itself.
import type { FastifyInstance } from 'fastify'
import { audited, type AuditDependencies } from '../../flows/audited.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { actorOf } from '../actor.ts'

const access = { config: { access: 'admin' as const } }

export function adminLedgerRoutes (app: FastifyInstance, deps: AuditDependencies & { ledger: Ledger }): void {
  app.post('/admin/v1/ledger/confirm', access, async (request, reply) => {
    await audited(deps, actorOf(request), { action: 'ledger.confirmed', make: () => deps.ledger.confirm() })
    return reply.code(204).send()
  })
}
