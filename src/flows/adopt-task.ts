// The story of a task that a log names and the ledger lost: the ledger learns it again, with its price and its place in every window.
import { z } from 'zod'
import type { Endpoint } from '../catalog/endpoint.ts'
import { fieldErrors, unknownField } from '../kernel/field-errors.ts'
import { isKeyId, isTaskId, isTaskRef, isTeamId } from '../kernel/ids.ts'
import { jsonObject } from '../kernel/json-object.ts'
import { parseUsd } from '../kernel/money.ts'
import { shardOf, shardOfRef } from '../kernel/shard.ts'
import { rfc3339 } from '../kernel/time.ts'
import type { Keeping } from '../ledger/keeping.ts'
import type { Ledger, Order, Transition } from '../ledger/ledger.ts'
import { isRunning, type ObservedTask, type Resolution, type Task } from '../ledger/task.ts'
import type { Caller, TeamDirectory } from '../teams/directory.ts'
import { audited, changesBetween, type Actor, type AuditDependencies } from './audited.ts'
import { checkUnclaimed } from './decide-unknown.ts'
import { invalidBody, refusal } from './refusals.ts'

export type AdoptDependencies = AuditDependencies & { ledger: Ledger, directory: TeamDirectory, catalog: readonly Endpoint[], keeping: Keeping }

export const ADOPTIONS = ['known', 'attached', 'restored'] as const
/** What became of an adoption: the ledger knew the task, had lost its id, or had lost all of it. */
export type Adoption = typeof ADOPTIONS[number]

/** Nobody asks a second time for a task that was adopted: its prompt is not in the log. */
const NO_FINGERPRINT = 'adopted'

const text = z.string({ error: issue => issue.input === undefined ? 'is required' : 'must be a string' })

/** The fields of a log line "task submitted". */
export const adoptionSchema = jsonObject({
  task_ref: text.refine(isTaskRef, { error: 'is no task reference' }),
  task_id: text.refine(isTaskId, { error: 'is no task id' }),
  team: text.refine(isTeamId, { error: 'is no team id' }),
  key_id: text.refine(isKeyId, { error: 'is no key id' }),
  model: text.max(200, { error: 'must have at most 200 characters' }),
  price_usd: text.refine(price => parseUsd(price) !== undefined, { error: 'must be US dollars as a string, such as "0.50"' }),
  submitted_at: z.iso.datetime({ offset: true, error: 'must be a time as in RFC 3339, such as 2026-11-22T12:00:00Z' }),
  credential: z.string({ error: 'must be a string' }).regex(/^[0-9a-f]{8}$/, { error: 'is no fingerprint of a token' }).optional(),
  ended: jsonObject({
    status: z.enum(['deleted', 'failed'], { error: 'must be deleted or failed' }),
    money: z.enum(['spent', 'refunded'], { error: 'must be spent or refunded' })
  }).optional().meta({ description: 'how a later line says that it ended, so that MuleRouter need not be asked for what it has forgotten' })
})

/** @throws Refusal `invalid_body`, `not_found`, `already_decided` or `no_longer_kept` */
export async function adoptTask (deps: AdoptDependencies, actor: Actor, body: unknown): Promise<{ result: Adoption, task: Task }> {
  const line = readLine(deps, body)
  const adopted = await adopt(deps, actor, line)
  if (line.ended === undefined || !isRunning(adopted.task)) return adopted
  const { after } = await deps.ledger.observe(adopted.task, endOf(line.ended, adopted.task))
  return { ...adopted, task: after }
}

