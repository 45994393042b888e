// The embedded ledger: every step runs to its end without another in between, and all of it is committed or nothing.
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../kernel/clock.ts'
import { alertsOf, announcementOf, crossings } from '../../ledger/announcement.ts'
import { decide, inFlightOf, standingsOf, type Admission } from '../../ledger/admission.ts'
import type { Found, Ledger, Order, Transition } from '../../ledger/ledger.ts'
import { newTask } from '../../ledger/new-task.ts'
import { retractionOf, stepOf } from '../../ledger/step.ts'
import { isRunning, type ObservedTask, type Resolution, type SettlementRules, type Task } from '../../ledger/task.ts'
import type { Caller } from '../../teams/directory.ts'
import { counters, type Sums } from './counters.ts'
import { reading, transaction } from './database.ts'
import { deliveryTable } from './deliveries.ts'
import { groupCommit } from './group.ts'
import type { KnownCallers } from './known-callers.ts'
import { pulseOf } from './pulse.ts'
import { repetitions } from './repetitions.ts'
import { usageReport } from './report.ts'
import { ReservedIds } from './reserved-ids.ts'
import { Watchers } from '../watchers.ts'
import { listTasks } from './task-lists.ts'
import type { StoredTask } from './task-row.ts'
import { taskTable } from './tasks.ts'
import { sharedTurn } from './turn.ts'

export type SqliteLedgerOptions = {
  database: DatabaseSync
  /** those of the directory of this file */
  callers: KnownCallers
  clock: Clock
  rules: SettlementRules
  /** how long an Idempotency-Key stands for its first call */
  idempotencyTtlMs: number
  /** how old a status may be before a reader asks upstream again */
  statusMaxAgeMs: number
  /** how long one reader has the right to look, if it never reports back */
  lookLeaseMs: number
  /** since when all tasks are there that are kept now */
  completeSinceMs: number
}

type FoundOrMissing = Exclude<Found, { kind: 'stale' }>

function present (step: Transition | undefined): Transition {
  if (step === undefined) throw new Error('a task is in the ledger before anything is learnt of it')
  return step
}

