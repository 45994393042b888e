// Group commit: the steps that are asked for in one turn of the event loop share one transaction, because writing what it changed is most of what a step costs.
import type { DatabaseSync } from 'node:sqlite'
import { transaction } from './database.ts'

/**
 * Runs a step in this turn's transaction, behind those that were asked for before it, and resolves when that is committed.
 * A step reads and writes the database and nothing else: when one of a group fails all are undone, and each is run again in a transaction of its own.
 * @throws LedgerUnavailable if the file cannot be read or written
 */
export type Grouped<Unit> = <Result>(step: (unit: Unit) => Result) => Promise<Result>

/** `run` gives back what resolves the promise; it is called after the commit. */
type Waiting<Unit> = { run: (unit: Unit) => () => void, reject: (error: unknown) => void }

/** @param begin begins what the steps of one transaction share, and what writes at its end */
export function groupCommit<Unit extends { write (): void }> (database: DatabaseSync, begin: () => Unit): Grouped<Unit> {
  let waiting: Waiting<Unit>[] = []

  function commit (): void {
    const group = waiting
    waiting = []
    runTogether(group)
  }

  return step => new Promise((resolve, reject) => {
    // Nothing is left open between turns: who reads meanwhile sees what is committed.
    if (waiting.length === 0) setImmediate(commit)
    waiting.push({
      reject,
      run (unit) {
        const result = step(unit)
        return () => resolve(result)
      }
    })
  })

  function runTogether (group: readonly Waiting<Unit>[]): void {
    let isRun = false
    try {
      const resolves = transaction(database, () => {
        const unit = begin()
        const done = group.map(({ run }) => run(unit))
        unit.write()
        isRun = true
        return done
      })
      for (const resolve of resolves) resolve()
    } catch (error) {
      // One of them cannot be taken, and says so; the others have nothing to do with it.
      if (!isRun && group.length > 1) for (const each of group) runTogether([each])
      else for (const { reject } of group) reject(error)
    }
  }
}
