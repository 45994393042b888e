// POST …/generation: makes a task.

import { json, type Reply } from './answer.ts'
import type { Arrival } from './arrival.ts'
import { authenticate } from './authenticate.ts'
import { readGenerationBody } from './generation-body.ts'
import { readMarkers } from './markers.ts'
import { problem } from './problems.ts'
import type { Provider } from './provider.ts'
import { countTask } from './received.ts'
import { refuse } from './refuse.ts'
import { requestOrigin } from './request-origin.ts'
import { taskBody } from './task-body.ts'
import { mintTaskId, type TaskFacts } from './task-id.ts'

/** Answers 202 with the new task, 400, 401, or as a marker says. The body is checked before the token: so it was seen at the provider. */
export function createTask (arrival: Arrival, provider: Provider): Reply {
  const body = readGenerationBody(arrival.text)
  if (body.kind === 'invalid') return { answer: problem('invalid', arrival.path, body.detail) }

  const caller = authenticate(arrival, provider)
  if (caller.kind === 'refused') return { answer: caller.answer }

  const { fate, fault } = readMarkers(body.prompt)
  if (fault?.when === 'instead') return { answer: refuse(fault, arrival) }

  const task: TaskFacts = {
    account: caller.account,
    createdAtMs: provider.now(),
    size: body.size,
    fate
  }
  const taskId = mintTaskId(task)
  countTask(provider.received, taskId)
  // A new task is pending even if the simulator's tasks stay so for no time at all.
  const answer = json(202, taskBody({ taskId, task, state: { status: 'pending', sinceMs: task.createdAtMs }, origin: requestOrigin(arrival) }))
  return { answer, mishap: fault }
}
