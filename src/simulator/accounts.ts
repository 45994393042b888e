// Knows the accounts: each bearer token opens one, named by a few bits of the hash of the token that was its first.

import { createHash } from 'node:crypto'
import type { Operation } from './operation.ts'
import type { TokenOrder } from './token-order.ts'

/** How a token is refused, if it is. */
export type TokenRefusal = { status: number, retryAfterS: number | undefined }

export type Accounts = {
  of: (token: string) => number | undefined
  refusal: (token: string, operation: Operation | undefined) => TokenRefusal | undefined
  order: (order: TokenOrder) => void  // throws as `openAccounts` does
  size: () => number
}

type Standing = { account: number, refuse: number | undefined, on: TokenOrder['on'], retryAfterS: number | undefined }

/** The accounts of these tokens. Throws if two accounts share a name, which would let each see the other's tasks. */
export function openAccounts (tokens: readonly string[]): Accounts {
  const standings = new Map<string, Standing>()
  // Names of accounts, by the token that was the first.
  const names = new Map<string, number>()

  function accountOf (token: string): number {
    const known = standings.get(token)?.account ?? names.get(token)
    if (known !== undefined) return known
    const account = nameOf(token)
    if ([...names.values()].includes(account)) throw new Error('two tokens have the same 16 bits of hash: change one of them')
    names.set(token, account)
    return account
  }

  function order ({ token, account_of: first = token, refuse, on, retry_after_s: retryAfterS }: TokenOrder): void {
    standings.set(token, { account: accountOf(first), refuse, on, retryAfterS })
  }

  for (const token of tokens) order({ token })
  return {
    of: token => standings.get(token)?.account,
    refusal (token, operation) {
      const { refuse, on = 'any', retryAfterS } = standings.get(token) ?? {}
      return refuse === undefined || (on !== 'any' && on !== operation) ? undefined : { status: refuse, retryAfterS }
    },
    order,
    size: () => standings.size
  }
}

// 16 bits, because that is the room a task id has.
function nameOf (token: string): number {
  return createHash('sha256').update(token).digest().readUInt16BE()
}
