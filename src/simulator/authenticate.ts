// Finds out whose request it is.

import type { Answer } from './answer.ts'
import type { Arrival } from './arrival.ts'
import { problem } from './problems.ts'
import type { Provider } from './provider.ts'

export type Authentication =
  | { kind: 'known', account: number }
  | { kind: 'refused', answer: Answer }

/** The account of the request's bearer token, or the provider's 401. */
export function authenticate (arrival: Arrival, provider: Provider): Authentication {
  const [, token] = /^Bearer +(\S+)$/i.exec(arrival.headers.authorization ?? '') ?? []
  if (token === undefined) return { kind: 'refused', answer: problem('key-malformed', arrival.path) }

  const account = provider.accounts.get(token)
  if (account === undefined) return { kind: 'refused', answer: problem('key-unknown', arrival.path) }

  return { kind: 'known', account }
}
