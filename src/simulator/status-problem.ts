// The provider's refusal with whatever status a test asks for.

import { STATUS_CODES } from 'node:http'
import type { Answer } from './answer.ts'
import { errorAnswer } from './problems.ts'

// Titles and codes where the provider has its own, seen or said; the others get HTTP's title and a code of MuleRouter itself.
const KNOWN: Readonly<Record<number, { title?: string, errorCode: number }>> = {
  400: { title: 'Invalid Request', errorCode: 2001 },
  401: { title: 'Invalid API Key', errorCode: 1001 },
  403: { errorCode: 1001 },
  404: { title: 'Task Not Found', errorCode: 2005 },
  413: { errorCode: 2001 },
  422: { errorCode: 2001 },
  451: { errorCode: 3001 },
  502: { errorCode: 3001 },
  504: { errorCode: 3001 }
}

const RETRY_AFTER_SECONDS = 7

/** A refusal in the provider's error body with this status; a 429 says when to come back, and so does any that is told. */
export function statusProblem (status: number, instance: string, retryAfterS = status === 429 ? RETRY_AFTER_SECONDS : undefined): Answer {
  const { title = STATUS_CODES[status] ?? 'Unknown Error', errorCode = status < 500 ? 4008 : 4002 } = KNOWN[status] ?? {}
  const refused = errorAnswer({ status, title, errorCode, instance })
  return retryAfterS === undefined ? refused : { ...refused, headers: { ...refused.headers, 'retry-after': String(retryAfterS) } }
}
