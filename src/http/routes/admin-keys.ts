// The admin API's keys.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { changeKey, mintKey, readKey, revokeKey, rotateKey } from '../../flows/administer-keys.ts'
import { readTeam, type AdministrationDependencies } from '../../flows/administer-teams.ts'
import { refusal } from '../../flows/refusals.ts'
import { isKeyId, type KeyId } from '../../kernel/ids.ts'
import { actorOf } from '../actor.ts'
import { adminRoute } from '../operation.ts'
import { adminKeys, keyListQuery } from '../operations/admin-keys.ts'
import { readQuery } from '../query.ts'
import { keyJson, replacedKeyJson } from '../shapes/key.ts'
import { pageJson } from '../shapes/page.ts'
import { teamIdOf } from './admin-teams.ts'

export function adminKeyRoutes (app: FastifyInstance, deps: AdministrationDependencies): void {
  app.post('/admin/v1/teams/:team_id/keys', adminRoute(adminKeys.mint), async (request, reply) => {
    const { key, secret } = await mintKey(deps, actorOf(request), { team: teamIdOf(request), body: request.body === undefined ? {} : request.body })
    return reply.code(201).header('location', `/admin/v1/keys/${key.id}`).send({ ...keyJson(key), key: secret.reveal() })
  })

  app.get('/admin/v1/teams/:team_id/keys', adminRoute(adminKeys.list), async request => {
    const team = await readTeam(deps, teamIdOf(request))
    return pageJson(await deps.directory.listKeys(team.id, readQuery(keyListQuery, request.query)), keyJson)
  })

  app.get('/admin/v1/keys/:key_id', adminRoute(adminKeys.read), async request => keyJson(await readKey(deps, keyIdOf(request))))

  app.patch('/admin/v1/keys/:key_id', adminRoute(adminKeys.change), async request => {
    return keyJson(await changeKey(deps, actorOf(request), { id: keyIdOf(request), patch: request.body }))
  })

  app.post('/admin/v1/keys/:key_id/rotate', adminRoute(adminKeys.rotate), async (request, reply) => {
    const { key, secret, replaced } = await rotateKey(deps, actorOf(request), { id: keyIdOf(request), body: request.body === undefined ? {} : request.body })
    return reply.code(201).header('location', `/admin/v1/keys/${key.id}`).send({ ...keyJson(key), key: secret.reveal(), replaces: replacedKeyJson(replaced) })
  })

  app.delete('/admin/v1/keys/:key_id', adminRoute(adminKeys.revoke), async (request, reply) => {
    await revokeKey(deps, actorOf(request), keyIdOf(request))
    return reply.code(204).send()
  })
}

const parameters = z.object({ key_id: z.string() })

function keyIdOf (request: FastifyRequest): KeyId {
  const { key_id: id } = parameters.parse(request.params)
  if (!isKeyId(id)) throw refusal('not_found', 'There is no such key.')
  return id
}
