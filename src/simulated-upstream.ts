// What test keys call in the place of MuleRouter: the built-in simulator, started when it is first needed.
import type { Upstream } from './flows/upstream.ts'
import type { Clock } from './kernel/clock.ts'
import { constant } from './kernel/live.ts'
import type { Log } from './kernel/log.ts'
import { Secret } from './kernel/secret.ts'
import { startSimulator } from './simulator/simulator.ts'
import { muleRouter } from './upstream/mulerouter.ts'

/** The same on every instance, so that each knows the tasks of all: the simulator keeps them in their ids. It opens nothing else. */
const TOKEN = 'test-keys-simulator-token'
const PENDING_MS = 2000
const PROCESSING_MS = 5000
const CONNECTIONS = 16

export type SimulatedUpstream = Upstream & { close (): Promise<void> }

export function simulatedUpstream ({ clock, log, timeoutMs }: { clock: Clock, log: Log, timeoutMs: number }): SimulatedUpstream {
  let opening: Promise<SimulatedUpstream> | undefined

  async function open (): Promise<SimulatedUpstream> {
    const simulator = await startSimulator({ tokens: [TOKEN], pendingMs: PENDING_MS, processingMs: PROCESSING_MS, now: () => clock.nowMs() })
    const client = muleRouter({
      baseUrl: new URL(simulator.origin), tokens: constant([new Secret(TOKEN)]), proxyUrl: undefined, timeoutMs, connections: CONNECTIONS, on5xx: 'refused', clock, log
    })
    return {
      ...client,
      async close () {
        await client.close()
        await simulator.close()
      }
    }
  }

  /** One that cannot be started is tried again by the next call. */
  async function reach <Outcome> (call: (client: SimulatedUpstream) => Promise<Outcome>, unreached: (cause: unknown) => Outcome): Promise<Outcome> {
    opening ??= open()
    const attempt = opening
    let client: SimulatedUpstream
    try {
      client = await attempt
    } catch (cause) {
      if (opening === attempt) opening = undefined
      return unreached(cause)
    }
    return call(client)
  }

  return {
    submit: submission => reach(client => client.submit(submission), cause => ({ kind: 'unsent', cause })),
    look: address => reach(client => client.look(address), cause => ({ kind: 'failed', cause })),
    remove: address => reach(client => client.remove(address), cause => ({ kind: 'unsent', cause })),
    probe: address => reach(client => client.probe(address), () => []),
    async close () { await (await opening?.catch(() => undefined))?.close() }
  }
}
