// The admin API's check of the whole gateway.
import type { FastifyInstance } from 'fastify'
import { checkGateway, type CheckDependencies } from '../../flows/check-gateway.ts'
import { adminRoute } from '../operation.ts'
import { adminCheck } from '../operations/admin-check.ts'
import { checkJson } from '../shapes/check.ts'

export function adminCheckRoutes (app: FastifyInstance, deps: Omit<CheckDependencies, 'traceparent'>): void {
  app.get('/admin/v1/check', adminRoute(adminCheck.check), async ({ traceparent }) => checkJson(await checkGateway({ ...deps, traceparent })))
}
