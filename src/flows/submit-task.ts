// The story of a create: admitted in one atomic step, sent once, logged, recorded, answered.
import type { TaskId } from '../kernel/ids.ts'
import { formatUsd } from '../kernel/money.ts'
import { unreachable } from '../kernel/unreachable.ts'
import { withoutTask } from '../ledger/admission.ts'
import type { Order } from '../ledger/ledger.ts'
import type { TaskBody } from '../ledger/task.ts'
import { enterLedger, type Admitted, type EntryDependencies, type EntryRequest } from './enter-ledger.ts'
import { noticeWhoLeft } from './lost-answer.ts'
import { refusal, type CreateFigures } from './refusals.ts'
import { answerRepetition } from './repeat-task.ts'
import { causeText, logSettlement } from './settle-task.ts'
import { neverSent, outcomeUnknown, refusedByUpstream } from './upstream-refusals.ts'
import type { SubmitOutcome, Upstream } from './upstream.ts'

export type SubmitDependencies = EntryDependencies & {
  upstream: Upstream
  logPrompts: boolean
}

/** A caller that goes away does not cancel a submission that has begun. */
export type SubmitRequest = EntryRequest & { traceparent: string }

export type Submitted = {
  status: number
  taskId: TaskId
  body: TaskBody
  figures: CreateFigures
  /** whether this is the answer to an earlier call */
  replayed: boolean
}

/** The provider's status for a new task, and so for every replay of that answer. */
const ACCEPTED = 202
/** How often a create begins anew because the lost one that it took over turned out never to have started. */
const BEGINNINGS_MAX = 3

/** Begins a task, or answers for the one that the request repeats. @throws Refusal with any of the codes of a create */
export function submitTask (deps: SubmitDependencies, request: SubmitRequest): Promise<Submitted> {
  return deps.running.track(submit(deps, request))
}

async function submit (deps: SubmitDependencies, request: SubmitRequest): Promise<Submitted> {
  if (request.idempotencyKey === undefined) await noticeWhoLeft()
  for (let beginning = 1; beginning <= BEGINNINGS_MAX; beginning++) {
    const entry = await enterLedger(deps, request)
    if (entry.kind === 'admitted') return deps.running.track(send(deps, request, entry), { task_ref: entry.order.ref })
    const replay = await answerRepetition(deps, request, entry)
    if (replay === undefined) continue
    const { taskId, body, priceMicros } = replay
    return { status: ACCEPTED, taskId, body, figures: { priceMicros, standings: [], nowMs: entry.order.orderedAtMs }, replayed: true }
  }
  throw refusal('upstream_unreachable', 'Earlier calls that this one repeats never started; a later try may succeed.', { retryAfterS: 1 })
}

async function send (deps: SubmitDependencies, request: SubmitRequest, { order, prepared, figures }: Admitted): Promise<Submitted> {
  const { endpoint, traceparent, log } = request
  // Early enough to be answered before others take it for abandoned, even if this process stood still since it was admitted.
  const notAfterMs = order.submitDeadlineMs - deps.upstreamTimeoutMs
  const outcome = await deps.upstream.submit({ path: endpoint.path, mode: order.caller.key.mode, body: prepared.body, traceparent, notAfterMs })

  // Before anything else can fail: from this line an operator can tell which task was bought.
  if (outcome.kind === 'accepted') log.record({ ...submittedFacts(order, outcome), prompt: deps.logPrompts ? prepared.body['prompt'] : undefined }, 'task submitted')
  await record(deps, request, { order, outcome })

  switch (outcome.kind) {
    case 'accepted': return { status: outcome.status, taskId: outcome.taskId, body: outcome.body, figures, replayed: false }
    case 'refused': throw refusedByUpstream(outcome.refusal, givenBack(figures))
    case 'unsent': throw neverSent(outcome.cause, { figures: givenBack(figures) })
    case 'unknown': throw outcomeUnknown(order.ref, { cause: outcome.cause, figures })
    default: return unreachable(outcome)
  }
}

function givenBack (figures: CreateFigures): CreateFigures {
  return { ...figures, standings: withoutTask(figures.standings, figures.priceMicros) }
}

/** Writes how the submission ended, now or as soon as the ledger answers again. The caller gets upstream's answer in any case. */
async function record ({ ledger, debts }: SubmitDependencies, { log }: SubmitRequest, ended: { order: Order, outcome: SubmitOutcome }): Promise<void> {
  const { order, outcome } = ended
  const resolve = async (): Promise<void> => {
    logSettlement(log, await ledger.resolve(order, outcome), { cause: causeOf(outcome) })
  }
  try {
    await resolve()
  } catch {
    debts.owe({ facts: { task_ref: order.ref, task_id: outcome.kind === 'accepted' ? outcome.taskId : undefined, outcome: outcome.kind }, pay: resolve })
  }
}

function submittedFacts ({ ref, caller: { team, key }, model, priceMicros }: Order, outcome: Extract<SubmitOutcome, { kind: 'accepted' }>) {
  return {
    task_ref: ref,
    task_id: outcome.taskId,
    team: team.id,
    key_id: key.id,
    model,
    price_usd: formatUsd(priceMicros),
    credential: outcome.credential,
    upstream_traceparent: outcome.traceparent
  }
}

function causeOf (outcome: SubmitOutcome): string | undefined {
  switch (outcome.kind) {
    case 'accepted': return undefined
    case 'refused': return `status ${outcome.refusal.status}`
    default: return causeText(outcome.cause)
  }
}