export function sqliteLedger (options: SqliteLedgerOptions): Ledger {
  const { database, callers, clock, rules, statusMaxAgeMs, lookLeaseMs, idempotencyTtlMs } = options
  const tasks = taskTable(database)
  const beginSums = counters(database)
  const deliveries = deliveryTable(database)
  const watchers = new Watchers()
  const reservedIds = new ReservedIds(clock)
  const turnEnd = sharedTurn()
  const together = groupCommit(database, beginSums)
  const pulse = pulseOf(database)
  const versions = database.prepare('SELECT teams.version AS team, keys.version AS key FROM keys JOIN teams ON teams.id = keys.team WHERE keys.id = ?')
  const report = usageReport(database)

  const repeated = repetitions({ database, readTask: ref => tasks.byRef(ref)?.task, idempotencyTtlMs })
  transaction(database, () => repeated.loseSubmitting(clock.nowMs()))

  function isStale (caller: Caller): boolean {
    if (callers.isCurrent(caller)) return false
    const { key, team } = caller
    const stored = versions.get(key.id)
    return stored?.['team'] !== team.version || stored['key'] !== key.version
  }

  function enter (order: Order, sums: Sums): Task {
    const task = newTask(order)
    tasks.insert(task)
    sums.count(undefined, task)
    return task
  }

  /** Takes a step from what is known of a task; if it has moved meanwhile, from what it is now. @returns undefined if it is not there */
  function move (known: Task, seen: Resolution | ObservedTask, sums: Sums): Transition | undefined {
    const step = stepOf(known, seen, { rules, nowMs: clock.nowMs() })
    if (!tasks.update(step)) {
      const stored = tasks.byRef(known.ref)?.task
      return stored && move(stored, seen, sums)
    }
    sums.count(step.before, step.after)
    const announcement = announcementOf(step)
    if (announcement !== undefined) deliveries.announce(announcement)
    return step
  }

  /** To be asked before the order is counted. */
  function announceCrossings (order: Order, sums: Sums): void {
    if (!deliveries.isHeard(order.caller.team.id)) return
    const position = sums.position(order.caller)
    for (const alert of alertsOf(order)) {
      for (const announcement of crossings(order, alert, position.tally(alert.window))) deliveries.announce(announcement)
    }
  }

  function found (stored: StoredTask | undefined): FoundOrMissing {
    if (stored === undefined) return { kind: 'missing' }
    const { task, lookLeaseMs: leasedUntilMs } = stored
    const nowMs = clock.nowMs()
    return { kind: 'found', task, mayLook: isRunning(task) && nowMs >= leasedUntilMs && nowMs - task.lookedAtMs >= statusMaxAgeMs }
  }

  /**
   * Gives the right to look to whoever asks first when the task is old. Only that writes.
   * Who asks in one turn is answered together: an answer that is written by itself wakes its client by itself, and that costs more than the read.
   */
  async function leasing<Answer extends Found> (find: () => Answer): Promise<Answer> {
    await turnEnd()
    const answer = reading(find)
    if (answer.kind !== 'found' || !answer.mayLook) return answer
    return together(() => {
      const now = find()
      if (now.kind === 'found' && now.mayLook) tasks.lease(now.task.ref, clock.nowMs() + lookLeaseMs)
      return now
    })
  }

  /** What is told too late to move the task is no answer to what it repeats. */
  function conclude ({ before, after }: Transition, seen: Resolution | ObservedTask): void {
    if (before.state !== after.state || before.money !== after.money) repeated.conclude(after.ref, seen)
  }

  /** Listeners hear of a step when it is there to be read. */
  function told (transition: Transition): Transition {
    if (transition.before.state !== transition.after.state) watchers.tell(transition.after.ref)
    return transition
  }

  return {
    async admit (order) {
      return together((sums): Admission => {
        const nowMs = clock.nowMs()
        const { caller } = order
        if (nowMs > order.notAfterMs || tasks.isThere(order.ref)) return { kind: 'late' }
        if (isStale(caller)) return { kind: 'stale' }
        const repetition = repeated.find(order, nowMs)
        if (repetition !== undefined) {
          if (repetition.kind !== 'mismatch' && repetition.lost) repeated.takeOver(repetition.kind === 'replay' ? repetition.task.ref : repetition.ref)
          return repetition
        }
        const admission = decide(caller, order.priceMicros, order.orderedAtMs, sums.position(caller))
        if (admission.kind !== 'admitted') return admission
        announceCrossings(order, sums)
        enter(order, sums)
        sums.countRequest(caller, order.orderedAtMs)
        repeated.claim(order, nowMs)
        return admission
      })
    },

    async preview (order) {
      return reading((): Admission => {
        const { caller, priceMicros, orderedAtMs, idempotencyKey } = order
        const nowMs = clock.nowMs()
        if (isStale(caller)) return { kind: 'stale' }
        const repetition = idempotencyKey === undefined ? undefined : repeated.find(order, nowMs)
        return repetition ?? decide(caller, priceMicros, orderedAtMs, beginSums().position(caller))
      })
    },

    async resolve (order, outcome) {
      return told(await together(sums => {
        const step = move(newTask(order), outcome, sums)
        if (step !== undefined) {
          // Most orders have no claim that would keep the answer.
          if (order.idempotencyKey !== undefined || outcome.kind !== 'accepted') conclude(step, outcome)
          return step
        }
        if (outcome.kind === 'refused' || outcome.kind === 'unsent') {
          const retraction = retractionOf(newTask(order), outcome, rules)
          tasks.insert(retraction.after)
          return retraction
        }
        if (order.idempotencyKey !== undefined) repeated.claimIfFree(order, clock.nowMs())
        repeated.conclude(order.ref, outcome)
        return present(move(enter(order, sums), outcome, sums))
      }))
    },

    async observe (task, seen) {
      return told(await together(sums => {
        const step = present(move(task, seen, sums))
        // An operator may know it first.
        if (seen.kind === 'accepted' || seen.kind === 'decided') conclude(step, seen)
        return step
      }))
    },

    async lose ({ ref }) {
      await together(() => {
        const task = tasks.byRef(ref)?.task
        if (task !== undefined) repeated.lose(task, clock.nowMs())
      })
    },

    async claimDue (count, leaseMs) {
      return transaction(database, () => {
        const nowMs = clock.nowMs()
        const due = tasks.due(nowMs, count)
        for (const { ref } of due) tasks.lease(ref, nowMs + leaseMs)
        return due
      })
    },

    async giveBack (task) { transaction(database, () => tasks.endLease(task)) },

    async read (ref) { return reading(() => tasks.byRef(ref)?.task) },

    async find (caller, taskId) {
      return leasing((): Found => isStale(caller) ? { kind: 'stale' } : found(tasks.byTaskId(taskId, caller)))
    },

    async follow (ref) { return leasing(() => found(tasks.byRef(ref))) },

    watch: (ref, listener) => watchers.add(ref, listener),

    list: query => listTasks(database, query),

    async standing (caller) {
      return reading(() => {
        const position = beginSums().position(caller)
        return { standings: standingsOf(caller, clock.nowMs(), position), inFlight: inFlightOf(caller, position) }
      })
    },

    usage: report,

    async inspect ({ team, sums: wanted, tasks: refs, after }) {
      const sums = beginSums()
      return reading(() => ({
        sums: wanted.map(id => sums.held(id)),
        tasks: [...refs.map(ref => tasks.byRef(ref)?.task).filter(task => task !== undefined), ...tasks.admittedAfter(team, after)]
      }))
    },

    async correct (_team, corrections) {
      return together(sums => corrections.map(correction => sums.correct(correction)))
    },

    async reserve (taskId, ref) { return reservedIds.reserve(taskId, ref) },

    async completeSince () { return options.completeSinceMs },

    // A file that was damaged does not open.
    async confirm () {},

    async pulse () { return reading(() => pulse(clock.nowMs())) },

    async ping () { transaction(database, () => versions.get('')) }
  }
}
