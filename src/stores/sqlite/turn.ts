// The driver is synchronous: whoever reads or writes much lets others in between.
import { setImmediate } from 'node:timers/promises'

/** Resolves when everybody else has had a turn. */
export function turn (): Promise<void> { return setImmediate() }
