// The admin API's teams.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { changeTeam, createTeam, disableTeam, readTeam, type AdministrationDependencies } from '../../flows/administer-teams.ts'
import { refusal } from '../../flows/refusals.ts'
import { isTeamId, type TeamId } from '../../kernel/ids.ts'
import { actorOf } from '../actor.ts'
import { adminRoute } from '../operation.ts'
import { adminTeams, teamListQuery } from '../operations/admin-teams.ts'
import { readQuery } from '../query.ts'
import { pageJson } from '../shapes/page.ts'
import { teamJson } from '../shapes/team.ts'

export function adminTeamRoutes (app: FastifyInstance, deps: AdministrationDependencies): void {
  app.post('/admin/v1/teams', adminRoute(adminTeams.create), async (request, reply) => {
    const team = await createTeam(deps, actorOf(request), request.body)
    return reply.code(201).header('location', `/admin/v1/teams/${team.id}`).send(teamJson(team))
  })

  app.get('/admin/v1/teams', adminRoute(adminTeams.list), async request => {
    return pageJson(await deps.directory.listTeams(readQuery(teamListQuery, request.query)), teamJson)
  })

  app.get('/admin/v1/teams/:team_id', adminRoute(adminTeams.read), async request => teamJson(await readTeam(deps, teamIdOf(request))))

  app.patch('/admin/v1/teams/:team_id', adminRoute(adminTeams.change), async request => {
    return teamJson(await changeTeam(deps, actorOf(request), { id: teamIdOf(request), patch: request.body }))
  })

  app.delete('/admin/v1/teams/:team_id', adminRoute(adminTeams.disable), async (request, reply) => {
    await disableTeam(deps, actorOf(request), teamIdOf(request))
    return reply.code(204).send()
  })
}

const parameters = z.object({ team_id: z.string() })

/** @throws Refusal `not_found` for what cannot be a team's id */
export function teamIdOf (request: FastifyRequest): TeamId {
  const { team_id: id } = parameters.parse(request.params)
  if (!isTeamId(id)) throw refusal('not_found', 'There is no such team.')
  return id
}
