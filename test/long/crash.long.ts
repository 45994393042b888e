// As test/faults/crash.test.ts, for longer.
import { test } from 'vitest'
import { crashAgainAndAgain } from '../faults/crash-scenario.ts'

test('after each of sixty kill -9 in the middle of a hundred creates, every task that was made is a task or a hold', async () => {
  await crashAgainAndAgain({ kills: 60, creates: 100 })
})
