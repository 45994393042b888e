// What a crash of the gateway costs: nothing that MuleRouter made is lost, and nothing is counted twice.
import { test } from 'vitest'
import { crashAgainAndAgain } from './crash-scenario.ts'

test('after each of ten kill -9 in the middle of a hundred creates, every task that was made is a task or a hold', async () => {
  await crashAgainAndAgain({ kills: 10, creates: 100 })
})
