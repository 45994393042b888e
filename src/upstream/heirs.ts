// Who looks after the tasks of a token that is refused or unknown: another one of the same account, found by trying, and remembered.
import type { Credential } from './token-place.ts'

/** So many tokens are tried in one look, the one that is remembered included. */
const TRIES_MAX = 3
/** Of so many tokens is remembered who looks after their tasks. */
const REMEMBERED_MAX = 1000

type Memory = { heir: string | undefined, triesSoFar: number }

export class Heirs {
  readonly #memories = new Map<string, Memory>()

  /**
   * Whom to ask now: who was found before, and then as many others as there may be tries, beginning where the last look ended.
   * @param whose the fingerprint of the token that made a task, or the task's own id if nobody knows it
   */
  candidates (whose: string, all: readonly Credential[]): Credential[] {
    const { heir, triesSoFar } = this.#memories.get(whose) ?? { heir: undefined, triesSoFar: 0 }
    const known = all.filter(({ fingerprint }) => fingerprint === heir)
    const others = all.filter(({ fingerprint }) => fingerprint !== heir)
    const from = others.length === 0 ? 0 : triesSoFar % others.length
    const inTurn = [...others.slice(from), ...others.slice(0, from)].slice(0, TRIES_MAX - known.length)
    this.#remember(whose, { heir, triesSoFar: triesSoFar + inTurn.length })
    return [...known, ...inTurn]
  }

  /** That this one saw a task. */
  found (whose: string, { fingerprint }: Credential): void {
    this.#remember(whose, { heir: fingerprint, triesSoFar: 0 })
  }

  #remember (whose: string, memory: Memory): void {
    this.#memories.delete(whose)
    this.#memories.set(whose, memory)
    const [oldest] = this.#memories.keys()
    if (this.#memories.size > REMEMBERED_MAX && oldest !== undefined) this.#memories.delete(oldest)
  }
}
