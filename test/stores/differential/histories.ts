// Both ledgers give the same answers to any history whatever.
import fc from 'fast-check'
import { test } from 'vitest'
import { REFUND_FAILED } from '../../contract/open-ledger.ts'
import { Both, isBusy } from './both.ts'
import { compare, compareAll } from './compare.ts'
import { historyOf, type History } from './steps.ts'
import { take } from './take.ts'
import { World } from './world.ts'

const COMPARED_EVERY = 6

async function live ({ beginning, steps }: History): Promise<void> {
  const { start, chargeFailedTasks } = beginning
  const both = await Both.open({ start, rules: { ...REFUND_FAILED, chargeFailedTasks } })
  try {
    const world = new World(both)
    await world.begin(beginning)
    for (const [place, step] of steps.entries()) {
      await take(world, step)
      if (place % COMPARED_EVERY === COMPARED_EVERY - 1) await compare(world)
    }
    await compareAll(world)
  } catch (error) {
    fc.pre(!isBusy(error))
    throw error
  } finally {
    await both.close()
  }
}

export function differentialHistories ({ numRuns = 80, stepsMax = 60, withinMs = 50_000 } = {}): void {
  test('to every step of any history the embedded and the shared ledger give the same answer', async () => {
    await fc.assert(fc.asyncProperty(historyOf({ stepsMax }), live), { numRuns, maxSkipsPerRun: 1, interruptAfterTimeLimit: withinMs })
  })
}
