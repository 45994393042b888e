// The story of an unknown outcome that an operator decides: billed, not billed, or found after all.
import { z } from 'zod'
import type { Clock } from '../kernel/clock.ts'
import { fieldErrors } from '../kernel/field-errors.ts'
import { isTaskId, type TaskId, type TaskRef } from '../kernel/ids.ts'
import { jsonObject } from '../kernel/json-object.ts'
import { rfc3339 } from '../kernel/time.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { ObservedTask, Resolution, Task } from '../ledger/task.ts'
import type { Actor } from './administer-teams.ts'
import { invalidBody, refusal, type Refusal } from './refusals.ts'
import { taskFacts } from './settle-task.ts'

export type DecisionDependencies = { ledger: Ledger, clock: Clock }

const taskId = z.string({ error: 'is required to accept a task: the id that MuleRouter gave it' }).transform((text, context) => {
  if (isTaskId(text)) return text
  context.addIssue({ code: 'custom', message: 'must be 1 to 128 of A-Z, a-z, 0-9, ".", "_" and "-"' })
  return z.NEVER
})
const reason = z.string({ error: 'is required: why, for whoever reads the log' }).trim()
  .min(1, { error: 'must not be empty' }).max(500, { error: 'must have at most 500 characters' })

const decisionSchema = z.discriminatedUnion('as', [
  jsonObject({ as: z.literal('spent'), reason }),
  jsonObject({ as: z.literal('refunded'), reason }),
  jsonObject({ as: z.literal('accepted'), task_id: taskId, reason })
], { error: issue => issue.code === 'invalid_union' ? 'must be spent, refunded or accepted' : 'must be a JSON object' })

/**
 * Decides one unknown outcome. `accepted` attaches upstream's id, so that the team gets its video, whatever became of the hold.
 * @throws Refusal `not_found`, `invalid_body`, or `already_decided`
 */
export async function decideUnknown ({ ledger, clock }: DecisionDependencies, actor: Actor, decision: { ref: TaskRef, body: unknown }): Promise<Task> {
  const parsed = decisionSchema.safeParse(decision.body)
  if (!parsed.success) throw invalidBody(fieldErrors(parsed.error, { '': ['as', 'task_id', 'reason'] }))

  const task = await ledger.read(decision.ref)
  if (task === undefined) throw refusal('not_found', `There is no task ${decision.ref}.`)
  if (task.state !== 'unknown') throw nothingToDecide(task)
  if (parsed.data.as === 'accepted') await checkUnclaimed(ledger, parsed.data.task_id)
  const { before, after } = await ledger.observe(task, seenBy(parsed.data, task, clock.nowMs()))
  if (after.state === before.state && after.money === before.money) throw nothingToDecide(before)
  actor.log.warn({ ...taskFacts(after), as: parsed.data.as, reason: parsed.data.reason, actor: actor.name }, 'task resolved')
  return after
}

/** An id that a task has already would be paid for twice, and might show one team's video to another. */
async function checkUnclaimed (ledger: Ledger, taskId: TaskId): Promise<void> {
  const { rows: [holder] } = await ledger.list({ taskId, limit: 1, cursor: null })
  if (holder !== undefined) throw refusal('already_decided', `Task ${holder.ref} has the id ${taskId} already.`)
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
