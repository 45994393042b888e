// Request bodies: JSON in UTF-8, parsed once, before anything looks at them.
import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { parse } from 'secure-json-parse'
import { refusal, type Refusal } from '../flows/refusals.ts'

/** Accepts JSON and nothing else. An empty body is undefined: some clients name a type and send nothing. */
export function acceptJson (app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(['application/json', 'application/merge-patch+json'], { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => {
    if (body.length === 0) return undefined
    if (!isUtf8(body)) throw notJson('it is not UTF-8')
    try {
      // Refuses __proto__ and constructor.prototype.
      return parse(body.toString('utf8'), { protoAction: 'error', constructorAction: 'error' })
    } catch (error) {
      throw notJson(error instanceof Error ? error.message : String(error))
    }
  })
}

function notJson (reason: string): Refusal {
  const detail = `is not JSON: ${reason}`
  return refusal('invalid_body', `The body ${detail}.`, { errors: [{ pointer: '', detail }] })
}
