// Metrics: where operators have a port of their own, anybody may read them there; elsewhere they need an admin token.
import type { FastifyInstance } from 'fastify'
import type { Scrape } from '../../telemetry/scrape.ts'
import { adminRoute, publicRoute } from '../operation.ts'
import { metrics, OPEN_METRICS_TYPE } from '../operations/metrics.ts'

export type MetricsRouteOptions = { scrape: Scrape, needsToken: boolean }

export function metricsRoutes (app: FastifyInstance, { scrape, needsToken }: MetricsRouteOptions): void {
  const { config } = needsToken ? adminRoute(metrics.scrape) : publicRoute(metrics.scrape)
  app.get('/metrics', { config: { ...config, whileDraining: true } }, async (request, reply) => {
    const { contentType, text } = await scrape(request.headers.accept?.includes(OPEN_METRICS_TYPE) ?? false)
    return reply.headers({ 'cache-control': 'private, no-store', 'content-type': contentType }).send(text)
  })
}
