// Every "no" leaves in one shape: RFC 9457 and MuleRouter's own error body at once.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Refusal, refusal } from '../flows/refusals.ts'
import { InvalidCursor } from '../kernel/page.ts'
import { LedgerLost, LedgerUnavailable } from '../ledger/ledger.ts'
import { setRateLimitHeaders } from './rate-limit-headers.ts'
import type { Problem } from './shapes/problem.ts'

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** The problem body of a refusal. `instance` is the path that was called. */
export function problemBody (no: Refusal, instance: string, requestId: string): Problem {
  const { errors, violatedPolicies, taskRef } = no.facts
  return {
    type: no.type,
    title: no.title,
    status: no.status,
    detail: no.facts.upstream?.quoted === true ? no.detail : `${no.detail} (request_id: ${requestId})`,
    instance,
    error_code: no.errorCode,
    code: no.code,
    request_id: requestId,
    errors,
    'violated-policies': violatedPolicies,
    task_ref: taskRef
  }
}

/** Answers a request with a refusal, and logs what the caller is not told. */
export function answerProblem (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // What broke is the connection, in the middle of the body: nobody is there to be refused, and the request's own line says that its caller has gone.
  if (error === request.raw.errored) return reply.hijack()
  const no = asRefusal(error)
  request.refusal = no
  const { allow, acceptEncoding, retryAfterS, cause, figures } = no.facts
  const line = { code: no.code, status: no.status, err: cause }
  if (no.status >= 500 || no.code === 'outcome_unknown') request.log.error(line, 'refused')
  else request.log.info(line, 'refused')

  if (allow !== undefined) reply.header('allow', allow)
  if (acceptEncoding !== undefined) reply.header('accept-encoding', acceptEncoding)
  if (retryAfterS !== undefined) reply.header('retry-after', String(retryAfterS))
  if (no.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer')
  if (figures !== undefined) setRateLimitHeaders(reply, figures)
  return reply.code(no.status).type(PROBLEM_TYPE).send(JSON.stringify(problemBody(no, pathOf(request.originalUrl), request.id)))
}

/** The path without the query, which may hold what nobody should repeat; of a whole URL, as proxies are asked for one (RFC 9112, 3.2.2), too. */
export function pathOf (url: string): string {
  const path = url.replace(/^https?:\/\/[^/?#]*\/?/i, '/')
  const query = path.indexOf('?')
  return query === -1 ? path : path.slice(0, query)
}

/** Turns whatever was thrown into a row of the table. */
function asRefusal (error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof LedgerLost) {
    return refusal('ledger_unavailable', 'The ledger has lost data, and nothing is started until an operator confirms what is left.', { cause: error, retryAfterS: 60 })
  }
  if (error instanceof LedgerUnavailable) return refusal('ledger_unavailable', 'The ledger does not answer, and nothing is started without it.', { cause: error, retryAfterS: 1 })
  if (error instanceof InvalidCursor) return refusal('invalid_query', 'The cursor is none that this list gave out.', { errors: [{ pointer: '/cursor', detail: 'is none that this list gave out' }] })
  if (isFastifyError(error)) return ofFastify(error)
  return internal(error)
}

function ofFastify (error: FastifyError): Refusal {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE': return refusal('payload_too_large', 'The body is larger than this route takes.')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE': return refusal('unsupported_media_type', 'Send the body as "Content-Type: application/json".')
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH': return refusal('invalid_body', 'The body has another length than its Content-Length says.')
    case 'FST_ERR_BAD_URL': return refusal('not_found', 'There is no such route.')
    default: return error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
      ? refusal('invalid_body', 'The request cannot be read.', { cause: error })
      : internal(error)
  }
}

function internal (cause: unknown): Refusal {
  return refusal('internal', 'The gateway failed in a way that nobody planned; its log knows more.', { cause })
}

function isFastifyError (error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('FST_')
}
