// What move.lua is told of a step: what it was computed from, and everything that it changes.
import { accountOf } from '../../ledger/account.ts'
import { announcementOf } from '../../ledger/announcement.ts'
import type { Keeping } from '../../ledger/keeping.ts'
import type { Transition } from '../../ledger/ledger.ts'
import { pulseStandingOf } from '../../ledger/pulse.ts'
import { freesKey, precedentOf } from '../../ledger/repetition.ts'
import { differenceOf } from '../../ledger/step.ts'
import type { ObservedTask, Resolution, Task } from '../../ledger/task.ts'
import { inFlightNames, movedBy, usageOf, windowNames } from './counters.ts'
import { messageOf } from './message.ts'
import type { Names } from './names.ts'
import type { StoredTask } from './packed-task.ts'

export type MoveOptions = { names: Names, keeping: Keeping, nowMs: number }

/** The question to move.lua, in the order and under the names that it has. */
export function moveOf ({ names, keeping, nowMs }: MoveOptions, { task: before, claim, claimedUntilMs }: StoredTask, { seen, after }: { seen: Resolution | ObservedTask, after: Task }) {
  const shard = names.shardOf(before.team)
  const moved = movedBy(differenceOf(before, after))
  const usage = usageOf(names, before)
  const taskName = names.task(shard, before.ref)
  const isConcluded = claim !== null && precedentOf(before) === 'open' && precedentOf(after) !== 'open'
  return {
    shard,
    keys: [
      names.epoch(shard), taskName, names.due(shard), names.look(shard, before.ref),
      claim === null ? taskName : names.claim(before.team, { account: accountOf(before.team, before.mode), model: before.model }, claim), after.taskId === null ? taskName : names.taskId(shard, after.taskId),
      usage.name, ...inFlightNames(names, before), ...moved.tallies === undefined ? [] : windowNames(names, before)
    ],
    about: {
      ref: before.ref,
      revision: before.revision,
      ttl: keeping.rowMs(after),
      due: after.dueAtMs ?? undefined,
      moves: before.state === after.state ? undefined : names.moves(shard),
      announcement: messageOf(names, announcementOf({ before, after })),
      unknown: unknownOf({ names, keeping }, { before, after }),
      standing: standingOf(names, { before, after }),
      tallies: moved.tallies,
      figures: moved.figures,
      in_flight: moved.inFlight,
      usage_field: moved.figures && usage.field,
      // The id leads to the task for as long as the task is there.
      leads: after.taskId !== null && (after.taskId !== before.taskId || keeping.rowMs(after) !== keeping.rowMs(before)),
      // As long as the outcome is open a claim stays; then it has its time, unless the call counts as never made.
      claim: !isConcluded ? undefined : freesKey(seen) ? 'forget' : 'keep',
      claim_ttl: isConcluded ? keeping.claimMs(claimedUntilMs - nowMs) : undefined
    }
  }
}

/** What scripts are told of a task whose outcome becomes unknown, or known. */
export function unknownOf ({ names, keeping }: Pick<MoveOptions, 'names' | 'keeping'>, { before, after }: Transition) {
  const isUnknown = after.state === 'unknown'
  if (isUnknown === (before.state === 'unknown')) return undefined
  return { prefix: names.inShard(names.shardOf(after.team)), team: after.team, ref: after.ref, is_unknown: isUnknown, ttl: keeping.indexMs }
}

/** What scripts are told of a task that leaves one of the lists of the whole, or comes to one; undefined stands for no task at all. */
export function standingOf (names: Names, { before, after }: { before: Task | undefined, after: Task }) {
  const from = before && pulseStandingOf(before)
  const to = pulseStandingOf(after)
  if (from === to) return undefined
  const shard = names.shardOf(after.team)
  return { from: from && names.standing(shard, from), to: to && names.standing(shard, to), admitted: after.createdAtMs, ref: after.ref }
}
