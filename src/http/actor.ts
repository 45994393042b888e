// Who changes something through the admin API, as the flows want to know it.
import type { FastifyRequest } from 'fastify'
import type { Actor } from '../flows/administer-teams.ts'
import { adminOf } from './access.ts'

export function actorOf (request: FastifyRequest): Actor { return { name: adminOf(request).name, log: request.log } }
