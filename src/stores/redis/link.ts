// The way to Redis: every command has the same short time, and while Redis is away nobody waits for it.
import calculateSlot from 'cluster-key-slot'
import { ReplyError, type Cluster, type Redis } from 'ioredis'
import type { Log } from '../../kernel/log.ts'
import { LedgerUnavailable } from '../../ledger/ledger.ts'
import { closeClient } from './connection.ts'
import { ANSWER_WITHIN_MS, Deadlines } from './deadlines.ts'

export type RedisClient = Redis | Cluster

export type LinkOptions = {
  client: RedisClient
  log: Log
  /** asks for something small that lies at the place */
  probe: (client: RedisClient, place: string) => Promise<unknown>
  /** in a cluster a part of Redis can be away while the rest is not */
  apart: boolean
}

export interface Link {
  /**
   * Sends a command. It is never sent twice.
   * @param place any name that lies where the command goes @throws LedgerUnavailable
   */
  ask<Reply> (place: string, command: (redis: RedisClient) => Promise<Reply>): Promise<Reply>
  /** whether nothing is sent there now */
  isAway (place: string): boolean
  close (): Promise<void>
}

const PROBE_EVERY_MS = 250
/** How long a probe is waited for, whatever became of its connection. */
const PROBE_WITHIN_MS = 1000

// Redis says these before it does anything. https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
const NOTHING_DONE = /^(OOM|READONLY|LOADING|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|MISCONF|BUSY|NOAUTH|NOPERM|WRONGPASS|TRYAGAIN)\b/
// ioredis says these before it sends anything.
const NOTHING_SENT = /isn't (writeable|ready)|refresh slots cache|startup nodes/

export function openLink ({ client, log, probe, apart }: LinkOptions): Link {
  const breakers = new Map<number, Breaker>()
  const deadlines = new Deadlines()
  let closed = false

  function breakerOf (place: string): Breaker {
    const slot = apart ? calculateSlot(place) : 0
    const breaker = breakers.get(slot) ?? new Breaker(() => probe(client, place), away => {
      if (away) log.error(apart ? { slot } : {}, 'ledger away')
      else log.warn(apart ? { slot } : {}, 'ledger back')
    })
    if (closed) breaker.close()
    breakers.set(slot, breaker)
    return breaker
  }

  return {
    ask (place, command) {
      const breaker = breakerOf(place)
      if (breaker.cause !== undefined) return Promise.reject(new LedgerUnavailable(breaker.cause, { untouched: true }))
      return new Promise((resolve, reject) => {
        const waiting = deadlines.begin(() => {
          const cause = new Error(`Redis has not answered within ${ANSWER_WITHIN_MS} ms`)
          breaker.open(cause)
          reject(new LedgerUnavailable(cause))
        })
        command(client).then(reply => {
          waiting.answered = true
          resolve(reply)
        }, (error: unknown) => {
          waiting.answered = true
          if (!(error instanceof ReplyError)) breaker.open(error)
          reject(asFault(error))
        })
      })
    },

    isAway: place => breakerOf(place).cause !== undefined,

    async close () {
      closed = true
      for (const breaker of breakers.values()) breaker.close()
      closeClient(client)
    }
  }
}

/** What the error says of the step: that it was not taken, that nobody knows, or that it is a bug of ours. */
function asFault (error: unknown): unknown {
  const message = error instanceof Error ? error.message : ''
  if (error instanceof ReplyError) return NOTHING_DONE.test(message) ? new LedgerUnavailable(error, { untouched: true }) : error
  return new LedgerUnavailable(error, { untouched: NOTHING_SENT.test(message) })
}

/** Open from the first sign that Redis is away until a probe is answered. */
class Breaker {
  cause: unknown
  #timer: NodeJS.Timeout | undefined
  #closed = false
  readonly #probe: () => Promise<unknown>
  readonly #changed: (away: boolean) => void

  constructor (probe: () => Promise<unknown>, changed: (away: boolean) => void) {
    this.#probe = probe
    this.#changed = changed
  }

  open (cause: unknown): void {
    if (this.cause !== undefined || this.#closed) return
    this.cause = cause ?? new Error('Redis is away')
    this.#changed(true)
    this.#try()
  }

  close (): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** A probe that Redis answers late, when it goes on, is an answer; one that fails is sent again. */
  #try (): void {
    Promise.race([this.#probe(), silence()]).then(() => {
      this.cause = undefined
      this.#changed(false)
    }, () => {
      if (!this.#closed) this.#timer = setTimeout(() => this.#try(), PROBE_EVERY_MS)
    })
  }
}

function silence (): Promise<never> {
  return new Promise((_resolve, reject) => { setTimeout(() => reject(new Error('the probe was not answered')), PROBE_WITHIN_MS).unref() })
}
