// Takes a request to the route it is for.

import type { Reply } from './answer.ts'
import type { Arrival } from './arrival.ts'
import { clearFaults, injectFault } from './control-faults.ts'
import { receivedAnswer } from './control-received.ts'
import { orderToken } from './control-tokens.ts'
import { createTask } from './create-task.ts'
import { deleteTask } from './delete-task.ts'
import { downloadResult } from './download-result.ts'
import type { Mishap, Refusal } from './faults.ts'
import { methodNotAllowed, plainProblem } from './problems.ts'
import type { Provider } from './provider.ts'
import { readTask } from './read-task.ts'
import { count } from './received.ts'
import { refuse } from './refuse.ts'
import { routeOf } from './route.ts'

export type RequestToAnswer = {
  arrival: Arrival
  provider: Provider
  injected: Refusal | Mishap | undefined
}

/** Counts the request and answers it. An injected mishap takes the place of one that the prompt asks for. */
export async function respond ({ arrival, provider, injected }: RequestToAnswer): Promise<Reply> {
  count(provider.received, arrival, routeOf(arrival.path))
  if (injected?.when === 'instead') return { answer: refuse(injected, arrival) }

  const reply = await replyOf(arrival, provider)
  return injected === undefined ? reply : { ...reply, mishap: injected }
}

async function replyOf (arrival: Arrival, provider: Provider): Promise<Reply> {
  const { method, path } = arrival
  const route = routeOf(path)
  switch (route.kind) {
    case 'generation':
      return method === 'POST' ? createTask(arrival, provider) : { answer: methodNotAllowed(path, 'POST') }
    case 'task':
      if (method === 'GET') return { answer: readTask(route.taskId, arrival, provider) }
      if (method === 'DELETE') return { answer: deleteTask(route.taskId, arrival, provider) }
      return { answer: methodNotAllowed(path, 'GET, DELETE') }
    case 'result':
      if (method === 'GET' || method === 'HEAD') return { answer: await downloadResult(route.taskId, arrival, provider) }
      return { answer: methodNotAllowed(path, 'GET, HEAD') }
    case 'received':
      return { answer: method === 'GET' ? receivedAnswer(arrival, provider) : methodNotAllowed(path, 'GET') }
    case 'faults':
      if (method === 'POST') return { answer: injectFault(arrival, provider) }
      if (method === 'DELETE') return { answer: clearFaults(provider) }
      return { answer: methodNotAllowed(path, 'POST, DELETE') }
    case 'tokens':
      return { answer: method === 'POST' ? orderToken(arrival, provider) : methodNotAllowed(path, 'POST') }
    case 'moved':
    case 'unknown':
      return { answer: plainProblem(404, 'Not Found') }
  }
}
