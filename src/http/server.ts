// Fastify outside, flows inside: the server with all its routes, not yet listening.
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { AdministrationDependencies } from '../flows/administer-teams.ts'
import { refusal } from '../flows/refusals.ts'
import { ownTraceparent } from '../telemetry/trace.ts'
import { guardAccess, type AccessOptions } from './access.ts'
import { answerClientError } from './client-error.ts'
import { acceptJson } from './json-body.ts'
import { refuseOtherMethods } from './other-methods.ts'
import { answerProblem } from './problem.ts'
import { requestIdOf } from './request-ids.ts'
import { adminKeyRoutes } from './routes/admin-keys.ts'
import { adminTeamRoutes } from './routes/admin-teams.ts'
import { generationRoutes, type GenerationOptions } from './routes/generation.ts'
import { healthRoutes } from './routes/health.ts'
import { ownTaskRoutes } from './routes/own-tasks.ts'

export type ServerOptions = GenerationOptions & AdministrationDependencies & AccessOptions & {
  log: FastifyBaseLogger
  /** as Fastify's option */
  trustProxy: boolean | number | string[]
}

/** Bodies of the admin API. */
const ADMIN_BODY_BYTES_MAX = 262_144
/** Longer than any task id, so that the answer to a longer one is that of an unknown task. */
const PARAMETER_CHARACTERS_MAX = 256

export async function buildServer (options: ServerOptions): Promise<FastifyInstance> {
  const { log, trustProxy, tasks: { ledger }, draining } = options
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: requestIdOf,
    requestIdHeader: false,
    trustProxy: typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : trustProxy,
    bodyLimit: ADMIN_BODY_BYTES_MAX,
    return503OnClosing: false,
    routerOptions: { ignoreDuplicateSlashes: true, maxParamLength: PARAMETER_CHARACTERS_MAX },
    frameworkErrors (error, request, reply) {
      nameRequest(request, reply)
      answerProblem(error, request, reply)
    },
    clientErrorHandler: answerClientError
  })

  nameRequests(app)
  app.setErrorHandler(answerProblem)
  app.setNotFoundHandler(() => { throw refusal('not_found', 'There is no such route.') })
  acceptJson(app)
  await guardAccess(app, options)

  const addOtherMethods = refuseOtherMethods(app)
  healthRoutes(app, { ledger, draining })
  generationRoutes(app, options)
  ownTaskRoutes(app, { ledger })
  adminTeamRoutes(app, options)
  adminKeyRoutes(app, options)
  addOtherMethods()
  return app
}

/** Gives every request its ids, every response the same ones, and the log one line when it is over. */
function nameRequests (app: FastifyInstance): void {
  app.decorateRequest('traceparent', '')
  app.addHook('onRequest', async (request, reply) => nameRequest(request, reply))
  app.addHook('onResponse', async (request, reply) => {
    const { method, caller, routeOptions: { url, config } } = request
    const line = {
      method, route: url, status: reply.statusCode, duration_ms: Math.round(reply.elapsedTime * 10) / 10, team: caller?.team.id, key_id: caller?.key.id
    }
    if (config.access === 'public') request.log.debug(line, 'request')
    else request.log.info(line, 'request')
  })
}

function nameRequest (request: FastifyRequest, reply: FastifyReply): void {
  const { traceparent } = request.headers
  request.traceparent = ownTraceparent(typeof traceparent === 'string' ? traceparent : undefined)
  reply.headers({ 'x-request-id': request.id, traceparent: request.traceparent })
}
