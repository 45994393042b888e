// Work that must come to its end before the process may, even when nobody waits for its result any more.

/** The promises that have not settled yet. */
export class Running {
  readonly #promises = new Set<Promise<unknown>>()

  /** Gives the same promise back. */
  track<Result> (promise: Promise<Result>): Promise<Result> {
    const settled: Promise<unknown> = promise.then(noop, noop).finally(() => this.#promises.delete(settled))
    this.#promises.add(settled)
    return promise
  }

  get size (): number { return this.#promises.size }

  /** Resolves when everything has settled, also what was begun meanwhile. */
  async idle (): Promise<void> {
    while (this.#promises.size > 0) await Promise.all(this.#promises)
  }
}

function noop (): void {}
