// Looks at the files of secrets each second, so that a bad one is noticed although nobody calls, and by its content, whatever the system says of it.
import type { Live } from '../kernel/live.ts'
import type { Log } from '../kernel/log.ts'
import { every, type Job } from './every.ts'

const EVERY_MS = 1000

/** Whatever a look finds is said in the log by the secret itself. */
export function watchSecrets (files: ReadonlyArray<Live<unknown>>, log: Log): Job {
  return every(EVERY_MS, log, async () => { for (const file of files) file.refreshed() })
}
