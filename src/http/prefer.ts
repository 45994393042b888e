// The Prefer header, RFC 7240: how long a caller would like to wait for the end of a task.
import type { IncomingHttpHeaders } from 'node:http'

const WAIT_MAX_S = 50
const WAIT = /^wait\s*=\s*"?(\d+)"?\s*(?:;|$)/i

/** Whole seconds, capped at 50, or undefined. As the standard wants, the first `wait` holds and what cannot be read is ignored. */
export function waitSecondsOf ({ prefer }: IncomingHttpHeaders): number | undefined {
  const lines = prefer === undefined ? [] : [prefer].flat()
  for (const preference of lines.join(',').split(',')) {
    const [, seconds] = WAIT.exec(preference.trim()) ?? []
    if (seconds !== undefined) return Math.min(Number(seconds), WAIT_MAX_S)
  }
  return undefined
}
