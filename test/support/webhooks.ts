// Webhooks as a team would make them; no two are alike.
import { randomBase62, type WebhookId } from '../../src/kernel/ids.ts'
import type { Delivery } from '../../src/ledger/delivery.ts'
import type { WebhookOutbox } from '../../src/ledger/outbox.ts'
import type { Caller } from '../../src/teams/directory.ts'
import { newSerial, newWebhookSecret, WEBHOOK_EVENTS, type Webhook } from '../../src/teams/webhook.ts'

export function aWebhook ({ team }: Pick<Caller, 'team'>, settings: Partial<Webhook> = {}): Webhook {
  return {
    id: `hook-${randomBase62(10).toLowerCase()}` as WebhookId,
    team: team.id,
    serial: newSerial(),
    url: 'https://receiver.example/hooks',
    events: [...WEBHOOK_EVENTS],
    enabled: true,
    secret: newWebhookSecret(),
    previous: null,
    version: 1,
    createdAtMs: 1,
    updatedAtMs: 1,
    ...settings
  }
}

/** A webhook that is in the outbox. */
export async function keptWebhook (outbox: WebhookOutbox, caller: Caller, settings: Partial<Webhook> = {}): Promise<Webhook> {
  const webhook = aWebhook(caller, settings)
  const made = await outbox.createWebhook(webhook)
  if (made !== 'created') throw new Error(`the webhook was not made: ${made}`)
  return webhook
}

/** What a webhook was told, the oldest first. */
export async function toldTo (outbox: WebhookOutbox, webhook: Webhook): Promise<Delivery[]> {
  const { rows } = await outbox.listDeliveries(webhook, { limit: 100, cursor: null })
  return rows.toReversed()
}

/** Payloads as JSON. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function payloadsOf (deliveries: readonly Delivery[]): any[] { return deliveries.map(({ payload }) => JSON.parse(payload)) }
