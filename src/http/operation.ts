// What a route says of itself where it is declared: the document at /openapi.json is made of it, and of nothing else.
import type { z } from 'zod'
import type { RefusalCode } from '../flows/refusals.ts'
import type { RequestHeader } from './openapi/request-headers.ts'
import type { ResponseHeader } from './openapi/response-headers.ts'
import type { Tag } from './openapi/tags.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** what the document says of the route; null where it only refuses, so that there is nothing to say */
    operation?: Operation | null
  }
}

/**
 * A route for the world outside. What follows from the route itself is added by the document: path parameters, security, and the refusals
 * of everything that has this access, this method, path parameters, a query or a body.
 */
export type Operation = {
  /** the name of the function in generated clients; no two operations have the same */
  id: string
  tag: Tag
  /** a few words, without a full stop */
  summary: string
  /** CommonMark */
  description?: string
  /** the schema that the query is read by */
  query?: z.ZodObject
  /** request headers beside those that every route takes */
  headers?: readonly RequestHeader[]
  body?: RequestBody
  /** answers that are no refusals, by status; `2XX` is any other */
  answers: Readonly<Partial<Record<number | '2XX', Answer>>>
  /** refusals beside those that follow from the route */
  refusals?: readonly RefusalCode[]
  /** headers that a refusal may have which comes when the price is known */
  refusalHeaders?: readonly ResponseHeader[]
}

/** A route as the document knows it. */
export type DescribedRoute = {
  method: string
  /** as OpenAPI writes it: `/v1/webhooks/{webhook_id}` */
  path: string
  access: 'public' | 'team' | 'admin'
  operation: Operation
}

export type RequestBody = {
  /** the schema that the body is read by; its input side is shown */
  schema: z.ZodType
  /** whether it is a merge patch: then the schema is that of what results */
  patch?: boolean
  description?: string
  /** whether an empty body is none */
  optional?: boolean
  examples?: Readonly<Record<string, Example>>
}

export type Answer = {
  description: string
  /** of a JSON body; an answer without a schema has no body */
  schema?: z.ZodType
  /** media type, if it is not JSON */
  type?: string
  /** other media types that the route can answer with */
  others?: Readonly<Record<string, { schema: z.ZodType, example: string }>>
  examples?: Readonly<Record<string, Example>>
  /** headers that it always has, beside those of every answer */
  headers?: readonly ResponseHeader[]
  /** headers that it may have */
  headersIfAny?: readonly ResponseHeader[]
}

export type Example = { summary?: string, value: unknown }

/** Options of a route that anybody may call. */
export function publicRoute (operation: Operation) { return { config: { access: 'public' as const, operation } } }
/** Options of a route that needs a team's key. */
export function teamRoute (operation: Operation) { return { config: { access: 'team' as const, operation } } }
/** Options of a route that needs an admin token. */
export function adminRoute (operation: Operation) { return { config: { access: 'admin' as const, operation } } }
