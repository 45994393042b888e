// How MuleRouter's own no, or its silence, is told to the caller.
import type { TaskRef } from '../kernel/ids.ts'
import { refusal, type CreateFigures, type Refusal, type RefusalFacts } from './refusals.ts'
import type { UpstreamRefusal } from './upstream.ts'

/** Of a refusal by rate upstream that does not say when to come back. */
const RETRY_AFTER_S = 20

/** The refusal for a call that upstream answered with a definitive no. @param figures of a create, whose price went back; without them it was a delete */
export function refusedByUpstream (no: UpstreamRefusal, figures?: CreateFigures): Refusal {
  const { status, title, detail, errorCode, ownShape } = no
  const facts: RefusalFacts = figures === undefined ? {} : { figures }
  if (status === 401 || (status === 403 && ownShape)) {
    return refusal('upstream_credentials', 'MuleRouter refused the gateway\'s own token; this is not the caller\'s fault, and the gateway\'s operators must act.', facts)
  }
  if (status < 400 || status >= 500) {
    const outcome = figures === undefined ? 'nothing was deleted' : 'nothing was started and nothing is charged'
    return refusal('upstream_error', `MuleRouter answered with status ${status}; ${outcome}, and a later try may succeed.`, facts)
  }
  // The provider's words about a 402 name the account's balance, which is not the caller's business.
  if (status === 402) {
    return refusal('upstream_refused', 'The gateway\'s MuleRouter account is out of funds; its operators must add some.', {
      ...facts, upstream: { status, title: 'Out of funds', errorCode, quoted: false }
    })
  }
  if (status === 429) facts.retryAfterS = no.retryAfterS ?? RETRY_AFTER_S
  facts.upstream = { status, title, errorCode, quoted: detail !== undefined }
  return refusal('upstream_refused', detail ?? `MuleRouter refused the request with status ${status}.`, facts)
}

/** The refusal for a create that may have been received, and whose answer never came or cannot be trusted. */
export function outcomeUnknown (ref: TaskRef, facts: RefusalFacts = {}): Refusal {
  return refusal(
    'outcome_unknown',
    `The request left for MuleRouter and no usable answer came back, so the task may exist and may be billed; do not send it again, ask the gateway's operators about ${ref}.`,
    { taskRef: ref, ...facts }
  )
}

/** The refusal for a call that never left. */
export function neverSent (cause: unknown, facts: RefusalFacts = {}): Refusal {
  return refusal('upstream_unreachable', 'MuleRouter cannot be reached; nothing was sent or changed, and a later try may succeed.', { cause, retryAfterS: 1, ...facts })
}
