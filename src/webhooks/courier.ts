// Carries messages to teams' receivers: one POST an attempt, and what its answer means.
import { Agent, type Dispatcher } from 'undici'
import type { Carried, Courier } from '../flows/courier.ts'
import type { Clock } from '../kernel/clock.ts'
import { retryAfterMs } from '../kernel/retry-after.ts'
import { triesOf, type Delivery } from '../ledger/delivery.ts'
import { signingSecrets, type Webhook } from '../teams/webhook.ts'
import { openAddressGuard, type AddressRules } from './address-guard.ts'
import { pauseAfter } from './schedule.ts'
import { signatureHeaders } from './signature.ts'

export type CourierOptions = AddressRules & {
  clock: Clock
  /** of one attempt, connecting included */
  deadlineMs?: number
}

export type OpenCourier = Courier & { close (): Promise<void> }

/** The specification asks for 15 to 30 s. */
export const DEADLINE_MS = 15_000
// Nobody reads answers; a short one leaves the connection for the next message.
const ANSWER_BYTES_MAX = 16_384
const KEEP_ALIVE_MS = 4000
const GONE = 410

export function openCourier ({ clock, deadlineMs = DEADLINE_MS, ...rules }: CourierOptions): OpenCourier {
  const guard = openAddressGuard(rules)
  // No proxy: it would connect to what nobody has checked.
  const agent = new Agent({ connect: guard.connector, pipelining: 1, allowH2: false, keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: KEEP_ALIVE_MS, maxHeaderSize: ANSWER_BYTES_MAX })

  function failed (delivery: Delivery, failure: { status: number | null, error: string, retryAfter?: string | undefined }): Carried {
    const { status, error, retryAfter } = failure
    const nowMs = clock.nowMs()
    const pauseMs = pauseAfter(triesOf(delivery) + 1, retryAfterMs(retryAfter, nowMs))
    return { kind: 'failed', status, error, retryAtMs: pauseMs === undefined ? null : nowMs + pauseMs }
  }

  return {
    problemOf: url => guard.problemOf(url),

    async carry (delivery, webhook) {
      // What was permitted when the webhook was made may not be any more.
      if (guard.problemOf(webhook.url) !== undefined) return failed(delivery, { status: null, error: 'ADDRESS_REFUSED' })
      try {
        const { statusCode: status, headers, body } = await within(deadlineMs, signal => post(agent, { delivery, webhook, nowMs: clock.nowMs(), signal }))
        // The status has decided: nobody waits for the rest.
        body.dump({ limit: ANSWER_BYTES_MAX, signal: AbortSignal.timeout(deadlineMs) }).catch(() => {})
        if (status >= 200 && status < 300) return { kind: 'delivered', status }
        if (status === GONE) return { kind: 'gone', status }
        const retryAfter = status === 429 || status === 503 ? headers['retry-after'] : undefined
        return failed(delivery, { status, error: `status ${status}`, retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined })
      } catch (error) {
        return failed(delivery, { status: null, error: codeOf(error) })
      }
    },

    async close () { await agent.destroy() }
  }
}

type Posted = { delivery: Delivery, webhook: Webhook, nowMs: number, signal: AbortSignal }

/** Sends once; a redirect is an answer like any other. */
function post (agent: Agent, { delivery: { id, payload }, webhook, nowMs, signal }: Posted): Promise<Dispatcher.ResponseData> {
  const { origin, pathname, search } = new URL(webhook.url)
  return agent.request({
    origin,
    path: `${pathname}${search}`,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'mulegate',
      ...signatureHeaders({ id, payload, secrets: signingSecrets(webhook, nowMs), nowMs })
    },
    body: payload,
    signal
  })
}

/** undici's own timeouts leave out the time in which it connects. */
async function within<Result> (deadlineMs: number, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController()
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    reject(new Deadline())
    controller.abort()
  }, deadlineMs)
  try {
    return await Promise.race([work(controller.signal), late])
  } finally {
    clearTimeout(timer)
  }
}

class Deadline extends Error {
  readonly code = 'DEADLINE'
}

/** Why there was no answer, in a word that names no address and no part of the URL. */
function codeOf (error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'NETWORK'
}
