// An outbox whose recorded attempts are counted: each once, by the gateway whose record was the one that held.
import type { Delivery } from '../ledger/delivery.ts'
import type { WebhookOutbox } from '../ledger/outbox.ts'
import type { Metrics } from './metrics.ts'

const OUTCOMES = ['delivered', 'put_off', 'dead', 'asked_again'] as const

export function measuredOutbox (outbox: WebhookOutbox, { deliveries }: Pick<Metrics, 'deliveries'>): WebhookOutbox {
  for (const outcome of OUTCOMES) deliveries.inc({ outcome }, 0)
  return {
    ...outbox,
    async replaceDelivery (before, after) {
      const replaced = await outbox.replaceDelivery(before, after)
      // One that is given back as it was is no attempt, and nobody's wish.
      if (replaced && after !== before) deliveries.inc({ outcome: outcomeOf(before, after) })
      return replaced
    }
  }
}

function outcomeOf (before: Delivery, after: Delivery): typeof OUTCOMES[number] {
  if (after.attempts === before.attempts) return 'asked_again'
  return after.state === 'pending' ? 'put_off' : after.state
}
