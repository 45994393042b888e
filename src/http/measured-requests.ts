// Every answer is counted and timed, by the route's template: what a caller makes up is one value, whatever it is.
import type { FastifyContextConfig, FastifyInstance } from 'fastify'
import type { Refusal } from '../flows/refusals.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { hasGone, type Departed } from './departures.ts'

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

/** Gives what counts a request that is over. */
export function measureRequests (app: FastifyInstance, { http, refusals, policyRefusals }: Pick<Metrics, 'http' | 'refusals' | 'policyRefusals'>): Departed {
  app.decorateRequest('refusal', null)
  // From the start, so that the first one is a growth, and a dashboard shows 0 until then.
  policyRefusals.inc({ policy: 'failed-logins', team: NOBODY }, 0)

  return (request, reply) => {
    const { url: route = UNKNOWN_ROUTE, config } = request.routeOptions
    const status = hasGone(reply) ? GONE : String(reply.statusCode)
    http.observe({ route, method: methodOf(request.method, config), status }, reply.elapsedTime / 1000)
    if (request.refusal === null) return
    const team = request.caller?.team.id ?? NOBODY
    refusals.inc({ code: request.refusal.code, team })
    for (const policy of request.refusal.facts.violatedPolicies ?? []) policyRefusals.inc({ policy, team })
  }
}

/** Methods that a path does not have are one value. */
function methodOf (method: string, { operation }: FastifyContextConfig): string {
  return operation === null || !METHODS.includes(method) ? OTHER : method
}
