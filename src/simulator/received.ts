// Remembers what really arrived, so that a test can tell what was sent from what was only meant to be sent.

import type { Arrival } from './arrival.ts'
import type { Route } from './route.ts'

const REQUESTS_KEPT_MAX = 1000

export type ReceivedRequest = {
  method: string
  path: string                     // as it was sent, with its query
  headers: Record<string, string>  // lower-cased names
  body: unknown                    // the parsed JSON if it parses, else the text
}

/** Counters since the start, and the last 1000 requests; it keeps changing while the simulator runs. */
export type Received = {
  creates: number   // POSTs on the generation route whose body was fully read, whatever they were answered
  accepted: number  // those that were answered 202
  reads: number     // GETs of a task
  deletes: number   // DELETEs of a task
  requests: ReceivedRequest[]
}

/** Nothing received yet. */
export function nothingReceived (): Received {
  return { creates: 0, accepted: 0, reads: 0, deletes: 0, requests: [] }
}

/** Counts a request before it is answered. The control route's are not counted: the provider has no such route. */
export function count (received: Received, { method, url, headers, text }: Arrival, route: Route): void {
  if (route.kind === 'received') return
  if (route.kind === 'generation' && method === 'POST') received.creates += 1
  if (route.kind === 'task' && method === 'GET') received.reads += 1
  if (route.kind === 'task' && method === 'DELETE') received.deletes += 1
  received.requests.push({ method, path: url, headers, body: parsedOrText(text) })
  if (received.requests.length > REQUESTS_KEPT_MAX) received.requests.shift()
}

function parsedOrText (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
