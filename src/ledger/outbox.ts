// What teams are told: the role that a store plays for webhooks and their deliveries.
import type { MessageId, TeamId, WebhookId } from '../kernel/ids.ts'
import type { Page, PageQuery } from '../kernel/page.ts'
import type { Webhook } from '../teams/webhook.ts'
import type { Announcement } from './announcement.ts'
import type { Delivery, DeliveryState } from './delivery.ts'

/** A delivery that is due, and where it goes. */
export type Claimed = { delivery: Delivery, webhook: Webhook }

export type DeliveryQuery = PageQuery & { state?: DeliveryState | undefined }

/**
 * Keeps webhooks and deliveries beside the ledger, which writes a delivery for each enabled webhook that wants it in the step that is
 * announced: both are there, or neither. Every method throws `LedgerUnavailable` if the store is away.
 */
export interface WebhookOutbox {
  /** @returns whether it was made; a team has each id once, and at most `WEBHOOKS_A_TEAM_MAX` */
  createWebhook (webhook: Webhook): Promise<'created' | 'exists' | 'too-many'>
  readWebhook (team: TeamId, id: WebhookId): Promise<Webhook | undefined>
  /** Stores the next version. @returns false if the stored version is not the one before it */
  replaceWebhook (next: Webhook): Promise<boolean>
  /** Removes it with its deliveries. @returns false if there was none */
  removeWebhook (webhook: Webhook): Promise<boolean>
  /** in the order of ids */
  listWebhooks (team: TeamId, query: PageQuery): Promise<Page<Webhook>>
  /** Tells one webhook, whatever it wants. */
  tell (webhook: Webhook, announcement: Announcement): Promise<Delivery>
  /** Deliveries that are due, at most so many; nobody else is given them until the lease ends or a step is recorded. */
  claimDeliveries (count: number, leaseMs: number): Promise<Claimed[]>
  /** Records a step. @returns false if the delivery is not as it was before, or not there: then nothing was changed */
  replaceDelivery (before: Delivery, after: Delivery): Promise<boolean>
  readDelivery (webhook: Webhook, id: MessageId): Promise<Delivery | undefined>
  /** newest first */
  listDeliveries (webhook: Webhook, query: DeliveryQuery): Promise<Page<Delivery>>
  /** How many deliveries, of all teams, wait for an attempt. */
  countPending (): Promise<number>
  /** Removes what was kept long enough, where the store does not do so by itself. */
  prune (): Promise<void>
}
