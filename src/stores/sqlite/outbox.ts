// The outbox in the embedded database: rows beside those of the tasks, so that a step and what is told of it are one transaction.
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../kernel/clock.ts'
import { isWebhookId } from '../../kernel/ids.ts'
import { InvalidCursor } from '../../kernel/page.ts'
import type { WebhookOutbox } from '../../ledger/outbox.ts'
import { WEBHOOKS_A_TEAM_MAX } from '../../teams/webhook.ts'
import { reading, transaction } from './database.ts'
import { deliveryTable } from './deliveries.ts'
import { turn } from './turn.ts'
import { webhookTable } from './webhooks.ts'

export function sqliteOutbox ({ database, clock }: { database: DatabaseSync, clock: Clock }): WebhookOutbox {
  const webhooks = webhookTable(database)
  const deliveries = deliveryTable(database)
  transaction(database, () => deliveries.endLeases())

  return {
    async createWebhook (webhook) {
      return transaction(database, () => {
        if (webhooks.byId(webhook.team, webhook.id) !== undefined) return 'exists'
        if (webhooks.countOf(webhook.team) >= WEBHOOKS_A_TEAM_MAX) return 'too-many'
        webhooks.insert(webhook)
        return 'created'
      })
    },

    async readWebhook (team, id) { return reading(() => webhooks.byId(team, id)) },
    async replaceWebhook (next) { return transaction(database, () => webhooks.update(next)) },

    async removeWebhook ({ serial }) {
      while (transaction(database, () => deliveries.dropSome(serial))) await turn()
      return transaction(database, () => webhooks.remove(serial))
    },

    async listWebhooks (team, { limit, cursor }) {
      if (cursor !== null && !isWebhookId(cursor)) throw new InvalidCursor()
      const found = reading(() => webhooks.after(team, { cursor, limit: limit + 1 }))
      const rows = found.slice(0, limit)
      return { rows, nextCursor: found.length > limit ? rows.at(-1)?.id ?? null : null }
    },

    async tell (webhook, announcement) { return transaction(database, () => deliveries.tell(webhook, announcement)) },
    async claimDeliveries (count, leaseMs) { return transaction(database, () => deliveries.claim(clock.nowMs(), { count, leaseMs })) },
    async replaceDelivery (before, after) { return transaction(database, () => deliveries.replace(before, after)) },
    async readDelivery (webhook, id) { return reading(() => deliveries.byId(webhook, id)) },

    async listDeliveries (webhook, { limit, ...query }) {
      const found = reading(() => deliveries.page(webhook, { ...query, limit: limit + 1 }))
      const rows = found.slice(0, limit)
      return { rows, nextCursor: found.length > limit ? rows.at(-1)?.id ?? null : null }
    },

    async countPending () { return reading(() => deliveries.countPending()) },

    async prune () { transaction(database, () => deliveries.prune(clock.nowMs())) }
  }
}
