// A faithful MuleRouter over HTTP, written from the provider's documents and sharing no code with the gateway, so that it can disagree with it.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { openAccounts } from './accounts.ts'
import { send } from './answer.ts'
import { readArrival } from './arrival.ts'
import { problem } from './problems.ts'
import type { Provider } from './provider.ts'
import { nothingReceived, type Received } from './received.ts'
import { respond } from './respond.ts'

export type SimulatorOptions = {
  host?: string         // default 127.0.0.1
  port?: number         // default 0: any free one
  tokens: string[]      // bearer tokens that are accepted; each is an account of its own
  pendingMs: number     // how long a task stays pending
  processingMs: number  // how long it is processing after that
  now?: () => number    // ms since the epoch; default Date.now
}

export type Simulator = {
  origin: string
  received: Received          // live: it counts on while the simulator runs
  close: () => Promise<void>  // ends every connection, also those that are idle or in the middle of a request
}

/**
 * Starts a simulator and resolves when it listens.
 * Throws if the port is taken, or if two tokens cannot be told apart in a task id.
 */
export async function startSimulator (options: SimulatorOptions): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, tokens, pendingMs, processingMs, now = Date.now } = options
  const received = nothingReceived()
  const provider: Provider = { accounts: openAccounts(tokens), received, now, pendingMs, processingMs, deletedTaskIds: new Set() }

  const server = createServer((request, response) => { serve(request, response, provider) })
  server.listen(port, host)
  await once(server, 'listening')
  return { origin: originOf(server, host), received, close: () => close(server) }
}

async function serve (request: IncomingMessage, response: ServerResponse, provider: Provider): Promise<void> {
  const read = await readArrival(request)
  switch (read.kind) {
    case 'aborted': return
    case 'too-large': return send(response, problem('body-too-large', read.path))
    case 'arrived': {
      const { arrival } = read
      const answer = await respond(arrival, provider).catch(error => problem('fault', arrival.path, String(error)))
      return send(response, answer)
    }
  }
}

function originOf (server: Server, host: string): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the simulator listens on no port')
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
}

function close (server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve()) // its error says only that it was closed before
    server.closeAllConnections()
  })
}
