// The tokens of the admin API: who holds which, and what each may do.
import { z } from 'zod'
import { Secret } from '../kernel/secret.ts'

/** `name` goes to the audit trail; a read-only one changes nothing. */
export type AdminToken = { name: string, token: Secret, readOnly: boolean }

// No colon and no comma: a right that there is not, or tokens in one line, are a mistake, and must not become a token that may change everything.
const NAMED = /^([A-Za-z0-9._-]{1,40})=([\x21-\x2b\x2d-\x39\x3b-\x7e]{16,512})(:read)?$/
const BARE = /^[\x21-\x2b\x2d-\x39\x3b-\x7e]{16,512}$/
// A name and a token that is too short is a mistake; only padding behind the sign makes it part of a bare token.
const MEANT_AS_NAMED = /^[A-Za-z0-9._-]{1,40}=+[^=]/
const example = 'for example ADMIN_TOKEN=a-long-random-text, or lines such as alice=a-long-random-text and grafana=a-long-random-text:read'

/** Reads one token of at least 16 characters, or lines `name=token` and `name=token:read`. */
export const adminTokens = z.string()
  .transform(text => text.split('\n').map(line => line.trim()).filter(line => line !== ''))
  .transform((lines, context): AdminToken[] => {
    const tokens = lines.map(line => readLine(line, lines.length === 1))
    const good = tokens.filter(token => token !== undefined)
    if (tokens.length === 0 || good.length < tokens.length) {
      context.addIssue({ code: 'custom', message: `must be a token of at least 16 characters without spaces, colons and commas, ${example}` })
    } else if (countOf(good.map(({ name }) => name)) < good.length) {
      context.addIssue({ code: 'custom', message: `must give each token a name of its own, ${example}` })
    } else if (countOf(good.map(({ token }) => token.reveal())) < good.length) {
      context.addIssue({ code: 'custom', message: `must give each token a holder of its own, ${example}` })
    }
    return good
  })

/** how many different ones there are */
function countOf (texts: readonly string[]): number { return new Set(texts).size }

function readLine (line: string, alone: boolean): AdminToken | undefined {
  const [, name, token, read] = NAMED.exec(line) ?? []
  if (name !== undefined && token !== undefined) return { name, token: new Secret(token), readOnly: read !== undefined }
  return alone && BARE.test(line) && !MEANT_AS_NAMED.test(line) ? { name: 'admin', token: new Secret(line), readOnly: false } : undefined
}
