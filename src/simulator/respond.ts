// Takes a request to the route it is for.

import { json, type Answer } from './answer.ts'
import type { Arrival } from './arrival.ts'
import { createTask } from './create-task.ts'
import { deleteTask } from './delete-task.ts'
import { downloadResult } from './download-result.ts'
import { methodNotAllowed, plainProblem } from './problems.ts'
import type { Provider } from './provider.ts'
import { readTask } from './read-task.ts'
import { count } from './received.ts'
import { routeOf } from './route.ts'

/** Counts the request and answers it. */
export async function respond (arrival: Arrival, provider: Provider): Promise<Answer> {
  const { method, path } = arrival
  const route = routeOf(path)
  count(provider.received, arrival, route)

  switch (route.kind) {
    case 'generation':
      return method === 'POST' ? createTask(arrival, provider) : methodNotAllowed(path, 'POST')
    case 'task':
      if (method === 'GET') return readTask(route.taskId, arrival, provider)
      if (method === 'DELETE') return deleteTask(route.taskId, arrival, provider)
      return methodNotAllowed(path, 'GET, DELETE')
    case 'result':
      if (method === 'GET' || method === 'HEAD') return downloadResult(route.taskId, arrival, provider)
      return methodNotAllowed(path, 'GET, HEAD')
    case 'received':
      return method === 'GET' ? countersAnswer(provider) : methodNotAllowed(path, 'GET')
    case 'unknown':
      return plainProblem(404, 'Not Found')
  }
}

// The requests themselves stay inside: their headers have tokens in them.
function countersAnswer (provider: Provider): Answer {
  const { creates, accepted, reads, deletes } = provider.received
  return json(200, { creates, accepted, reads, deletes })
}
