// The refusals of an operation as responses of the document: those that it declares, and those that follow from its route.
import { z } from 'zod'
import type { ZodOpenApiResponseObject } from 'zod-openapi'
import { REFUSALS, Refusal, type RefusalCode } from '../../flows/refusals.ts'
import type { DescribedRoute } from '../operation.ts'
import { problemBody, PROBLEM_TYPE } from '../problem.ts'
import { REFUSAL_NOTES, UPSTREAM_REFUSALS } from './refusal-notes.ts'
import { headersOf, type ResponseHeader } from './response-headers.ts'

export const PROBLEM_MEDIA_TYPE = PROBLEM_TYPE.replace(/;.*/, '')

const REQUEST_ID = 'req_0aZ3kQ8xW1mN5pR7tV9y'
const ANY_OTHER = '4XX'
/** What is answered before it is known whose request it is, or to whom everybody may talk. */
const BEFORE_THE_DOOR: readonly string[] = ['400', '405', '408', '431']

/** What every path may be answered, whether a route has it or not. */
const ANY_PATH: readonly RefusalCode[] = [
  'invalid_request', 'unauthenticated', 'not_allowed', 'not_found', 'method_not_allowed', 'request_timeout', 'headers_too_large', 'rate_limited', 'internal', 'draining', 'overloaded', 'ledger_unavailable'
]

/** Every code with which the route may say no. */
function refusalCodesOf ({ method, path, access, operation }: DescribedRoute): RefusalCode[] {
  const { query, refusals = [] } = operation
  return [...new Set<RefusalCode>([
    'invalid_request',
    ...where(query !== undefined && isStrict(query), 'invalid_query'),
    ...where(method !== 'GET', 'invalid_body', 'payload_too_large', 'unsupported_media_type'),
    ...where(access !== 'public', 'unauthenticated', 'rate_limited', 'draining', 'ledger_unavailable'),
    ...where(access === 'team', 'overloaded'),
    // Without ADMIN_TOKEN there is no admin API; and a read-only token changes nothing.
    ...where(access === 'admin', 'not_found'),
    ...where(access === 'admin' && method !== 'GET', 'not_allowed'),
    ...where(path.includes('{'), 'not_found'),
    ...refusals,
    'internal'
  ])]
}

function where (condition: boolean, ...codes: RefusalCode[]): RefusalCode[] { return condition ? codes : [] }

/** Whether parameters that nobody knows are refused, and not ignored. */
function isStrict ({ def: { catchall } }: z.ZodObject): boolean { return catchall instanceof z.ZodNever }

type Kind = { isPublic: boolean, more: readonly ResponseHeader[] }

/** Responses that are made once and referred to by name. */
export class RefusalResponses {
  readonly components: Record<string, ZodOpenApiResponseObject> = {}

  constructor () {
    for (const code of ANY_PATH) this.#nameOf(String(REFUSALS[code].status), [code], { isPublic: false, more: [] })
  }

  /** References by status. */
  of (route: DescribedRoute): Record<string, { $ref: string }> {
    const { refusalHeaders = [] } = route.operation
    const all = refusalCodesOf(route)
    return Object.fromEntries([...new Set(all.flatMap(statusesOf))].map(status => {
      const codes = all.filter(code => mayHave(code, status))
      const more = codes.some(code => REFUSAL_NOTES[code].priced) ? refusalHeaders : []
      return [status, { $ref: `#/components/responses/${this.#nameOf(status, codes, { isPublic: route.access === 'public', more })}` }]
    }))
  }

  #nameOf (status: string, codes: readonly RefusalCode[], kind: Kind): string {
    const name = [status, ...codes, ...kind.isPublic ? ['public'] : [], ...kind.more.length > 0 ? ['priced'] : []].join('.')
    this.components[name] ??= responseOf(status, codes, kind)
    return name
  }
}

function responseOf (status: string, codes: readonly RefusalCode[], { isPublic, more }: Kind): ZodOpenApiResponseObject {
  const byCode = codes.map(code => headersOfCode(code, status))
  const ofAll = byCode.reduce((common, headers) => common.filter(header => headers.includes(header)))
  const ifAny = [...byCode.flat(), ...codes.flatMap(code => REFUSAL_NOTES[code].headersIfAny ?? []), ...more]
  const isCacheSaid = !isPublic && !BEFORE_THE_DOOR.includes(status)
  return {
    description: codes.map(code => `\`${code}\`: ${REFUSAL_NOTES[code].when}.`).join('\n\n'),
    headers: isCacheSaid ? headersOf(['Cache-Control', ...ofAll], ifAny) : headersOf(ofAll, ['Cache-Control', ...ifAny]),
    content: {
      [PROBLEM_MEDIA_TYPE]: {
        schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: [...codes] } } }] },
        examples: Object.fromEntries(codes.map(code => [code, { value: exampleOf(code, status) }]))
      }
    }
  }
}

function statusesOf (code: RefusalCode): string[] {
  return code === 'upstream_refused' ? [...UPSTREAM_REFUSALS.map(({ status }) => String(status)), ANY_OTHER] : [String(REFUSALS[code].status)]
}

/** MuleRouter may say no with any status below 500, but that its 401 is the gateway's own fault. */
function mayHave (code: RefusalCode, status: string): boolean {
  return statusesOf(code).includes(status) || (code === 'upstream_refused' && status.startsWith('4') && status !== '401')
}

function headersOfCode (code: RefusalCode, status: string): readonly ResponseHeader[] {
  return code === 'upstream_refused' && status === '429' ? ['Retry-After'] : REFUSAL_NOTES[code].headers ?? []
}

/** Made by what answers refusals, so that an example is what a caller would see. */
function exampleOf (code: RefusalCode, status: string): unknown {
  const { detail, facts = {}, instance = '/generation' } = REFUSAL_NOTES[code]
  const refusal = code === 'upstream_refused' ? upstreamRefusal(status === ANY_OTHER ? 418 : Number(status)) : new Refusal(code, detail, facts)
  return JSON.parse(JSON.stringify(problemBody(refusal, instance, REQUEST_ID)))
}

function upstreamRefusal (status: number): Refusal {
  const known = UPSTREAM_REFUSALS.find(no => no.status === status)
  const upstream = known ?? { status, title: undefined, errorCode: undefined, quoted: false }
  return new Refusal('upstream_refused', known?.detail ?? `MuleRouter refused the request with status ${status}.`, { upstream })
}
