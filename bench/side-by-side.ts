// How benchmarks give a ledger much to do: several things at a time, each until it is done.
import { setTimeout as pause } from 'node:timers/promises'
import { LedgerUnavailable } from '../src/ledger/ledger.ts'

const AT_ONCE = 16
const RETRY_MS = 50

/** Does the work for every item, a few at a time. */
export async function sideBySide<Item> (items: Iterable<Item>, work: (item: Item) => Promise<unknown>): Promise<void> {
  const rest = items[Symbol.iterator]()
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value)
  }))
}

/** Takes a step again for as long as Redis seems away, as it does now and then where the machine is busy. */
export async function insist<Result> (step: () => Promise<Result>): Promise<Result> {
  while (true) {
    try {
      return await step()
    } catch (error) {
      if (!(error instanceof LedgerUnavailable)) throw error
      await pause(RETRY_MS)
    }
  }
}
