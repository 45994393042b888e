// The story of an unknown outcome that an operator decides: billed, not billed, or found after all.
import { z } from 'zod'
import { fieldErrors } from '../kernel/field-errors.ts'
import { isTaskId, type TaskId, type TaskRef } from '../kernel/ids.ts'
import { jsonObject } from '../kernel/json-object.ts'
import { rfc3339 } from '../kernel/time.ts'
import type { Ledger, Transition } from '../ledger/ledger.ts'
import type { ObservedTask, Resolution, Task } from '../ledger/task.ts'
import { audited, changesBetween, type Actor, type AuditDependencies } from './audited.ts'
import { invalidBody, refusal, type Refusal } from './refusals.ts'
import { taskFacts } from './settle-task.ts'

export type DecisionDependencies = AuditDependencies & { ledger: Ledger }

const taskId = z.string({ error: 'is required to accept a task: the id that MuleRouter gave it' }).transform((text, context) => {
  if (isTaskId(text)) return text
  context.addIssue({ code: 'custom', message: 'must be 1 to 128 of A-Z, a-z, 0-9, ".", "_" and "-"' })
  return z.NEVER
}).meta({ description: 'the id that MuleRouter gave it' })
const reason = z.string({ error: 'is required: why, for whoever reads the log' }).trim()
  .min(1, { error: 'must not be empty' }).max(500, { error: 'must have at most 500 characters' })
  .meta({ description: 'why, for whoever reads the log' })

/** The body that decides. */
export const decisionSchema = z.discriminatedUnion('as', [
  jsonObject({ as: z.literal('spent'), reason }),
  jsonObject({ as: z.literal('refunded'), reason }),
  jsonObject({ as: z.literal('accepted'), task_id: taskId, reason })
], { error: issue => issue.code === 'invalid_union' ? 'must be spent, refunded or accepted' : 'must be a JSON object' })

/**
 * Decides one unknown outcome. `accepted` attaches upstream's id, so that the team gets its video, whatever became of the hold.
 * @throws Refusal `not_found`, `invalid_body`, or `already_decided`
 */
export async function decideUnknown (deps: DecisionDependencies, actor: Actor, decision: { ref: TaskRef, body: unknown }): Promise<Task> {
  const parsed = decisionSchema.safeParse(decision.body)
  if (!parsed.success) throw invalidBody(fieldErrors(parsed.error, { '': ['as', 'task_id', 'reason'] }))

  const { ledger, clock } = deps
  const task = await readAnyTask(deps, decision.ref)
  if (task.state !== 'unknown') throw nothingToDecide(task)
  if (parsed.data.as === 'accepted') await checkUnclaimed(ledger, parsed.data.task_id, task.ref)
  const seen = seenBy(parsed.data, task, clock.nowMs())
  const { as, reason, ...found } = parsed.data
  const { before, after } = await audited(deps, actor, {
    action: 'task.resolved',
    team: task.team,
    keyId: task.keyId,
    taskRef: task.ref,
    changes: changesBetween({}, { as, ...found }),
    reason,
    facts: { ...taskFacts(task), as },
    make: () => ledger.observe(task, seen),
    isMade: isDecided
  })
  if (!isDecided({ before, after })) throw nothingToDecide(before)
  return after
}

/** A task, whoever's it is. @throws Refusal `not_found` */
export async function readAnyTask ({ ledger }: Pick<DecisionDependencies, 'ledger'>, ref: TaskRef): Promise<Task> {
  const task = await ledger.read(ref)
  if (task === undefined) throw refusal('not_found', `There is no task ${ref}.`)
  return task
}

function isDecided ({ before, after }: Transition): boolean { return after.state !== before.state || after.money !== before.money }

/** An id that another task has, or is being given, would be paid for twice, and might show one team's video to another. */
export async function checkUnclaimed (ledger: Ledger, taskId: TaskId, ref: TaskRef): Promise<void> {
  // Before the look, so that of two that see nobody only one goes on.
  const reserved = await ledger.reserve(taskId, ref)
  const { rows: [holder] } = await ledger.list({ taskId, limit: 1, cursor: null })
  if (holder !== undefined) throw refusal('already_decided', `Task ${holder.ref} has the id ${taskId} already.`)
  if (!reserved) throw refusal('already_decided', `Another task is being given the id ${taskId} at this moment.`)
}

function seenBy (decision: z.output<typeof decisionSchema>, { credential }: Task, nowMs: number): ObservedTask | Resolution {
  if (decision.as !== 'accepted') return { kind: 'decided', as: decision.as }
  const now = rfc3339(nowMs)
  const body = { task_info: { id: decision.task_id, status: 'pending' as const, created_at: now, updated_at: now } }
  return { kind: 'accepted', taskId: decision.task_id, credential, body }
}

function nothingToDecide ({ ref, state, money }: Task): Refusal {
  return refusal('already_decided', `Task ${ref} is ${state} and its price is ${money}: there is nothing to decide.`)
}
