// What scripts are told of an announcement, and of those that they may have to make.
import { shardOf } from '../../kernel/shard.ts'
import { alertsOf, type Announcement } from '../../ledger/announcement.ts'
import { counterOf } from '../../ledger/account.ts'
import { DEAD_KEPT_MS } from '../../ledger/delivery.ts'
import type { Order } from '../../ledger/ledger.ts'
import type { Names } from './names.ts'

/** Longer than any schedule; from its end on a delivery has the time of its state. */
export const PENDING_KEPT_MS = DEAD_KEPT_MS

/** Where each sum stands in a counter's value, as Lua counts. */
const SUMS = { tasks: 1, usd: 3 } as const

/** A message as outbox.lua reads it. */
export function messageOf (names: Names, announcement: Announcement | undefined) {
  if (announcement === undefined) return undefined
  const { id, team, type, atMs, payload } = announcement
  return { prefix: names.inShard(shardOf(team)), id, team, type, at: atMs, payload, ttl: PENDING_KEPT_MS }
}

/** The marks of the caller's quotas, in the terms of admit.lua, which alone knows what the windows hold. */
export function alertParts (names: Names, windowNames: readonly string[], order: Order) {
  const { id: team } = order.caller.team
  return {
    alert: { prefix: names.inShard(shardOf(team)), team, type: 'quota.threshold', at: order.orderedAtMs, ttl: PENDING_KEPT_MS },
    alerts: alertsOf(order).map(({ window, unit, weight, marks, id, payload }) => ({
      place: windowNames.indexOf(names.counter(team, counterOf(window))) + 1, sum: SUMS[unit], weight, marks, id, payload
    }))
  }
}
