// Makes spans and sends them to a collector: OpenTelemetry's own libraries, without its globals, so that gateways in one process stay apart.
import { createTraceState, SpanKind, type Tracer } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler, AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider, type Sampler, type SpanExporter
} from '@opentelemetry/sdk-trace'
import type { Log } from '../kernel/log.ts'
import { contextOf, endSpan, traceparentOf, within } from './spans.ts'
import { tracedLedger } from './traced-ledger.ts'
import { tracedUpstream } from './traced-upstream.ts'
import type { Arrival, Departure, RequestSpan, Tracing, TracingOptions } from './tracing.ts'

const EXPORT_TIMEOUT_MS = 5000
/** Spans that wait to be sent; what is beyond is dropped. */
const WAITING_MAX = 8192
/** Of the reason that a collector gives. */
const REASON_CHARACTERS_MAX = 200

export function exportTraces (options: TracingOptions, log: Log): Tracing {
  const exporter = new OTLPTraceExporter({ url: tracesUrl(options.endpoint), headers: revealed(options.headers), timeoutMillis: EXPORT_TIMEOUT_MS })
  const provider = new TracerProvider({
    sampler: samplerOf(options),
    // OTEL_RESOURCE_ATTRIBUTES may add to it.
    resource: defaultResource().merge(resourceFromAttributes({ 'service.name': options.serviceName })).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: complaining(exporter, log), scheduledDelayMillis: options.exportEveryMs, exportTimeoutMillis: EXPORT_TIMEOUT_MS, maxQueueSize: WAITING_MAX })]
  })
  const tracer = provider.getTracer('mulegate')
  return {
    begin: arrival => beginRequest(tracer, arrival),
    ledger: ledger => tracedLedger(ledger, tracer),
    upstream: upstream => tracedUpstream(upstream, tracer),
    async close (timeoutMs) {
      let timer: NodeJS.Timeout | undefined
      const tooLong = new Promise<void>(resolve => { timer = setTimeout(resolve, timeoutMs) })
      // What cannot be sent was complained about.
      await Promise.race([provider.shutdown().catch(() => {}), tooLong])
      clearTimeout(timer)
    }
  }
}

function beginRequest (tracer: Tracer, { method, traceparent, tracestate }: Arrival): RequestSpan {
  const parent = contextOf(traceparent)
  const span = tracer.startSpan(
    method,
    { kind: SpanKind.SERVER, attributes: { 'http.request.method': method } },
    within(parent && { ...parent, ...tracestate === undefined ? {} : { traceState: createTraceState(tracestate) } })
  )
  return {
    traceparent: traceparentOf(span.spanContext()),
    isRecorded: span.isRecording(),
    end ({ route, status, team, keyId, requestId }: Departure) {
      if (route !== undefined) span.updateName(`${method} ${route}`)
      endSpan(span, {
        attributes: { 'http.route': route, 'http.response.status_code': status, 'mulegate.team': team, 'mulegate.key_id': keyId, 'mulegate.request_id': requestId },
        error: status === undefined ? 'gone' : status >= 500 ? String(status) : undefined
      })
    }
  }
}

function samplerOf ({ sampler, sampledPart }: TracingOptions): Sampler {
  switch (sampler) {
    case 'always_on': return new AlwaysOnSampler()
    case 'always_off': return new AlwaysOffSampler()
    case 'traceidratio': return new TraceIdRatioBasedSampler(sampledPart)
    case 'parentbased_always_on': return new ParentBasedSampler({ root: new AlwaysOnSampler() })
    case 'parentbased_always_off': return new ParentBasedSampler({ root: new AlwaysOffSampler() })
    case 'parentbased_traceidratio': return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampledPart) })
  }
}

/** The library drops what it cannot send without a word: one line says when that begins, and one when it is over. */
function complaining (exporter: SpanExporter, log: Log): SpanExporter {
  let failing = false
  return {
    export (spans, done) {
      exporter.export(spans, result => {
        // 0 is success.
        const failed = result.code !== 0
        if (failed && !failing) log.warn({ err: withoutAnswer(result.error) }, 'spans cannot be exported')
        if (!failed && failing) log.info({}, 'spans are exported again')
        failing = failed
        done(result)
      })
    },
    shutdown: () => exporter.shutdown()
  }
}

/** The library's error holds all that was answered, which may quote the export and the headers that came with it. */
function withoutAnswer (error: Error | undefined): Error {
  const { message = 'for no reason that is known' } = error ?? {}
  return Object.assign(new Error(message.slice(0, REASON_CHARACTERS_MAX)), error !== undefined && 'code' in error ? { code: error.code } : {})
}

function tracesUrl ({ href }: URL): string { return `${href.replace(/\/+$/, '')}/v1/traces` }

function revealed (headers: TracingOptions['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()]))
}
