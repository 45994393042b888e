// A job: done again and again, never twice at once, and never after it was stopped.
import { expect, test } from 'vitest'
import { every } from '../../src/jobs/every.ts'
import { eventually } from '../support/eventually.ts'

function listening () {
  const errors: object[] = []
  const ignore = (): void => {}
  return { errors, log: { record: ignore, debug: ignore, info: ignore, warn: ignore, error: (facts: object) => { errors.push(facts) } } }
}

test('a job runs at once, and then again', async () => {
  const { log } = listening()
  let rounds = 0
  const job = every(1, log, async () => { rounds++ })
  expect(rounds).toBe(1)
  await eventually(() => rounds >= 3, 'it ran again')
  await job.stop()
})

test('a round that fails is logged, and the next one tries', async () => {
  const { log, errors } = listening()
  let rounds = 0
  const job = every(1, log, async () => {
    rounds++
    throw new Error('no luck')
  })
  await eventually(() => rounds >= 2, 'it tried again')
  await job.stop()
  expect(errors[0]).toMatchObject({ err: { message: 'no luck' } })
})

test('a round that takes long has no other beside it, and a stop waits for it and ends the repetition', async () => {
  const { log } = listening()
  let running = 0
  let rounds = 0
  let finish = (): void => {}
  const job = every(1, log, async () => {
    running++
    rounds++
    expect(running).toBe(1)
    await new Promise<void>(resolve => { finish = resolve })
    running--
  })
  let stopped = false
  const stopping = job.stop().then(() => { stopped = true })
  await Promise.resolve()
  expect(stopped).toBe(false)
  finish()
  await stopping
  expect({ running, rounds }).toEqual({ running: 0, rounds: 1 })
})
