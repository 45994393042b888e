// What a team is told of its tasks and quotas, and in which words: written once, so that every attempt sends the same bytes.
import { messageIdOf, newMessageId, type MessageId, type TeamId } from '../kernel/ids.ts'
import { formatUsd } from '../kernel/money.ts'
import { rfc3339, rfc3339In } from '../kernel/time.ts'
import type { KeyMode } from '../teams/api-key.ts'
import type { QuotaUnit } from '../teams/limits.ts'
import type { Webhook, WebhookEvent } from '../teams/webhook.ts'
import { accountWindows, limitsOf, type AccountWindow } from './account.ts'
import { weightOf } from './admission.ts'
import { SCOPES, type Tally } from './counter.ts'
import type { Order, Transition } from './ledger.ts'
import type { TaskState } from './task.ts'

/** One message to the webhooks of a team; `payload` is the body to the letter. */
export type Announcement = { id: MessageId, team: TeamId, type: WebhookEvent | typeof TEST_EVENT, atMs: number, payload: string }

/** Sent only to the webhook that is tested, whatever events it wants. */
export const TEST_EVENT = 'webhook.test'

const EVENTS: Partial<Record<TaskState, WebhookEvent>> = {
  completed: 'task.completed', failed: 'task.failed', unknown: 'task.unknown', expired: 'task.expired'
}

/** What is told of a step, or undefined if nothing is. A task takes each of these steps once, so its message has one id for ever. */
export function announcementOf ({ before, after }: Transition): Announcement | undefined {
  const type = before.state === after.state ? undefined : EVENTS[after.state]
  if (type === undefined) return undefined
  const { ref, taskId, team, mode, model, state, priceMicros, updatedAtMs } = after
  const data = { task_id: taskId, task_ref: ref, model, status: state, price_usd: formatUsd(priceMicros), ...markOf(mode) }
  return { id: messageIdOf(ref, state), team, type, atMs: updatedAtMs, payload: payloadOf(type, updatedAtMs, data) }
}

/** What test keys do is not to be taken for what live ones do. */
function markOf (mode: KeyMode): { mode?: 'test' } { return mode === 'test' ? { mode } : {} }

/** What a test says. */
export function testAnnouncement ({ team, id }: Webhook, atMs: number): Announcement {
  return { id: newMessageId(), team, type: TEST_EVENT, atMs, payload: payloadOf(TEST_EVENT, atMs, { team, webhook: id }) }
}

/** A create has taken a quota to one of its marks. */
export const QUOTA_EVENT = 'quota.threshold'

/** A quota of which an order may cross marks. */
export type Alert = {
  window: AccountWindow
  unit: QuotaUnit
  limit: number
  /** what the order adds to the window */
  weight: number
  marks: { percent: number, at: number }[]
}

/** What is told of an alert, up to the percentage at the end of each. */
export type AlertWords = { id: string, payload: string }

const PERCENT_LAST = '0}}'

/** The quotas of an order's caller. */
export function alertsOf ({ caller, priceMicros, orderedAtMs }: Order): Alert[] {
  const windows = accountWindows(caller, orderedAtMs)
  return SCOPES.flatMap(scope => limitsOf(scope, caller).quotas.flatMap(({ per, unit, limit }): Alert[] => {
    const window = windows.find(candidate => candidate.scope === scope && candidate.window.per === per)
    // In whole numbers, exact where 0.8 is not.
    const marks = [{ percent: 80, at: limit - Math.floor(limit / 5) }, { percent: 100, at: limit }]
    return window === undefined ? [] : [{ window, unit, limit, weight: weightOf(unit, priceMicros), marks }]
  }))
}

/** The words for an alert of an order: the same id whoever tells it. */
export function alertWords ({ caller: { team, key }, orderedAtMs, ref }: Order, { window: { scope, window }, unit, limit }: Alert): AlertWords {
  const { per, endsAtMs } = window
  const data = {
    team: team.id,
    scope,
    ...scope === 'key' ? { key_id: key.id } : {},
    ...markOf(key.mode),
    per,
    unit,
    limit: unit === 'usd' ? formatUsd(limit) : limit,
    resets_at: endsAtMs === null ? null : rfc3339In(team.timeZone, endsAtMs),
    percent: 0
  }
  return { id: messageIdOf(ref, `${scope}_${per}_${unit}_`), payload: payloadOf(QUOTA_EVENT, orderedAtMs, data).slice(0, -PERCENT_LAST.length) }
}

/** What is told when the order is added to a window that holds so much: one announcement for each mark that it reaches. */
export function crossings (order: Order, alert: Alert, { usedTasks, usedMicros }: Tally): Announcement[] {
  const used = alert.unit === 'tasks' ? usedTasks : usedMicros
  return alert.marks.filter(({ at }) => used < at && used + alert.weight >= at).map(({ percent }) => {
    const { id, payload } = alertWords(order, alert)
    return { id: `${id}${percent}` as MessageId, team: order.caller.team.id, type: QUOTA_EVENT, atMs: order.orderedAtMs, payload: `${payload}${percent}}}` }
  })
}

function payloadOf (type: string, atMs: number, data: object): string { return JSON.stringify({ type, timestamp: rfc3339(atMs), data }) }
