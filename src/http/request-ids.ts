// The names of a request: its id and its place in a trace.
import type { IncomingMessage } from 'node:http'
import { newRequestId } from '../kernel/ids.ts'

const USABLE = /^[A-Za-z0-9._-]{1,128}$/

/** The caller's `X-Request-Id` if it is usable, else a new one. */
export function requestIdOf ({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && USABLE.test(given) ? given : newRequestId()
}
