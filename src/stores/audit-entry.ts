// An entry of the audit trail as JSON, which is how both stores keep it.
import { z } from 'zod'
import type { KeyId, TaskRef, TeamId, WebhookId } from '../kernel/ids.ts'
import { AUDIT_ACTIONS, AUDIT_OUTCOMES, type AuditEntry } from '../ledger/audit.ts'

const entrySchema = z.object({
  atMs: z.int(),
  actor: z.string(),
  address: z.string(),
  requestId: z.string(),
  action: z.enum(AUDIT_ACTIONS),
  team: z.string().transform(id => id as TeamId).nullable(),
  keyId: z.string().transform(id => id as KeyId).nullable(),
  taskRef: z.string().transform(ref => ref as TaskRef).nullable(),
  webhook: z.string().transform(id => id as WebhookId).nullable(),
  changes: z.record(z.string(), z.object({ before: z.unknown().optional(), after: z.unknown().optional() })).nullable(),
  reason: z.string().nullable(),
  outcome: z.enum(AUDIT_OUTCOMES)
})

/** Reads what `JSON.stringify` made of an entry. @throws if it is none */
export function readEntry (text: string): AuditEntry { return entrySchema.parse(JSON.parse(text)) }
