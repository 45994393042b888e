// Reads an order for faults: which requests, which fault, and how often.

import { FAULT_USAGE, readFault, type Fault } from './faults.ts'
import type { JsonObject } from './json-object.ts'
import { OPERATIONS, type Operation } from './operation.ts'

/** An order as a test writes it; its fault is `name` or `name=value`. */
export type FaultOrder = {
  on: Operation | 'any'  // any of the three, not any request
  fault: string
  times: number
}

/** An order that has been checked. */
export type CheckedOrder = FaultOrder & { means: Fault }

export type ReadFaultOrder =
  | { kind: 'valid', order: CheckedOrder }
  | { kind: 'invalid', detail: string }

const TARGETS = [...OPERATIONS, 'any'] as const

/** The order, or what is wrong with it. */
export function readFaultOrder ({ on, fault, times }: JsonObject): ReadFaultOrder {
  const target = TARGETS.find(name => name === on)
  if (target === undefined) return invalid(`'on' has to be one of ${TARGETS.join(', ')}`, on)

  const means = typeof fault === 'string' ? readNamed(fault) : undefined
  if (typeof fault !== 'string' || means === undefined) return invalid(`'fault' has to be one of ${FAULT_USAGE}`, fault)

  if (typeof times !== 'number' || !Number.isSafeInteger(times) || times < 1) return invalid("'times' has to be a whole number of at least 1", times)
  return { kind: 'valid', order: { on: target, fault, times, means } }
}

function readNamed (text: string): Fault | undefined {
  const at = text.indexOf('=')
  return at === -1 ? readFault(text, undefined) : readFault(text.slice(0, at), text.slice(at + 1))
}

function invalid (rule: string, value: unknown): ReadFaultOrder {
  return { kind: 'invalid', detail: `${rule}, and is ${JSON.stringify(value) ?? 'missing'}` }
}
