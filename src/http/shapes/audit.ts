// An entry of the audit trail as it is shown.
import { z } from 'zod'
import { rfc3339 } from '../../kernel/time.ts'
import { AUDIT_ACTIONS, AUDIT_OUTCOMES, type AuditRecord } from '../../ledger/audit.ts'
import { momentShape } from './moment.ts'
import { pageShape } from './page.ts'

export const auditShape = z.strictObject({
  id: z.string(),
  at: momentShape('when it was asked for'),
  actor: z.string().meta({ description: 'the name of an admin token, or the id of a team\'s key' }),
  address: z.string().meta({ description: 'where the request came from' }),
  action: z.enum(AUDIT_ACTIONS),
  team: z.string().nullable(),
  key_id: z.string().nullable(),
  task_ref: z.string().nullable(),
  webhook: z.string().nullable(),
  changes: z.record(z.string(), z.strictObject({ before: z.unknown().optional(), after: z.unknown().optional() })).nullable()
    .meta({ description: 'the fields that differ; one that was not there before, or is not any more, has only one of the two' }),
  reason: z.string().nullable().meta({ description: 'what the operator said of it' }),
  request_id: z.string(),
  outcome: z.enum(AUDIT_OUTCOMES).meta({ description: 'a change that failed after its entry was written has a second one that says so; `unknown` if the ledger did not say whether it was made' })
}).meta({
  id: 'AuditEntry',
  description: 'Fields that do not apply are null.',
  examples: [{
    id: '0000017',
    at: '2026-11-22T09:30:00.000Z',
    actor: 'alice',
    address: '10.0.0.7',
    action: 'team.changed',
    team: 'ads',
    key_id: null,
    task_ref: null,
    webhook: null,
    changes: { limits: { before: { quotas: [] }, after: { quotas: [{ per: 'day', unit: 'tasks', limit: 20 }] } } },
    reason: null,
    request_id: 'req_0aZ3kQ8xW1mN5pR7tV9y',
    outcome: 'made'
  }]
})

export const auditPageShape = pageShape('AuditPage', auditShape)

export function auditJson ({ id, atMs, actor, address, action, team, keyId, taskRef, webhook, changes, reason, requestId, outcome }: AuditRecord): z.input<typeof auditShape> {
  return { id, at: rfc3339(atMs), actor, address, action, team, key_id: keyId, task_ref: taskRef, webhook, changes, reason, request_id: requestId, outcome }
}
