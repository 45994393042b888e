// Counts sums again from the tasks that they are made of, and says where a store holds something else.
import type { Keeping } from './keeping.ts'
import { addSums, emptySum, sumName, sumsOf, type Sum, type SumFigures, type SumId } from './sum.ts'
import { isRunning, type Task } from './task.ts'
import { boundsOf, type Bounds } from './window.ts'

/** One figure of a sum that is not what the tasks add up to. */
export type Mismatch = { id: SumId, figure: string, stored: number, counted: number }

/** What may be dropped at any moment is not missed. */
const MARGIN_MS = 3_600_000

/** Sums over some tasks. */
export class Recount {
  readonly #sums = new Map<string, Sum>()

  /** Wants the sum to be there, though nothing may be added to it. */
  expect (id: SumId): void {
    const name = sumName(id)
    if (!this.#sums.has(name)) this.#sums.set(name, { id, figures: emptySum(id) })
  }

  add (task: Task): void {
    for (const { id, figures } of sumsOf(task)) {
      const name = sumName(id)
      this.#sums.set(name, { id, figures: addSums(this.#sums.get(name)?.figures ?? emptySum(id), figures) })
    }
  }

  get ids (): SumId[] { return [...this.#sums.values()].map(({ id }) => id) }

  figuresOf (id: SumId): SumFigures { return this.#sums.get(sumName(id))?.figures ?? emptySum(id) }
}

/** Whether nothing more moves the task by itself; what an operator or its team may still do to it is rare. */
export function isAtRest (task: Task): boolean { return task.state !== 'submitting' && !isRunning(task) && task.money !== 'held' }

/**
 * Compares what is stored with what the tasks add up to.
 * @param stored undefined if the store does not have the sum
 * @param teamSinceMs when the team was made
 * @param completeSinceMs since when all tasks are there that are kept now
 */
export function mismatchesIn ({ id, stored, counted }: { id: SumId, stored: SumFigures | undefined, counted: SumFigures }, { nowMs, teamSinceMs, completeSinceMs, keeping }: { nowMs: number, teamSinceMs: number, completeSinceMs: number, keeping: Keeping }): Mismatch[] {
  const { fromMs, overMs } = timesOf(id)
  // A day of the report is kept from its last task on, which may be the first one; counters are kept from the end of their window on, in the zone that their team had then.
  const lastMs = id.kind === 'usage_day' ? fromMs : overMs
  if (lastMs !== null && lastMs + keptMs(id, keeping) - MARGIN_MS <= nowMs) return []
  // Tasks that have settled may be gone: then a sum may hold more than the tasks that are left add up to, but for what is held, which never goes.
  const isWhole = Math.max(fromMs, teamSinceMs) > Math.max(nowMs - keeping.taskMs + MARGIN_MS, completeSinceMs)
  const holds = stored ?? emptySum(id)
  return Object.entries(counted)
    .map(([figure, value]): Mismatch => ({ id, figure, stored: holds[figure] ?? 0, counted: value }))
    .filter(({ figure, stored, counted }) => stored < counted || (stored > counted && (isWhole || id.kind === 'in_flight' || figure.startsWith('held'))))
}

/** When the sum began and ends, as far as its name tells. */
export function timesOf (id: SumId): Bounds {
  switch (id.kind) {
    case 'counter': return boundsOf(id.counter)
    case 'usage_day': return boundsOf({ per: 'day', label: id.day })
    case 'in_flight': return { fromMs: 0, overMs: null, toMs: null }
  }
}

/** How long the sum is kept. */
export function keptMs ({ kind }: SumId, { usageMs, counterGraceMs }: Keeping): number { return kind === 'usage_day' ? usageMs : counterGraceMs }
