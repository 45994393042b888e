// The files that variables name, but for secrets: prices and certificates.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { pricesSchema, type Prices } from '../catalog/prices.ts'

/** The price list in a file, or the issue that there is none. */
export function readPrices (path: string, context: z.RefinementCtx): Prices {
  const example = 'an example of its content is {"alibaba/wan2.2-t2v-plus":{"480P":"0.10","1080P":"0.50"}}'
  try {
    const parsed = pricesSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    if (parsed.success) return parsed.data
    const findings = parsed.error.issues.map(({ path: place, message }) => `${place.join('.')} ${message}`.trim())
    context.addIssue({ code: 'custom', message: `names a file that is no price list (${findings.join('; ')}); ${example}` })
  } catch (error) {
    // What the parser says quotes the file, which may be a secret's by mistake.
    const problem = error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${reason(error)})`
    context.addIssue({ code: 'custom', message: `names a file that ${problem}; ${example}` })
  }
  return z.NEVER
}

/** Certificates in PEM form in a file, or the issue that there are none. */
export function readCertificates (path: string, context: z.RefinementCtx): string {
  const example = 'for example REDIS_TLS_CA_FILE=/etc/ssl/redis-ca.pem'
  try {
    const text = readFileSync(path, 'utf8')
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text
    context.addIssue({ code: 'custom', message: `names a file that holds no certificate in PEM form, ${example}` })
  } catch (error) {
    context.addIssue({ code: 'custom', message: `names a file that cannot be read (${reason(error)}), ${example}` })
  }
  return z.NEVER
}

/** Why a file cannot be read, without its content. */
export function reason (error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code)
  return error instanceof Error ? error.message : String(error)
}
