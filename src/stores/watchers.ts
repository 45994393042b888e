// Who wants to hear of changes of which task, in this process.
import type { TaskRef } from '../kernel/ids.ts'

export class Watchers {
  readonly #listeners = new Map<TaskRef, Set<() => void>>()

  /** @returns what ends it */
  add (ref: TaskRef, listener: () => void): () => void {
    const listeners = this.#listeners.get(ref) ?? new Set()
    this.#listeners.set(ref, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(ref) === listeners) this.#listeners.delete(ref)
    }
  }

  tell (ref: TaskRef): void {
    for (const listener of [...this.#listeners.get(ref) ?? []]) listener()
  }
}
