// How long a client may take, and how much it may send: nobody holds a place that others need by being slow or by saying nothing.
import type { IncomingMessage, Server } from 'node:http'
import type { FastifyHttpOptions, FastifyInstance } from 'fastify'
import { refusal, type Refusal } from '../flows/refusals.ts'

export type ConnectionLimits = {
  /** from the first byte of a request, or from the connection if nothing comes, to the end of its headers */
  headersTimeoutMs: number
  /** from the first byte of a request to the end of its body */
  requestTimeoutMs: number
  /** how long a connection is kept on which nothing is asked: longer than balancers keep theirs, so that they close first */
  keepAliveTimeoutMs: number
  /** how long an open request may pass without a byte in either direction, such as to a reader who does not read; longer than any answer takes */
  quietTimeoutMs: number
  /** how often the first two are looked at */
  checkEveryMs: number
  /** at a time; whoever comes beyond is not taken */
  connectionsMax: number
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 72_000,
  quietTimeoutMs: 120_000,
  checkEveryMs: 1000,
  // Of some 15 kB each; leaves file descriptors for upstream, Redis and receivers where a process has 16 thousand.
  connectionsMax: 10_000
}

/** As Node's default, said here because it is promised. */
const HEADER_BYTES_MAX = 16_384
/** Node would leave out what is beyond its own maximum, an Authorization perhaps, and say nothing. */
const HEADERS_MAX = 200

/** The server's settings. A connection may make any number of requests: they are limited by key. */
export function limitOptions (limits: ConnectionLimits): FastifyHttpOptions<Server> {
  return {
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionTimeout: limits.quietTimeoutMs,
    http: {
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.checkEveryMs,
      maxHeaderSize: HEADER_BYTES_MAX,
      // The check for a Host is ours, so that its refusal has the shape of all others.
      requireHostHeader: false
    }
  }
}

/** Refuses what Node's parser lets pass although RFC 9112 does not, or that other servers might read otherwise. */
export function checkRequests (app: FastifyInstance, { connectionsMax }: ConnectionLimits): void {
  app.server.maxConnections = connectionsMax
  app.server.maxHeadersCount = 0
  app.addHook('onRequest', ({ raw }, reply, done) => {
    const no = refusalOf(raw)
    if (no === undefined) return done()
    if (no.ends) reply.header('connection', 'close')
    // Not before the parser has seen what else came with these headers: where it breaks off, that is what is answered.
    queueMicrotask(() => done(no.refusal))
  })
}

/** What is wrong with a request, and whether its connection ends with that because nobody can be sure where the next one begins. */
function refusalOf ({ rawHeaders, headers, httpVersion }: IncomingMessage): { refusal: Refusal, ends: boolean } | undefined {
  const coding = headers['transfer-encoding']
  if (rawHeaders.length > 2 * HEADERS_MAX) return ending('headers_too_large', `The request has more than ${HEADERS_MAX} headers.`)
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return ending('invalid_request', `The gateway speaks HTTP/1.1, not HTTP/${httpVersion}.`)
  if (httpVersion === '1.0' && coding !== undefined) return ending('invalid_request', 'A request of HTTP/1.0 has no Transfer-Encoding.')
  // Another coding would be left unread, and a list of them is what servers disagree about.
  if (coding !== undefined && !/^chunked$/i.test(coding)) return ending('invalid_request', 'A Transfer-Encoding can only be chunked.')
  if (httpVersion === '1.1' && headers.host === undefined) return { refusal: refusal('invalid_request', 'The request has no Host header.'), ends: false }
  if (hostsIn(rawHeaders) > 1) return ending('invalid_request', 'The request has more than one Host header.')
  return undefined
}

function ending (code: 'invalid_request' | 'headers_too_large', detail: string) { return { refusal: refusal(code, detail), ends: true } }

/** @param rawHeaders names and values in turn */
function hostsIn (rawHeaders: readonly string[]): number {
  let hosts = 0
  for (let place = 0; place < rawHeaders.length; place += 2) if (/^host$/i.test(rawHeaders[place] ?? '')) hosts++
  return hosts
}
