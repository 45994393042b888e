// What Node's HTTP parser refuses never becomes a request; it is answered in the same shape all the same.
import type { Socket } from 'node:net'
import { refusal, type Refusal } from '../flows/refusals.ts'
import { newRequestId } from '../kernel/ids.ts'
import { ownTraceparent } from '../kernel/traceparent.ts'
import { problemBody, PROBLEM_TYPE } from './problem.ts'

/** How long a client may take to read the answer and to leave. */
const LEAVE_WITHIN_MS = 1000

/** Answers on the bare socket, if it still can be, and ends the connection. */
export function answerClientError (error: Error & { code: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy(error)
    return
  }
  endWith(refusalOf(error.code), socket)
}

/** Answers CONNECT, for which Node would close the connection without a word. */
export function answerConnect (socket: Socket): void {
  socket.on('error', () => {})
  endWith(refusal('invalid_request', 'The gateway is no proxy.'), socket)
}

function endWith (no: Refusal, socket: Socket): void {
  const requestId = newRequestId()
  const body = JSON.stringify(problemBody(no, '/', requestId))
  socket.end([
    `HTTP/1.1 ${no.status} ${no.title}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    `Traceparent: ${ownTraceparent()}`,
    'X-Content-Type-Options: nosniff',
    'Connection: close',
    '',
    body
  ].join('\r\n'))
  setTimeout(() => socket.destroy(), LEAVE_WITHIN_MS).unref()
}

function refusalOf (code: string): Refusal {
  if (code === 'HPE_HEADER_OVERFLOW') return refusal('headers_too_large', 'The request has more header bytes than the gateway takes.')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return refusal('request_timeout', 'The request did not arrive in time.')
  return refusal('invalid_request', 'The request is not valid HTTP.')
}
