// The Idempotency-Key header: draft-ietf-httpapi-idempotency-key-header, quoted as it says, or bare as most clients send it.
import type { IncomingMessage } from 'node:http'
import { refusal } from '../flows/refusals.ts'

const VISIBLE = /^[\x21-\x7e]{1,255}$/
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/

/** @returns undefined if there is none @throws Refusal `invalid_header` */
export function idempotencyKeyOf ({ headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>): string | undefined {
  const lines = headersDistinct['idempotency-key']
  if (lines === undefined) return undefined
  const [line = '', ...more] = lines
  if (more.length > 0) throw refusal('invalid_header', 'There is more than one Idempotency-Key; send one.')
  const quoted = QUOTED.exec(line)?.[1]?.replace(/\\(["\\])/g, '$1')
  const key = quoted ?? line
  if (!VISIBLE.test(key) || (quoted === undefined && key.startsWith('"'))) {
    throw refusal('invalid_header', 'The Idempotency-Key must be 1 to 255 visible ASCII characters, quoted or bare.')
  }
  return key
}
