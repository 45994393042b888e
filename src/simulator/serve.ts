// Takes one request through the simulator, from its headers to its answer, with the fault that is meant for it.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { send, type Reply } from './answer.ts'
import { pathOf, readArrival } from './arrival.ts'
import { operationOf } from './operation.ts'
import { performMishap } from './perform-mishap.ts'
import { problem } from './problems.ts'
import type { Provider } from './provider.ts'
import { respond } from './respond.ts'
import { routeOf } from './route.ts'

/** Answers the request, or does to it what a fault says. A fault is used up by the headers: a request that is broken off later has had it. */
export async function serve (request: IncomingMessage, response: ServerResponse, provider: Provider): Promise<void> {
  const injected = provider.faults.take(operationOf(request.method, routeOf(pathOf(request))))
  if (injected?.when === 'on-headers') {
    request.socket.resetAndDestroy()
    return
  }

  const read = await readArrival(request)
  switch (read.kind) {
    case 'aborted': return
    case 'too-large': return send(response, problem('body-too-large', read.path))
    case 'arrived': {
      const { arrival } = read
      const { answer, mishap } = await respond({ arrival, provider, injected })
        .catch((error: unknown): Reply => ({ answer: problem('fault', arrival.path, String(error)) }))
      return mishap === undefined ? send(response, answer) : performMishap({ mishap, response, answer, held: provider.held })
    }
  }
}
