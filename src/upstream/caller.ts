// One call to MuleRouter: a free place, the token, the deadline, and the breaker that says when not to knock.
import { Agent, Pool, ProxyAgent, type Dispatcher } from 'undici'
import type { Clock } from '../kernel/clock.ts'
import type { Secret } from '../kernel/secret.ts'
import { ownTraceparent } from '../kernel/traceparent.ts'
import { openBreaker } from './breaker.ts'
import { exchange, type Exchange } from './exchange.ts'
import { slots } from './slots.ts'
import type { Use } from './token-place.ts'

export type CallerOptions = {
  baseUrl: URL
  /** egress proxy, used for an https upstream */
  proxyUrl: Secret | undefined
  /** deadline of one call, the waiting for a place not included */
  timeoutMs: number
  /** calls at a time */
  connections: number
  clock: Clock
}

export type Call = { method: 'GET' | 'POST' | 'DELETE', path: string, use: Use, traceparent: string | undefined, body?: string, notAfterMs?: number }

export interface Caller {
  /** Sends once, and ends the use of the token. Never throws. */
  call (call: Call): Promise<Exchange>
  /** Ends the calls that are under way, without an answer. */
  close (): Promise<void>
}

const SLOT_WAIT_MS = 2000
const CONNECT_TIMEOUT_MS = 5000
// Short, so that a connection which the other side closes when idle does not become an unknown outcome.
const KEEP_ALIVE_MS = 4000

export function openCaller (options: CallerOptions): Caller {
  const { baseUrl: { origin }, timeoutMs } = options
  const dispatcher = openDispatcher(options)
  const breaker = openBreaker(options.clock)
  const places = slots(options.connections, SLOT_WAIT_MS)

  async function send ({ method, path, use, traceparent, body, notAfterMs = Infinity }: Call): Promise<Exchange> {
    if (!breaker.allows()) return { kind: 'unsent', cause: new Error('the last calls could not be sent either, the next one is tried in a second') }
    if (!await places.enter()) return { kind: 'unsent', cause: new Error(`no free place within ${SLOT_WAIT_MS} ms`) }
    const headers: Record<string, string> = {
      authorization: `Bearer ${use.credential.token.reveal()}`, accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'mulegate', traceparent: traceparent ?? ownTraceparent()
    }
    if (body !== undefined) headers['content-type'] = 'application/json'
    try {
      const result = await exchange(dispatcher, { origin, method, path, headers, body: body ?? null, isLate: () => options.clock.nowMs() > notAfterMs }, timeoutMs)
      breaker.record(result.kind !== 'unsent')
      return result
    } finally {
      places.leave()
    }
  }

  return {
    async call (call) {
      try {
        return await send(call)
      } finally {
        call.use.end()
      }
    },
    async close () { await dispatcher.destroy() }
  }
}

function openDispatcher ({ baseUrl, proxyUrl, connections }: CallerOptions): Dispatcher {
  // Over HTTP/2 undici sends again by itself what was refused (REFUSED_STREAM, GOAWAY), and a connection that died would hold up all calls: they share one.
  const settings = { connections, pipelining: 1, allowH2: false, keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: KEEP_ALIVE_MS, connect: { timeout: CONNECT_TIMEOUT_MS, allowH2: false } }
  if (proxyUrl === undefined || baseUrl.protocol !== 'https:') return new Agent(settings)
  return new ProxyAgent({
    uri: proxyUrl.reveal(),
    ...settings,
    requestTls: settings.connect,
    proxyTls: settings.connect,
    // A proxy's answer to CONNECT is a part of connecting; undici would wait five minutes for it.
    clientFactory: (origin, options) => new Pool(origin, { ...options, headersTimeout: CONNECT_TIMEOUT_MS })
  })
}
