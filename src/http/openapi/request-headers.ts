// The request headers that mean something here.
import type { ZodOpenApiParameterObject } from 'zod-openapi'

type Header = Exclude<ZodOpenApiParameterObject, { _zod: unknown } | { $ref: string }>

const described = {
  'Idempotency-Key': {
    description: '1 to 255 visible ASCII characters, quoted or bare. The same key with the same body again is answered with the first answer and buys nothing; ' +
      'a refused call forgets its key.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    example: '8e03978e-40d5-43e8-bc93-6894a57f9324'
  },
  Prefer: {
    description: '`wait=N` answers when the task has ended, or after N seconds; N is capped at 50 (RFC 7240). On a create it needs an `Idempotency-Key`.',
    schema: { type: 'string' },
    example: 'wait=30'
  },
  'Last-Event-ID': {
    description: 'The `id` of the last event that arrived, as event sources send it when they connect anew. That event is not sent again.',
    schema: { type: 'string' },
    example: '3'
  },
  traceparent: {
    description: 'W3C Trace Context. The gateway continues the trace with a span of its own.',
    schema: { type: 'string' },
    example: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  },
  'X-Request-Id': {
    description: 'A name for the request, 1 to 128 of `A-Za-z0-9._-`; anything else is ignored, and the gateway makes one.',
    schema: { type: 'string' },
    example: 'nightly-render-17'
  }
} as const satisfies Record<string, Omit<Header, 'name' | 'in'>>

export type RequestHeader = keyof typeof described

/** What every route takes. */
export const COMMON_REQUEST_HEADERS: readonly RequestHeader[] = ['traceparent', 'X-Request-Id']

/** As components of the document. */
export const requestHeaders: Record<string, Header> = Object.fromEntries(
  Object.entries(described).map(([name, header]) => [name, { name, in: 'header', required: false, ...header }])
)

/** A reference to one of them. */
export function requestHeader (name: RequestHeader) { return { $ref: `#/components/parameters/${name}` } }
