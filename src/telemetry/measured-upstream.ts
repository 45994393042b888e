// MuleRouter, timed, and its refusals counted.
import type { SubmitOutcome, Upstream } from '../flows/upstream.ts'
import type { Metrics } from './metrics.ts'

/** Statuses with a meaning of their own here; all others are counted by their first digit. */
const STATUSES: readonly number[] = [400, 401, 402, 403, 404, 409, 422, 423, 429, 451, 500, 502, 503]

export function measuredUpstream (upstream: Upstream, { upstream: durations, upstreamRefusals }: Pick<Metrics, 'upstream' | 'upstreamRefusals'>): Upstream {
  // From the start, so that the first refusal is a growth, and an alert sees it.
  for (const result of ['accepted', 'refused', 'unsent', 'unknown'] satisfies SubmitOutcome['kind'][]) durations.zero({ operation: 'submit', result })
  for (const status of STATUSES) upstreamRefusals.inc({ operation: 'submit', status: String(status) }, 0)

  function ended (operation: string, beganMs: number, result: string): void {
    durations.observe({ operation, result }, (performance.now() - beganMs) / 1000)
  }

  return {
    async submit (submission) {
      const beganMs = performance.now()
      const outcome = await upstream.submit(submission)
      ended('submit', beganMs, outcome.kind)
      if (outcome.kind === 'refused') upstreamRefusals.inc({ operation: 'submit', status: statusOf(outcome.refusal.status) })
      return outcome
    },

    async look (address) {
      const beganMs = performance.now()
      const outcome = await upstream.look(address)
      ended('look', beganMs, outcome.kind)
      return outcome
    },

    async remove (address) {
      const beganMs = performance.now()
      const outcome = await upstream.remove(address)
      ended('remove', beganMs, outcome.kind)
      if (outcome.kind === 'refused') upstreamRefusals.inc({ operation: 'remove', status: statusOf(outcome.refusal.status) })
      return outcome
    },

    async probe (address) {
      const beganMs = performance.now()
      const probes = await upstream.probe(address)
      ended('probe', beganMs, probes.every(({ kind }) => kind === 'welcome') ? 'welcome' : 'failed')
      return probes
    }
  }
}

function statusOf (status: number): string {
  if (STATUSES.includes(status)) return String(status)
  return status >= 300 && status < 600 ? `${Math.floor(status / 100)}xx` : 'other'
}
