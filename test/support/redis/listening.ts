// Whether anybody listens on a port, which a process that is stopped still does.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Address } from './ask-redis.ts'

/** Resolves to whether a connection is accepted. */
export async function isListening ({ host, port }: Address): Promise<boolean> {
  const socket = connect({ host, port })
  const connected = await once(socket, 'connect').then(() => true, () => false)
  socket.destroy()
  return connected
}
