// The response headers that mean something, and how a response refers to them.
import type { ZodOpenApiComponentsObject } from 'zod-openapi'

type Header = { description: string, schema: { type: 'string' | 'integer', pattern?: string, enum?: string[], minimum?: number }, example: string | number }

const described = {
  'X-Request-Id': { description: 'The name of the request in the gateway\'s log: the caller\'s, or `req_` and letters and digits.', schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,128}$' }, example: 'req_0aZ3kQ8xW1mN5pR7tV9y' },
  traceparent: { description: 'The gateway\'s span, W3C Trace Context.', schema: { type: 'string', pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' }, example: '00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01' },
  'Cache-Control': { description: 'Whether the answer may be kept; nothing that belongs to a team may.', schema: { type: 'string' }, example: 'private, no-store' },
  'Content-Security-Policy': { description: 'What the page may load: nothing from elsewhere.', schema: { type: 'string' }, example: 'default-src \'self\'' },
  Location: { description: 'Where to find what was made.', schema: { type: 'string' }, example: '/v1/webhooks/finished' },
  'Retry-After': { description: 'Whole seconds after which a retry may help.', schema: { type: 'integer', minimum: 0 }, example: 20 },
  'WWW-Authenticate': { description: 'How to authenticate.', schema: { type: 'string' }, example: 'Bearer' },
  'Accept-Encoding': { description: 'The content codings that the body may have; there if it had another one.', schema: { type: 'string' }, example: 'identity' },
  Allow: { description: 'The methods that the path has.', schema: { type: 'string' }, example: 'GET, HEAD' },
  'Mulegate-Price-Usd': { description: 'What the task costs, in US dollars.', schema: { type: 'string', pattern: '^[0-9]+\\.[0-9]{2,6}$' }, example: '0.50' },
  'RateLimit-Policy': {
    description: 'The limits that are counted in requests, of team and key (draft-ietf-httpapi-ratelimit-headers-11). Only where there is one.',
    schema: { type: 'string' },
    example: '"team-day";q=20;w=86400, "key-hour";q=5;w=3600'
  },
  RateLimit: { description: 'The tightest of them: what remains, and the seconds until it begins anew.', schema: { type: 'string' }, example: '"key-hour";r=3;t=1187' },
  'Idempotency-Replayed': { description: 'This is the answer to an earlier call; nothing was bought now.', schema: { type: 'string', enum: ['true'] }, example: 'true' },
  'Preference-Applied': { description: 'The wait that was granted, in seconds.', schema: { type: 'string', pattern: '^wait=[0-9]+$' }, example: 'wait=30' }
} as const satisfies Record<string, Header>

export type ResponseHeader = keyof typeof described

/** What every answer has. */
const COMMON: readonly ResponseHeader[] = ['X-Request-Id', 'traceparent']

type References = Record<string, { $ref: string }>

/** References for a response. @param always the headers that it has beside the common ones @param ifAny those that it may have */
export function headersOf (always: readonly ResponseHeader[], ifAny: readonly ResponseHeader[]): References {
  const there = new Set([...COMMON, ...always])
  return Object.fromEntries([
    ...[...there].map(name => [name, { $ref: `#/components/headers/${name}` }]),
    ...ifAny.filter(name => !there.has(name)).map(name => [name, { $ref: `#/components/headers/${nameIfAny(name)}` }])
  ])
}

/** As components of the document: each one as it is where it is always there, and as it is where it may be missing. */
export const responseHeaders: NonNullable<ZodOpenApiComponentsObject['headers']> = Object.fromEntries(
  Object.entries(described).flatMap(([name, header]) => [[name, { ...header, required: true }], [nameIfAny(name), { ...header, required: false }]])
)

function nameIfAny (name: string): string { return `${name}.if-any` }
