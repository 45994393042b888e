// How many calls may be under way at once, and how long the others wait for their turn.

/** A bounded number of places. */
export interface Slots {
  /** Takes a place, waiting for one if need be. @returns false if none became free in time */
  enter (): Promise<boolean>
  /** Gives a place back. */
  leave (): void
}

/** @param waitMs how long `enter` waits at most */
export function slots (count: number, waitMs: number): Slots {
  let free = count
  const waiting = new Set<() => void>()

  return {
    enter () {
      if (free > 0) {
        free--
        return Promise.resolve(true)
      }
      return new Promise(resolve => {
        const proceed = (): void => {
          clearTimeout(timer)
          resolve(true)
        }
        const timer = setTimeout(() => {
          waiting.delete(proceed)
          resolve(false)
        }, waitMs)
        waiting.add(proceed)
      })
    },

    leave () {
      const [next] = waiting
      if (next === undefined) {
        free++
        return
      }
      // The place goes straight to the one who has waited longest.
      waiting.delete(next)
      next()
    }
  }
}
