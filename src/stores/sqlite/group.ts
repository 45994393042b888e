// Group commit: the steps that are asked for in one turn of the event loop share one transaction, because writing what it changed is most of what a step costs.
import type { DatabaseSync } from 'node:sqlite'
import { transaction } from './database.ts'

/**
 * Runs a step in this turn's transaction, behind those that were asked for before it, and resolves when that is committed.
 * A step reads and writes the database and nothing else: when one of a group fails all are undone, and each is run again in a transaction of its own.
 * @throws LedgerUnavailable if the file cannot be read or written
 */
export type Grouped = <Result>(step: () => Result) => Promise<Result>

/** `run` gives back what resolves the promise; it is called after the commit. */
type Waiting = { run: () => () => void, reject: (error: unknown) => void }

export function groupCommit (database: DatabaseSync): Grouped {
  let waiting: Waiting[] = []

  function commit (): void {
    const group = waiting
    waiting = []
    runTogether(database, group)
  }

  return step => new Promise((resolve, reject) => {
    // Nothing is left open between turns: who reads meanwhile sees what is committed.
    if (waiting.length === 0) setImmediate(commit)
    waiting.push({
      reject,
      run: () => {
        const result = step()
        return () => resolve(result)
      }
    })
  })
}

function runTogether (database: DatabaseSync, group: readonly Waiting[]): void {
  let isRun = false
  try {
    const resolves = transaction(database, () => {
      const done = group.map(({ run }) => run())
      isRun = true
      return done
    })
    for (const resolve of resolves) resolve()
  } catch (error) {
    // One of them cannot be taken, and says so; the others have nothing to do with it.
    if (!isRun && group.length > 1) for (const each of group) runTogether(database, [each])
    else for (const { reject } of group) reject(error)
  }
}
