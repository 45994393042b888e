// When a message is tried again: the schedule that the Standard Webhooks specification recommends.

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** Between one attempt and the next; the first is made at once, and after the tenth there is no other. */
const PAUSES_MS: readonly number[] = [
  5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 14 * HOUR_MS, 20 * HOUR_MS, 24 * HOUR_MS
]

/** A pause is longer by up to this share of it, lest all that failed together comes again together. */
const JITTER = 0.2

/** However long a receiver asks to be left alone. */
const RETRY_AFTER_MAX_MS = 24 * HOUR_MS

/**
 * How long to wait after so many attempts, or undefined if that was the last.
 * @param retryAfterMs what the receiver asked for
 * @param chance from 0 to 1
 */
export function pauseAfter (attempts: number, retryAfterMs = 0, chance = Math.random()): number | undefined {
  const pauseMs = PAUSES_MS[attempts - 1]
  if (pauseMs === undefined) return undefined
  return Math.max(Math.round(pauseMs * (1 + JITTER * chance)), Math.min(retryAfterMs, RETRY_AFTER_MAX_MS))
}
