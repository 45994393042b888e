// Reads an order about a token: whether it is accepted from now on, whose account it opens, or how it is refused.

import type { JsonObject } from './json-object.ts'
import { OPERATIONS, type Operation } from './operation.ts'

/** An order as a test writes it. */
export type TokenOrder = {
  token: string
  account_of?: string        // another token, whose tasks it shows; without one it keeps its account, or gets one of its own
  refuse?: number            // the status of what it is answered: 401 as if nobody knew it; without one it is accepted
  on?: Operation | 'any'     // what is refused; default any
  retry_after_s?: number     // what the refusal says
}

export type ReadTokenOrder =
  | { kind: 'valid', order: TokenOrder }
  | { kind: 'invalid', detail: string }

const TARGETS = [...OPERATIONS, 'any'] as const

/** The order, or what is wrong with it. */
export function readTokenOrder (body: JsonObject): ReadTokenOrder {
  const { token, account_of: accountOf, refuse, on = 'any', retry_after_s: retryAfterS } = body
  if (typeof token !== 'string' || token === '') return invalid("'token' has to be a text", token)
  if (accountOf !== undefined && typeof accountOf !== 'string') return invalid("'account_of' has to be another token", accountOf)
  if (refuse !== undefined && !isWhole(refuse, 400, 499)) return invalid("'refuse' has to be a status from 400 to 499", refuse)
  const target = TARGETS.find(name => name === on)
  if (target === undefined) return invalid(`'on' has to be one of ${TARGETS.join(', ')}`, on)
  if (retryAfterS !== undefined && !isWhole(retryAfterS, 0, 999_999)) return invalid("'retry_after_s' has to be a whole number of seconds", retryAfterS)
  return {
    kind: 'valid',
    order: {
      token,
      on: target,
      ...accountOf === undefined ? {} : { account_of: accountOf },
      ...refuse === undefined ? {} : { refuse },
      ...retryAfterS === undefined ? {} : { retry_after_s: retryAfterS }
    }
  }
}

function isWhole (value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
}

function invalid (rule: string, value: unknown): ReadTokenOrder {
  return { kind: 'invalid', detail: `${rule}, and is ${JSON.stringify(value) ?? 'missing'}` }
}
