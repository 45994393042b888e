// What scripts are told of an announcement, and of those that they may have to make.
import { alertsOf, alertWords, QUOTA_EVENT, type Announcement } from '../../ledger/announcement.ts'
import type { AccountWindow } from '../../ledger/account.ts'
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
  return { prefix: names.inShard(names.shardOf(team)), id, team, type, at: atMs, payload, ttl: PENDING_KEPT_MS }
}

/** The marks of the caller's quotas, in the terms of admit.lua, which alone knows what the windows hold. Places are counted as Lua does. */
export function marksOfAlerts (windows: readonly AccountWindow[], order: Order): number[] {
  return alertsOf(order).flatMap(({ window: { scope, window: { per } }, unit, weight, marks }, alert) => {
    const counter = windows.findIndex(counted => counted.scope === scope && counted.window.per === per) + 1
    return marks.flatMap(({ percent, at }) => [alert + 1, percent, at, counter, SUMS[unit], weight])
  })
}

/** The words for each of them, which admit.lua asks for when a mark is reached and somebody hears of it. */
export function alertMessages (names: Names, order: Order) {
  const { id: team } = order.caller.team
  return alertsOf(order).map(alert => ({
    ...alertWords(order, alert), prefix: names.inShard(names.shardOf(team)), team, type: QUOTA_EVENT, at: order.orderedAtMs, ttl: PENDING_KEPT_MS
  }))
}
