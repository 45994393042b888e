// Turns of the event loop. The driver is synchronous: whoever reads or writes much lets others in between.
import { setImmediate } from 'node:timers/promises'

/** Resolves when everybody else has had a turn. */
export function turn (): Promise<void> { return setImmediate() }

/** @returns what gives everybody who asks in one turn the same promise, which resolves at its end: they go on side by side */
export function sharedTurn (): () => Promise<void> {
  let end: Promise<void> | undefined
  return () => {
    end ??= turn().then(() => { end = undefined })
    return end
  }
}
