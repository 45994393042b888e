// What the ledger could not be told while it was away, told again until it is acknowledged.
import type { Log } from '../kernel/log.ts'
import { within } from '../kernel/within.ts'
import { LedgerUnavailable } from '../ledger/ledger.ts'

/** Something that must be recorded: who it is about, and the step that records it and may be taken twice. */
export type Debt = { facts: object, pay: () => Promise<unknown> }

export interface Debts {
  /** Pays as soon as the ledger answers again. @returns what resolves when it is paid, or cannot be */
  owe (debt: Debt): Promise<void>
  outstanding (): number
  /** Tries until everything is paid, for at most so long. What is left is logged, with the ids that name it. */
  close (timeoutMs: number): Promise<void>
}

export function openDebts ({ log, retryMs = 250 }: { log: Log, retryMs?: number }): Debts {
  /** with what is called when it is over */
  const debts = new Map<Debt, () => void>()
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> | undefined

  async function payAll (): Promise<void> {
    for (const [debt, over] of debts) {
      try {
        await debt.pay()
        log.warn(debt.facts, 'recorded late')
      } catch (error) {
        // A part of a ledger can be away while the others are there.
        if (error instanceof LedgerUnavailable) continue
        log.error({ ...debt.facts, err: error }, 'cannot be recorded')
      }
      debts.delete(debt)
      over()
    }
  }

  /** One round at a time, however many ask for it. */
  function payOnce (): Promise<void> {
    round ??= payAll().finally(() => { round = undefined })
    return round
  }

  function schedule (): void {
    if (timer !== undefined || debts.size === 0) return
    timer = setTimeout(async () => {
      await payOnce()
      timer = undefined
      schedule()
    }, retryMs)
  }

  return {
    owe (debt) {
      log.error(debt.facts, 'not recorded, trying again')
      const { promise, resolve } = Promise.withResolvers<void>()
      debts.set(debt, resolve)
      schedule()
      return promise
    },
    outstanding: () => debts.size,
    async close (timeoutMs) {
      const until = performance.now() + timeoutMs
      const leftMs = (): number => Math.max(0, until - performance.now())
      await within(leftMs(), payOnce())
      while (debts.size > 0 && leftMs() > 0) {
        await new Promise(resolve => setTimeout(resolve, Math.min(retryMs, leftMs())))
        await within(leftMs(), payOnce())
      }
      clearTimeout(timer)
      for (const { facts } of debts.keys()) log.error(facts, 'never recorded')
    }
  }
}
