// One message to one webhook: how it stands, and what each attempt makes of it.
import type { MessageId, TeamId, WebhookId } from '../kernel/ids.ts'
import { unreachable } from '../kernel/unreachable.ts'
import type { Announcement } from './announcement.ts'

export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const
export type DeliveryState = typeof DELIVERY_STATES[number]

export type Delivery = {
  /** the message's id: a webhook is told each message once */
  id: MessageId
  team: TeamId
  webhook: WebhookId
  /** of the webhook */
  serial: string
  type: Announcement['type']
  payload: string
  state: DeliveryState
  /** all that were recorded; also tells whether a step was computed from what is there */
  attempts: number
  /** how many of them were made before it was last asked for again: the schedule begins anew there */
  attemptsBefore: number
  /** of the last attempt: the status that was answered, or why there was none */
  lastStatus: number | null
  lastError: string | null
  createdAtMs: number
  /** when the next attempt is made; null when there is none */
  dueAtMs: number | null
  /** when it was delivered, or given up */
  endedAtMs: number | null
}

/** How an attempt ended. A failed one without another attempt is the last. */
export type Attempt =
  | { kind: 'delivered', status: number }
  | { kind: 'failed', status: number | null, error: string, retryAtMs: number | null }

/** How long a delivery is kept after its end. */
export const DELIVERED_KEPT_MS = 86_400_000
export const DEAD_KEPT_MS = 30 * 86_400_000

export function newDelivery ({ id, team, type, payload, atMs }: Announcement, { webhook, serial }: Pick<Delivery, 'webhook' | 'serial'>): Delivery {
  return {
    id, team, webhook, serial, type, payload, state: 'pending', attempts: 0, attemptsBefore: 0, lastStatus: null, lastError: null, createdAtMs: atMs, dueAtMs: atMs, endedAtMs: null
  }
}

export function afterAttempt (delivery: Delivery, attempt: Attempt, nowMs: number): Delivery {
  const attempted = { ...delivery, attempts: delivery.attempts + 1, lastStatus: attempt.status }
  switch (attempt.kind) {
    case 'delivered': return { ...attempted, state: 'delivered', lastError: null, dueAtMs: null, endedAtMs: nowMs }
    case 'failed': {
      const { error, retryAtMs } = attempt
      return { ...attempted, state: retryAtMs === null ? 'dead' : 'pending', lastError: error, dueAtMs: retryAtMs, endedAtMs: retryAtMs === null ? nowMs : null }
    }
    default: return unreachable(attempt)
  }
}

/** Due at once, with a schedule that begins anew. */
export function askedAgain (delivery: Delivery, nowMs: number): Delivery {
  return { ...delivery, state: 'pending', attemptsBefore: delivery.attempts, dueAtMs: nowMs, endedAtMs: null }
}

/** How many attempts of its schedule were made. */
export function triesOf ({ attempts, attemptsBefore }: Delivery): number { return attempts - attemptsBefore }
