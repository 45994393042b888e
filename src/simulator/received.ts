// Remembers what really arrived, so that a test can tell what was sent from what was only meant to be sent.

import type { Arrival } from './arrival.ts'
import { operationOf } from './operation.ts'
import type { Route } from './route.ts'

const REQUESTS_KEPT_MAX = 1000
const TASKS_KEPT_MAX = 100_000

export type ReceivedRequest = {
  method: string
  path: string                     // as it was sent, with its query
  headers: Record<string, string>  // lower-cased names
  body: unknown                    // the parsed JSON if it parses, else the text
}

/** Counters since the start, the last 1000 requests and the last 100,000 tasks; it keeps changing while the simulator runs. */
export type Received = {
  creates: number   // POSTs on the generation route whose body was fully read, whatever they were answered, if they were
  accepted: number  // those that a task was really made for, whatever became of the answer
  reads: number     // GETs of a task
  deletes: number   // DELETEs of a task
  redirectsFollowed: number  // requests to where the fault `redirect` points
  requests: ReceivedRequest[]
  tasks: string[]   // ids of the tasks that were really made
}

/** Nothing received yet. */
export function nothingReceived (): Received {
  return { creates: 0, accepted: 0, reads: 0, deletes: 0, redirectsFollowed: 0, requests: [], tasks: [] }
}

/** Counts a request before it is answered. The control routes' are not counted: the provider has no such routes. */
export function count (received: Received, { method, url, headers, text }: Arrival, route: Route): void {
  if (route.kind === 'received' || route.kind === 'faults' || route.kind === 'tokens') return
  const operation = operationOf(method, route)
  if (operation === 'create') received.creates += 1
  if (operation === 'read') received.reads += 1
  if (operation === 'delete') received.deletes += 1
  if (route.kind === 'moved') received.redirectsFollowed += 1
  received.requests.push({ method, path: url, headers, body: parsedOrText(text) })
  if (received.requests.length > REQUESTS_KEPT_MAX) received.requests.shift()
}

/** Counts a task that was made. */
export function countTask (received: Received, taskId: string): void {
  received.accepted += 1
  received.tasks.push(taskId)
  if (received.tasks.length > TASKS_KEPT_MAX) received.tasks.shift()
}

function parsedOrText (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
