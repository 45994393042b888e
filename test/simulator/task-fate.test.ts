// What can go wrong with a task: its fate, which is in its id.

import { expect, test } from 'vitest'
import { ENDED_MS, PENDING_MS, START_MS, openSimulator, textAt, type Opened } from './open-simulator.ts'

const STARTED_MS = START_MS + PENDING_MS
const DAY_MS = 24 * 60 * 60 * 1000

/** The status words of a task when it is new, processing, just ended and long ended. */
async function wordsOf ({ read, setTime }: Opened, id: string): Promise<string[]> {
  const words: string[] = []
  for (const timeMs of [START_MS, STARTED_MS, ENDED_MS, ENDED_MS + DAY_MS]) {
    setTime(timeMs)
    words.push(textAt((await read(id)).body, 'task_info', 'status'))
  }
  return words
}

test.for([
  ['never-ends', ['pending', 'processing', 'processing', 'processing']],
  ['synonyms', ['queued', 'running', 'succeeded', 'succeeded']],
  ['unknown-word', ['pending', 'digesting', 'completed', 'completed']],
  ['no-media', ['pending', 'processing', 'completed', 'completed']],
  ['other-id', ['pending', 'processing', 'completed', 'completed']],
  ['fail', ['pending', 'processing', 'failed', 'failed']]
] as const)('a task made with [[%s]] says %s, also to a simulator that did not make it', async ([marker, words]) => {
  const first = await openSimulator()
  const restarted = await openSimulator()
  const id = await first.createId(`a cat [[${marker}]]`)
  expect(await wordsOf(first, id)).toEqual(words)
  expect(await wordsOf(restarted, id)).toEqual(words)
})

test('a task made with [[synonyms]] is queued in the answer of its create already', async () => {
  const { create } = await openSimulator()
  expect(await create({ prompt: '[[synonyms]]' })).toMatchObject({ status: 202, body: { task_info: { status: 'queued' } } })
})

test.for(['synonyms', 'unknown-word'])('a task made with [[%s]] ends with a video that can be had', async marker => {
  const { createId, read, setTime } = await openSimulator()
  const id = await createId(`[[${marker}]]`)
  setTime(ENDED_MS)
  const film = await fetch(textAt((await read(id)).body, 'videos', 0))
  await film.arrayBuffer()
  expect(film.status).toBe(200)
})

test('a task made with [[no-media]] completes with an empty list of videos', async () => {
  const { createId, read, setTime } = await openSimulator()
  const id = await createId('[[no-media]]')
  setTime(ENDED_MS)
  expect(await read(id)).toMatchObject({ status: 200, body: { task_info: { id, status: 'completed' }, videos: [] } })
  expect((await read(id)).body).toHaveProperty('videos', [])
})

test('a task made with [[forgotten]] is 404 with code 2005 from the moment it would be completed, to read and to delete, after a restart too', async () => {
  const first = await openSimulator()
  const restarted = await openSimulator()
  const id = await first.createId('[[forgotten]]')
  for (const { read, remove, setTime } of [first, restarted]) {
    setTime(ENDED_MS - 1)
    expect((await read(id)).body).toMatchObject({ task_info: { id, status: 'processing' } })
    for (const timeMs of [ENDED_MS, ENDED_MS + DAY_MS]) {
      setTime(timeMs)
      expect(await read(id)).toMatchObject({ status: 404, body: { title: 'Task Not Found', error_code: 2005 } })
      expect(await remove(id)).toMatchObject({ status: 404, body: { error_code: 2005 } })
    }
  }
})

test('a task made with [[other-id]] is created under its own id, and read with 200 under another, always the same', async () => {
  const first = await openSimulator()
  const restarted = await openSimulator()
  const id = await first.createId('[[other-id]]')
  expect(first.simulator.received.tasks).toEqual([id])

  const seen = new Set<string>()
  for (const { read, setTime } of [first, first, restarted]) {
    for (const timeMs of [START_MS, STARTED_MS, ENDED_MS]) {
      setTime(timeMs)
      const reply = await read(id)
      expect(reply.status).toBe(200)
      seen.add(textAt(reply.body, 'task_info', 'id'))
    }
  }
  const [other = '', ...more] = seen
  expect(more).toEqual([])
  expect(other).not.toBe(id)
  expect((await first.read(other)).body).toMatchObject({ task_info: { id: other, status: 'completed' } })
})

test('the video of a task made with [[other-id]] is that of the other task', async () => {
  const { createId, read, setTime } = await openSimulator()
  const id = await createId('[[other-id]]')
  setTime(ENDED_MS)
  const { body } = await read(id)
  const url = textAt(body, 'videos', 0)
  expect(url).toContain(`/ephemeral/${textAt(body, 'task_info', 'id')}/`)
  expect(url).not.toContain(id)
  const film = await fetch(url)
  await film.arrayBuffer()
  expect(film.status).toBe(200)
})

test.for([
  ['never-ends', ENDED_MS + DAY_MS, 409],
  ['unknown-word', STARTED_MS, 409],
  ['synonyms', STARTED_MS, 409],
  ['synonyms', ENDED_MS, 200],
  ['other-id', ENDED_MS, 200],
  ['no-media', ENDED_MS, 200]
] as const)('a task made with [[%s]] at %s answers a delete with %s, as its state demands and whatever its word is', async ([marker, timeMs, status]) => {
  const { createId, remove, setTime } = await openSimulator()
  const id = await createId(`[[${marker}]]`)
  setTime(timeMs)
  expect((await remove(id)).status).toBe(status)
})

test('of several fates in one prompt the first counts, and one with a value is text', async () => {
  const { createId, read, setTime } = await openSimulator()
  const ids = [await createId('[[fail]] [[never-ends]]'), await createId('[[fail=yes]]')]
  setTime(ENDED_MS)
  const statuses = await Promise.all(ids.map(async id => textAt((await read(id)).body, 'task_info', 'status')))
  expect(statuses).toEqual(['failed', 'completed'])
})
