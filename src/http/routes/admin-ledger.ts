// The admin API's word about the ledger itself: checked, mended, confirmed.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readTeam, type AdministrationDependencies } from '../../flows/administer-teams.ts'
import { audited } from '../../flows/audited.ts'
import { invalidBody } from '../../flows/refusals.ts'
import { repairLedger, verifyLedger, type VerifyDependencies } from '../../flows/verify-ledger.ts'
import { fieldErrors } from '../../kernel/field-errors.ts'
import { isTeamId } from '../../kernel/ids.ts'
import { jsonObject } from '../../kernel/json-object.ts'
import { actorOf } from '../actor.ts'
import { readQuery } from '../query.ts'
import { verificationJson } from '../shapes/verification.ts'

export type LedgerRoutesOptions = AdministrationDependencies & VerifyDependencies

const access = { config: { access: 'admin' as const } }

const team = z.string({ error: issue => issue.input === undefined ? 'is required' : 'must be a string' }).refine(isTeamId, { error: 'is no team id' })
const verifyQuery = z.strictObject({ team })
const repairSchema = jsonObject({ team })

export function adminLedgerRoutes (app: FastifyInstance, deps: LedgerRoutesOptions): void {
  app.get('/admin/v1/ledger/verify', access, async request => {
    const team = await readTeam(deps, readQuery(verifyQuery, request.query).team)
    return verificationJson(team.id, await verifyLedger(deps, team))
  })

  app.post('/admin/v1/ledger/repair', access, async request => {
    const parsed = repairSchema.safeParse(request.body)
    if (!parsed.success) throw invalidBody(fieldErrors(parsed.error, { '': Object.keys(repairSchema.shape) }))
    const team = await readTeam(deps, parsed.data.team)
    const found = await repairLedger(deps, actorOf(request), team)
    return { ...verificationJson(team.id, found), repaired: found.mismatches.length }
  })

  app.post('/admin/v1/ledger/confirm', access, async (request, reply) => {
    await audited(deps, actorOf(request), { action: 'ledger.confirmed', make: () => deps.ledger.confirm() })
    return reply.code(204).send()
  })
}
