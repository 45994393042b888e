// A clock that stands still until a test moves it.
import type { Clock } from '../../src/kernel/clock.ts'

export type ManualClock = Clock & { advance (ms: number): void, set (moment: string): void }

export function manualClock (start = '2026-11-22T12:00:00Z'): ManualClock {
  let nowMs = Date.parse(start)
  return {
    nowMs: () => nowMs,
    advance (ms) { nowMs += ms },
    set (moment) { nowMs = Date.parse(moment) }
  }
}
