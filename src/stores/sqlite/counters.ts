// The sums that tasks contribute to: windows, unfinished tasks, days.
import type { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import { accountOf, counterOf, dayOf, ownerOf, ownerOfTask } from '../../ledger/account.ts'
import type { Position } from '../../ledger/admission.ts'
import { EMPTY_TALLY, SCOPES, type CounterId, type Scope, type Tally } from '../../ledger/counter.ts'
import { MINUTE_KEPT_MS } from '../../ledger/keeping.ts'
import type { Correction } from '../../ledger/ledger.ts'
import { addFigures, EMPTY_FIGURES, type UsageFigures } from '../../ledger/report.ts'
import { differenceOf } from '../../ledger/step.ts'
import type { SumFigures, SumId } from '../../ledger/sum.ts'
import type { Task } from '../../ledger/task.ts'
import { windowAt, type Window } from '../../ledger/window.ts'
import type { Caller } from '../../teams/directory.ts'
import { integer, text, type Row } from './row.ts'
import { WorkingRows } from './working-rows.ts'

/** Creates that were admitted in the latest minute of an account. */
type Requests = { minute: string, admitted: number }

export type Sums = ReturnType<ReturnType<typeof counters>>

/**
 * The statements that read and move the counters.
 * @returns what begins to work with them: one transaction's steps share it, and `write` ends it; who only reads does not write
 */
export function counters (database: DatabaseSync) {
  const readTally = database.prepare('SELECT * FROM counters WHERE scope = ? AND owner = ? AND per = ? AND label = ?')
  const writeTally = database.prepare(`INSERT INTO counters VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    used_tasks = excluded.used_tasks, held_tasks = excluded.held_tasks, used_micros = excluded.used_micros, held_micros = excluded.held_micros`)
  const readInFlight = database.prepare('SELECT tasks FROM in_flight WHERE scope = ? AND owner = ?')
  const writeInFlight = database.prepare('INSERT INTO in_flight VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET tasks = excluded.tasks')
  const readRequests = database.prepare('SELECT minute, admitted FROM requests WHERE scope = ? AND owner = ?')
  const writeRequests = database.prepare('INSERT INTO requests VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET minute = excluded.minute, admitted = excluded.admitted')
  const readDay = database.prepare('SELECT * FROM usage_days WHERE day = ? AND team = ? AND lineage = ? AND model = ?')
  const writeDay = database.prepare(`INSERT INTO usage_days VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET tasks = excluded.tasks, completed = excluded.completed,
    failed = excluded.failed, unknown = excluded.unknown, spent_micros = excluded.spent_micros, held_micros = excluded.held_micros, refunded_micros = excluded.refunded_micros`)

  return () => {
    const tallies = new WorkingRows<Tally>({
      read (key) {
        const row = readTally.get(...key)
        return row && tallyIn(row)
      },
      write (key, { usedTasks, heldTasks, usedMicros, heldMicros }) { writeTally.run(...key, usedTasks, heldTasks, usedMicros, heldMicros) }
    })
    const inFlight = new WorkingRows<number>({
      read (key) {
        const row = readInFlight.get(...key)
        return row && integer(row, 'tasks')
      },
      write (key, tasks) { writeInFlight.run(...key, tasks) }
    })
    const requests = new WorkingRows<Requests>({
      read (key) {
        const row = readRequests.get(...key)
        return row && { minute: text(row, 'minute'), admitted: integer(row, 'admitted') }
      },
      write (key, { minute, admitted }) { writeRequests.run(...key, minute, admitted) }
    })
    const days = new WorkingRows<UsageFigures>({
      read (key) {
        const row = readDay.get(...key)
        return row && figuresIn(row)
      },
      write (key, { tasks, completed, failed, unknown, spentMicros, heldMicros, refundedMicros }) {
        writeDay.run(...key, tasks, completed, failed, unknown, spentMicros, heldMicros, refundedMicros)
      }
    })

    /** What a sum holds now, if it is there. */
    function held (id: SumId): SumFigures | undefined {
      switch (id.kind) {
        case 'counter': return tallies.get(keyOf(id.counter))
        case 'in_flight': {
          const tasks = inFlight.get([id.scope, id.owner])
          return tasks === undefined ? undefined : { tasks }
        }
        case 'usage_day': return days.get([id.day, id.account, id.lineage, id.model])
      }
    }

    /** Adds to every counter of the task what a step changed. One that is not there is opened by an admission only: a late refund never opens one. */
    function count (before: Task | undefined, after: Task): void {
      const { inFlight: unfinished, figures, ...tally } = differenceOf(before, after)
      const isNew = before === undefined
      if (isNew || isMoved(tally)) {
        for (const id of after.counted) addTo(tallies, keyOf(id), isNew ? EMPTY_TALLY : undefined, held => addTally(held, tally))
      }
      if (isNew || unfinished !== 0) {
        for (const scope of SCOPES) addTo(inFlight, [scope, ownerOfTask(scope, after)], isNew ? 0 : undefined, held => held + unfinished)
      }
      if (isNew || isMoved(figures)) {
        addTo(days, [dayOf(after), accountOf(after.team, after.mode), after.lineage, after.model], isNew ? EMPTY_FIGURES : undefined, held => addFigures(held, figures))
      }
    }

    return {
      held,
      count,

      /** What the caller's counters hold now. */
      position (caller: Caller): Position {
        return {
          tally: window => tallies.get(keyOf(counterOf(window))) ?? EMPTY_TALLY,
          requests (scope, minute) {
            const row = requests.get([scope, ownerOf(scope, caller)])
            return row === undefined || isPast(row, minute) ? 0 : row.admitted
          },
          inFlight: scope => inFlight.get([scope, ownerOf(scope, caller)]) ?? 0
        }
      },

      /** Counts an admitted create in the minute of each account. */
      countRequest (caller: Caller, nowMs: number): void {
        const now = windowAt('minute', caller.team.timeZone, nowMs)
        const fresh = { minute: now.label, admitted: 0 }
        for (const scope of SCOPES) {
          addTo(requests, [scope, ownerOf(scope, caller)], fresh, held => {
            const { minute, admitted } = isPast(held, now) ? fresh : held
            return { minute, admitted: admitted + 1 }
          })
        }
      },

      /** Adds to a sum that is as it was found, and opens it if it was not there. @returns whether it was so */
      correct ({ id, was, add }: Correction): boolean {
        if (!isDeepStrictEqual(held(id), was)) return false
        switch (id.kind) {
          case 'counter': {
            addTo(tallies, keyOf(id.counter), EMPTY_TALLY, tally => addTally(tally, { ...EMPTY_TALLY, ...add }))
            return true
          }
          case 'in_flight': {
            addTo(inFlight, [id.scope, id.owner], 0, tasks => tasks + (add['tasks'] ?? 0))
            return true
          }
          case 'usage_day': {
            addTo(days, [id.day, id.account, id.lineage, id.model], EMPTY_FIGURES, figures => addFigures(figures, { ...EMPTY_FIGURES, ...add }))
            return true
          }
        }
      },

      write (): void {
        for (const rows of [tallies, inFlight, requests, days]) rows.write()
      }
    }
  }
}

/** Orders of the end of a minute may come after those of the next one; a minute that is further ahead was counted before the clock was set back. */
function isPast ({ minute }: Requests, { label, startsAtMs }: Window): boolean {
  return minute < label || (minute > label && Date.parse(minute) > startsAtMs + MINUTE_KEPT_MS)
}

/** Changes a row; one that is not there begins with what it is given, if anything. */
function addTo<Value> (rows: WorkingRows<Value>, key: readonly string[], fresh: Value | undefined, add: (held: Value) => Value): void {
  const held = rows.get(key) ?? fresh
  if (held !== undefined) rows.set(key, add(held))
}

function keyOf ({ scope, owner, per, label }: CounterId): [scope: Scope, ...string[]] { return [scope, owner, per, label] }

function addTally (sum: Tally, more: Tally): Tally {
  return {
    usedTasks: sum.usedTasks + more.usedTasks,
    heldTasks: sum.heldTasks + more.heldTasks,
    usedMicros: sum.usedMicros + more.usedMicros,
    heldMicros: sum.heldMicros + more.heldMicros
  }
}

function tallyIn (row: Row): Tally {
  return {
    usedTasks: integer(row, 'used_tasks'),
    heldTasks: integer(row, 'held_tasks'),
    usedMicros: integer(row, 'used_micros'),
    heldMicros: integer(row, 'held_micros')
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
