// A collector of traces: takes what a gateway exports, and shows it as plain spans.
import { answer, startUpstream, type ScriptedUpstream } from './scripted-upstream.ts'

export type CollectedSpan = {
  name: string
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  /** as OTLP numbers them: 1 internal, 2 server, 3 client */
  kind: number
  attributes: Record<string, unknown>
  links: { traceId: string, spanId: string }[]
  /** 2 is an error */
  status: number | undefined
  traceState: string | undefined
  service: unknown
}

export type Collector = {
  origin: string
  /** what it does with an export, from now on */
  upstream: ScriptedUpstream
  spans (): CollectedSpan[]
  close (): Promise<void>
}

export async function startCollector (): Promise<Collector> {
  const upstream = await startUpstream(answer(200, {}))
  return { origin: upstream.origin, upstream, spans: () => upstream.requests.filter(({ path }) => path === '/v1/traces').flatMap(({ body }) => spansIn(JSON.parse(body))), close: upstream.close }
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
function spansIn ({ resourceSpans }: any): CollectedSpan[] {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  return resourceSpans.flatMap(({ resource, scopeSpans }: any) => scopeSpans.flatMap(({ spans }: any) => spans.map((span: any): CollectedSpan => ({
    name: span.name,
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId === '' ? undefined : span.parentSpanId,
    kind: span.kind,
    attributes: plain(span.attributes),
    links: (span.links ?? []).map(({ traceId, spanId }: CollectedSpan) => ({ traceId, spanId })),
    status: span.status?.code,
    traceState: span.traceState,
    service: plain(resource.attributes)['service.name']
  }))))
}

function plain (attributes: { key: string, value: Record<string, unknown> }[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}
