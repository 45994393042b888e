// Stops knocking at a door that nobody opens: after ten calls in a row that could not be sent, one a second is tried.
import type { Clock } from '../kernel/clock.ts'

export interface Breaker {
  /** Whether a call may be tried now. */
  allows (): boolean
  /** Counts a call that could not be sent; any other ends the row. */
  record (sent: boolean): void
}

const UNSENT_MAX = 10
const REST_MS = 1000

export function openBreaker (clock: Clock): Breaker {
  let unsentInARow = 0
  let nextTryMs = 0

  return {
    allows () {
      if (unsentInARow < UNSENT_MAX) return true
      const nowMs = clock.nowMs()
      if (nowMs < nextTryMs) return false
      nextTryMs = nowMs + REST_MS
      return true
    },
    record (sent) {
      unsentInARow = sent ? 0 : unsentInARow + 1
      if (unsentInARow === UNSENT_MAX) nextTryMs = clock.nowMs() + REST_MS
    }
  }
}
