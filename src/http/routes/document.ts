// The document that describes every route.
import type { FastifyInstance } from 'fastify'
import type { ApiDocument } from '../openapi/api-document.ts'
import { publicRoute } from '../operation.ts'
import { documentation } from '../operations/document.ts'

/** It changes with an upgrade only. */
const CACHE_CONTROL = 'public, max-age=300'

export function documentRoutes (app: FastifyInstance, { document }: { document: ApiDocument }): void {
  app.get('/openapi.json', publicRoute(documentation.openapi), async (_request, reply) => {
    return reply.header('cache-control', CACHE_CONTROL).type('application/json; charset=utf-8').send(document.text)
  })
}
