// Work that must come to its end before the process may, even when nobody waits for its result any more.

/** The promises that have not settled yet. */
export class Running {
  readonly #promises = new Map<Promise<unknown>, object | undefined>()

  /** Gives the same promise back. @param facts the ids that name the work, should it never end */
  track<Result> (promise: Promise<Result>, facts?: object): Promise<Result> {
    const settled: Promise<unknown> = promise.then(noop, noop).finally(() => this.#promises.delete(settled))
    this.#promises.set(settled, facts)
    return promise
  }

  get size (): number { return this.#promises.size }

  /** What names the work that has not ended, as far as it has a name. */
  get left (): object[] { return [...this.#promises.values()].filter(facts => facts !== undefined) }

  /** Resolves when everything has settled, also what was begun meanwhile. */
  async idle (): Promise<void> {
    while (this.#promises.size > 0) await Promise.all(this.#promises.keys())
  }
}

function noop (): void {}
