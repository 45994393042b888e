// Request bodies: JSON in UTF-8, parsed once, before anything looks at them.
import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parse } from 'secure-json-parse'
import { refusal, type Refusal } from '../flows/refusals.ts'

/** Accepts JSON and nothing else. An empty body is undefined: some clients name a type and send nothing. */
export function acceptJson (app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(['application/json', 'application/merge-patch+json'], { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    if (body.length === 0) return undefined
    if (isCoded(request)) throw refusal('unsupported_media_type', 'Send the body as it is, without a Content-Encoding.', { acceptEncoding: 'identity' })
    if (!isUtf8(body)) throw notJson('it is not UTF-8')
    try {
      // Refuses __proto__ and constructor.prototype.
      return parse(body.toString('utf8'), { protoAction: 'error', constructorAction: 'error' })
    } catch (error) {
      throw notJson(error instanceof Error ? error.message : String(error))
    }
  })
}

/** Whether a coding was applied to the body, as gzip is; several are a list (RFC 9110, 8.4). */
function isCoded ({ headers }: FastifyRequest): boolean {
  return headers['content-encoding']?.split(',').some(coding => !/^(identity)?$/i.test(coding.trim())) ?? false
}

function notJson (reason: string): Refusal {
  const detail = `is not JSON: ${reason}`
  return refusal('invalid_body', `The body ${detail}.`, { errors: [{ pointer: '', detail }] })
}
