// Traces: what the gateway tells a collector about the life of a request. Nothing of it is loaded, or done, unless somebody collects.
import type { Log } from '../kernel/log.ts'
import type { Secret } from '../kernel/secret.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Upstream } from '../flows/upstream.ts'

export const SAMPLERS = ['always_on', 'always_off', 'traceidratio', 'parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'] as const

export type TracingOptions = {
  /** of the collector, OTLP over HTTP; spans go to `/v1/traces` below it */
  endpoint: URL
  /** sent with every export */
  headers: Readonly<Record<string, Secret>>
  serviceName: string
  sampler: typeof SAMPLERS[number]
  /** of the samplers by trace id: what part of all traces is recorded, 0 to 1 */
  sampledPart: number
  /** how long spans are gathered before they are sent */
  exportEveryMs: number
}

/** A request as it arrives. */
export type Arrival = { method: string, traceparent: string | undefined, tracestate: string | undefined }

/** A request as it ends; `route` is the template, undefined where there is none, and so is `status` if the caller went away before its answer was whole. */
export type Departure = { route: string | undefined, status: number | undefined, team: string | undefined, keyId: string | undefined, requestId: string }

/** The span of a request. */
export interface RequestSpan {
  /** W3C Trace Context */
  readonly traceparent: string
  /** whether it goes to the collector */
  readonly isRecorded: boolean
  end (departure: Departure): void
}

/** Whoever calls the wrapped roles is traced by the trace that it names in the call. */
export interface Tracing {
  begin (arrival: Arrival): RequestSpan
  ledger (ledger: Ledger): Ledger
  upstream (upstream: Upstream): Upstream
  /** Sends what is left, for at most so long. */
  close (timeoutMs: number): Promise<void>
}

/** @returns undefined if nobody collects */
export async function openTracing (options: TracingOptions | undefined, log: Log): Promise<Tracing | undefined> {
  if (options === undefined) return undefined
  const { exportTraces } = await import('./export-traces.ts')
  return exportTraces(options, log)
}
