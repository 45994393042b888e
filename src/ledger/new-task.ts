// How a task begins: as the order says, so that whoever has the order knows the task.
import { accountWindows, counterOf } from './account.ts'
import type { Order } from './ledger.ts'
import type { Task } from './task.ts'

/** The task of an order at the moment of its admission: submitting, its price held. */
export function newTask (order: Order): Task {
  const { caller: { team, key }, orderedAtMs } = order
  return {
    ref: order.ref,
    revision: 1,
    taskId: null,
    team: team.id,
    keyId: key.id,
    lineage: key.lineage,
    model: order.model,
    mode: key.mode,
    state: 'submitting',
    money: 'held',
    priceMicros: order.priceMicros,
    fingerprint: order.fingerprint,
    trace: order.trace,
    credential: null,
    body: null,
    looksWithoutMedia: 0,
    deleting: null,
    counted: accountWindows(order.caller, orderedAtMs).map(counterOf),
    createdAtMs: orderedAtMs,
    updatedAtMs: orderedAtMs,
    lookedAtMs: orderedAtMs,
    submitDeadlineMs: order.submitDeadlineMs,
    misses: null,
    dueAtMs: order.submitDeadlineMs
  }
}
