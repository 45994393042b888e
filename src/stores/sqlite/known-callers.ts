// Callers as they are stored, remembered by the hash of their key: nobody else writes the file.
import { LRUCache } from 'lru-cache'
import type { Caller } from '../../teams/directory.ts'

/** Those that were not used longest are forgotten first. */
const REMEMBERED = 10_000

/** What directory and ledger of one file know of callers without reading it. */
export class KnownCallers {
  readonly #byHash = new LRUCache<string, Caller>({ max: REMEMBERED })

  get (hash: string): Caller | undefined { return this.#byHash.get(hash) }

  /** Only as it was read in this very turn. */
  remember (caller: Caller): void { this.#byHash.set(caller.key.hash, caller) }

  /** Before a team or key that was there is changed. */
  forget (): void { this.#byHash.clear() }

  /** Whether team and key are stored as this caller has them; false if that is not known. */
  isCurrent (caller: Caller): boolean { return this.#byHash.peek(caller.key.hash) === caller }
}
