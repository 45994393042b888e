// GET /_simulator/received: what arrived, in numbers.

import { json, type Answer } from './answer.ts'
import type { Arrival } from './arrival.ts'
import type { Provider } from './provider.ts'

/** The counters, and with `?tasks=true` the ids of the tasks. The requests stay inside: their headers have tokens in them. */
export function receivedAnswer ({ query }: Arrival, { received }: Provider): Answer {
  const { creates, accepted, reads, deletes, redirectsFollowed, tasks } = received
  const counters = { creates, accepted, reads, deletes, redirects_followed: redirectsFollowed }
  return json(200, query.get('tasks') === 'true' ? { ...counters, task_ids: tasks } : counters)
}
