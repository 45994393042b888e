// Something that is done again and again, never twice at once, and never after it was stopped.
import type { Log } from '../kernel/log.ts'
import { LedgerUnavailable } from '../ledger/ledger.ts'

export interface Job {
  /** Begins nothing any more from this moment on, and waits for what is under way. */
  stop (): Promise<void>
}

/** Runs the work at once, and then again so long after each round. A round that fails is logged, and the next one tries. */
export function every (pauseMs: number, log: Log, work: () => Promise<void>): Job {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let round = run()

  async function run (): Promise<void> {
    try {
      await work()
    } catch (error) {
      // That the ledger is away is said where it is noticed, once; the job comes again.
      if (error instanceof LedgerUnavailable) log.debug({ err: error }, 'job put off')
      else log.error({ err: error }, 'job failed')
    }
    if (stopped) return
    timer = setTimeout(() => { round = run() }, pauseMs)
    timer.unref()
  }

  return {
    async stop () {
      stopped = true
      clearTimeout(timer)
      await round
    }
  }
}
