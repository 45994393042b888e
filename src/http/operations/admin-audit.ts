// What the document says of the audit trail.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import { pageParameters } from '../query.ts'
import { auditPageShape } from '../shapes/audit.ts'

export const auditListQuery = z.strictObject(pageParameters)

export const adminAudit = {
  list: {
    id: 'listAudit',
    tag: 'admin: audit',
    summary: 'List what was changed',
    description: 'Newest first: every change made through the admin API, and of webhooks. An entry is written before its change.',
    query: auditListQuery,
    answers: { 200: { description: 'A page of changes.', schema: auditPageShape } }
  }
} as const satisfies Record<string, Operation>
