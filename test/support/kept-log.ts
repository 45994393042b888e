// A log that keeps its lines, for tests that read them.
import type { Log } from '../../src/kernel/log.ts'

export type KeptLine = { level: keyof Log, facts: object, message: string }

/** @returns a log, and all that was written to it so far */
export function keptLog (): { log: Log, lines: KeptLine[] } {
  const lines: KeptLine[] = []
  const at = (level: keyof Log) => (facts: object, message: string): void => { lines.push({ level, facts, message }) }
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), record: at('record') }, lines }
}
