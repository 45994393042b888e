// What the gateway needs of a logger; pino fits it.

/** Writes one line a call: facts as fields, and a message that never varies. */
export interface Log {
  debug (facts: object, message: string): void
  info (facts: object, message: string): void
  warn (facts: object, message: string): void
  error (facts: object, message: string): void
  /** for what must be found again, at whichever level the log is: what was bought, how it ended, what operators changed */
  record (facts: object, message: string): void
}
