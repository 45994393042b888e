// A receiver of webhooks: it does what the test says, and believes nobody but the specification's own verifier.
import { Webhook as Verifier } from 'standardwebhooks'
import { vi } from 'vitest'
import type { Arrived } from './scripted-upstream.ts'

export { answer, startUpstream as startReceiver, type Arrived, type ScriptedUpstream as Receiver } from './scripted-upstream.ts'

/** The message that arrived, as the verifier reads it at this moment. @throws if it refuses the signature or the time */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function verified ({ headers, body }: Arrived, secret: string, nowMs: number): any {
  // The verifier looks at the clock of the system, and the gateway of a test has one of its own.
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs })
  try {
    return new Verifier(secret).verify(body, Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])))
  } finally {
    vi.useRealTimers()
  }
}

/** What a gateway needs to reach a receiver of a test. */
export const RECEIVERS_ALLOWED = { WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' }
