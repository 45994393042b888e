// Whether this instance has more to do than it can: then callers are sent elsewhere before anything of theirs is begun.
import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'

/** How long the event loop may keep everybody waiting. */
const LOOP_DELAY_MAX_MS = 1000
/**
 * Of this long the mean delay counts, and it counts for as long: a loop that is slow again and again is overloaded, one slow moment among
 * hundreds of quick turns is not.
 */
const SAMPLE_MS = 1000

/** Begins to measure. Who is refused for it is decided where everybody comes in. */
export async function measurePressure (app: FastifyInstance): Promise<() => boolean> {
  // Its own hook lets everybody pass: it would refuse probes and operators too, and in another shape.
  await app.register(underPressure, { maxEventLoopDelay: LOOP_DELAY_MAX_MS, sampleInterval: SAMPLE_MS, pressureHandler: () => {} })
  return () => app.isUnderPressure()
}
