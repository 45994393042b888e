// The embedded ledger: every step is one transaction that runs to its end without another in between.
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../kernel/clock.ts'
import type { KeyId, TaskRef, TeamId } from '../../kernel/ids.ts'
import { accountWindows, counterOf } from '../../ledger/account.ts'
import { decide, inFlightOf, standingsOf, type Admission } from '../../ledger/admission.ts'
import type { Found, Ledger, Order, Transition } from '../../ledger/ledger.ts'
import type { UsageQuery, UsageRow } from '../../ledger/report.ts'
import { advance, isRunning, type ObservedTask, type Resolution, type SettlementRules, type Task } from '../../ledger/task.ts'
import { counters } from './counters.ts'
import { transaction } from './database.ts'
import { integer, placeFrom, text, type Row } from './row.ts'
import { taskTable } from './tasks.ts'

export type SqliteLedgerOptions = {
  database: DatabaseSync
  clock: Clock
  rules: SettlementRules
  /** how old a status may be before a reader asks upstream again */
  statusMaxAgeMs: number
  /** how long one reader has the right to look, if it never reports back */
  lookLeaseMs: number
}

const USAGE_ROWS_A_CHUNK = 500

export function sqliteLedger ({ database, clock, rules, statusMaxAgeMs, lookLeaseMs }: SqliteLedgerOptions): Ledger {
  const tasks = taskTable(database)
  const sums = counters(database)
  const versions = database.prepare('SELECT teams.version AS team, keys.version AS key FROM keys JOIN teams ON teams.id = keys.team WHERE keys.id = ?')
  const usageAfter = database.prepare(`SELECT * FROM usage_days
    WHERE day BETWEEN :fromDay AND :toDay AND (:team IS NULL OR team = :team) AND (day, team, lineage, model) > (:day, :afterTeam, :lineage, :model)
    ORDER BY day, team, lineage, model LIMIT ${USAGE_ROWS_A_CHUNK}`)

  function decideNow (order: Order, nowMs: number): Admission {
    const { caller } = order
    const stored = versions.get(caller.key.id)
    if (stored?.['team'] !== caller.team.version || stored['key'] !== caller.key.version) return { kind: 'stale' }
    return decide(caller, order.priceMicros, nowMs, sums.position(caller))
  }

  function move (ref: TaskRef, seen: Resolution | ObservedTask): Transition {
    return transaction(database, () => {
      const before = tasks.byRef(ref)?.task
      if (before === undefined) throw new Error('a task is in the ledger before anything is learnt of it')
      const nowMs = clock.nowMs()
      const moved = advance(before, seen, rules)
      const changed = moved.state !== before.state || moved.money !== before.money
      const after = { ...moved, lookedAtMs: nowMs, updatedAtMs: changed ? nowMs : before.updatedAtMs }
      tasks.update(after)
      sums.move({ before, after })
      return { before, after }
    })
  }

  return {
    async admit (order) {
      return transaction(database, () => {
        const nowMs = clock.nowMs()
        const admission = decideNow(order, nowMs)
        if (admission.kind !== 'admitted') return admission
        const task = newTask(order, nowMs)
        tasks.insert(task)
        sums.open(task)
        sums.move({ before: undefined, after: task })
        sums.countRequest(order.caller, nowMs)
        return admission
      })
    },

    async preview (order) {
      return transaction(database, () => decideNow(order, clock.nowMs()))
    },

    async resolve (order, outcome) { return move(order.ref, outcome) },

    async observe (ref, seen) { return move(ref, seen) },

    async find (caller, taskId): Promise<Found | undefined> {
      return transaction(database, () => {
        const stored = tasks.byTaskId(taskId, caller.team.id)
        if (stored === undefined) return undefined
        const { task, lookLeaseMs: leasedUntilMs } = stored
        const nowMs = clock.nowMs()
        const mayLook = isRunning(task) && nowMs >= leasedUntilMs && nowMs - task.lookedAtMs >= statusMaxAgeMs
        if (mayLook) tasks.lease(task.ref, nowMs + lookLeaseMs)
        return { task, mayLook }
      })
    },

    async list ({ team, state, model, limit, cursor }) {
      const before = cursor === null ? undefined : placeFrom(cursor)
      const found = transaction(database, () => tasks.page({ team, state, model, before, limit: limit + 1 }))
      const shown = found.slice(0, limit)
      const last = shown.at(-1)
      return { rows: shown.map(({ task }) => task), nextCursor: found.length > limit && last !== undefined ? String(last.number) : null }
    },

    async standing (caller) {
      return transaction(database, () => {
        const position = sums.position(caller)
        return { standings: standingsOf(caller, clock.nowMs(), position), inFlight: inFlightOf(caller, position) }
      })
    },

    // The driver is synchronous: read in chunks, and let others in between.
    async * usage ({ team = undefined, fromDay, toDay }: UsageQuery) {
      let after = { day: '', afterTeam: '', lineage: '', model: '' }
      while (true) {
        const rows = transaction(database, () => usageAfter.all({ fromDay, toDay, team: team ?? null, ...after })).map(readUsage)
        yield * rows
        const last = rows.at(-1)
        if (last === undefined || rows.length < USAGE_ROWS_A_CHUNK) return
        after = { day: last.day, afterTeam: last.team, lineage: last.lineage, model: last.model }
      }
    },

    async ping () { transaction(database, () => versions.get('')) }
  }
}

function newTask (order: Order, nowMs: number): Task {
  const { caller: { team, key } } = order
  return {
    ref: order.ref,
    taskId: null,
    team: team.id,
    keyId: key.id,
    lineage: key.lineage,
    model: order.model,
    state: 'submitting',
    money: 'held',
    priceMicros: order.priceMicros,
    fingerprint: order.fingerprint,
    credential: null,
    body: null,
    looksWithoutMedia: 0,
    counted: accountWindows(order.caller, nowMs).map(counterOf),
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    lookedAtMs: nowMs,
    submitDeadlineMs: order.submitDeadlineMs
  }
}

function readUsage (row: Row): UsageRow {
  return {
    day: text(row, 'day'),
    team: text(row, 'team') as TeamId,
    lineage: text(row, 'lineage') as KeyId,
    model: text(row, 'model'),
    tasks: integer(row, 'tasks'),
    completed: integer(row, 'completed'),
    failed: integer(row, 'failed'),
    unknown: integer(row, 'unknown'),
    spentMicros: integer(row, 'spent_micros'),
    heldMicros: integer(row, 'held_micros'),
    refundedMicros: integer(row, 'refunded_micros')
  }
}
