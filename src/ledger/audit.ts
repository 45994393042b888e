// What was changed by whom: the role that a store plays for the audit trail.
import type { KeyId, TaskRef, TeamId, WebhookId } from '../kernel/ids.ts'
import type { Page, PageQuery } from '../kernel/page.ts'

export const AUDIT_ACTIONS = [
  'team.created', 'team.changed', 'team.disabled',
  'key.minted', 'key.changed', 'key.rotated', 'key.revoked',
  'task.resolved', 'task.adopted', 'ledger.confirmed', 'ledger.repaired',
  'webhook.made', 'webhook.changed', 'webhook.rotated', 'webhook.removed'
] as const
export type AuditAction = typeof AUDIT_ACTIONS[number]

export const AUDIT_OUTCOMES = ['made', 'not_made', 'unknown'] as const

/** Fields in the form of the API, before and after; a field that was not there before, or is not any more, has only one of them. */
export type Changes = Record<string, { before?: unknown, after?: unknown }>

/** One change, and what it is about. */
export type AuditEntry = {
  atMs: number
  /** the name of an admin token, or the id of a team's key */
  actor: string
  /** where the request came from */
  address: string
  requestId: string
  action: AuditAction
  team: TeamId | null
  keyId: KeyId | null
  taskRef: TaskRef | null
  webhook: WebhookId | null
  changes: Changes | null
  /** what the operator said of it */
  reason: string | null
  /** an entry is written before its change; if that was not made, or nobody knows, a second entry says so */
  outcome: typeof AUDIT_OUTCOMES[number]
}

/** An entry as it is kept: `id` is opaque. */
export type AuditRecord = AuditEntry & { id: string }

/** Keeps entries for as long as daily usage. Every method throws `LedgerUnavailable` if the store is away. */
export interface AuditTrail {
  write (entry: AuditEntry): Promise<void>
  /** newest first */
  list (query: PageQuery): Promise<Page<AuditRecord>>
}
