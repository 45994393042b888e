// The gateway's own tokens: which one is used next, which one made which task, and which one rests.
import type { Clock } from '../kernel/clock.ts'
import type { Secret } from '../kernel/secret.ts'

/** A token and the short name by which logs and tasks know it. */
export type Credential = { token: Secret, fingerprint: string }

/** Whether a token rests, under its short name. */
export type TokenStanding = { fingerprint: string, resting: boolean }

export interface Credentials {
  all: readonly Credential[]
  /** For a create. A token that rests is used only when all do: then the one whose rest began first. */
  choose (): Credential
  /** For the one further try of a create that this token was refused; undefined in a pool of one. */
  other (than: Credential): Credential | undefined
  /** For a task that exists: the token that made it, or the first one if that is gone. */
  of (fingerprint: string | null): Credential
  /** Whether the token that made a task is in the pool. */
  has (fingerprint: string | null): boolean
  /** Lets others be used for a while. A pool of one never rests. */
  rest (credential: Credential, restMs: number): void
  standings (): TokenStanding[]
}

type Place = { credential: Credential, restsSinceMs: number, restsUntilMs: number }

/** @param tokens at least one */
export function credentials (tokens: readonly Secret[], clock: Clock): Credentials {
  const pool = tokens.map((token): Place => ({ credential: { token, fingerprint: token.fingerprint() }, restsSinceMs: 0, restsUntilMs: 0 }))
  const [first] = pool
  if (first === undefined) throw new Error('there is at least one upstream token')

  function best (places: readonly Place[]): Place | undefined {
    const nowMs = clock.nowMs()
    return places.find(({ restsUntilMs }) => nowMs >= restsUntilMs) ?? places.toSorted((a, b) => a.restsSinceMs - b.restsSinceMs)[0]
  }

  return {
    all: pool.map(({ credential }) => credential),
    choose: () => (best(pool) ?? first).credential,
    other: than => best(pool.filter(({ credential }) => credential !== than))?.credential,
    has: fingerprint => pool.some(({ credential }) => credential.fingerprint === fingerprint),
    of: fingerprint => (pool.find(({ credential }) => credential.fingerprint === fingerprint) ?? first).credential,
    standings: () => pool.map(({ credential: { fingerprint }, restsUntilMs }) => ({ fingerprint, resting: clock.nowMs() < restsUntilMs })),
    rest (credential, restMs) {
      const place = pool.find(candidate => candidate.credential === credential)
      if (place === undefined || pool.length === 1) return
      place.restsSinceMs = clock.nowMs()
      place.restsUntilMs = place.restsSinceMs + restMs
    }
  }
}
