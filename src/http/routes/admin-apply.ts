// The admin API's teams and keys all at once, as a file wants them.
import type { FastifyInstance } from 'fastify'
import type { AdministrationDependencies } from '../../flows/administer-teams.ts'
import { applyTeams } from '../../flows/apply-teams.ts'
import { actorOf } from '../actor.ts'
import { adminRoute } from '../operation.ts'
import { adminApply } from '../operations/admin-apply.ts'
import { appliedJson } from '../shapes/applied.ts'

/** A file of some ten thousand keys. */
const BODY_BYTES_MAX = 5_000_000

export function adminApplyRoutes (app: FastifyInstance, deps: AdministrationDependencies): void {
  app.post('/admin/v1/apply', { ...adminRoute(adminApply.apply), bodyLimit: BODY_BYTES_MAX }, async request => {
    return appliedJson(await applyTeams(deps, actorOf(request), request.body))
  })
}
