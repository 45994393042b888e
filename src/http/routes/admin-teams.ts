// The admin API's teams.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { changeTeam, createTeam, disableTeam, readTeam, type AdministrationDependencies } from '../../flows/administer-teams.ts'
import { refusal } from '../../flows/refusals.ts'
import { isTeamId, type TeamId } from '../../kernel/ids.ts'
import { actorOf } from '../actor.ts'
import { pageParameters, readQuery } from '../query.ts'
import { pageJson } from '../shapes/page.ts'
import { teamJson } from '../shapes/team.ts'

const access = { config: { access: 'admin' as const } }
const listQuery = z.strictObject(pageParameters)

export function adminTeamRoutes (app: FastifyInstance, deps: AdministrationDependencies): void {
  app.post('/admin/v1/teams', access, async (request, reply) => {
    const team = await createTeam(deps, actorOf(request), request.body)
    return reply.code(201).header('location', `/admin/v1/teams/${team.id}`).send(teamJson(team))
  })

  app.get('/admin/v1/teams', access, async request => pageJson(await deps.directory.listTeams(readQuery(listQuery, request.query)), teamJson))

  app.get('/admin/v1/teams/:team_id', access, async request => teamJson(await readTeam(deps, teamIdOf(request))))

  app.patch('/admin/v1/teams/:team_id', access, async request => {
    return teamJson(await changeTeam(deps, actorOf(request), { id: teamIdOf(request), patch: request.body }))
  })

  app.delete('/admin/v1/teams/:team_id', access, async (request, reply) => {
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
