// A value that may be another one the next time it is asked for.

/** Whoever keeps what it was told has an old value: ask at each use. */
export interface Live<Value> {
  /** The value of now; the same object as before if nothing has changed. */
  current (): Value
  /** The same, after looking at its source again whatever its source seems to be. */
  refreshed (): Value
}

/** What never changes. */
export function constant<Value> (value: Value): Live<Value> {
  return { current: () => value, refreshed: () => value }
}
