// Who changes something, as the flows want to know it.
import type { FastifyRequest } from 'fastify'
import type { Actor } from '../flows/audited.ts'
import { adminOf, callerOf } from './access.ts'

/** Whoever holds the admin token. */
export function actorOf (request: FastifyRequest): Actor { return { name: adminOf(request).name, ...whence(request) } }

/** Whoever holds the team's key. */
export function teamActorOf (request: FastifyRequest): Actor { return { name: callerOf(request).key.id, ...whence(request) } }

function whence ({ ip: address, id: requestId, log }: FastifyRequest): Omit<Actor, 'name'> { return { address, requestId, log } }