async function adopt (deps: AdoptDependencies, actor: Actor, line: Line): Promise<{ result: Adoption, task: Task }> {
  const caller = await readCaller(deps, line)
  const { task_ref: ref, task_id: taskId, credential = null } = line
  const stored = await deps.ledger.read(ref)
  if (stored !== undefined && stored.team !== line.team) throw invalidBody([{ pointer: '/task_ref', detail: `is none of team ${line.team}` }])
  if (stored?.taskId === taskId) return { result: 'known', task: stored }
  if (stored !== undefined && stored.state !== 'unknown' && stored.state !== 'submitting') {
    throw refusal('already_decided', `Task ${ref} is ${stored.state}${stored.taskId === null ? '' : ` and has the id ${stored.taskId}`}: the log does not fit it.`)
  }
  const submittedAtMs = Date.parse(line.submitted_at)
  // A row may have settled and gone before now: written anew, its price would be counted twice.
  if (stored === undefined && submittedAtMs <= Math.max(deps.clock.nowMs() - deps.keeping.taskMs, await deps.ledger.completeSince())) {
    throw refusal('no_longer_kept', `Task ${ref} was submitted longer ago than tasks are kept, so the ledger may have settled and dropped it.`)
  }
  await checkUnclaimed(deps.ledger, taskId, ref)

  const at = rfc3339(submittedAtMs)
  const outcome: Resolution = { kind: 'accepted', taskId, credential, body: { task_info: { id: taskId, status: 'pending', created_at: at, updated_at: at } } }
  const { after } = await audited(deps, actor, {
    action: 'task.adopted',
    team: caller.team.id,
    keyId: caller.key.id,
    taskRef: ref,
    changes: changesBetween({}, { task_id: taskId, price_usd: line.price_usd, submitted_at: line.submitted_at }),
    make: (): Promise<Transition> => stored === undefined ? deps.ledger.resolve(orderOf(line, caller), outcome) : deps.ledger.observe(stored, outcome)
  })
  return { result: stored === undefined ? 'restored' : 'attached', task: after }
}

type Line = z.output<typeof adoptionSchema>

function readLine ({ catalog, clock }: AdoptDependencies, body: unknown): Line {
  const parsed = adoptionSchema.safeParse(body)
  if (!parsed.success) throw invalidBody(fieldErrors(parsed.error, { '': Object.keys(adoptionSchema.shape), ended: ['status', 'money'] }))
  const { task_ref: ref, team, model, submitted_at: submittedAt } = parsed.data
  const models = catalog.map(({ model }) => model)
  if (!models.includes(model)) throw invalidBody([{ pointer: '/model', detail: unknownField(model, models) }])
  if (shardOfRef(ref) !== shardOf(team)) throw invalidBody([{ pointer: '/task_ref', detail: `is none of team ${team}` }])
  if (Date.parse(submittedAt) > clock.nowMs()) throw invalidBody([{ pointer: '/submitted_at', detail: 'must not be in the future' }])
  return parsed.data
}

async function readCaller ({ directory }: AdoptDependencies, line: Line): Promise<Caller> {
  const [team, key] = await Promise.all([directory.readTeam(line.team), directory.readKey(line.key_id)])
  if (team === undefined) throw refusal('not_found', `There is no team ${line.team}.`)
  if (key?.team !== team.id) throw refusal('not_found', `Team ${team.id} has no key ${line.key_id}.`)
  return { team, key }
}

/** A failure is paid for by the rules of now. */
function endOf ({ status, money }: NonNullable<Line['ended']>, { taskId }: Task): ObservedTask {
  return status === 'deleted' ? { kind: 'deleted', begun: money === 'spent' } : { kind: 'status', body: { task_info: { id: taskId ?? '', status } } }
}

/** The order that the task once had, as far as the log tells; its moment decides the windows that it counts in. */
function orderOf ({ task_ref: ref, model, price_usd: price, submitted_at: submittedAt }: Line, caller: Caller): Order {
  const orderedAtMs = Date.parse(submittedAt)
  return {
    ref, caller, model, priceMicros: parseUsd(price) ?? 0, fingerprint: NO_FINGERPRINT, idempotencyKey: undefined, trace: null, orderedAtMs, notAfterMs: orderedAtMs, submitDeadlineMs: orderedAtMs
  }
}
