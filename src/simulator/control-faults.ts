// POST and DELETE /_simulator/faults: injects faults, and forgets those that are left.

import { json, type Answer } from './answer.ts'
import type { Arrival } from './arrival.ts'
import { readFaultOrder } from './fault-order.ts'
import { parseJsonObject } from './json-object.ts'
import { problem } from './problems.ts'
import type { Provider } from './provider.ts'

/** Answers 200 with the faults that are left now, or 400 with what is wrong with the order. */
export function injectFault ({ text, path }: Arrival, { faults }: Provider): Answer {
  const body = parseJsonObject(text)
  if (body === undefined) return problem('invalid', path, 'the body has to be a JSON object')

  const read = readFaultOrder(body)
  if (read.kind === 'invalid') return problem('invalid', path, read.detail)

  faults.add(read.order)
  return json(200, { faults: faults.left() })
}

/** Answers 200 with the faults that are left: none. */
export function clearFaults ({ faults }: Provider): Answer {
  faults.clear()
  return json(200, { faults: faults.left() })
}
