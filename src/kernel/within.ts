// Waiting with an end: what takes longer goes on, and nobody waits for it any more.

/** Waits for the work, for at most so long. @returns whether it was over by then @throws what the work throws in that time */
export async function within (timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, Math.max(0, timeoutMs), false)
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
