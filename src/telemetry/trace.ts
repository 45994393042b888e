// W3C Trace Context: https://www.w3.org/TR/trace-context/
import { randomBytes } from 'node:crypto'

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** The gateway's own span: in the caller's trace if there is one, else in a new, unsampled one. */
export function ownTraceparent (incoming: string | undefined): string {
  const [, version, trace = '', parent, flags = '00', rest] = TRACEPARENT.exec(incoming ?? '') ?? []
  const span = randomBytes(8).toString('hex')
  const usable = version !== undefined && version !== 'ff' && /[^0]/.test(trace) && /[^0]/.test(parent ?? '') && (version !== '00' || rest === undefined)
  // Of the flags only `sampled` goes on: the standard wants the bits that version 00 does not define cleared.
  return usable ? `00-${trace}-${span}-0${Number.parseInt(flags, 16) & 1}` : `00-${randomBytes(16).toString('hex')}-${span}-00`
}
