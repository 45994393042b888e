// What Node's HTTP parser refuses never becomes a request; it is answered in the same shape all the same.
import type { Socket } from 'node:net'
import { refusal, type Refusal } from '../flows/refusals.ts'
import { newRequestId } from '../kernel/ids.ts'
import { ownTraceparent } from '../kernel/traceparent.ts'
import type { PendingAnswers } from './pending-answers.ts'
import { problemBody, PROBLEM_TYPE } from './problem.ts'

/** How long a client may take to read the answer and to leave. */
const LEAVE_WITHIN_MS = 1000

/** Answers what is no request, behind the requests that came before it, and ends the connection. */
export class ClientErrors {
  readonly #pending: PendingAnswers
  /** Whose end is decided: what Node says of them again is no news. */
  readonly #ending = new WeakSet<Socket>()

  constructor (pending: PendingAnswers) { this.#pending = pending }

  /** Answers on the bare socket, if it still can be. */
  readonly answer = (error: Error & { code: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy(error)
    else this.#endInTurn(refusalOf(error.code), socket)
  }

  /** Answers CONNECT, for which Node would close the connection without a word. */
  readonly answerConnect = (socket: Socket): void => {
    const before = this.#pending.before(socket)
    socket.on('error', () => {})
    // Node has let go of the connection: nobody else would see that the caller leaves, and tell those that still wait.
    socket.once('close', () => { for (const response of before) response.destroy() })
    socket.once('end', () => socket.destroy()).resume()
    this.#endInTurn(refusal('invalid_request', 'The gateway is no proxy.'), socket)
  }

  #endInTurn (no: Refusal, socket: Socket): void {
    if (this.#ending.has(socket)) return
    this.#ending.add(socket)
    const end = (): void => {
      if (this.#pending.before(socket).length > 0) return
      if (this.#pending.hasBegun(socket) || !socket.writable) socket.destroy()
      else endWith(no, socket)
    }
    for (const response of this.#pending.before(socket)) response.once('close', end)
    end()
  }
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
