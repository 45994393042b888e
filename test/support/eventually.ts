// Waits for something that is about to be true, without believing in any speed.
import { setTimeout as pause } from 'node:timers/promises'

const PAUSE_MS = 5
const PATIENCE_MS = 60_000

/** Resolves as soon as the condition holds; fails after a minute, which no test should take. */
export async function eventually (condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const until = performance.now() + PATIENCE_MS
  while (!await condition()) {
    if (performance.now() > until) throw new Error(`never came true: ${what}`)
    await pause(PAUSE_MS)
  }
}
