// The outer limit on calls: per key over all routes, and per address for failed logins.
import rateLimit, { type FastifyRateLimitStoreCtor } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { refusal, type Refusal } from '../flows/refusals.ts'

export type FrontDoorOptions = {
  requestsPerMinute: number
  /** where all instances count together; while it is away or slow the door is open */
  shared?: SharedCounts | undefined
}

/** Counts calls by name in windows, for all instances. */
export type SharedCounts = {
  count (name: string, limit: { calls: number, windowMs: number }): Promise<{ current: number, endsInMs: number }>
  isAway (): boolean
}

export interface FrontDoor {
  /** Counts a call of the request's key. @throws Refusal `rate_limited` */
  admit (request: FastifyRequest): Promise<void>
  /** Counts a failed login of the request's address. @throws the refusal, or `rate_limited` when there were too many */
  refuseLogin (request: FastifyRequest, no: Refusal): Promise<never>
}

const MINUTE_MS = 60_000
const FAILED_LOGINS_PER_MINUTE = 60
// Keys and addresses that are remembered; the one that was quiet longest is forgotten first.
const REMEMBERED = 50_000

export async function createFrontDoor (app: FastifyInstance, { requestsPerMinute, shared }: FrontDoorOptions): Promise<FrontDoor> {
  const counted = shared === undefined ? { cache: REMEMBERED } : { store: storeOf(shared), skipOnError: true }
  const isOpen = (): boolean => shared?.isAway() ?? false
  await app.register(rateLimit, { global: false, timeWindow: MINUTE_MS, ...counted })
  const callsOfKey = app.createRateLimit({ max: requestsPerMinute, timeWindow: MINUTE_MS, keyGenerator: ({ caller }) => `key:${caller?.key.lineage ?? ''}` })
  // By address as the plugin counts it, an IPv6 network of 64 bits being one.
  const failedLogins = app.createRateLimit({ max: FAILED_LOGINS_PER_MINUTE, timeWindow: MINUTE_MS })

  return {
    async admit (request) {
      if (isOpen()) return
      const calls = await callsOfKey(request)
      if (calls.isAllowed || !calls.isExceeded) return
      throw refusal('rate_limited', `This key has made more than ${requestsPerMinute} calls in a minute.`, {
        retryAfterS: Math.max(1, calls.ttlInSeconds), violatedPolicies: ['front-door']
      })
    },

    async refuseLogin (request, no) {
      if (isOpen()) throw no
      const failures = await failedLogins(request)
      if (failures.isAllowed || !failures.isExceeded) throw no
      throw refusal('rate_limited', 'There were too many failed logins from this address.', {
        retryAfterS: Math.max(1, failures.ttlInSeconds), violatedPolicies: ['failed-logins']
      })
    }
  }
}

/** As the plugin wants it. */
function storeOf (counts: SharedCounts): FastifyRateLimitStoreCtor {
  return class {
    incr (name: string, done: (error: Error | null, result?: { current: number, ttl: number }) => void, windowMs: number, calls: number): void {
      counts.count(name, { calls, windowMs }).then(({ current, endsInMs }) => done(null, { current, ttl: endsInMs }), done)
    }

    child () { return this }
  }
}
