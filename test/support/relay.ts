// A piece of the network between two programs, which can fall silent.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export type Relay = {
  port: number
  /** Keeps the connections of now open and carries nothing on them any more; later ones are carried. */
  silence (): void
}

/** Carries what it gets to that port of localhost, and back; it is closed when the test ends. */
export async function startRelay (to: number): Promise<Relay> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    const further = connect(to, 'localhost')
    for (const side of [socket, further]) sockets.add(side.on('error', () => {}))
    socket.pipe(further).pipe(socket)
  })
  await once(server.listen(0, 'localhost'), 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the relay listens on no port')
  return { port: address.port, silence () { for (const socket of sockets) socket.unpipe().resume() } }
}
