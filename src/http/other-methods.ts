// A path that exists answers every other method with 405 and the methods that it has.
import type { FastifyInstance, HTTPMethods } from 'fastify'
import { refusal } from '../flows/refusals.ts'

/** What else Node's parser lets through. Written down, because one that the router does not know yet would end the start. */
const RARE_METHODS: readonly HTTPMethods[] = [
  'ACL', 'BIND', 'CHECKOUT', 'COPY', 'LINK', 'LOCK', 'M-SEARCH', 'MERGE', 'MKACTIVITY', 'MKCALENDAR', 'MKCOL', 'MOVE', 'NOTIFY', 'PROPFIND', 'PROPPATCH',
  'PURGE', 'REBIND', 'REPORT', 'SEARCH', 'SOURCE', 'SUBSCRIBE', 'UNBIND', 'UNLINK', 'UNLOCK', 'UNSUBSCRIBE'
]

type Path = { methods: Set<HTTPMethods>, access: 'public' | 'admin' | 'team' }

/** Notes every route from now on. The function that it gives back adds the other methods, when all routes are there. */
export function refuseOtherMethods (app: FastifyInstance): () => void {
  const paths = new Map<string, Path>()
  app.addHook('onRoute', ({ url, method, config }) => {
    const path = paths.get(url) ?? { methods: new Set(), access: config?.access ?? 'team' }
    for (const each of [method].flat()) path.methods.add(each)
    paths.set(url, path)
  })

  return () => {
    for (const method of RARE_METHODS) app.addHttpMethod(method)
    for (const [url, { methods, access }] of [...paths]) {
      const allow = [...methods].join(', ')
      app.route({
        url,
        method: app.supportedMethods.filter(method => !methods.has(method)),
        config: { access, operation: null },
        onRequest: async ({ method, params }) => {
          // With nothing where a name should be it is no path of this route.
          if (Object.values(params as Record<string, string>).includes('')) throw refusal('not_found', 'There is no such route.')
          throw refusal('method_not_allowed', `This path has no ${method}; it has ${allow}.`, { allow })
        },
        handler: async () => undefined
      })
    }
  }
}
