// The OpenAPI document: made once of what the routes say of themselves, whichever server has them.
import type { FastifyInstance } from 'fastify'
import type { DescribedRoute } from '../operation.ts'
import { buildDocument } from './build-document.ts'

/** Hears of every route that is declared, and describes them all. */
export class ApiDocument {
  readonly #routes = new Map<string, DescribedRoute>()
  #text: string | undefined

  /** Notes every route that the server gets from now on. One that says nothing of itself stops the start. */
  follow (app: FastifyInstance): void {
    app.addHook('onRoute', ({ method, url, config }) => {
      // Fastify adds a HEAD to every GET.
      if (method === 'HEAD' || config?.operation === null) return
      if (typeof method !== 'string' || config?.operation === undefined) throw new Error(`the route ${String(method)} ${url} has no operation`)
      const path = url.replace(/:(\w+)/g, '{$1}')
      this.#routes.set(`${method} ${path}`, { method, path, access: config.access ?? 'team', operation: config.operation })
      this.#text = undefined
    })
  }

  /** OpenAPI 3.1 as JSON. */
  get text (): string {
    this.#text ??= JSON.stringify(buildDocument([...this.#routes.values()]))
    return this.#text
  }
}
