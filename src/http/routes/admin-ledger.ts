// The admin API's word about the ledger itself.
import type { FastifyInstance } from 'fastify'
import type { Ledger } from '../../ledger/ledger.ts'
import { actorOf } from '../actor.ts'

const access = { config: { access: 'admin' as const } }

export function adminLedgerRoutes (app: FastifyInstance, { ledger }: { ledger: Ledger }): void {
  app.post('/admin/v1/ledger/confirm', access, async (request, reply) => {
    const { name, log } = actorOf(request)
    await ledger.confirm()
    log.warn({ actor: name }, 'ledger confirmed')
    return reply.code(204).send()
  })
}
