// Webhooks and their deliveries as their team sees them; never a secret that was not just made.
import { rfc3339 } from '../../kernel/time.ts'
import type { Delivery } from '../../ledger/delivery.ts'
import type { Webhook } from '../../teams/webhook.ts'

export function webhookJson ({ id, url, events, enabled, previous, createdAtMs, updatedAtMs }: Webhook) {
  return {
    id,
    url,
    events,
    enabled,
    previous_secret_ends_at: momentOf(previous?.endsAtMs ?? null),
    created_at: rfc3339(createdAtMs),
    updated_at: rfc3339(updatedAtMs)
  }
}

export function deliveryJson ({ id, webhook, type, state, attempts, lastStatus, lastError, createdAtMs, dueAtMs, endedAtMs }: Delivery) {
  return {
    id,
    webhook,
    type,
    status: state,
    attempts,
    last_status: lastStatus,
    last_error: lastError,
    created_at: rfc3339(createdAtMs),
    next_attempt_at: momentOf(dueAtMs),
    ended_at: momentOf(endedAtMs)
  }
}

function momentOf (ms: number | null): string | null { return ms === null ? null : rfc3339(ms) }
