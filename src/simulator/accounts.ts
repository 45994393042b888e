// Knows the accounts: each bearer token is one, named by a few bits of the token's hash.

import { createHash } from 'node:crypto'

/** Token to account. */
export type Accounts = ReadonlyMap<string, number>

/** The accounts of these tokens. Throws if two of them share a name, which would let each see the other's tasks. */
export function openAccounts (tokens: readonly string[]): Accounts {
  const accounts = new Map(tokens.map(token => [token, accountOf(token)]))
  if (new Set(accounts.values()).size < accounts.size) throw new Error('two tokens have the same 16 bits of hash: change one of them')
  return accounts
}

// 16 bits, because that is the room a task id has.
function accountOf (token: string): number {
  return createHash('sha256').update(token).digest().readUInt16BE()
}
