// An entry of the audit trail as it is shown.
import { rfc3339 } from '../../kernel/time.ts'
import type { AuditRecord } from '../../ledger/audit.ts'

export function auditJson ({ id, atMs, actor, address, action, team, keyId, taskRef, webhook, changes, reason, requestId, outcome }: AuditRecord) {
  return { id, at: rfc3339(atMs), actor, address, action, team, key_id: keyId, task_ref: taskRef, webhook, changes, reason, request_id: requestId, outcome }
}
