// How MuleRouter's own no, or its silence, is told to the caller.
import type { TaskRef } from '../kernel/ids.ts'
import { refusal, type Refusal, type RefusalFacts } from './refusals.ts'
import type { UpstreamRefusal } from './upstream.ts'

/** Of a refusal by rate upstream that does not say when to come back. */
const RETRY_AFTER_S = 20

/** The refusal for a call that upstream answered with a definitive no. */
export function refusedByUpstream (no: UpstreamRefusal): Refusal {
  const { status, title, detail, errorCode, ownShape } = no
  if (status === 401 || (status === 403 && ownShape)) {
    return refusal('upstream_credentials', 'MuleRouter refused the gateway\'s own token; this is not the caller\'s fault, and the gateway\'s operators must act.')
  }
  if (status < 400 || status >= 500) {
    return refusal('upstream_error', `MuleRouter answered with status ${status}; nothing was started and nothing is charged, and a later try may succeed.`)
  }
  // The provider's words about a 402 name the account's balance, which is not the caller's business.
  if (status === 402) {
    return refusal('upstream_refused', 'The gateway\'s MuleRouter account is out of funds; its operators must add some.', {
      upstream: { status, title: 'Out of funds', errorCode, quoted: false }
    })
  }
  const facts: RefusalFacts = { upstream: { status, title, errorCode, quoted: detail !== undefined } }
  if (status === 429) facts.retryAfterS = no.retryAfterS ?? RETRY_AFTER_S
  return refusal('upstream_refused', detail ?? `MuleRouter refused the request with status ${status}.`, facts)
}

/** The refusal for a create that may have been received, and whose answer never came. */
export function outcomeUnknown (ref: TaskRef, cause?: unknown): Refusal {
  return refusal(
    'outcome_unknown',
    `The request left for MuleRouter and no answer came back, so the task may exist and may be billed; do not send it again, ask the gateway's operators about ${ref}.`,
    { taskRef: ref, cause }
  )
}

/** The refusal for a call that never left. */
export function neverSent (cause: unknown): Refusal {
  return refusal('upstream_unreachable', 'MuleRouter cannot be reached; nothing was sent and nothing is charged, and a later try may succeed.', { cause, retryAfterS: 1 })
}
