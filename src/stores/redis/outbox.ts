// The outbox in Redis: webhooks and deliveries lie in their team's shard, so that a step and what is told of it are one script.
import { z } from 'zod'
import { isWebhookId, type MessageId, type TeamId, type WebhookId } from '../../kernel/ids.ts'
import { InvalidCursor } from '../../kernel/page.ts'
import { ALL_SHARDS, shardOf } from '../../kernel/shard.ts'
import { DEAD_KEPT_MS, DELIVERED_KEPT_MS, DELIVERY_STATES, newDelivery, type Delivery } from '../../ledger/delivery.ts'
import type { Claimed, WebhookOutbox } from '../../ledger/outbox.ts'
import { WEBHOOKS_A_TEAM_MAX, type Webhook } from '../../teams/webhook.ts'
import { listDeliveries } from './deliveries.ts'
import type { Link } from './link.ts'
import { messageOf, PENDING_KEPT_MS } from './message.ts'
import type { Names } from './names.ts'
import { packChanging, unpackDelivery } from './packed-delivery.ts'
import { packWebhook, unpackWebhook } from './packed-webhook.ts'
import { run } from './scripts.ts'
import type { StoreTime } from './store-time.ts'

export type RedisOutboxOptions = { link: Link, names: Names, time: StoreTime }

const KEPT_MS = { pending: PENDING_KEPT_MS, delivered: DELIVERED_KEPT_MS, dead: DEAD_KEPT_MS } as const

const keepReply = z.enum(['stored', 'other', 'full'])
const claimReply = z.array(z.tuple([z.string(), z.string(), z.string(), z.string(), z.string(), z.string()]))

export function redisOutbox ({ link, names, time }: RedisOutboxOptions): WebhookOutbox {
  function keep (webhook: Webhook, before: number): Promise<unknown> {
    const { team, id, serial } = webhook
    return run(link, 'keep-webhook', {
      keys: [names.webhooks(team)], about: { id, serial, before, most: WEBHOOKS_A_TEAM_MAX }, more: [packWebhook(webhook)]
    })
  }

  async function readWebhook (team: TeamId, id: WebhookId): Promise<Webhook | undefined> {
    const value = await link.ask(names.team(team), redis => redis.hget(names.webhooks(team), id))
    return value === null ? undefined : unpackWebhook(team, id, value)
  }

  return {
    async createWebhook (webhook) {
      const reply = keepReply.parse(await keep(webhook, 0))
      return reply === 'stored' ? 'created' : reply === 'other' ? 'exists' : 'too-many'
    },
    readWebhook,
    async replaceWebhook (next) { return keepReply.parse(await keep(next, next.version - 1)) === 'stored' },

    async removeWebhook ({ team, id, serial }) {
      const keys = [names.webhooks(team), ...DELIVERY_STATES.map(state => names.deliveries(team, serial, state))]
      return await run(link, 'drop-webhook', { keys, about: id, more: [serial] }) === 1
    },

    async listWebhooks (team, { limit, cursor }) {
      if (cursor !== null && !isWebhookId(cursor)) throw new InvalidCursor()
      const all = await link.ask(names.team(team), redis => redis.hgetall(names.webhooks(team)))
      const found = Object.entries(all).filter(([id]) => cursor === null || id > cursor).sort(([one], [other]) => one < other ? -1 : 1)
      const rows = found.slice(0, limit).map(([id, value]) => unpackWebhook(team, id, value))
      return { rows, nextCursor: found.length > limit ? rows.at(-1)?.id ?? null : null }
    },

    async tell ({ team, id, serial }, announcement) {
      await run(link, 'tell', { keys: [names.webhooks(team)], about: JSON.stringify(messageOf(names, announcement)), more: [id, serial] })
      return newDelivery(announcement, { webhook: id, serial })
    },

    async claimDeliveries (count, leaseMs) {
      const nowMs = time.told() ?? time.nowMs()
      const waiting = await Promise.all(ALL_SHARDS.map(shard => link.ask(names.inShard(shard), redis => redis.zcount(names.outbox(shard), '-inf', nowMs))))
      const claimed: Claimed[] = []
      // Not always the same shard first, lest others wait while it is busy.
      const first = Math.floor(Math.random() * ALL_SHARDS.length)
      for (const shard of [...ALL_SHARDS.slice(first), ...ALL_SHARDS.slice(0, first)]) {
        if (claimed.length === count) break
        if (waiting[Number(shard)] === 0) continue
        const about = { prefix: names.inShard(shard), told_now: time.told(), lease: leaseMs, count: count - claimed.length }
        for (const [team, id, , message, delivery, webhook] of claimReply.parse(await run(link, 'claim-deliveries', { keys: [names.outbox(shard)], about }))) {
          const to = unpackWebhook(team as TeamId, id, webhook)
          claimed.push({ webhook: to, delivery: unpackDelivery(to, message, delivery).delivery })
        }
      }
      return claimed
    },

    async replaceDelivery (before, after) {
      const { team, serial, id } = before
      const shard = shardOf(team)
      const about = {
        prefix: names.inShard(shard),
        id,
        serial,
        member: [team, before.webhook, serial, id].join(' '),
        state: before.state,
        attempts: before.attempts,
        after: { state: after.state, attempts: after.attempts, ttl: KEPT_MS[after.state] },
        list_ttl: PENDING_KEPT_MS,
        due: after.dueAtMs === null ? undefined : time.of(after.dueAtMs)
      }
      const lists = [before, after].map(({ state }) => names.deliveries(team, serial, state))
      return await run(link, 'step-delivery', { keys: [names.outbox(shard), names.delivery(team, serial, id), ...lists], about, more: [packChanging(after)] }) === 1
    },

    async readDelivery (webhook: Webhook, id: MessageId): Promise<Delivery | undefined> {
      const value = await link.ask(names.team(webhook.team), redis => redis.get(names.delivery(webhook.team, webhook.serial, id)))
      return value === null ? undefined : unpackDelivery(webhook, id, value).delivery
    },

    listDeliveries: (webhook, query) => listDeliveries({ link, names }, webhook, query),

    async countPending () {
      const counts = await Promise.all(ALL_SHARDS.map(shard => link.ask(names.inShard(shard), redis => redis.zcard(names.outbox(shard)))))
      return counts.reduce((sum, count) => sum + count, 0)
    },

    // Everything here ends by itself.
    async prune () {}
  }
}
