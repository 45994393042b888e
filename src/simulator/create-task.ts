// POST …/generation: makes a task.

import { json, type Answer } from './answer.ts'
import type { Arrival } from './arrival.ts'
import { authenticate } from './authenticate.ts'
import { readGenerationBody } from './generation-body.ts'
import { readMarkers } from './markers.ts'
import { problem } from './problems.ts'
import type { Provider } from './provider.ts'
import { requestOrigin } from './request-origin.ts'
import { taskBody } from './task-body.ts'
import { mintTaskId, type TaskFacts } from './task-id.ts'

/** Answers 202 with the new task, 400, or 401. The body is checked before the token: so it was seen at the provider. */
export function createTask (arrival: Arrival, provider: Provider): Answer {
  const body = readGenerationBody(arrival.text)
  if (body.kind === 'invalid') return problem('invalid', arrival.path, body.detail)

  const caller = authenticate(arrival, provider)
  if (caller.kind === 'refused') return caller.answer

  const markers = readMarkers(body.prompt)
  const task: TaskFacts = {
    account: caller.account,
    createdAtMs: provider.now(),
    size: body.size,
    fate: markers.fails ? 'fails' : 'completes'
  }
  const taskId = mintTaskId(task)
  provider.received.accepted += 1
  // A new task is pending even if the simulator's tasks stay so for no time at all.
  return json(202, taskBody({ taskId, task, state: { status: 'pending', sinceMs: task.createdAtMs }, origin: requestOrigin(arrival) }))
}
