// Follows every task to its end although nobody asks: claims what is due, on any instance, and looks at it within a bound.
import { tendTask, type TendDependencies } from '../flows/tend-task.ts'
import { Running } from '../kernel/running.ts'
import { LedgerUnavailable } from '../ledger/ledger.ts'
import type { Task } from '../ledger/task.ts'
import { every, type Job } from './every.ts'

export type SweepOptions = TendDependencies & {
  /** looks that nobody asked for, of this instance */
  looksPerSecond: number
  /** of them at a time */
  looksAtOnce: number
  /** after which another instance may take a task over */
  leaseMs: number
}

/** `left`: what names the looks that are under way. */
export type Sweep = Job & { readonly left: object[] }

const ROUND_MS = 500

/** Sweeps until it is stopped; a stop gives back what is not begun, and waits for the looks that are under way. */
export function sweepTasks (options: SweepOptions): Sweep {
  const { ledger, log, looksPerSecond, looksAtOnce, leaseMs } = options
  const looks = new Running()
  // What a round may do beyond the whole number of the one before.
  let allowance = 0
  let stopped = false

  async function tend (task: Task): Promise<void> {
    try {
      await tendTask(options, task)
    } catch (error) {
      // It is due again when its lease ends.
      if (error instanceof LedgerUnavailable) log.debug({ task_ref: task.ref, err: error }, 'task put off')
      else log.error({ task_ref: task.ref, err: error }, 'task cannot be tended')
    }
  }

  /** So that another gateway is given it now, and not when the lease ends. */
  async function giveBack (task: Task): Promise<void> {
    try {
      await ledger.giveBack(task)
    } catch (error) {
      log.debug({ task_ref: task.ref, err: error }, 'lease not given back')
    }
  }

  const rounds = every(ROUND_MS, log, async () => {
    allowance = Math.min(allowance + looksPerSecond * ROUND_MS / 1000, looksPerSecond)
    const room = Math.min(Math.floor(allowance), looksAtOnce - looks.size)
    if (room < 1) return
    const due = await ledger.claimDue(room, leaseMs)
    allowance -= due.length
    for (const task of due) looks.track(stopped ? giveBack(task) : tend(task), { task_ref: task.ref })
  })

  return {
    get left () { return looks.left },
    async stop () {
      stopped = true
      await rounds.stop()
      await looks.idle()
    }
  }
}
