// The time that answers may take: all commands have the same, so one timer serves all of them.

/** How long an answer may take. */
export const ANSWER_WITHIN_MS = 250

/** A command that is under way. */
type Waiting = { answered: boolean, readonly fail: () => void }

/** Commands of one turn of the event loop, which are sent at its end. */
type Turn = { endsAtMs: number, waiting: Waiting[] }

export class Deadlines {
  /** those that are not sent yet */
  #fresh: Waiting[] = []
  /** the oldest first */
  readonly #turns: Turn[] = []
  #isTimed = false

  /** Begins the time of a command that is sent now; whoever gets its answer says so. @param fail is called if nobody has, when the time is over */
  begin (fail: () => void): Waiting {
    if (this.#fresh.length === 0) setImmediate(() => this.#close())
    const waiting = { answered: false, fail }
    this.#fresh.push(waiting)
    return waiting
  }

  /** The turn is over: from now on its commands are waited for. */
  #close (): void {
    this.#turns.push({ endsAtMs: performance.now() + ANSWER_WITHIN_MS, waiting: this.#fresh })
    this.#fresh = []
    if (!this.#isTimed) this.#time(ANSWER_WITHIN_MS)
  }

  #time (ms: number): void {
    this.#isTimed = true
    // It keeps the process alive: whoever waits is told, also when there is no connection left that would.
    setTimeout(() => this.#sweep(), Math.max(1, Math.ceil(ms)))
  }

  #sweep (): void {
    const nowMs = performance.now()
    while (this.#turns[0] !== undefined && this.#turns[0].endsAtMs <= nowMs) {
      const { waiting } = this.#turns.shift() ?? { waiting: [] }
      const silent = waiting.filter(({ answered }) => !answered)
      // The event loop may have been busy while the answer lay there: it gets one more turn to be read.
      if (silent.length > 0) setImmediate(() => { for (const one of silent) if (!one.answered) one.fail() })
    }
    const [next] = this.#turns
    this.#isTimed = next !== undefined
    if (next !== undefined) this.#time(next.endsAtMs - nowMs)
  }
}
