// Every answer is counted and timed, by the route's template: what a caller makes up is one value, whatever it is.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Refusal } from '../flows/refusals.ts'
import type { Metrics } from '../telemetry/metrics.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** how it was refused, if it was */
    refusal: Refusal | null
  }
}

const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']
const OTHER = 'other'
const UNKNOWN_ROUTE = 'unknown'
/** The caller went away before its answer was whole. */
const GONE = 'gone'
/** No team is called so. */
const NOBODY = '(none)'

export function measureRequests (app: FastifyInstance, { http, refusals, policyRefusals }: Pick<Metrics, 'http' | 'refusals' | 'policyRefusals'>): void {
  app.decorateRequest('refusal', null)
  // From the start, so that the first one is a growth, and a dashboard shows 0 until then.
  policyRefusals.inc({ policy: 'failed-logins', team: NOBODY }, 0)
  // Not when the response is over: it never is if its caller goes away before that.
  app.addHook('onRequest', (request, reply, done) => {
    reply.raw.once('close', () => measure(request, reply))
    done()
  })

  function measure (request: FastifyRequest, reply: FastifyReply): void {
    http.observe({ route: request.routeOptions.url ?? UNKNOWN_ROUTE, method: methodOf(request), status: statusOf(reply) }, reply.elapsedTime / 1000)
    if (request.refusal === null) return
    const team = request.caller?.team.id ?? NOBODY
    refusals.inc({ code: request.refusal.code, team })
    for (const policy of request.refusal.facts.violatedPolicies ?? []) policyRefusals.inc({ policy, team })
  }
}

/** Methods that a path does not have are one value. */
function methodOf ({ method, routeOptions: { config } }: FastifyRequest): string {
  return config.operation === null || !METHODS.includes(method) ? OTHER : method
}

function statusOf ({ raw, statusCode }: FastifyReply): string { return raw.writableFinished ? String(statusCode) : GONE }
