// Fastify outside, flows inside: the server with all its routes, not yet listening.
import type { Socket } from 'node:net'
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { AdministrationDependencies } from '../flows/administer-teams.ts'
import type { WebhookDependencies } from '../flows/administer-webhooks.ts'
import type { Setup } from '../flows/check-gateway.ts'
import { refusal } from '../flows/refusals.ts'
import { constant } from '../kernel/live.ts'
import type { Keeping } from '../ledger/keeping.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Scrape } from '../telemetry/scrape.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { guardAccess, type AccessOptions } from './access.ts'
import { ClientErrors } from './client-error.ts'
import { checkRequests, limitOptions, type ConnectionLimits } from './connection-limits.ts'
import { followDepartures } from './departures.ts'
import { acceptJson } from './json-body.ts'
import { measureRequests } from './measured-requests.ts'
import { logDeparture, nameRequest, nameRequests } from './name-requests.ts'
import type { ApiDocument } from './openapi/api-document.ts'
import { refuseOtherMethods } from './other-methods.ts'
import { PendingAnswers } from './pending-answers.ts'
import { answerProblem, pathOf } from './problem.ts'
import { requestIdOf } from './request-ids.ts'
import { adminApplyRoutes } from './routes/admin-apply.ts'
import { adminAuditRoutes } from './routes/admin-audit.ts'
import { adminCheckRoutes } from './routes/admin-check.ts'
import { adminKeyRoutes } from './routes/admin-keys.ts'
import { adminLedgerRoutes } from './routes/admin-ledger.ts'
import { adminTaskRoutes } from './routes/admin-tasks.ts'
import { adminTeamRoutes } from './routes/admin-teams.ts'
import { adminUsageRoutes } from './routes/admin-usage.ts'
import { documentRoutes } from './routes/document.ts'
import { generationRoutes, type GenerationOptions } from './routes/generation.ts'
import { healthRoutes } from './routes/health.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { ownTaskRoutes } from './routes/own-tasks.ts'
import { webhookRoutes } from './routes/webhooks.ts'

export type ServerOptions = GenerationOptions & AdministrationDependencies & AccessOptions & {
  webhooks: WebhookDependencies
  keeping: Keeping
  setup: Setup
  /** describes the routes of all servers that it is given to */
  document: ApiDocument
  log: FastifyBaseLogger
  /** absent when nobody collects traces */
  tracing: Tracing | undefined
  metrics: Metrics
  scrape: Scrape
  /** whose routes it has; those of operators may stand on a port of their own */
  serves: 'everybody' | 'teams' | 'operators'
  connectionLimits: ConnectionLimits
  /** as Fastify's option */
  trustProxy: boolean | number | string[]
  /** whether balancers are to send nothing any more; it is some time before nothing is taken any more */
  leaving: () => boolean
}

/** Bodies of the admin API. */
const ADMIN_BODY_BYTES_MAX = 262_144
/** Longer than any line of a request that Node takes, so that a task id of any length meets the same door and the same answer. */
const PARAMETER_CHARACTERS_MAX = 16_384
/** No route has this path. */
const UNDECODABLE = '/undecodable'

export async function buildServer (options: ServerOptions): Promise<FastifyInstance> {
  const { log, trustProxy, tasks, leaving, document, serves, tracing, connectionLimits } = options
  const { ledger } = tasks
  const pending = new PendingAnswers()
  const clientErrors = new ClientErrors(pending)
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: requestIdOf,
    requestIdHeader: false,
    trustProxy: typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : trustProxy,
    bodyLimit: ADMIN_BODY_BYTES_MAX,
    return503OnClosing: false,
    ...limitOptions(connectionLimits),
    // A path that cannot be decoded is an unknown one like any other, behind the same door.
    rewriteUrl: ({ url = '/' }) => isDecodable(pathOf(url)) ? url : UNDECODABLE,
    routerOptions: { ignoreDuplicateSlashes: true, maxParamLength: PARAMETER_CHARACTERS_MAX },
    frameworkErrors (error, request, reply) {
      nameRequest(request, reply, tracing)
      answerProblem(error, request, reply)
    },
    clientErrorHandler: clientErrors.answer
  })

  // Expectations that nobody knows are ignored, which RFC 9110 allows; Node would answer 417 without a body.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.server.on('connect', (_request, socket: Socket) => clientErrors.answerConnect(socket))
  pending.follow(app.server)
  nameRequests(app, tracing)
  followDepartures(app, [logDeparture, measureRequests(app, options.metrics)])
  app.setErrorHandler(answerProblem)
  acceptJson(app)
  checkRequests(app, connectionLimits)
  // Before anybody is looked up, let alone anything begun.
  app.addHook('onRequest', (request, reply, done) => pending.inTurn(request.raw, reply.raw, done))
  // Where no operator is served, the admin API does not exist.
  await guardAccess(app, serves === 'teams' ? { ...options, adminTokens: constant([]) } : options)
  // Before the body is read: whatever was sent to a route that does not exist, the route is what is wrong.
  app.addHook('onRequest', ({ is404 }, _reply, done) => done(is404 ? refusal('not_found', 'There is no such route.') : undefined))

  document.follow(app)
  const addOtherMethods = refuseOtherMethods(app)
  healthRoutes(app, { ledger, leaving })
  if (serves !== 'operators') {
    documentRoutes(app, { document })
    generationRoutes(app, options)
    ownTaskRoutes(app, { ledger })
    webhookRoutes(app, options.webhooks)
  }
  if (serves !== 'teams') {
    metricsRoutes(app, { scrape: options.scrape, needsToken: serves === 'everybody' })
    adminApplyRoutes(app, options)
    adminTeamRoutes(app, options)
    adminKeyRoutes(app, options)
    adminTaskRoutes(app, { ...options, ledger })
    adminUsageRoutes(app, { ledger })
    adminAuditRoutes(app, options)
    adminLedgerRoutes(app, { ...options, ledger })
    adminCheckRoutes(app, { ...tasks, catalog: options.catalog, setup: options.setup })
  }
  addOtherMethods()
  return app
}

function isDecodable (path: string): boolean {
  if (!path.includes('%')) return true
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
