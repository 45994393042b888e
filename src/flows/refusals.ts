// The one table of refusals: every answer by which the gateway says no.
import type { FieldError } from '../kernel/field-errors.ts'
import type { TaskRef } from '../kernel/ids.ts'
import type { Standing } from '../ledger/admission.ts'

type Row = { status: number, errorCode: number, title: string, type?: string }

// Registered types: https://www.iana.org/assignments/http-problem-types
const QUOTA_EXCEEDED = 'https://iana.org/assignments/http-problem-types#quota-exceeded'
const REDUCED_CAPACITY = 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity'

/** Status, number (as the provider's own `error_code`) and title of each code. Codes are promises: add freely, change never. */
export const REFUSALS = {
  invalid_body: { status: 400, errorCode: 2001, title: 'Invalid body' },
  invalid_header: { status: 400, errorCode: 2001, title: 'Invalid header' },
  invalid_query: { status: 400, errorCode: 2001, title: 'Invalid query' },
  unauthenticated: { status: 401, errorCode: 1001, title: 'Unauthenticated' },
  invalid_request: { status: 400, errorCode: 2001, title: 'Invalid request' },
  request_timeout: { status: 408, errorCode: 2001, title: 'Request timeout' },
  not_allowed: { status: 403, errorCode: 1003, title: 'Not allowed' },
  not_found: { status: 404, errorCode: 2005, title: 'Not found' },
  method_not_allowed: { status: 405, errorCode: 2006, title: 'Method not allowed' },
  already_exists: { status: 409, errorCode: 4090, title: 'Already exists' },
  idempotency_in_progress: { status: 409, errorCode: 4091, title: 'First call still running' },
  outcome_unknown: { status: 409, errorCode: 4092, title: 'Outcome unknown' },
  already_decided: { status: 409, errorCode: 4093, title: 'Already decided' },
  webhook_disabled: { status: 409, errorCode: 4094, title: 'Webhook disabled' },
  key_ended: { status: 409, errorCode: 4095, title: 'Key ended' },
  no_longer_kept: { status: 409, errorCode: 4096, title: 'No longer kept' },
  payload_too_large: { status: 413, errorCode: 2001, title: 'Payload too large' },
  unsupported_media_type: { status: 415, errorCode: 2001, title: 'Unsupported media type' },
  headers_too_large: { status: 431, errorCode: 2001, title: 'Request header fields too large' },
  idempotency_mismatch: { status: 422, errorCode: 4221, title: 'Same key, different body' },
  rate_limited: { status: 429, errorCode: 4291, title: 'Rate limited', type: QUOTA_EXCEEDED },
  quota_exhausted: { status: 429, errorCode: 4290, title: 'Quota exhausted', type: QUOTA_EXCEEDED },
  too_many_in_flight: { status: 429, errorCode: 4292, title: 'Too many unfinished tasks' },
  upstream_refused: { status: 400, errorCode: 5022, title: 'Refused by MuleRouter' },
  upstream_credentials: { status: 502, errorCode: 5021, title: 'Gateway credentials refused by MuleRouter' },
  upstream_error: { status: 502, errorCode: 5020, title: 'MuleRouter failed' },
  upstream_unreachable: { status: 503, errorCode: 5030, title: 'MuleRouter unreachable' },
  ledger_unavailable: { status: 503, errorCode: 5031, title: 'Ledger unavailable' },
  draining: { status: 503, errorCode: 5032, title: 'Shutting down' },
  overloaded: { status: 503, errorCode: 5033, title: 'Overloaded', type: REDUCED_CAPACITY },
  internal: { status: 500, errorCode: 5000, title: 'Internal error' }
} as const satisfies Record<string, Row>

export type RefusalCode = keyof typeof REFUSALS

/** What a create costs and where its limits stood at that moment: what its response headers are made of. */
export type CreateFigures = { priceMicros: number, standings: readonly Standing[], nowMs: number }

/** What some refusals say beyond code and detail. */
export type RefusalFacts = {
  /** all wrong fields at once */
  errors?: FieldError[]
  violatedPolicies?: string[]
  /** whole seconds after which a retry may help */
  retryAfterS?: number
  taskRef?: TaskRef
  /** methods that the path does have */
  allow?: string
  /** content codings that a body may have, if it had another one */
  acceptEncoding?: string
  /** what the create would have cost, and where the caller's limits stand */
  figures?: CreateFigures
  /** in place of the table's status, title and number: upstream's own; `quoted` if the detail is too, and so stays as it is */
  upstream?: { status: number, title: string | undefined, errorCode: number | undefined, quoted: boolean }
  /** for the log alone */
  cause?: unknown
}

/** Thrown to end a request with a row of the table; `detail` is a whole sentence that helps to correct the call. */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly detail: string
  readonly facts: RefusalFacts
  readonly status: number
  readonly errorCode: number
  readonly title: string
  /** URI of the problem type, RFC 9457 */
  readonly type: string

  constructor (code: RefusalCode, detail: string, facts: RefusalFacts) {
    super(`${code}: ${detail}`, { cause: facts.cause })
    const row: Row = REFUSALS[code]
    this.code = code
    this.detail = detail
    this.facts = facts
    this.status = facts.upstream?.status ?? row.status
    this.errorCode = facts.upstream?.errorCode ?? row.errorCode
    this.title = facts.upstream?.title ?? row.title
    this.type = row.type ?? `urn:mulegate:problem:${code}`
  }
}

export function refusal (code: RefusalCode, detail: string, facts: RefusalFacts = {}): Refusal {
  return new Refusal(code, detail, facts)
}

/** One text for every reason why a key is not good: the difference is nobody's business. */
export function unauthenticated (): Refusal {
  return refusal('unauthenticated', 'Send a valid API key of this gateway as "Authorization: Bearer mg_live_…".')
}

/** One text for a task that is unknown, foreign, deleted or no longer kept. */
export function noSuchTask (): Refusal {
  return refusal('not_found', 'There is no such task.')
}

/** A body with wrong fields; the detail names them all in one sentence. */
export function invalidBody (errors: FieldError[]): Refusal {
  const findings = errors.map(({ pointer, detail }) => `${pointer === '' ? 'it' : pointer.slice(1).replaceAll('/', '.')} ${detail}`)
  return refusal('invalid_body', `The body is not valid: ${findings.join('; ')}.`, { errors })
}
