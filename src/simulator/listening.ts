// Opens a server's port, closes it with every connection, and opens it again.

import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

export type Listening = {
  origin: string
  stop: () => Promise<void>    // ends every connection, also those that are idle or in the middle of a request; may be called twice
  resume: () => Promise<void>  // on the same port; throws if another process has taken it
}

/** Resolves when the server listens; port 0 is any free one. Throws if the port is taken. */
export async function listen (server: Server, host: string, port: number): Promise<Listening> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })

  await open(server, host, port)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the simulator listens on no port')

  return {
    origin: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    stop: () => shut(server, sockets),
    resume: async () => { if (!server.listening) await open(server, host, address.port) }
  }
}

async function open (server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening')
}

async function shut (server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  server.close() // an error would say only that it was closed before, and goes to a callback alone
  // That the server is closed does not say that its sockets are: their answers, held or late, go with them.
  await Promise.all(Array.from(sockets, socket => new Promise(resolve => socket.once('close', resolve).destroy())))
  // One turn more, in which a client of the same process sees its connections end: it is not to find out by its next request.
  await nextTurn()
}
