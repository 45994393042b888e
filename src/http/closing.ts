// The end of a server: callers are told to go elsewhere before their connections are closed, so that no request is cut in between.
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import { Server, type Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { within } from '../kernel/within.ts'

export type ClosingOptions = {
  /** Connections that are kept alive are served until this time, so that whoever uses one is told; by `performance`. */
  lingerUntilMs: number
  /** for how long those that came in the last moment are served after that */
  settleMs: number
  /** What has not ended by then is cut; by `performance`. */
  untilMs: number
}

export interface Closing {
  /** Every answer from now on is the last one of its connection. */
  begin (): void
  /** Takes no connection any more, and resolves when the last one has ended or was cut. */
  end (options: ClosingOptions): Promise<void>
}

const GLANCE_MS = 25
/** How long a connection that was cut may take to be gone. */
const CUT_MS = 500

/** Prepares the end of servers that do not listen yet. */
export function prepareClosing (servers: readonly FastifyInstance[]): Closing {
  const sockets = new Set<Socket>()
  let begun = false
  for (const { server } of servers) {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
  }
  // The end waits for every connection, and an answered one that is kept alive would stay for longer than the grace time.
  for (const server of servers) {
    server.addHook('onSend', (_request, reply, _payload, done) => {
      if (begun) reply.header('connection', 'close')
      done()
    })
  }

  return {
    begin () { begun = true },

    async end ({ lingerUntilMs, settleMs, untilMs }) {
      const untilNobody = async (atMs: number): Promise<void> => {
        while (sockets.size > 0 && performance.now() < Math.min(atMs, untilMs)) await pause(GLANCE_MS)
      }
      await untilNobody(lingerUntilMs)
      // Right after the loop has taken who knocked: the system resets whoever is not taken yet.
      await turn()
      // Only the listening ends. Node's HTTP server would close idle connections with it, and so one whose request is on its way.
      for (const { server } of servers) Server.prototype.close.call(server)
      await untilNobody(performance.now() + settleMs)
      for (const { server } of servers) server.closeIdleConnections()
      // Node closes those that are idle after a request; one on which nothing ever came is not idle to it.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
      // A closed HTTP server no longer looks at how long a request takes to arrive: one that never ends would hold up the stop.
      await untilNobody(untilMs)
      const closed = Promise.all(servers.map(server => server.close()))
      if (!await within(untilMs - performance.now(), closed)) for (const { server } of servers) server.closeAllConnections()
      // A server has ended some turns before its connections: only then is it known who was cut off, whose answer is left to the next call.
      await within(CUT_MS, Promise.all([closed, ...Array.from(sockets, socket => new Promise(resolve => socket.once('close', resolve)))]))
    }
  }
}
