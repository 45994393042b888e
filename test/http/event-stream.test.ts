// The writing of events, for readers who do not read.
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { eventStream, type ServerEvent } from '../../src/http/event-stream.ts'

test('a reader who does not read is let go, and whoever made the events is told to stop', async () => {
  let made = 0
  let told = false
  async function * endless (): AsyncGenerator<ServerEvent> {
    try {
      while (true) yield { id: String(++made), event: 'task', data: 'x'.repeat(1000) }
    } finally {
      told = true
    }
  }
  const stream = eventStream(endless())
  await once(stream, 'close')
  expect(stream.destroyed).toBe(true)
  expect(made).toBeLessThan(100)
  expect(told).toBe(true)
})
