// The tokens of MuleRouter that the gateway calls with: one, or a pool.
import { z } from 'zod'
import { Secret } from '../kernel/secret.ts'

const TOKENS_MAX = 100
const TOKEN = /^[\x21-\x7e]{1,512}$/
const example = 'for example MULEROUTER_API_KEY=your-mulerouter-key (to try the gateway without one: npm run demo)'

/** Reads bearer tokens, one a line or comma-separated; one that stands there twice counts once. */
export const upstreamTokens = z.string({ error: `is required: set it to your MuleRouter key, ${example}` })
  .transform(text => text.split(/[\n,]/).map(line => line.trim()).filter(line => line !== ''))
  .refine(lines => lines.length > 0 && lines.every(line => TOKEN.test(line)), { error: `must be a bearer token, or several, one a line or comma-separated, ${example}` })
  .transform(lines => [...new Set(lines)])
  .refine(lines => lines.length <= TOKENS_MAX, { error: `must be at most ${TOKENS_MAX} bearer tokens, ${example}` })
  .transform(lines => lines.map(line => new Secret(line)))
