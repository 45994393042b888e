// The stories of a webhook: made, changed, rotated, tested, removed, and its messages sent again.
import { fieldErrors } from '../kernel/field-errors.ts'
import type { MessageId, WebhookId } from '../kernel/ids.ts'
import type { Secret } from '../kernel/secret.ts'
import { unreachable } from '../kernel/unreachable.ts'
import { testAnnouncement } from '../ledger/announcement.ts'
import { askedAgain, type Delivery } from '../ledger/delivery.ts'
import type { WebhookOutbox } from '../ledger/outbox.ts'
import type { Caller } from '../teams/directory.ts'
import { newSerial, newWebhookSecret, ROTATION_OVERLAP_MS, WEBHOOKS_A_TEAM_MAX, webhookSchema, type Webhook } from '../teams/webhook.ts'
import { CHANGES_MAX } from './administer-teams.ts'
import { audited, changesBetween, type Actor, type AuditDependencies } from './audited.ts'
import type { Courier } from './courier.ts'
import { invalidBody, refusal, type Refusal } from './refusals.ts'

export type WebhookDependencies = AuditDependencies & { outbox: WebhookOutbox, courier: Courier }

/** Which webhook, and who wants something of it. */
export type WebhookRequest = { caller: Caller, id: WebhookId, actor: Actor }

/** A webhook of the caller's team. @throws Refusal `not_found` */
export async function readWebhook ({ outbox }: WebhookDependencies, { caller, id }: Omit<WebhookRequest, 'actor'>): Promise<Webhook> {
  const webhook = await outbox.readWebhook(caller.team.id, id)
  if (webhook === undefined) throw refusal('not_found', `There is no webhook ${id}.`)
  return webhook
}

/** Makes the webhook, with a secret that is shown this once, or changes it. @throws Refusal `not_allowed` or `invalid_body` */
export async function putWebhook (deps: WebhookDependencies, request: WebhookRequest, body: unknown): Promise<{ webhook: Webhook, secret: Secret | undefined }> {
  const { caller: { team }, id } = request
  demandRight(request)
  const settings = readSettings(deps, body)
  for (let attempt = 1; attempt <= CHANGES_MAX; attempt++) {
    const nowMs = deps.clock.nowMs()
    const before = await deps.outbox.readWebhook(team.id, id)
    if (before !== undefined) {
      const next = { ...before, ...settings, version: before.version + 1, updatedAtMs: nowMs }
      if (await change(deps, request, { before, next, action: 'webhook.changed' })) return { webhook: next, secret: undefined }
      continue
    }
    const webhook: Webhook = {
      ...settings, id, team: team.id, serial: newSerial(), secret: newWebhookSecret(), previous: null, version: 1, createdAtMs: nowMs, updatedAtMs: nowMs
    }
    const made = await audited(deps, request.actor, {
      action: 'webhook.made',
      ...namesOf(webhook, request),
      changes: changesBetween({}, auditedSettings(webhook)),
      make: () => deps.outbox.createWebhook(webhook),
      isMade: result => result === 'created'
    })
    switch (made) {
      case 'exists': continue
      case 'too-many': throw refusal('not_allowed', `Team ${team.id} has ${WEBHOOKS_A_TEAM_MAX} webhooks already, and may have no more.`)
      case 'created': return { webhook, secret: webhook.secret }
      default: return unreachable(made)
    }
  }
  throw changedOverAndOver()
}

/** A new secret; the one before it signs as well for a day. @throws Refusal `not_allowed` or `not_found` */
export async function rotateWebhook (deps: WebhookDependencies, request: WebhookRequest): Promise<{ webhook: Webhook, secret: Secret }> {
  demandRight(request)
  for (let attempt = 1; attempt <= CHANGES_MAX; attempt++) {
    const before = await readWebhook(deps, request)
    const nowMs = deps.clock.nowMs()
    const secret = newWebhookSecret()
    const next: Webhook = {
      ...before, secret, previous: { secret: before.secret, endsAtMs: nowMs + ROTATION_OVERLAP_MS }, version: before.version + 1, updatedAtMs: nowMs
    }
    if (await change(deps, request, { before, next, action: 'webhook.rotated' })) return { webhook: next, secret }
  }
  throw changedOverAndOver()
}

