// The story of a create: admitted in one atomic step, sent once, recorded, logged, answered.
import type { Endpoint } from '../catalog/endpoint.ts'
import type { Prices } from '../catalog/prices.ts'
import type { Clock } from '../kernel/clock.ts'
import { newTaskRef, type TaskId } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import { formatUsd } from '../kernel/money.ts'
import { unreachable } from '../kernel/unreachable.ts'
import { fingerprintOf } from '../ledger/fingerprint.ts'
import type { Ledger, Order } from '../ledger/ledger.ts'
import type { TaskBody } from '../ledger/task.ts'
import { isActive, type Caller, type TeamDirectory } from '../teams/directory.ts'
import { prepareOrder, type Prepared } from './prepare-order.ts'
import { quotaRefusal } from './quota-refusals.ts'
import { refusal, unauthenticated, type CreateFigures } from './refusals.ts'
import { logSettlement } from './settle-task.ts'
import { neverSent, refusedByUpstream } from './upstream-refusals.ts'
import type { SubmitOutcome, Upstream } from './upstream.ts'

export type SubmitDependencies = {
  ledger: Ledger
  directory: TeamDirectory
  upstream: Upstream
  prices: Prices
  clock: Clock
  upstreamTimeoutMs: number
  logPrompts: boolean
}

export type SubmitRequest = { caller: Caller, endpoint: Endpoint, body: unknown, traceparent: string, log: Log }

export type Submitted = { status: number, taskId: TaskId, body: TaskBody, figures: CreateFigures }

export type DryRun = { prepared: Prepared, figures: CreateFigures }

type Admitted = { order: Order, prepared: Prepared, figures: CreateFigures }

/** How much longer than upstream's deadline a submission may take before it counts as abandoned. */
const SUBMIT_MARGIN_MS = 15_000
/** How often a caller that was changed meanwhile is read again. */
const ATTEMPTS_MAX = 3

/** Begins a task. @throws Refusal with any of the codes of a create */
export async function submitTask (deps: SubmitDependencies, request: SubmitRequest): Promise<Submitted> {
  const { endpoint, traceparent, log } = request
  const { order, prepared, figures } = await enter(deps, request, 'admit')
  const outcome = await deps.upstream.submit({ path: endpoint.path, body: prepared.body, traceparent })

  // Before anything else can fail: from this line an operator can tell which task was bought.
  if (outcome.kind === 'accepted') log.info({ ...submittedFacts(order, outcome), prompt: deps.logPrompts ? prepared.body['prompt'] : undefined }, 'task submitted')
  await record(deps.ledger, order, outcome, log)

  switch (outcome.kind) {
    case 'accepted': return { status: outcome.status, taskId: outcome.taskId, body: outcome.body, figures }
    case 'refused': throw refusedByUpstream(outcome.refusal)
    case 'unsent': throw neverSent(outcome.cause)
    case 'unknown': throw refusal(
      'outcome_unknown',
      `The request left for MuleRouter and no answer came back, so the task may exist and may be billed; do not send it again, ask the gateway's operators about ${order.ref}.`,
      { taskRef: order.ref, cause: outcome.cause }
    )
    default: return unreachable(outcome)
  }
}

/** Answers what a create would: the price and the body, or the same refusal. Nothing is reserved or sent. */
export async function dryRun (deps: SubmitDependencies, request: SubmitRequest): Promise<DryRun> {
  return enter(deps, request, 'preview')
}

/** Asks the ledger for leave. If team or key were changed since they were read, reads and decides again. */
async function enter (deps: SubmitDependencies, request: SubmitRequest, step: 'admit' | 'preview'): Promise<Admitted> {
  const { ledger, directory, clock } = deps
  let { caller } = request
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const prepared = prepareOrder(deps.prices, request.endpoint, caller, request.body)
    const { priceMicros } = prepared
    const nowMs = clock.nowMs()
    const order: Order = {
      ref: newTaskRef(),
      caller,
      model: request.endpoint.model,
      priceMicros,
      fingerprint: fingerprintOf(request.endpoint.model, prepared.body),
      submitDeadlineMs: nowMs + deps.upstreamTimeoutMs + SUBMIT_MARGIN_MS
    }
    const admission = await ledger[step](order)
    if (admission.kind !== 'stale') {
      const figures = { priceMicros, standings: admission.standings, nowMs }
      if (admission.kind === 'admitted') return { order, prepared, figures }
      throw quotaRefusal(admission, caller, figures)
    }

    const reread = await directory.findCaller(caller.key.hash)
    if (reread === undefined || !isActive(reread, clock.nowMs())) throw unauthenticated()
    caller = reread
  }
  throw refusal('ledger_unavailable', 'Team or key are being changed over and over; a later try may succeed.', { retryAfterS: 1 })
}

/** Writes how the submission ended. The caller gets upstream's answer in any case. */
async function record (ledger: Ledger, order: Order, outcome: SubmitOutcome, log: Log): Promise<void> {
  try {
    logSettlement(log, await ledger.resolve(order, outcome), { cause: causeOf(outcome) })
  } catch (error) {
    log.error({ err: error, task_ref: order.ref, outcome: outcome.kind }, 'outcome not recorded')
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
    default: return outcome.cause instanceof Error ? outcome.cause.message : String(outcome.cause)
  }
}
