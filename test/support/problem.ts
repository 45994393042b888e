// The one shape of refusals, as CONTRACT.md writes it down: the numbers are copied from its table, not from the source.
import { expect } from 'vitest'
import type { Reply } from './gateway.ts'

/** status and error_code of every code of the table */
const CONTRACT = {
  invalid_body: [400, 2001],
  invalid_query: [400, 2001],
  invalid_request: [400, 2001],
  unauthenticated: [401, 1001],
  not_allowed: [403, 1003],
  not_found: [404, 2005],
  method_not_allowed: [405, 2006],
  request_timeout: [408, 2001],
  already_exists: [409, 4090],
  outcome_unknown: [409, 4092],
  already_decided: [409, 4093],
  webhook_disabled: [409, 4094],
  key_ended: [409, 4095],
  no_longer_kept: [409, 4096],
  payload_too_large: [413, 2001],
  unsupported_media_type: [415, 2001],
  headers_too_large: [431, 2001],
  rate_limited: [429, 4291],
  quota_exhausted: [429, 4290],
  too_many_in_flight: [429, 4292],
  upstream_credentials: [502, 5021],
  upstream_error: [502, 5020],
  upstream_unreachable: [503, 5030],
  ledger_unavailable: [503, 5031],
  draining: [503, 5032],
  overloaded: [503, 5033]
} as const

const QUOTA_EXCEEDED = 'https://iana.org/assignments/http-problem-types#quota-exceeded'
const REDUCED_CAPACITY = 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity'

export type ProblemCode = keyof typeof CONTRACT

export type ExpectedProblem = {
  /** path of the call, without its query */
  instance: string
  /** the sentence, without the request id at its end */
  detail: string | RegExp
  /** members beyond the eight that every problem has */
  more?: object
}

/** Expects a refusal of the gateway's own, with exactly the members that the contract gives it. */
export function expectProblem (reply: Reply, code: ProblemCode, { instance, detail, more = {} }: ExpectedProblem): void {
  const [status, errorCode] = CONTRACT[code]
  expectProblemShape(reply, { type: typeOf(code), status, instance, error_code: errorCode, code, ...code === 'invalid_query' ? { errors: expect.any(Array) } : {}, ...more })
  expect(sentenceOf(reply)).toEqual(typeof detail === 'string' ? detail : expect.stringMatching(detail))
}

function typeOf (code: ProblemCode): string {
  if (code === 'rate_limited' || code === 'quota_exhausted') return QUOTA_EXCEEDED
  return code === 'overloaded' ? REDUCED_CAPACITY : `urn:mulegate:problem:${code}`
}

/** Expects the shape that all refusals share. `title` and `detail` may be any text if they are not given. */
export function expectProblemShape (reply: Reply, members: { type: string, status: number, instance: string, error_code: number, code: string, [more: string]: unknown }): void {
  expect(reply.json, reply.text).toEqual({
    title: expect.stringMatching(/\S/), detail: expect.stringMatching(/\S/), request_id: reply.headers['x-request-id'], ...members
  })
  expect(reply.status).toBe(members.status)
  expect(reply.headers['content-type']).toMatch(/^application\/problem\+json(;|$)/)
  expect(reply.headers['x-request-id']).toMatch(/^[A-Za-z0-9._-]{1,128}$/)
}

/** The detail without the request id, which it must end with. */
export function sentenceOf ({ json, headers }: Reply): string {
  const end = ` (request_id: ${headers['x-request-id']})`
  expect(json.detail.endsWith(end), `${json.detail} ends with the request id`).toBe(true)
  return json.detail.slice(0, -end.length)
}

/** A refusal's text with its ids taken out: what is left must not tell two of them apart. */
export function withoutIds ({ text, json }: Reply, ...others: string[]): string {
  return [json.request_id, ...others].reduce((rest, id) => rest.replaceAll(id, '…'), text)
}
