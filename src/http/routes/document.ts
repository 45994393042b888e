// The document that describes every route, and a page to read it.
import type { FastifyInstance } from 'fastify'
import { DOCS_FILES, DOCS_PAGE, DOCS_POLICY } from '../docs-page.ts'
import type { ApiDocument } from '../openapi/api-document.ts'
import { publicRoute } from '../operation.ts'
import { docsFile, openApi } from '../operations/document.ts'

/** They change with an upgrade only. */
const CACHE_CONTROL = 'public, max-age=300'

export function documentRoutes (app: FastifyInstance, { document }: { document: ApiDocument }): void {
  // Once for all, also for those who read slowly.
  let bytes: Buffer | undefined
  app.get('/openapi.json', publicRoute(openApi), async (_request, reply) => {
    bytes ??= Buffer.from(document.text)
    return reply.header('cache-control', CACHE_CONTROL).type('application/json; charset=utf-8').send(bytes)
  })

  for (const file of [DOCS_PAGE, ...DOCS_FILES]) {
    app.get(`/docs${file.path}`, publicRoute(docsFile(file)), async (_request, reply) => {
      const headers = { 'cache-control': CACHE_CONTROL, 'content-security-policy': DOCS_POLICY, 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin' }
      return reply.headers(headers).type(file.type).send(await file.content())
    })
  }
}
