// The time, as something that is handed in, so that tests can move it.

/** Tells the time. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs (): number
}

export const systemClock: Clock = { nowMs: () => Date.now() }
