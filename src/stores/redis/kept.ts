// How long tasks were kept until now, remembered for all gateways.
import { keptAfter, type Kept } from '../../ledger/keeping.ts'
import type { Link } from './link.ts'
import type { Names } from './names.ts'

/** Remembers for how long tasks are kept from now on. Gateways that start together compute the same. @throws LedgerUnavailable */
export async function rememberKept (link: Link, names: Names, now: { taskMs: number, nowMs: number }): Promise<void> {
  const before = await readKept(link, names)
  const { taskMs, completeSinceMs } = keptAfter(before, now)
  if (before?.taskMs !== taskMs) await link.ask(names.kept, redis => redis.set(names.kept, `${taskMs} ${completeSinceMs}`))
}

/** @throws LedgerUnavailable */
export async function readKept (link: Link, names: Names): Promise<Kept | undefined> {
  const [taskMs, completeSinceMs] = (await link.ask(names.kept, redis => redis.get(names.kept)))?.split(' ').map(Number) ?? []
  return taskMs === undefined || completeSinceMs === undefined ? undefined : { taskMs, completeSinceMs }
}