/** Its deliveries go with it. @throws Refusal `not_allowed` or `not_found` */
export async function removeWebhook (deps: WebhookDependencies, request: WebhookRequest): Promise<void> {
  demandRight(request)
  const webhook = await readWebhook(deps, request)
  await audited(deps, request.actor, {
    action: 'webhook.removed', ...namesOf(webhook, request), changes: changesBetween(auditedSettings(webhook), {}), make: () => deps.outbox.removeWebhook(webhook), isMade: Boolean
  })
}

/** Sends a message that is only a test, on the way of all others. @throws Refusal `not_allowed`, `not_found` or `webhook_disabled` */
export async function testWebhook (deps: WebhookDependencies, request: WebhookRequest): Promise<Delivery> {
  demandRight(request)
  const webhook = await enabledWebhook(deps, request)
  return deps.outbox.tell(webhook, testAnnouncement(webhook, deps.clock.nowMs()))
}

/** Sends a message again, at once and with a whole schedule. @throws Refusal `not_allowed`, `not_found` or `webhook_disabled` */
export async function redeliver (deps: WebhookDependencies, request: WebhookRequest, id: MessageId): Promise<Delivery> {
  demandRight(request)
  const webhook = await enabledWebhook(deps, request)
  for (let attempt = 1; attempt <= CHANGES_MAX; attempt++) {
    const before = await deps.outbox.readDelivery(webhook, id)
    if (before === undefined) throw refusal('not_found', `Webhook ${webhook.id} has no delivery ${id}.`)
    const after = askedAgain(before, deps.clock.nowMs())
    if (await deps.outbox.replaceDelivery(before, after)) return after
  }
  throw changedOverAndOver()
}

async function enabledWebhook (deps: WebhookDependencies, request: WebhookRequest): Promise<Webhook> {
  const webhook = await readWebhook(deps, request)
  if (!webhook.enabled) throw refusal('webhook_disabled', `Webhook ${webhook.id} is disabled; enable it before anything is sent to it.`)
  return webhook
}

function readSettings ({ courier }: WebhookDependencies, body: unknown): Pick<Webhook, 'url' | 'events' | 'enabled'> {
  const parsed = webhookSchema.safeParse(body)
  if (!parsed.success) throw invalidBody(fieldErrors(parsed.error, { '': Object.keys(webhookSchema.shape) }))
  const problem = courier.problemOf(parsed.data.url)
  if (problem !== undefined) throw invalidBody([{ pointer: '/url', detail: problem }])
  return parsed.data
}

function demandRight ({ caller: { key } }: WebhookRequest): void {
  if (!key.webhooks) throw refusal('not_allowed', `Key ${key.id} may read webhooks and not change them; that needs a key with "webhooks": true.`)
}

/** @returns false if the webhook was changed meanwhile */
function change (deps: WebhookDependencies, request: WebhookRequest, step: { before: Webhook, next: Webhook, action: 'webhook.changed' | 'webhook.rotated' }): Promise<boolean> {
  const { before, next, action } = step
  return audited(deps, request.actor, {
    action, ...namesOf(next, request), changes: changesBetween(auditedSettings(before), auditedSettings(next)), make: () => deps.outbox.replaceWebhook(next), isMade: Boolean
  })
}

function namesOf ({ team, id }: Webhook, { caller: { key } }: WebhookRequest) { return { team, keyId: key.id, webhook: id } }

/** The query of an address may be a secret. */
function auditedSettings ({ url, events, enabled }: Webhook): object {
  const { origin, pathname } = new URL(url)
  return { url: `${origin}${pathname}`, events, enabled }
}

function changedOverAndOver (): Refusal {
  return refusal('ledger_unavailable', 'The webhook is being changed over and over; a later try may succeed.', { retryAfterS: 1 })
}
