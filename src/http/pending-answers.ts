// What every connection is still to be answered: who sends one request behind the other is served in that order, and one at a time.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export class PendingAnswers {
  readonly #bySocket = new WeakMap<Socket, Set<ServerResponse>>()

  /** Notes the requests that arrive from now on. */
  follow (server: Server): void {
    server.prependListener('request', ({ socket }, response) => {
      const pending = this.#bySocket.get(socket) ?? new Set()
      this.#bySocket.set(socket, pending.add(response))
      response.on('close', () => pending.delete(response))
    })
  }

  /**
   * Goes on when everything before the request has been answered, and never if its caller has gone by then: an answer that ends the connection
   * ends what is behind it unbegun. Node would begin hundreds at once, and keep their answers until somebody reads them.
   */
  inTurn ({ socket }: IncomingMessage, response: ServerResponse, next: () => void): void {
    const pending = this.#bySocket.get(socket)
    if (pending === undefined || pending.size === 1) return next()
    const all = [...pending]
    const previous = all[all.indexOf(response) - 1]
    if (previous === undefined) return next()
    previous.once('close', () => {
      // Others have their turn in between.
      setImmediate(() => { if (socket.writable && !response.closed) next() })
    })
  }

  /** Of requests that are there as a whole. */
  before (socket: Socket): ServerResponse[] { return this.#of(socket).filter(({ req }) => req.complete) }

  /** Whether an answer has begun to a request that never came to its end: nothing else can be said then. */
  hasBegun (socket: Socket): boolean { return this.#of(socket).some(({ req, headersSent }) => headersSent && !req.complete) }

  #of (socket: Socket): ServerResponse[] { return [...this.#bySocket.get(socket) ?? []] }
}
