// What every connection is still to be answered: who sends one request behind the other is answered in that order, also where one of them is broken.
import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export class PendingAnswers {
  readonly #bySocket = new WeakMap<Socket, Set<ServerResponse>>()

  /** Notes the requests that arrive from now on. */
  follow (server: Server): void {
    server.prependListener('request', ({ socket }, response) => {
      const pending = this.#bySocket.get(socket) ?? new Set()
      this.#bySocket.set(socket, pending.add(response))
      response.once('close', () => pending.delete(response))
    })
  }

  /** Of requests that are there as a whole. */
  before (socket: Socket): ServerResponse[] { return this.#of(socket).filter(({ req }) => req.complete) }

  /** Whether an answer has begun to a request that never came to its end: nothing else can be said then. */
  hasBegun (socket: Socket): boolean { return this.#of(socket).some(({ req, headersSent }) => headersSent && !req.complete) }

  #of (socket: Socket): ServerResponse[] { return [...this.#bySocket.get(socket) ?? []] }
}
