// The sums that tasks contribute to: windows, unfinished tasks, days.
import type { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import { accountOf, counterOf, dayOf, ownerOf, ownerOfTask } from '../../ledger/account.ts'
import type { Position } from '../../ledger/admission.ts'
import { EMPTY_TALLY, SCOPES, type CounterId, type Tally } from '../../ledger/counter.ts'
import type { Correction } from '../../ledger/ledger.ts'
import { EMPTY_FIGURES, type UsageFigures } from '../../ledger/report.ts'
import { differenceOf } from '../../ledger/step.ts'
import type { SumFigures, SumId } from '../../ledger/sum.ts'
import type { Task } from '../../ledger/task.ts'
import { windowAt } from '../../ledger/window.ts'
import type { Caller } from '../../teams/directory.ts'
import { integer, type Row } from './row.ts'

/** What a task adds is the difference between these two; undefined stands for no task at all. */
type Change = { before: Task | undefined, after: Task }

/** The statements that read and move the counters. Each method runs inside a transaction of the caller's. */
export function counters (database: DatabaseSync) {
  const readTally = database.prepare('SELECT * FROM counters WHERE scope = ? AND owner = ? AND per = ? AND label = ?')
  const moveTally = database.prepare(`UPDATE counters SET used_tasks = used_tasks + :usedTasks, held_tasks = held_tasks + :heldTasks,
      used_micros = used_micros + :usedMicros, held_micros = held_micros + :heldMicros
    WHERE scope = :scope AND owner = :owner AND per = :per AND label = :label`)
  const openTally = database.prepare('INSERT INTO counters VALUES (:scope, :owner, :per, :label, 0, 0, 0, 0) ON CONFLICT DO NOTHING')
  const readInFlight = database.prepare('SELECT tasks FROM in_flight WHERE scope = ? AND owner = ?')
  const moveInFlight = database.prepare('UPDATE in_flight SET tasks = tasks + :tasks WHERE scope = :scope AND owner = :owner')
  const openInFlight = database.prepare('INSERT INTO in_flight VALUES (:scope, :owner, 0) ON CONFLICT DO NOTHING')
  const readRequests = database.prepare('SELECT admitted FROM requests WHERE scope = ? AND owner = ? AND minute >= ?')
  const addRequest = database.prepare(`INSERT INTO requests VALUES (:scope, :owner, :minute, 1)
    ON CONFLICT DO UPDATE SET admitted = CASE WHEN :minute > minute THEN 1 ELSE admitted + 1 END, minute = max(minute, :minute)`)
  const moveDay = database.prepare(`UPDATE usage_days SET tasks = tasks + :tasks, completed = completed + :completed, failed = failed + :failed,
      unknown = unknown + :unknown, spent_micros = spent_micros + :spentMicros, held_micros = held_micros + :heldMicros,
      refunded_micros = refunded_micros + :refundedMicros
    WHERE day = :day AND team = :team AND lineage = :lineage AND model = :model`)
  const openDay = database.prepare('INSERT INTO usage_days VALUES (:day, :team, :lineage, :model, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING')

  const readDay = database.prepare('SELECT * FROM usage_days WHERE day = ? AND team = ? AND lineage = ? AND model = ?')

  function tally ({ scope, owner, per, label }: CounterId): Tally {
    const row = readTally.get(scope, owner, per, label)
    if (row === undefined) return EMPTY_TALLY
    return {
      usedTasks: integer(row, 'used_tasks'),
      heldTasks: integer(row, 'held_tasks'),
      usedMicros: integer(row, 'used_micros'),
      heldMicros: integer(row, 'held_micros')
    }
  }

  /** What a sum holds now, if it is there. */
  function held (id: SumId): SumFigures | undefined {
    switch (id.kind) {
      case 'counter': return readTally.get(id.counter.scope, id.counter.owner, id.counter.per, id.counter.label) && { ...tally(id.counter) }
      case 'in_flight': {
        const row = readInFlight.get(id.scope, id.owner)
        return row && { tasks: integer(row, 'tasks') }
      }
      case 'usage_day': {
        const row = readDay.get(id.day, id.account, id.lineage, id.model)
        return row && figuresIn(row)
      }
    }
  }

  return {
    held,

    /** What the caller's counters hold now. */
    position (caller: Caller): Position {
      return {
        tally: window => tally(counterOf(window)),
        requests (scope, minute) {
          const row = readRequests.get(scope, ownerOf(scope, caller), minute.label)
          return row === undefined ? 0 : integer(row, 'admitted')
        },
        inFlight (scope) {
          const row = readInFlight.get(scope, ownerOf(scope, caller))
          return row === undefined ? 0 : integer(row, 'tasks')
        }
      }
    },

    /** Counts an admitted create in the minute of each account. */
    countRequest (caller: Caller, nowMs: number): void {
      const { label } = windowAt('minute', caller.team.timeZone, nowMs)
      for (const scope of SCOPES) addRequest.run({ scope, owner: ownerOf(scope, caller), minute: label })
    },

    /** Opens the counters that an admitted task is counted in. Only this does: a late refund never opens one. */
    open (task: Task): void {
      for (const { scope, owner, per, label } of task.counted) openTally.run({ scope, owner, per, label })
      for (const scope of SCOPES) openInFlight.run({ scope, owner: ownerOfTask(scope, task) })
      openDay.run({ day: dayOf(task), team: accountOf(task.team, task.mode), lineage: task.lineage, model: task.model })
    },

    /** Adds to a sum that is as it was found, and opens it if it was not there. @returns whether it was so */
    correct ({ id, was, add }: Correction): boolean {
      if (!isDeepStrictEqual(held(id), was)) return false
      switch (id.kind) {
        case 'counter': {
          openTally.run(id.counter)
          moveTally.run({ ...id.counter, ...EMPTY_TALLY, ...add })
          return true
        }
        case 'in_flight': {
          openInFlight.run({ scope: id.scope, owner: id.owner })
          moveInFlight.run({ scope: id.scope, owner: id.owner, tasks: add['tasks'] ?? 0 })
          return true
        }
        case 'usage_day': {
          const { day, account: team, lineage, model } = id
          openDay.run({ day, team, lineage, model })
          moveDay.run({ day, team, lineage, model, ...EMPTY_FIGURES, ...add })
          return true
        }
      }
    },

    /** Moves every counter of the task by the difference that a step made. */
    move ({ before, after }: Change): void {
      const { inFlight, figures, ...tallies } = differenceOf(before, after)
      if (isMoved(tallies)) {
        for (const { scope, owner, per, label } of after.counted) moveTally.run({ scope, owner, per, label, ...tallies })
      }
      if (inFlight !== 0) {
        for (const scope of SCOPES) moveInFlight.run({ scope, owner: ownerOfTask(scope, after), tasks: inFlight })
      }
      if (isMoved(figures)) moveDay.run({ day: dayOf(after), team: accountOf(after.team, after.mode), lineage: after.lineage, model: after.model, ...figures })
    }
  }
}

/** The figures of a day of the report. */
export function figuresIn (row: Row): UsageFigures {
  return {
    tasks: integer(row, 'tasks'),
    completed: integer(row, 'completed'),
    failed: integer(row, 'failed'),
    unknown: integer(row, 'unknown'),
    spentMicros: integer(row, 'spent_micros'),
    heldMicros: integer(row, 'held_micros'),
    refundedMicros: integer(row, 'refunded_micros')
  }
}

function isMoved (figures: Record<string, number>): boolean { return Object.values(figures).some(figure => figure !== 0) }
