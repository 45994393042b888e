// A bench for one test of the contract.
import { onTestFinished } from 'vitest'
import type { SettlementRules } from '../../src/ledger/task.ts'
import { benchOf, REFUND_FAILED, type Bench, type Open } from './open-ledger.ts'

/** Opens a fresh ledger on a bench that is closed when the test ends. Only inside a test. */
export async function openBench (open: Open, rules: SettlementRules = REFUND_FAILED): Promise<Bench> {
  const bench = benchOf(await open(rules))
  onTestFinished(() => bench.close())
  return bench
}
