// How long something takes, what it allocates, and how long it keeps everybody else waiting.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export type Figures = { medianMs: number, maxMs: number, allocatedMb: number, stallMs: number }

const RUNS_MAX = 15
const WITHIN_MS = 2500
const MB = 2 ** 20
const RESOLUTION_MS = 1

/** Does it a few times, once beforehand to warm up, and not for longer than a few seconds. */
export async function measure (work: () => Promise<unknown>): Promise<Figures> {
  const fromMs = performance.now()
  await work()
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  const times: number[] = []
  const allocatedBefore = allocatedBytes()
  delay.enable()
  while (times.length < RUNS_MAX && (times.length === 0 || performance.now() - fromMs < WITHIN_MS)) {
    const beganMs = performance.now()
    await work()
    times.push(performance.now() - beganMs)
    // The delay is noticed when the loop turns.
    await new Promise(resolve => setTimeout(resolve, RESOLUTION_MS))
  }
  delay.disable()
  times.sort((one, other) => one - other)
  return {
    medianMs: times[Math.floor(times.length / 2)] ?? 0,
    maxMs: times.at(-1) ?? 0,
    allocatedMb: (allocatedBytes() - allocatedBefore) / times.length / MB,
    stallMs: delay.max / 1e6 - RESOLUTION_MS
  }
}

/** What is alive on the heap, in megabytes, after everything else was thrown away. */
export function liveMb (): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed / MB
}

function allocatedBytes (): number { return getHeapStatistics().total_allocated_bytes }
