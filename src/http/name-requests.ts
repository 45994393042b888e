// Gives every request its ids, every response the same ones, and the log one line when it is over.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../kernel/log.ts'
import { ownTraceparent } from '../kernel/traceparent.ts'
import type { RequestSpan, Tracing } from '../telemetry/tracing.ts'
import { hasGone } from './departures.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** the gateway's own span, W3C Trace Context */
    traceparent: string
    /** null when nobody collects traces */
    span: RequestSpan | null
  }
  interface FastifyBaseLogger extends Log {}
}

export function nameRequests (app: FastifyInstance, tracing: Tracing | undefined): void {
  app.decorateRequest('traceparent', '')
  app.decorateRequest('span', null)
  app.addHook('onRequest', (request, reply, done) => {
    nameRequest(request, reply, tracing)
    done()
  })
}

/** One line about a request that is over, or whose caller has gone. */
export function logDeparture (request: FastifyRequest, reply: FastifyReply): void {
  const { method, caller, span, routeOptions: { url, config } } = request
  const gone = hasGone(reply)
  const status = gone ? undefined : reply.statusCode
  const line = {
    method, route: url, status, gone: gone || undefined, duration_ms: Math.round(reply.elapsedTime * 10) / 10, team: caller?.team.id, key_id: caller?.key.id
  }
  if (config.access === 'public') request.log.debug(line, 'request')
  else request.log.info(line, 'request')
  span?.end({ route: url, status, team: caller?.team.id, keyId: caller?.key.id, requestId: request.id })
}

export function nameRequest (request: FastifyRequest, reply: FastifyReply, tracing: Tracing | undefined): void {
  const { method, headers } = request
  const [traceparent, tracestate] = [headers['traceparent'], headers['tracestate']].map(value => typeof value === 'string' ? value : undefined)
  // Probes and scrapes come all the time, and tell a collector nothing.
  if (tracing !== undefined && request.routeOptions.config.operation?.tag !== 'operations') request.span = tracing.begin({ method, traceparent, tracestate })
  request.traceparent = request.span?.traceparent ?? ownTraceparent(traceparent)
  // Nothing that is answered is to be taken for something else than its type says.
  reply.headers({ 'x-request-id': request.id, traceparent: request.traceparent, 'x-content-type-options': 'nosniff' })
}

/** Of a request that goes to the collector, the traceparent. */
export function recordedTrace ({ span }: FastifyRequest): string | null {
  return span?.isRecorded === true ? span.traceparent : null
}
