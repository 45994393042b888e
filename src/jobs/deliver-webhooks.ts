// Delivers what teams are to be told: claims what is due, on any instance, and carries it within a bound.
import { deliverWebhook, type DeliverDependencies } from '../flows/deliver-webhook.ts'
import { Running } from '../kernel/running.ts'
import { LedgerUnavailable } from '../ledger/ledger.ts'
import type { Claimed } from '../ledger/outbox.ts'
import { every, type Job } from './every.ts'

export type DeliverOptions = DeliverDependencies & {
  /** after which another instance may take a delivery over; longer than an attempt can take */
  leaseMs: number
}

const ROUND_MS = 500
const PRUNE_EVERY_MS = 60_000
/** Attempts at a time, of this instance, */
const AT_ONCE = 64
/** and to one webhook, so that a receiver that never answers is not in the way of the others. What is beyond waits until others of its webhook have ended, its lease ends, or a stop. */
const AT_ONCE_TO_ONE = 16

/** `left`: what names the attempts that are under way. */
export type Deliveries = Job & { readonly left: object[] }

/** Delivers until it is stopped; a stop gives back what is not begun, and waits for the attempts that are under way. */
export function deliverWebhooks (options: DeliverOptions): Deliveries {
  const { outbox, log, leaseMs } = options
  const attempts = new Running()
  const busy = new Map<string, number>()
  /** claimed and not begun, while the lease lasts */
  let waiting: Array<{ claimed: Claimed, untilMs: number }> = []
  let stopped = false

  async function deliver (claimed: Claimed): Promise<void> {
    const { id, serial } = claimed.delivery
    busy.set(serial, (busy.get(serial) ?? 0) + 1)
    try {
      await deliverWebhook(options, claimed)
    } catch (error) {
      // It is due again when its lease ends.
      if (error instanceof LedgerUnavailable) log.debug({ delivery: id, err: error }, 'delivery put off')
      else log.error({ delivery: id, err: error }, 'delivery cannot be made')
    }
    const left = (busy.get(serial) ?? 1) - 1
    if (left === 0) busy.delete(serial)
    else busy.set(serial, left)
  }

  /** So that another gateway is given it now, and not when the lease ends: a step that changes nothing. */
  async function giveBack ({ delivery }: Claimed): Promise<void> {
    try {
      await outbox.replaceDelivery(delivery, delivery)
    } catch (error) {
      log.debug({ delivery: delivery.id, err: error }, 'lease not given back')
    }
  }

  /** Gives back as much as there is a place for by now: it is claimed again, with its webhook as it is then. */
  async function freeWaiting (nowMs: number): Promise<void> {
    const taken = new Map(busy)
    const freed: Claimed[] = []
    waiting = waiting.filter(({ claimed, untilMs }) => {
      if (nowMs >= untilMs) return false
      const { serial } = claimed.delivery
      const places = taken.get(serial) ?? 0
      if (places >= AT_ONCE_TO_ONE) return true
      taken.set(serial, places + 1)
      freed.push(claimed)
      return false
    })
    await Promise.all(freed.map(giveBack))
  }

  const rounds = every(ROUND_MS, log, async () => {
    const room = AT_ONCE - attempts.size
    if (room < 1) return
    await freeWaiting(performance.now())
    // Before the lease begins, so that it is not taken for longer than it is.
    const nowMs = performance.now()
    for (const claimed of await outbox.claimDeliveries(room, leaseMs)) {
      const { id, serial } = claimed.delivery
      if (stopped || (busy.get(serial) ?? 0) >= AT_ONCE_TO_ONE) waiting.push({ claimed, untilMs: nowMs + leaseMs })
      else attempts.track(deliver(claimed), { delivery: id })
    }
  })
  const pruning = every(PRUNE_EVERY_MS, log, () => outbox.prune())

  return {
    get left () { return attempts.left },
    async stop () {
      stopped = true
      await Promise.all([rounds.stop(), pruning.stop()])
      const nowMs = performance.now()
      await Promise.all(waiting.filter(({ untilMs }) => nowMs < untilMs).map(({ claimed }) => giveBack(claimed)))
      await attempts.idle()
    }
  }
}
