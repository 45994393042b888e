// The gateway's own tokens: which one is used next, which one made which task, and which ones are given no more.
import type { Clock } from '../kernel/clock.ts'
import type { Live } from '../kernel/live.ts'
import type { Log } from '../kernel/log.ts'
import type { Secret } from '../kernel/secret.ts'
import { TokenPlace, type Credential, type PlaceContext, type Use } from './token-place.ts'

/** How a token of the pool is doing. */
export type TokenState = { fingerprint: string, resting: boolean, underWay: number }

export interface Credentials {
  /** those that are given now */
  all (): readonly Credential[]
  /** For a create: the one with the fewest calls under way, of equals the one unused for longest. A token that rests is used only when all do: then the one whose rest began first. */
  choose (): Use
  /** For the one further try of a create that this token was refused: first of all one that was given since, then one that was not refused itself when it was last used; undefined if there is no other. */
  other (than: Use): Use | undefined
  /** The token that made a task, also when it is given no more, as long as it was not refused then. */
  own (fingerprint: string | null): Credential | undefined
  isRetired (credential: Credential): boolean
  /** Those that may know the tasks of one that is refused or gone, first those that do not rest. */
  others (than: Credential | undefined): readonly Credential[]
  use (credential: Credential): Use
  /** Looks for newer tokens, whatever the file seems to be: one of these was refused. */
  refresh (): void
  states (): TokenState[]
  /** Words that repeat none of the tokens, those that are given no more included. */
  scrub (words: string): string
}

export type CredentialsOptions = { tokens: Live<readonly Secret[]>, clock: Clock, log: Log }

/** Tokens that are given no more are kept for their tasks, the latest of them. */
const RETIRED_MAX = 100

/** @param options at least one token, at any time */
export function credentials ({ tokens, clock, log }: CredentialsOptions): Credentials {
  const places = new Map<string, TokenPlace>()
  let given: readonly Secret[] | undefined
  let pool: readonly TokenPlace[] = []
  let moment = 0
  const context: PlaceContext = { clock, log, nextMoment: () => ++moment, isAlone: () => pool.length === 1 }

  /** The pool as it is given now. */
  function current (): readonly TokenPlace[] {
    const now = tokens.current()
    if (now === given) return pool
    if (now.length === 0) throw new Error('there is at least one upstream token')
    given = now
    pool = [...new Set(now.map(placeOf))]
    for (const place of places.values()) if (!place.retired && !pool.includes(place)) place.retire()
    const retired = [...places.values()].filter(place => place.retired)
    for (const { credential } of retired.slice(0, -RETIRED_MAX)) places.delete(credential.fingerprint)
    return pool
  }

  function placeOf (token: Secret): TokenPlace {
    const fingerprint = token.fingerprint()
    const place = places.get(fingerprint) ?? new TokenPlace({ token, fingerprint }, context)
    if (place.retired) place.giveAgain()
    // At the end, so that those that are given no more stand in the order in which that came.
    places.delete(fingerprint)
    places.set(fingerprint, place)
    return place
  }

  current()
  return {
    all: () => current().map(({ credential }) => credential),
    choose: () => best(current()).choose(),
    other ({ credential, beganAt }) {
      const others = current().filter(place => place.credential.fingerprint !== credential.fingerprint)
      const since = others.filter(({ givenAt }) => givenAt > beganAt)
      const proven = others.filter(({ doubtful, resting }) => !doubtful && !resting)
      const [among] = [since, proven, others].filter(({ length }) => length > 0)
      return among === undefined ? undefined : best(among).choose()
    },
    own (fingerprint) {
      current()
      const place = fingerprint === null ? undefined : places.get(fingerprint)
      return place?.ended === false ? place.credential : undefined
    },
    isRetired: ({ fingerprint }) => places.get(fingerprint)?.retired ?? true,
    others: than => current().filter(({ credential }) => credential.fingerprint !== than?.fingerprint)
      .toSorted((a, b) => Number(a.resting) - Number(b.resting)).map(({ credential }) => credential),
    use: credential => (places.get(credential.fingerprint) ?? new TokenPlace(credential, context)).begin(),
    refresh () { tokens.refreshed() },
    states: () => current().map(({ credential: { fingerprint }, resting, underWay }) => ({ fingerprint, resting, underWay })),
    // The longest first: one may be the beginning of another, as when a file was read while it was written.
    scrub: words => [...places.values()].map(({ credential: { token } }) => token).toSorted((a, b) => b.reveal().length - a.reveal().length)
      .reduce((text, token) => text.replaceAll(token.reveal(), String(token)), words)
  }
}

/** @param among at least one */
function best (among: readonly TokenPlace[]): TokenPlace {
  const awake = among.filter(place => !place.resting)
  const [first] = awake.length > 0
    ? awake.toSorted((a, b) => a.underWay - b.underWay || a.chosenAt - b.chosenAt)
    : among.toSorted((a, b) => a.restsSinceAt - b.restsSinceAt)
  if (first === undefined) throw new Error('there is at least one upstream token')
  return first
}
