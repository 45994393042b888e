// What the document tells about each refusal: when it comes, how it looks, and which headers it has.
import type { RefusalCode, RefusalFacts } from '../../flows/refusals.ts'
import { isTaskRef, type TaskRef } from '../../kernel/ids.ts'
import type { ResponseHeader } from './response-headers.ts'

export type RefusalNote = {
  /** the rest of a sentence that begins with the code */
  when: string
  /** an example of its `detail`, without the request's id */
  detail: string
  facts?: RefusalFacts
  /** headers that it always has */
  headers?: readonly ResponseHeader[]
  /** headers that it may have */
  headersIfAny?: readonly ResponseHeader[]
  /** whether it may come after the price is known, and so have the headers that its operation declares for refusals */
  priced?: boolean
  /** the path of the example */
  instance?: string
}

const RETRY: readonly ResponseHeader[] = ['Retry-After']
const REF = taskRef('tsk_27q0aZ3kQ8xW1mN5pR7tV9yB')

export const REFUSAL_NOTES: Readonly<Record<RefusalCode, RefusalNote>> = {
  invalid_body: {
    when: 'the body is no JSON object, or fields of it are wrong, unknown or missing; `errors` names them all',
    detail: 'The body is not valid: prompt is required; sizes is unknown (did you mean size?).',
    facts: { errors: [{ pointer: '/prompt', detail: 'is required' }, { pointer: '/sizes', detail: 'is unknown (did you mean size?)' }] }
  },
  invalid_header: { when: 'the `Idempotency-Key` is malformed, or there are two', detail: 'The Idempotency-Key must be 1 to 255 visible ASCII characters, quoted or bare.' },
  invalid_query: {
    when: 'parameters of the query are wrong or unknown; `errors` names them all',
    detail: 'The query is not valid: limit must be at most 100.',
    facts: { errors: [{ pointer: '/limit', detail: 'must be at most 100' }] }
  },
  invalid_request: { when: 'the request is not valid HTTP, or the path cannot name what it makes', detail: 'The request has no Host header.' },
  unauthenticated: {
    when: 'the key or token is missing, malformed, unknown, expired or revoked, or its team is disabled: one text for all',
    detail: 'Send a valid API key of this gateway as "Authorization: Bearer mg_live_…".',
    headers: ['WWW-Authenticate']
  },
  request_timeout: { when: 'the request did not arrive in time', detail: 'The request did not arrive in time.' },
  not_allowed: { when: 'a policy, or the rights of the key or token, forbid it; the detail names the rule', detail: 'This key may not do that: the policy permits size to be 832*480, 480*832, not 1920*1080.' },
  not_found: { when: 'there is no such thing, or it is another team\'s, or it is not kept any more', detail: 'There is no such task.' },
  method_not_allowed: { when: 'the path exists and does not have the method', detail: 'This path has no PUT; it has GET, HEAD.', headers: ['Allow'] },
  already_exists: { when: 'something of that name exists', detail: 'There is a team ads already; change it with PATCH.', instance: '/admin/v1/teams' },
  idempotency_in_progress: {
    when: 'the first call with this key, or of this body, is still running',
    detail: 'The first call of this request is still running; ask again for its answer.',
    facts: { retryAfterS: 2 },
    headers: RETRY
  },
  outcome_unknown: {
    when: 'the request left for MuleRouter and no usable answer came back: the task may exist and may be billed. Its price stays held, and sending it again would buy a second one',
    detail: `The request left for MuleRouter and no usable answer came back, so the task may exist and may be billed; do not send it again, ask the gateway's operators about ${REF}.`,
    facts: { taskRef: REF },
    priced: true
  },
  already_decided: { when: 'there is nothing left to decide', detail: `Task ${REF} is unknown and its price is spent: there is nothing to decide.`, instance: `/admin/v1/tasks/${REF}/resolve` },
  webhook_disabled: { when: 'the webhook is disabled', detail: 'Webhook finished is disabled; enable it before anything is sent to it.', instance: '/v1/webhooks/finished/test' },
  key_ended: {
    when: 'the key is revoked, expired or rotated already',
    detail: 'Key key_4fGh7Kq2Lm9Xz1Bc is revoked or has expired; mint a new one.',
    instance: '/admin/v1/keys/key_4fGh7Kq2Lm9Xz1Bc/rotate'
  },
  no_longer_kept: { when: 'the task is older than tasks are kept', detail: `Task ${REF} is older than tasks are kept.`, instance: '/admin/v1/ledger/adopt' },
  payload_too_large: { when: 'the body is larger than the route takes', detail: 'The body is larger than this route takes.' },
  unsupported_media_type: { when: 'the body is not sent as JSON, or with a Content-Encoding', detail: 'Send the body as "Content-Type: application/json".', headersIfAny: ['Accept-Encoding'] },
  headers_too_large: { when: 'the headers are larger than the gateway takes', detail: 'The request has more header bytes than the gateway takes.' },
  idempotency_mismatch: { when: 'the same key came with another body before', detail: 'This Idempotency-Key was used with another body; use a new key for a new task.' },
  rate_limited: {
    when: 'the key makes too many calls or creates in a minute, too many wait at a time, or too many logins from this address failed',
    detail: 'This key has made more than 6000 calls in a minute.',
    facts: { violatedPolicies: ['front-door'], retryAfterS: 42 },
    headers: RETRY,
    priced: true
  },
  quota_exhausted: {
    when: 'a quota of team or key is used up',
    detail: 'Team ads has used 20 of 20 tasks per day; it resets at 2026-11-23T00:00:00+01:00',
    facts: { violatedPolicies: ['team-day'], retryAfterS: 41_187 },
    headers: RETRY,
    priced: true
  },
  too_many_in_flight: {
    when: 'team or key have too many unfinished tasks',
    detail: 'Team ads has 4 unfinished tasks of at most 4; a new one may begin when one of them has ended.',
    facts: { violatedPolicies: ['team-in-flight'], retryAfterS: 20 },
    headers: RETRY,
    priced: true
  },
  upstream_refused: { when: 'MuleRouter said no; its `title`, `detail` and `error_code` are kept', detail: 'MuleRouter refused the request with status 400.', priced: true },
  upstream_credentials: {
    when: 'MuleRouter refused the gateway\'s own token: never the caller\'s fault',
    detail: 'MuleRouter refused the gateway\'s own token; this is not the caller\'s fault, and the gateway\'s operators must act.',
    priced: true
  },
  upstream_error: {
    when: 'MuleRouter failed, and nothing was started',
    detail: 'MuleRouter answered with status 503; nothing was started and nothing is charged, and a later try may succeed.',
    priced: true
  },
  upstream_unreachable: {
    when: 'MuleRouter cannot be reached; nothing was sent',
    detail: 'MuleRouter cannot be reached; nothing was sent or changed, and a later try may succeed.',
    facts: { retryAfterS: 1 },
    headers: RETRY,
    priced: true
  },
  ledger_unavailable: { when: 'the ledger does not answer, and nothing is started without it', detail: 'The ledger does not answer, and nothing is started without it.', facts: { retryAfterS: 1 }, headers: RETRY },
  draining: { when: 'this instance is shutting down', detail: 'This instance is shutting down; another one will answer.', facts: { retryAfterS: 1 }, headers: RETRY },
  overloaded: { when: 'this instance has too much to do', detail: 'This instance has too much to do, and has begun nothing; another one, or a later try, will answer.', facts: { retryAfterS: 1 }, headers: RETRY },
  internal: { when: 'the gateway has a fault; its log knows more', detail: 'The gateway failed in a way that nobody planned; its log knows more.' }
}

