// Tasks that somebody waits for: looked at once for everybody, as often as a status may be old, and told to all when they change.
import type { Endpoint } from '../catalog/endpoint.ts'
import type { TaskRef } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import { LedgerUnavailable } from '../ledger/ledger.ts'
import { isRunning, type Task } from '../ledger/task.ts'
import { addressOf, lookAtTask, type LookDependencies } from './look-at-task.ts'

export type TaskWatchOptions = LookDependencies & {
  log: Log
  /** how old a status may be before upstream is asked again */
  statusMaxAgeMs: number
}

/** Is told the task after each change of its state, and once with undefined when nobody will tell it anything any more. */
export type TaskListener = (task: Task | undefined) => void

export interface TaskWatch {
  /** Tells of changes of a task that was just read, until what it gives back is called. */
  watch (watched: { task: Task, endpoint: Endpoint }, listener: TaskListener): () => void
  /** how many listeners there are */
  readonly size: number
  /** Lets everybody go who waits; who comes later is let go at once. */
  close (): void
}

type Watched = { task: Task, endpoint: Endpoint, listeners: Set<TaskListener>, unwatch: () => void, dueAtMs: number, reading: boolean, again: boolean }

/** One timer serves all tasks. */
const TICK_MS = 100
/** A look that comes a moment too early is none. */
const MARGIN_MS = 20

export function openTaskWatch (options: TaskWatchOptions): TaskWatch {
  const { ledger, clock, log, statusMaxAgeMs } = options
  const tasks = new Map<TaskRef, Watched>()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  /** Reads the task, looks upstream if that is this reader's turn, and tells everybody of a new state. */
  async function refresh (watched: Watched): Promise<void> {
    watched.reading = true
    watched.again = false
    let { lookedAtMs } = watched.task
    try {
      const task = await latest(watched)
      lookedAtMs = task.lookedAtMs
      tell(watched, task)
    } catch (error) {
      if (!(error instanceof LedgerUnavailable)) log.error({ task_ref: watched.task.ref, err: error }, 'watched task cannot be read')
    }
    watched.reading = false
    watched.dueAtMs = performance.now() + Math.max(0, lookedAtMs + statusMaxAgeMs - clock.nowMs()) + MARGIN_MS
    if (watched.again && tasks.has(watched.task.ref)) refresh(watched)
  }

  async function latest ({ task, endpoint }: Watched): Promise<Task> {
    const found = await ledger.follow(task.ref)
    if (found.kind === 'missing') return task
    const address = found.mayLook ? addressOf(endpoint, found.task) : undefined
    return address === undefined ? found.task : (await lookAtTask(options, found.task, address, log)).task
  }

  function tell (watched: Watched, task: Task): void {
    // Whoever waits has this one, and need not hold two.
    if (task.revision === watched.task.revision) return
    const hasMoved = task.state !== watched.task.state
    watched.task = task
    if (!hasMoved) return
    for (const listener of [...watched.listeners]) listener(task)
  }

  function tick (): void {
    const nowMs = performance.now()
    for (const watched of tasks.values()) {
      if (!watched.reading && nowMs >= watched.dueAtMs && isRunning(watched.task)) refresh(watched)
    }
  }

  function begin (task: Task, endpoint: Endpoint): Watched {
    const watched: Watched = { task, endpoint, listeners: new Set(), unwatch: () => {}, dueAtMs: 0, reading: false, again: false }
    watched.unwatch = ledger.watch(task.ref, () => {
      if (watched.reading) watched.again = true
      else refresh(watched)
    })
    tasks.set(task.ref, watched)
    timer ??= setInterval(tick, TICK_MS).unref()
    return watched
  }

  function leave (watched: Watched, listener: TaskListener): void {
    watched.listeners.delete(listener)
    if (watched.listeners.size > 0 || tasks.get(watched.task.ref) !== watched) return
    watched.unwatch()
    tasks.delete(watched.task.ref)
    if (tasks.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  return {
    watch ({ task, endpoint }, listener) {
      if (closed) {
        listener(undefined)
        return () => {}
      }
      const watched = tasks.get(task.ref) ?? begin(task, endpoint)
      watched.listeners.add(listener)
      // Another reader may know more than the one who comes, or less.
      if (watched.task.revision > task.revision && watched.task.state !== task.state) listener(watched.task)
      return () => leave(watched, listener)
    },

    get size () { return [...tasks.values()].reduce((sum, { listeners }) => sum + listeners.size, 0) },

    close () {
      closed = true
      clearInterval(timer)
      const all = [...tasks.values()]
      tasks.clear()
      for (const { listeners, unwatch } of all) {
        unwatch()
        for (const listener of [...listeners]) listener(undefined)
      }
    }
  }
}
