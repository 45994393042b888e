// What the scripts are told of a new task: every name that it is written under, and what it adds there.
import { accountOf } from '../../ledger/account.ts'
import { announcementOf } from '../../ledger/announcement.ts'
import { LOST_ANSWER_MS, type Keeping } from '../../ledger/keeping.ts'
import type { Order } from '../../ledger/ledger.ts'
import { precedentOf } from '../../ledger/repetition.ts'
import { differenceOf } from '../../ledger/step.ts'
import type { Task } from '../../ledger/task.ts'
import { AHEAD_MS, PLACES_A_MS } from '../../ledger/task-place.ts'
import { countersOf, movedBy, usageOf } from './counters.ts'
import { marksOfAlerts, messageOf } from './message.ts'
import type { Names } from './names.ts'
import { standingOf, unknownOf } from './move.ts'
import type { StoredTask } from './packed-task.ts'

export type EntryOptions = { names: Names, keeping: Keeping }

/**
 * The question to admit.lua and restore.lua, in the order and under the names that enter.lua has, and the counters that it is about.
 * @param begun the task as the order begins it
 * @param counts false for the row of an order that was never admitted
 */
export function entryOf ({ names, keeping }: EntryOptions, order: Order, { begun, stored, counts }: { begun: Task, stored: StoredTask, counts: boolean }) {
  const { caller, orderedAtMs, idempotencyKey } = order
  const { task } = stored
  const { team } = task
  const shard = names.shardOf(team)
  const counters = countersOf(names, caller, { nowMs: orderedAtMs, graceMs: keeping.counterGraceMs })
  const usage = usageOf(names, task)
  const taskName = names.task(shard, task.ref)
  const isConcluded = precedentOf(task) !== 'open'
  const { tallies = [0, 0, 0, 0], figures = [0, 0, 0, 0, 0, 0, 0], inFlight } = movedBy(differenceOf(undefined, task))
  return {
    shard,
    position: counters.position,
    keys: [
      names.epoch(shard), taskName, names.due(shard), names.number(shard), names.tasks(team), usage.name, names.usageDays(shard), ...counters.names,
      idempotencyKey === undefined ? taskName : names.claim(team, { account: accountOf(team, task.mode), model: task.model }, idempotencyKey),
      names.lost(team, task.keyId, task.fingerprint), names.team(team), names.key(team, task.keyId), ...counters.windowNames
    ],
    about: {
      ref: task.ref,
      prefix: names.inShard(shard),
      price: task.priceMicros,
      taken_ttl: LOST_ANSWER_MS,
      claim: idempotencyKey === undefined || !counts ? undefined : `${task.ref} ${stored.claimedUntilMs.toString(36)}`,
      claim_ttl: idempotencyKey === undefined || !isConcluded ? undefined : keeping.claimMs(stored.claimedUntilMs - orderedAtMs),
      created: task.createdAtMs,
      late_after: AHEAD_MS,
      due: task.dueAtMs ?? undefined,
      ttl: keeping.rowMs(task),
      index_ttl: keeping.indexMs,
      unknown: unknownOf({ names, keeping }, { before: begun, after: task }),
      standing: standingOf(names, { before: undefined, after: task }),
      trim_below: (orderedAtMs - keeping.indexMs) * PLACES_A_MS,
      announcement: messageOf(names, announcementOf({ before: begun, after: task })),
      team,
      marks: marksOfAlerts(counters.windows, order),
      task_id: task.taskId ?? undefined,
      counts,
      ...counters.limits,
      tallies,
      in_flight_added: inFlight,
      figures,
      usage_field: usage.field,
      usage_day: usage.day,
      usage_ttl: keeping.usageMs,
      oldest_day: keeping.oldestDay(orderedAtMs)
    }
  }
}
