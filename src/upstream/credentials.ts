// The gateway's own tokens, and which one made which task.
import type { Secret } from '../kernel/secret.ts'

/** A token and the short name by which logs and tasks know it. */
export type Credential = { token: Secret, fingerprint: string }

export interface Credentials {
  /** for a create */
  choose (): Credential
  /** for a task that exists: the token that made it, or the first one if that is gone */
  of (fingerprint: string | null): Credential
}

/** @param tokens at least one */
export function credentials (tokens: readonly Secret[]): Credentials {
  const pool = tokens.map(token => ({ token, fingerprint: token.fingerprint() }))
  const [first] = pool
  if (first === undefined) throw new Error('there is at least one upstream token')
  return {
    choose: () => first,
    of: fingerprint => pool.find(credential => credential.fingerprint === fingerprint) ?? first
  }
}
