// The admin API's word about the ledger itself: checked, mended, confirmed.
import type { FastifyInstance } from 'fastify'
import { readTeam, type AdministrationDependencies } from '../../flows/administer-teams.ts'
import { adoptTask, type AdoptDependencies } from '../../flows/adopt-task.ts'
import { audited } from '../../flows/audited.ts'
import { invalidBody } from '../../flows/refusals.ts'
import { repairLedger, verifyLedger, type VerifyDependencies } from '../../flows/verify-ledger.ts'
import { fieldErrors } from '../../kernel/field-errors.ts'
import { actorOf } from '../actor.ts'
import { adminRoute } from '../operation.ts'
import { adminLedger, repairSchema, verifyQuery } from '../operations/admin-ledger.ts'
import { readQuery } from '../query.ts'
import { taskJson } from '../shapes/task.ts'
import { verificationJson } from '../shapes/verification.ts'

export type LedgerRoutesOptions = AdministrationDependencies & VerifyDependencies & AdoptDependencies

export function adminLedgerRoutes (app: FastifyInstance, deps: LedgerRoutesOptions): void {
  app.get('/admin/v1/ledger/verify', adminRoute(adminLedger.verify), async request => {
    const team = await readTeam(deps, readQuery(verifyQuery, request.query).team)
    return verificationJson(team.id, await verifyLedger(deps, team))
  })

  app.post('/admin/v1/ledger/repair', adminRoute(adminLedger.repair), async request => {
    const parsed = repairSchema.safeParse(request.body)
    if (!parsed.success) throw invalidBody(fieldErrors(parsed.error, { '': Object.keys(repairSchema.shape) }))
    const team = await readTeam(deps, parsed.data.team)
    const found = await repairLedger(deps, actorOf(request), team)
    return { ...verificationJson(team.id, found), repaired: found.repaired }
  })

  app.post('/admin/v1/ledger/adopt', adminRoute(adminLedger.adopt), async request => {
    const { result, task } = await adoptTask(deps, actorOf(request), request.body)
    return { result, task: taskJson(task) }
  })

  app.post('/admin/v1/ledger/confirm', adminRoute(adminLedger.confirm), async (request, reply) => {
    await audited(deps, actorOf(request), { action: 'ledger.confirmed', make: () => deps.ledger.confirm() })
    return reply.code(204).send()
  })
}
