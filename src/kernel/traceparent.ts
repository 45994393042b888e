// W3C Trace Context: https://www.w3.org/TR/trace-context/
import { randomHex } from './ids.ts'

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** A span as a traceparent names it. */
export type NamedSpan = { traceId: string, spanId: string, sampled: boolean }

/** The span that a traceparent names, or undefined if it is none that the standard lets anybody use. */
export function spanOf (traceparent: string | undefined): NamedSpan | undefined {
  const [, version, traceId = '', spanId = '', flags = '00', rest] = TRACEPARENT.exec(traceparent ?? '') ?? []
  const usable = version !== undefined && version !== 'ff' && /[^0]/.test(traceId) && /[^0]/.test(spanId) && (version !== '00' || rest === undefined)
  // Of the flags only `sampled` goes on: the standard wants the bits that version 00 does not define cleared.
  return usable ? { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 } : undefined
}

/** A span of the gateway's own: in the trace of `incoming` if that names one, else in a new, unsampled one. */
export function ownTraceparent (incoming?: string): string {
  const parent = spanOf(incoming)
  const span = randomHex(8)
  return parent === undefined ? `00-${randomHex(16)}-${span}-00` : `00-${parent.traceId}-${span}-0${parent.sampled ? 1 : 0}`
}
