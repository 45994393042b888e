// The sums that tasks contribute to: where they lie, what a step adds, and what they hold.
import { accountOf, accountWindows, counterOf, dayOf, limitsOf, ownerOf, ownerOfTask, type AccountWindow } from '../../ledger/account.ts'
import type { Position } from '../../ledger/admission.ts'
import { EMPTY_TALLY, SCOPES, type Tally } from '../../ledger/counter.ts'
import { MINUTE_KEPT_MS } from '../../ledger/keeping.ts'
import type { Difference } from '../../ledger/step.ts'
import type { Task } from '../../ledger/task.ts'
import { windowAt } from '../../ledger/window.ts'
import type { Caller } from '../../teams/directory.ts'
import type { QuotaUnit } from '../../teams/limits.ts'
import type { Names } from './names.ts'

/** What the counters of an order held when it was decided about, in the order of their names. */
export type Held = readonly (string | null)[]

/** The creates of a minute are kept from the first one on. */
const MINUTE_KEPT_FROM_FIRST_MS = 60_000 + MINUTE_KEPT_MS

/** The counters that an order is decided by. Names of unfinished tasks and minutes come first, then those of the windows. */
export function countersOf (names: Names, caller: Caller, { nowMs, graceMs }: { nowMs: number, graceMs: number }) {
  const windows = accountWindows(caller, nowMs)
  const known = latest.get(windows)
  const lasting = known?.names === names ? known : lastingOf(names, caller, windows)
  latest.set(windows, lasting)
  const { label } = windowAt('minute', caller.team.timeZone, nowMs)
  return {
    names: [...lasting.inFlight, ...SCOPES.map(scope => names.minute(caller.team.id, scope, { owner: ownerOf(scope, caller), label }))],
    windows,
    windowNames: lasting.windowNames,
    limits: {
      ...lasting.limits,
      minute_ttl: MINUTE_KEPT_FROM_FIRST_MS,
      // Of each counter the caller's limits on it, -1 for none, and how long it is kept, 0 for ever.
      counters: lasting.quotas.flatMap(({ tasks, micros, endsAtMs }) => [tasks, micros, endsAtMs === null ? 0 : Math.max(1, endsAtMs - nowMs) + graceMs])
    },

    /** What the counters held, as the ledger's decision reads it. */
    position (held: Held): Position {
      const [teamInFlight, keyInFlight, teamMinute, keyMinute, ...sums] = held
      return {
        tally ({ scope, window }) {
          const place = windows.findIndex(candidate => candidate.scope === scope && candidate.window.per === window.per)
          return tallyOf(sums[place])
        },
        requests: scope => Number((scope === 'team' ? teamMinute : keyMinute) ?? 0),
        inFlight: scope => Number((scope === 'team' ? teamInFlight : keyInFlight) ?? 0)
      }
    }
  }
}

/** What does not change as long as a caller has these windows: they come anew when one of them has ended, and with every caller that is read. */
function lastingOf (names: Names, caller: Caller, windows: readonly AccountWindow[]) {
  const team = caller.team.id
  return {
    names,
    inFlight: SCOPES.map(scope => names.inFlight(team, scope, ownerOf(scope, caller))),
    windowNames: windows.map(window => names.counter(team, counterOf(window))),
    limits: {
      in_flight: SCOPES.map(scope => limitsOf(scope, caller).tasksInFlight ?? -1),
      requests: SCOPES.map(scope => limitsOf(scope, caller).requestsPerMinute ?? -1)
    },
    quotas: windows.map(({ scope, window: { per, endsAtMs } }) => {
      const { quotas } = limitsOf(scope, caller)
      const limitOf = (unit: QuotaUnit) => quotas.find(quota => quota.per === per && quota.unit === unit)?.limit ?? -1
      return { tasks: limitOf('tasks'), micros: limitOf('usd'), endsAtMs }
    })
  }
}

const latest = new WeakMap<readonly AccountWindow[], ReturnType<typeof lastingOf>>()

/** The names of the sums of unfinished tasks that a task is part of. */
export function inFlightNames (names: Names, task: Task): string[] { return SCOPES.map(scope => names.inFlight(task.team, scope, ownerOfTask(scope, task))) }

/** The names of the counters of a task. */
export function windowNames (names: Names, { team, counted }: Task): string[] { return counted.map(counter => names.counter(team, counter)) }

/** What a step adds, as scripts read it; undefined where it adds nothing. */
export function movedBy ({ figures, inFlight, usedTasks, heldTasks, usedMicros, heldMicros }: Difference) {
  const tallies = [usedTasks, heldTasks, usedMicros, heldMicros]
  const reported = [figures.tasks, figures.completed, figures.failed, figures.unknown, figures.spentMicros, figures.heldMicros, figures.refundedMicros]
  return { tallies: tallies.some(Boolean) ? tallies : undefined, figures: reported.some(Boolean) ? reported : undefined, inFlight }
}

/** Where a task is reported. */
export function usageOf (names: Names, task: Task) {
  const day = dayOf(task)
  const account = accountOf(task.team, task.mode)
  return { name: names.usage(task.team, { account, day }), field: `${task.lineage} ${task.model}`, day: `${day} ${account}` }
}

function tallyOf (text: string | null | undefined): Tally {
  if (text === null || text === undefined) return EMPTY_TALLY
  const [usedTasks = 0, heldTasks = 0, usedMicros = 0, heldMicros = 0] = text.split(' ').map(Number)
  return { usedTasks, heldTasks, usedMicros, heldMicros }
}
