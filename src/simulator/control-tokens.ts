// POST /_simulator/tokens: lets a token be accepted, or refused, from now on.

import { json, type Answer } from './answer.ts'
import type { Arrival } from './arrival.ts'
import { parseJsonObject } from './json-object.ts'
import { problem } from './problems.ts'
import type { Provider } from './provider.ts'
import { readTokenOrder } from './token-order.ts'

/** Answers 200 with how many tokens are known now, or 400 with what is wrong with the order. The tokens themselves are not shown. */
export function orderToken ({ text, path }: Arrival, { accounts }: Provider): Answer {
  const body = parseJsonObject(text)
  if (body === undefined) return problem('invalid', path, 'the body has to be a JSON object')

  const read = readTokenOrder(body)
  if (read.kind === 'invalid') return problem('invalid', path, read.detail)

  try {
    accounts.order(read.order)
  } catch (error) {
    return problem('invalid', path, error instanceof Error ? error.message : String(error))
  }
  return json(200, { tokens: accounts.size() })
}
