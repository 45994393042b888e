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
/** and to one webhook, so that a receiver that never answers is not in the way of the others. What is beyond waits for its lease to end. */
const AT_ONCE_TO_ONE = 16

/** Delivers until it is stopped; a stop waits for the attempts that are under way. */
export function deliverWebhooks (options: DeliverOptions): Job {
  const { outbox, log, leaseMs } = options
  const attempts = new Running()
  const busy = new Map<string, number>()

  async function deliver (claimed: Claimed): Promise<void> {
    const { id, serial } = claimed.delivery
    const taken = busy.get(serial) ?? 0
    if (taken >= AT_ONCE_TO_ONE) return
    busy.set(serial, taken + 1)
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

  const rounds = every(ROUND_MS, log, async () => {
    const room = AT_ONCE - attempts.size
    if (room < 1) return
    for (const claimed of await outbox.claimDeliveries(room, leaseMs)) attempts.track(deliver(claimed))
  })
  const pruning = every(PRUNE_EVERY_MS, log, () => outbox.prune())

  return {
    async stop () {
      await Promise.all([rounds.stop(), pruning.stop()])
      await attempts.idle()
    }
  }
}
