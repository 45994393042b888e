// Who may come in: decided for every request before anything else is looked at, unknown paths included.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { identifyCaller, type CallerDependencies } from '../flows/caller.ts'
import { refusal, unauthenticated } from '../flows/refusals.ts'
import type { Live } from '../kernel/live.ts'
import type { Caller } from '../teams/directory.ts'
import type { AdminToken } from './admin-token.ts'
import { createFrontDoor, type FrontDoorOptions } from './front-door.ts'
import { measurePressure } from './pressure.ts'
import { pathOf } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** whose key it is; set on every route of the team API */
    caller: Caller | null
    /** whose token it is; set on every route of the admin API */
    admin: AdminToken | null
  }
  interface FastifyContextConfig {
    /** who may call the route; a team's key is asked for where nothing is said */
    access?: 'public' | 'admin' | 'team'
    /** whether the story behind the route compares the versions of team and key before it does anything */
    comparesVersions?: boolean
    /** whether it is answered although the gateway is shutting down */
    whileDraining?: boolean
  }
}

export type AccessOptions = CallerDependencies & FrontDoorOptions & { adminTokens: Live<readonly AdminToken[]>, draining: () => boolean }

/** Adds the one hook that authenticates. */
export async function guardAccess (app: FastifyInstance, options: AccessOptions): Promise<void> {
  const frontDoor = await createFrontDoor(app, options)
  const isOverloaded = await measurePressure(app)
  app.decorateRequest('caller', null)
  app.decorateRequest('admin', null)

  app.addHook('onRequest', async (request, reply) => {
    const { config } = request.routeOptions
    const access = config.access ?? accessOf(request)
    if (access === 'public') return
    reply.header('cache-control', 'private, no-store')
    if (options.draining() && config.whileDraining !== true) throw refusal('draining', 'This instance is shutting down; another one will answer.', { retryAfterS: 1 })
    if (access === 'admin') {
      const adminTokens = options.adminTokens.current()
      if (adminTokens.length === 0) throw refusal('not_found', 'There is no such route.')
      request.admin = identifyAdmin(adminTokens, request) ?? await frontDoor.refuseLogin(request, adminRefusal())
      if (request.admin.readOnly && request.method !== 'GET' && request.method !== 'HEAD') {
        throw refusal('not_allowed', `The admin token ${request.admin.name} may only read.`)
      }
      return
    }
    // Operators may come in all the same: they are few, and perhaps here because of it.
    if (isOverloaded()) throw refusal('overloaded', 'This instance has too much to do, and has begun nothing; another one, or a later try, will answer.', { retryAfterS: 1 })
    const key = bearerOf(request)
    const caller = key === undefined ? undefined : await identifyCaller(options, key, { recent: config.comparesVersions ?? false })
    request.caller = caller ?? await frontDoor.refuseLogin(request, unauthenticated())
    await frontDoor.admit(request)
  })
}

/** The caller of a route of the team API. */
export function callerOf ({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new Error('the route is not one of the team API')
  return caller
}

/** Who changes something through the admin API. */
export function adminOf ({ admin }: FastifyRequest): AdminToken {
  if (admin === null) throw new Error('the route is not one of the admin API')
  return admin
}

/** Of a route that says nothing of it, and of a path that there is not. */
function accessOf ({ originalUrl }: FastifyRequest): 'admin' | 'team' { return /^\/+(admin|metrics)(\/|$)/.test(pathOf(originalUrl)) ? 'admin' : 'team' }

function bearerOf ({ headers: { authorization } }: FastifyRequest): string | undefined {
  return /^bearer +([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1]
}

function identifyAdmin (tokens: readonly AdminToken[], request: FastifyRequest): AdminToken | undefined {
  const given = bearerOf(request)
  // All of them are compared, so that the time tells nothing.
  return given === undefined ? undefined : tokens.filter(({ token }) => token.equals(given))[0]
}

function adminRefusal () {
  return refusal('unauthenticated', 'Send a valid admin token as "Authorization: Bearer …".')
}
