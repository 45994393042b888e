// The admin API's audit trail.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { AuditTrail } from '../../ledger/audit.ts'
import { pageParameters, readQuery } from '../query.ts'
import { auditJson } from '../shapes/audit.ts'
import { pageJson } from '../shapes/page.ts'

const access = { config: { access: 'admin' as const } }
const listQuery = z.strictObject(pageParameters)

export function adminAuditRoutes (app: FastifyInstance, { audit }: { audit: AuditTrail }): void {
  app.get('/admin/v1/audit', access, async request => pageJson(await audit.list(readQuery(listQuery, request.query)), auditJson))
}
