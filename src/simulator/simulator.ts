// A faithful MuleRouter over HTTP, written from the provider's documents and sharing no code with the gateway, so that it can disagree with it.

import { createServer } from 'node:http'
import { openAccounts } from './accounts.ts'
import { readFaultOrder, type FaultOrder } from './fault-order.ts'
import { openFaultQueue } from './fault-queue.ts'
import { openHeldAnswers } from './held-answers.ts'
import { listen } from './listening.ts'
import type { Provider } from './provider.ts'
import { nothingReceived, type Received } from './received.ts'
import { serve } from './serve.ts'
import { readTokenOrder, type TokenOrder } from './token-order.ts'

export type SimulatorOptions = {
  host?: string         // default 127.0.0.1
  port?: number         // default 0: any free one
  tokens: string[]      // bearer tokens that are accepted; each is an account of its own; `token` changes that
  pendingMs: number     // how long a task stays pending
  processingMs: number  // how long it is processing after that
  now?: () => number    // ms since the epoch; default Date.now
}

export type Simulator = {
  origin: string
  received: Received                     // live: it counts on while the simulator runs
  inject: (fault: FaultOrder) => void    // lets the next requests meet with a fault; throws if there is no such fault
  token: (order: TokenOrder) => void     // lets a token be accepted or refused from now on; throws if the order makes no sense
  readonly held: number                  // live: how many answers are held back, and still waited for
  release: () => void                    // lets all held answers go
  stopListening: () => Promise<void>     // ends every connection, and refuses new ones
  resumeListening: () => Promise<void>   // takes connections again, on the same port
  close: () => Promise<void>             // ends every connection, also those that are idle or in the middle of a request
}

/**
 * Starts a simulator and resolves when it listens.
 * Throws if the port is taken, or if two tokens cannot be told apart in a task id.
 */
export async function startSimulator (options: SimulatorOptions): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, tokens, pendingMs, processingMs, now = Date.now } = options
  const received = nothingReceived()
  const faults = openFaultQueue()
  const held = openHeldAnswers()
  const accounts = openAccounts(tokens)
  const provider: Provider = { accounts, received, faults, held, now, pendingMs, processingMs, deletedTaskIds: new Set() }

  const server = createServer((request, response) => { serve(request, response, provider) })
  const { origin, stop, resume } = await listen(server, host, port)
  return {
    origin,
    received,
    inject (fault) {
      const read = readFaultOrder(fault)
      if (read.kind === 'invalid') throw new Error(read.detail)
      faults.add(read.order)
    },
    token (order) {
      const read = readTokenOrder(order)
      if (read.kind === 'invalid') throw new Error(read.detail)
      accounts.order(read.order)
    },
    get held () { return held.count() },
    release: held.release,
    stopListening: stop,
    resumeListening: resume,
    close: stop
  }
}
