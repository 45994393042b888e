// The story of a delivery that is due: carried, recorded, and said in the log.
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import { rfc3339 } from '../kernel/time.ts'
import { afterAttempt, type Attempt, type Delivery } from '../ledger/delivery.ts'
import type { Claimed, WebhookOutbox } from '../ledger/outbox.ts'
import type { Webhook } from '../teams/webhook.ts'
import type { Courier } from './courier.ts'

export type DeliverDependencies = { outbox: WebhookOutbox, courier: Courier, clock: Clock, log: Log }

const DISABLED: Attempt = { kind: 'failed', status: null, error: 'WEBHOOK_DISABLED', retryAtMs: null }

/** Makes the attempt that is due. @throws LedgerUnavailable: then it is due again when its lease ends */
export async function deliverWebhook (deps: DeliverDependencies, { delivery, webhook }: Claimed): Promise<void> {
  if (!webhook.enabled) return record(deps, webhook, { delivery, attempt: DISABLED })
  const carried = await deps.courier.carry(delivery, webhook)
  if (carried.kind !== 'gone') return record(deps, webhook, { delivery, attempt: carried })
  // First: if this process dies in between, the receiver says so again.
  await disable(deps, webhook)
  await record(deps, webhook, { delivery, attempt: { kind: 'failed', status: carried.status, error: 'GONE', retryAtMs: null } })
}

/** What somebody else has recorded meanwhile stays, but that it was delivered is true whatever they say. */
async function record (deps: DeliverDependencies, webhook: Webhook, { delivery, attempt }: { delivery: Delivery, attempt: Attempt }): Promise<void> {
  let before: Delivery | undefined = delivery
  while (before?.state === 'pending') {
    const after = afterAttempt(before, attempt, deps.clock.nowMs())
    if (await deps.outbox.replaceDelivery(before, after)) return say(deps.log, after)
    if (attempt.kind !== 'delivered') return
    before = await deps.outbox.readDelivery(webhook, delivery.id)
  }
}

function say (log: Log, delivery: Delivery): void {
  const { id, team, webhook, type, state, attempts, lastStatus, lastError, dueAtMs } = delivery
  const line = { team, webhook, delivery: id, event: type, attempts, status: lastStatus ?? undefined }
  if (state === 'delivered') log.info(line, 'webhook delivered')
  else if (state === 'dead') log.error({ ...line, reason: lastError }, 'webhook dead')
  else log.warn({ ...line, reason: lastError, retry_at: dueAtMs === null ? undefined : rfc3339(dueAtMs) }, 'webhook failed')
}

/** The receiver is gone: nothing more is sent to it until its team enables it again. One that was changed meanwhile is left alone. */
async function disable ({ outbox, clock, log }: DeliverDependencies, webhook: Webhook): Promise<void> {
  const disabled = await outbox.replaceWebhook({ ...webhook, enabled: false, version: webhook.version + 1, updatedAtMs: clock.nowMs() })
  if (disabled) log.warn({ team: webhook.team, webhook: webhook.id, reason: 'GONE' }, 'webhook disabled')
}
