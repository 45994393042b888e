// Finds out whose request it is.

import type { Answer } from './answer.ts'
import type { Arrival } from './arrival.ts'
import { operationOf } from './operation.ts'
import { problem } from './problems.ts'
import type { Provider } from './provider.ts'
import { routeOf } from './route.ts'
import { statusProblem } from './status-problem.ts'

export type Authentication =
  | { kind: 'known', account: number }
  | { kind: 'refused', answer: Answer }

/** The account of the request's bearer token, or the provider's 401, or how this token is to be refused. */
export function authenticate (arrival: Arrival, provider: Provider): Authentication {
  const [, token] = /^Bearer +(\S+)$/i.exec(arrival.headers.authorization ?? '') ?? []
  if (token === undefined) return { kind: 'refused', answer: problem('key-malformed', arrival.path) }

  const account = provider.accounts.of(token)
  if (account === undefined) return { kind: 'refused', answer: problem('key-unknown', arrival.path) }

  const refusal = provider.accounts.refusal(token, operationOf(arrival.method, routeOf(arrival.path)))
  return refusal === undefined ? { kind: 'known', account } : { kind: 'refused', answer: statusProblem(refusal.status, arrival.path, refusal.retryAfterS) }
}
