// Spans as the decorators make them: each with its parent, its links and its end, whatever happens inside.
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Attributes, type Context, type Link, type Span, type SpanContext, type Tracer } from '@opentelemetry/api'
import { spanOf } from '../kernel/traceparent.ts'

export type SpanOptions = {
  kind: SpanKind
  /** traceparent of the span that this one belongs to; undefined begins a trace */
  parent: string | undefined
  /** traceparent of a span that this one has to do with */
  linkedTo?: string | null
  attributes?: Attributes
}

/** What is known at the end. `error` names what went wrong, in a word. */
export type SpanEnd = { attributes?: Attributes, error?: string | undefined }

/** Runs the work in a span. @param work is given the span's own traceparent @param endOf says what its result means */
export async function inSpan<T> (tracer: Tracer, name: string, options: SpanOptions, work: (traceparent: string) => Promise<T>, endOf: (result: T) => SpanEnd): Promise<T> {
  const span = beginSpan(tracer, name, options)
  try {
    const result = await work(traceparentOf(span.spanContext()))
    endSpan(span, endOf(result))
    return result
  } catch (error) {
    endSpan(span, { error: error instanceof Error ? error.name : 'Error' })
    throw error
  }
}

export function beginSpan (tracer: Tracer, name: string, { kind, parent, linkedTo, attributes = {} }: SpanOptions): Span {
  const linked = contextOf(linkedTo ?? undefined)
  const links: Link[] = linked === undefined ? [] : [{ context: linked }]
  return tracer.startSpan(name, { kind, links, attributes }, within(contextOf(parent)))
}

export function endSpan (span: Span, { attributes = {}, error }: SpanEnd): void {
  span.setAttributes(attributes)
  if (error !== undefined) span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

/** A parent as the library wants it. */
export function within (parent: SpanContext | undefined): Context {
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent)
}

export function contextOf (traceparent: string | undefined): SpanContext | undefined {
  const span = spanOf(traceparent)
  return span && { traceId: span.traceId, spanId: span.spanId, traceFlags: span.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true }
}

export function traceparentOf ({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`
}
