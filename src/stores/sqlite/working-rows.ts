// Rows that many steps of one transaction change: each is read once, changed in memory, and written once.
export type RowStatements<Value> = {
  read: (key: readonly string[]) => Value | undefined
  /** Writes a row as it is now, whether it was there or not. */
  write: (key: readonly string[], value: Value) => void
}

/** Holds what it has read: it is to be thrown away at the end of its transaction. */
export class WorkingRows<Value> {
  readonly #statements: RowStatements<Value>
  readonly #rows = new Map<string, { key: readonly string[], value: Value | undefined, isChanged: boolean }>()

  constructor (statements: RowStatements<Value>) { this.#statements = statements }

  get (key: readonly string[]): Value | undefined { return this.#at(key).value }

  set (key: readonly string[], value: Value): void { Object.assign(this.#at(key), { value, isChanged: true }) }

  write (): void {
    for (const { key, value, isChanged } of this.#rows.values()) {
      if (isChanged && value !== undefined) this.#statements.write(key, value)
    }
  }

  #at (key: readonly string[]) {
    const name = key.join('\n')
    const known = this.#rows.get(name)
    if (known !== undefined) return known
    const row = { key, value: this.#statements.read(key), isChanged: false }
    this.#rows.set(name, row)
    return row
  }
}
