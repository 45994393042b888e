// The admin API's audit trail.
import type { FastifyInstance } from 'fastify'
import type { AuditTrail } from '../../ledger/audit.ts'
import { adminRoute } from '../operation.ts'
import { adminAudit, auditListQuery } from '../operations/admin-audit.ts'
import { readQuery } from '../query.ts'
import { auditJson } from '../shapes/audit.ts'
import { pageJson } from '../shapes/page.ts'

export function adminAuditRoutes (app: FastifyInstance, { audit }: { audit: AuditTrail }): void {
  app.get('/admin/v1/audit', adminRoute(adminAudit.list), async request => pageJson(await audit.list(readQuery(auditListQuery, request.query)), auditJson))
}
