// From a caller's body into the ledger: prepared, ordered, and admitted or refused in one atomic step.
import type { Endpoint } from '../catalog/endpoint.ts'
import type { Prices } from '../catalog/prices.ts'
import type { Clock } from '../kernel/clock.ts'
import { newTaskRef, type TaskRef } from '../kernel/ids.ts'
import type { Running } from '../kernel/running.ts'
import { unreachable } from '../kernel/unreachable.ts'
import type { Admission, Repetition } from '../ledger/admission.ts'
import { fingerprintOf } from '../ledger/fingerprint.ts'
import { LedgerUnavailable, type Ledger, type Order } from '../ledger/ledger.ts'
import type { Caller, TeamDirectory } from '../teams/directory.ts'
import { withCurrentCaller } from './caller.ts'
import type { Debts } from './debts.ts'
import type { LostAnswers, Waiting } from './lost-answer.ts'
import { prepareOrder, type Forbidden, type Prepared } from './prepare-order.ts'
import { quotaRefusal } from './quota-refusals.ts'
import { refusal, type CreateFigures } from './refusals.ts'

export type EntryDependencies = {
  ledger: Ledger
  directory: TeamDirectory
  debts: Debts
  lostAnswers: LostAnswers
  /** what is under way: a stop waits for it, also when its callers have gone */
  running: Running
  prices: Prices
  clock: Clock
  upstreamTimeoutMs: number
}

export type EntryRequest = Waiting & {
  caller: Caller
  endpoint: Endpoint
  body: unknown
  idempotencyKey: string | undefined
  /** traceparent of the request, if it is recorded */
  trace: string | null
}

export type Admitted = { kind: 'admitted', order: Order, prepared: Prepared, figures: CreateFigures }

/** A repetition of an earlier order, and the order that repeats it. */
export type Repeated = Exclude<Repetition, { kind: 'mismatch' }> & { order: Order, prepared: Prepared }

/** A submission may wait for a place and use up upstream's deadline twice, when a second token is tried. */
const SUBMIT_TRIES = 2
/** How much longer it may take before it counts as abandoned. */
const SUBMIT_MARGIN_MS = 5000
/** How long the ledger may take to meet an order before it must do nothing; whoever waits for it has given up by then. */
const ADMIT_WITHIN_MS = 1000

/** Admits the request as a new task, or says which one it repeats. @throws Refusal */
export async function enterLedger (deps: EntryDependencies, request: EntryRequest): Promise<Admitted | Repeated> {
  return decideWith(deps, request, order => {
    if (order.idempotencyKey !== undefined) return admit(deps, order)
    const admission = deps.lostAnswers.known(order).then(() => admit(deps, order))
    deps.lostAnswers.whenGone(request, order, admission.then(found => answeredFor(order, found), () => undefined))
    return admission
  })
}

async function admit ({ ledger, debts, lostAnswers }: EntryDependencies, order: Order): Promise<Admission> {
  try {
    return await ledger.admit(order)
  } catch (error) {
    // It may have been counted or may still be, or have taken a lost one over: it is taken back until that is acknowledged.
    if (error instanceof LedgerUnavailable && !error.untouched) {
      const debt = { facts: { task_ref: order.ref, outcome: 'unsent' }, pay: () => ledger.resolve(order, { kind: 'unsent' }) }
      if (order.idempotencyKey === undefined) lostAnswers.owe(order, debt)
      else debts.owe(debt)
    }
    throw error
  }
}

/** The task that an order without an Idempotency-Key is answered for: its own, or one that it took over. */
function answeredFor ({ ref }: Order, admission: Admission): TaskRef | undefined {
  switch (admission.kind) {
    case 'admitted': return ref
    case 'replay': return admission.task.ref
    case 'in-progress':
    case 'unknown': return admission.ref
    default: return undefined
  }
}

/** Decides as `enterLedger` would; nothing is reserved. @throws Refusal */
export function previewOrder (deps: EntryDependencies, request: EntryRequest): Promise<Admitted | Repeated> {
  return decideWith(deps, request, order => deps.ledger.preview(order))
}

/** Asks the ledger for leave. If team or key were changed since they were read, reads and decides again. */
async function decideWith (deps: EntryDependencies, request: EntryRequest, ask: (order: Order) => Promise<Admission>): Promise<Admitted | Repeated> {
  return withCurrentCaller(deps, request.caller, async caller => {
    const prepared = prepareOrder(deps.prices, request.endpoint, caller, request.body)
    if (prepared.kind === 'forbidden') return begunBefore(deps, { ...request, caller }, prepared)
    const order = orderOf(deps, { ...request, caller }, prepared)
    const admission = await ask(order)
    switch (admission.kind) {
      case 'admitted': return { kind: 'admitted', order, prepared, figures: figuresOf(order, admission.standings) }
      case 'exhausted':
      case 'rate-limited':
      case 'too-many-in-flight': throw quotaRefusal(admission, caller, figuresOf(order, admission.standings))
      case 'replay':
      case 'in-progress':
      case 'unknown': return { ...admission, order, prepared }
      case 'mismatch': throw refusal('idempotency_mismatch', 'This Idempotency-Key was used with another body; use a new key for a new task.')
      case 'late': throw refusal('ledger_unavailable', 'The ledger took too long, and nothing was started; a later try may succeed.', { retryAfterS: 1 })
      case 'stale': return undefined
      default: return unreachable(admission)
    }
  })
}

/**
 * What was begun under its Idempotency-Key is answered for, although it could not be begun now.
 * @returns undefined if team or key were changed since they were read: a policy refuses only by what it is now
 * @throws Refusal why it may not be begun
 */
async function begunBefore (deps: EntryDependencies, request: EntryRequest, { asked, why }: Forbidden): Promise<Repeated | undefined> {
  const order = orderOf(deps, request, { asked, priceMicros: 0 })
  const found = await deps.ledger.preview(order)
  switch (found.kind) {
    case 'stale': return undefined
    case 'replay':
    case 'in-progress':
    case 'unknown': return { ...found, order, prepared: { kind: 'prepared', asked, body: asked, priceMicros: found.kind === 'replay' ? found.task.priceMicros : 0 } }
    default: throw why
  }
}

function orderOf ({ clock, upstreamTimeoutMs }: EntryDependencies, { caller, endpoint: { model }, idempotencyKey, trace }: EntryRequest, { asked, priceMicros }: Pick<Prepared, 'asked' | 'priceMicros'>): Order {
  const nowMs = clock.nowMs()
  return {
    ref: newTaskRef(caller.team.id),
    caller,
    model,
    priceMicros,
    fingerprint: fingerprintOf(model, asked),
    idempotencyKey,
    trace,
    orderedAtMs: nowMs,
    notAfterMs: nowMs + ADMIT_WITHIN_MS,
    submitDeadlineMs: nowMs + SUBMIT_TRIES * upstreamTimeoutMs + SUBMIT_MARGIN_MS
  }
}

function figuresOf ({ priceMicros, orderedAtMs }: Order, standings: CreateFigures['standings']): CreateFigures {
  return { priceMicros, standings, nowMs: orderedAtMs }
}
