// Calls that all gateways count together: told to Redis before they are let in where a limit is near, and a moment later where it is far.
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { RedisClient } from './link.ts'
import { run } from './scripts.ts'

/** How often something was called in its window, and when that ends. */
export type CallCount = { current: number, endsInMs: number }

export interface CallCounts {
  /**
   * Counts one more call of this name. A window begins with its first call. Rejects if Redis does not answer.
   * @param limit how many calls a window may have: what is far from it is told a moment later, by how much is bounded
   */
  count (name: string, limit: { calls: number, windowMs: number }): Promise<CallCount>
}

type Window = {
  name: string
  windowMs: number
  /** as Redis said last */
  counted: number
  /** calls that were let in, and of which Redis has not been told */
  untold: number
  /** and those of which it has been told, but has not answered */
  unanswered: number
  endsAtMs: number
}

/** So long after a call it is told at the latest. */
const TELL_EVERY_MS = 100
/** Up to this part of a limit it is far, */
const FAR = 1 / 2
/** and this part of it is what one gateway may let in before Redis has heard of it: fifty of them do not pass the half that is left. */
const UNTOLD = 1 / 100
/** Names that are remembered; the one that was quiet longest is forgotten first, and asked for again. */
const REMEMBERED = 50_000

const reply = z.tuple([z.int(), z.int()])

/** @param prefix what the names in Redis begin with */
export function callCounts (redis: RedisClient, prefix: string): CallCounts {
  const windows = new LRUCache<string, Window>({ max: REMEMBERED })
  const waiting = new Set<Window>()
  let timer: NodeJS.Timeout | undefined

  function windowOf (name: string, windowMs: number): Window {
    let window = windows.get(name)
    if (window === undefined) {
      window = { name, windowMs, counted: 0, untold: 0, unanswered: 0, endsAtMs: 0 }
      windows.set(name, window)
    }
    return window
  }

  async function tell (window: Window, calls: number): Promise<CallCount> {
    const letIn = window.untold
    window.unanswered += letIn
    window.untold = 0
    waiting.delete(window)
    try {
      const about = { calls: calls + letIn, window: window.windowMs }
      const [current, endsInMs] = reply.parse(await run({ ask: (_place, command) => command(redis) }, 'count-calls', { keys: [`${prefix}${window.name}`], about }))
      window.counted = current
      window.endsAtMs = performance.now() + endsInMs
      return { current, endsInMs }
    } finally {
      window.unanswered -= letIn
    }
  }

  /** What cannot be told is not counted: these limits are not about money. */
  function tellAll (): void {
    timer = undefined
    for (const window of waiting) tell(window, 0).catch(() => {})
  }

  return {
    async count (name, { calls, windowMs }) {
      const window = windowOf(name, windowMs)
      const endsInMs = window.endsAtMs - performance.now()
      const ahead = window.unanswered + window.untold + 1
      const current = window.counted + ahead
      if (endsInMs <= 0 || current > calls * FAR || ahead > calls * UNTOLD) return tell(window, 1)
      window.untold++
      waiting.add(window)
      timer ??= setTimeout(tellAll, TELL_EVERY_MS).unref()
      return { current, endsInMs }
    }
  }
}