type UpstreamNo = NonNullable<RefusalFacts['upstream']> & { detail: string, retryAfterS?: number }

/** MuleRouter's own refusals that its pages name, or that were seen; any other status below 500 may come too. */
export const UPSTREAM_REFUSALS: readonly UpstreamNo[] = [
  { status: 400, title: 'Invalid Request', errorCode: 2001, quoted: true, detail: 'prompt: the text was rejected by the content check (request_id: 0b2f1c)' },
  { status: 402, title: 'Out of funds', errorCode: 1004, quoted: false, detail: 'The gateway\'s MuleRouter account is out of funds; its operators must add some.' },
  { status: 404, title: 'Task Not Found', errorCode: 2005, quoted: true, detail: 'None (request_id: 0b2f1c)' },
  { status: 409, title: 'Task Is Processing', errorCode: 4008, quoted: true, detail: 'None (request_id: 0b2f1c)' },
  { status: 423, title: 'Locked', errorCode: 4002, quoted: true, detail: 'None (request_id: 0b2f1c)' },
  { status: 429, title: 'Too Many Requests', errorCode: 4002, quoted: true, detail: 'None (request_id: 0b2f1c)', retryAfterS: 20 },
  { status: 451, title: 'Unavailable For Legal Reasons', errorCode: 4002, quoted: true, detail: 'None (request_id: 0b2f1c)' }
]

function taskRef (text: string): TaskRef {
  if (isTaskRef(text)) return text
  throw new Error(`${text} is no task reference`)
}
