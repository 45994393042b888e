// The results: their URLs, their bytes, and that they are the videos they claim to be.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { SIZES } from '../../src/simulator/sizes.ts'
import { ENDED_MS, GENERATION, TOKEN, bearer, openSimulator, textAt, type Opened } from './open-simulator.ts'
import { readMp4 } from './mp4-facts.ts'

const DAY_MS = 24 * 60 * 60 * 1000

async function completedUrl ({ create, read, setTime }: Opened, size = '832*480'): Promise<string> {
  const { body } = await create({ prompt: 'a cat', size })
  setTime(ENDED_MS)
  return textAt((await read(textAt(body, 'task_info', 'id'))).body, 'videos', 0)
}

async function bytesOf (response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer())
}

test.for(SIZES)('the result of a task of %s is an H.264 film of that size, of 5 seconds and 150 frames, without sound, ready to stream', async size => {
  const response = await fetch(await completedUrl(await openSimulator(), size))
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('video/mp4')

  const video = await bytesOf(response)
  expect(response.headers.get('content-length')).toBe(String(video.length))
  expect(video.length).toBeLessThan(200_000)

  const film = readMp4(video)
  const [width, height] = size.split('*').map(Number)
  expect(film.boxes[0]).toBe('ftyp')
  expect(film.boxes.indexOf('moov')).toBeLessThan(film.boxes.indexOf('mdat'))
  expect(film.seconds).toBe(5)
  expect(film.tracks).toEqual([
    { handler: 'vide', codec: 'avc1', width, height, seconds: 5, frames: 150, frameBytes: film.mediaBytes, frameSeconds: [1 / 30] }
  ])
})

test('a result is the file of its size, byte by byte', async () => {
  const video = await bytesOf(await fetch(await completedUrl(await openSimulator(), '624*624')))
  const file = await readFile(new URL('../../src/simulator/media/624x624.mp4', import.meta.url))
  expect(createHash('sha256').update(video).digest('hex')).toBe(createHash('sha256').update(file).digest('hex'))
})

test('the eight sizes have eight different films', async () => {
  const opened = await openSimulator({ pendingMs: 0, processingMs: 0 })
  const digests = new Set<string>()
  for (const size of SIZES) {
    const video = await bytesOf(await fetch(await completedUrl(opened, size)))
    digests.add(createHash('sha256').update(video).digest('hex'))
  }
  expect(digests.size).toBe(8)
})

test.for([
  ['bytes=0-99', 0, 99],
  ['bytes=100-199', 100, 199],
  ['bytes=23000-', 23000, undefined],
  ['bytes=-500', -500, undefined],
  ['bytes=23000-99999999', 23000, undefined],
  ['bytes=-99999999', 0, undefined]
] as const)('the range %s is answered with 206 and just those bytes', async ([range, first, last]) => {
  const url = await completedUrl(await openSimulator())
  const whole = await bytesOf(await fetch(url))
  const response = await fetch(url, { headers: { range } })
  const part = await bytesOf(response)

  const from = first < 0 ? whole.length + first : first
  const to = last ?? whole.length - 1
  expect(response.status).toBe(206)
  expect(response.headers.get('content-type')).toBe('video/mp4')
  expect(response.headers.get('content-range')).toBe(`bytes ${from}-${to}/${whole.length}`)
  expect(response.headers.get('content-length')).toBe(String(to - from + 1))
  expect(part.equals(whole.subarray(from, to + 1))).toBe(true)
})

test.for(['bytes=99999999-', 'bytes=-0'])('the range %s asks for what is not there: 416 with the length', async range => {
  const url = await completedUrl(await openSimulator())
  const { length } = await bytesOf(await fetch(url))
  const response = await fetch(url, { headers: { range } })
  expect(response.status).toBe(416)
  expect(response.headers.get('content-range')).toBe(`bytes */${length}`)
})

test.for(['bytes=0-1,5-6', 'bytes=9-3', 'bytes=-', 'items=0-1'])('the range %s is no single range of bytes, and the whole film is served', async range => {
  const response = await fetch(await completedUrl(await openSimulator()), { headers: { range } })
  expect(response.status).toBe(200)
  expect(readMp4(await bytesOf(response)).seconds).toBe(5)
})

test('HEAD tells the length of a result and sends no bytes', async () => {
  const response = await fetch(await completedUrl(await openSimulator()), { method: 'HEAD' })
  expect(response.status).toBe(200)
  expect(Number(response.headers.get('content-length'))).toBeGreaterThan(1000)
  expect((await bytesOf(response)).length).toBe(0)
})

test('a URL whose signature is missing, or is not for just this task and time, is a 403', async () => {
  const opened = await openSimulator()
  const url = new URL(await completedUrl(opened))
  const signature = url.searchParams.get('Signature') ?? ''
  const expires = url.searchParams.get('Expires') ?? ''
  const otherPath = url.pathname.replace(/[0-9a-f]{12}\//, '000000000000/')

  const forged = [
    url.pathname,
    `${url.pathname}?Expires=${expires}`,
    `${url.pathname}?Expires=${expires}&Signature=${signature.replace(/^./, digit => digit === '0' ? '1' : '0')}`,
    `${url.pathname}?Expires=${Number(expires) + 1}&Signature=${signature}`,
    `${otherPath}?Expires=${expires}&Signature=${signature}`
  ]
  for (const path of forged) {
    expect(await opened.call(path)).toMatchObject({ status: 403, body: { status: 403, title: 'Forbidden' } })
  }
})

test('a URL lives for 24 hours after its task completed, and is the same on every read', async () => {
  const opened = await openSimulator()
  const url = await completedUrl(opened)
  opened.setTime(ENDED_MS + DAY_MS - 1)
  const [id = ''] = /[0-9a-f-]{36}/.exec(url) ?? []
  expect(textAt((await opened.read(id)).body, 'videos', 0)).toBe(url)
  expect((await fetch(url)).status).toBe(200)
  opened.setTime(ENDED_MS + DAY_MS + 1000)
  expect((await fetch(url)).status).toBe(403)
})

test('a result needs no token, and leads back to the host under which the caller asked', async () => {
  const opened = await openSimulator()
  const id = await opened.createId('a cat')
  opened.setTime(ENDED_MS)
  const localhost = opened.simulator.origin.replace('127.0.0.1', 'localhost')
  const response = await fetch(`${localhost}${GENERATION}/${id}`, { headers: bearer(TOKEN) })
  const url = textAt(await response.json(), 'videos', 0)
  expect(url.startsWith(`${localhost}/ephemeral/`)).toBe(true)
  expect((await fetch(url)).status).toBe(200)
})

test('a task that has not completed, has failed or is deleted has no result: 404 even with a right signature', async () => {
  const opened = await openSimulator()
  const quick = await openSimulator({ pendingMs: 0, processingMs: 0 })
  const url = new URL(await completedUrl(quick))
  const signed = url.pathname + url.search

  expect(await opened.call(signed)).toMatchObject({ status: 404, body: { status: 404, title: 'Not Found' } })
  opened.setTime(ENDED_MS)
  expect((await fetch(opened.simulator.origin + signed)).status).toBe(200)

  const [id = ''] = /[0-9a-f-]{36}/.exec(signed) ?? []
  await opened.remove(id)
  expect(await opened.call(signed)).toMatchObject({ status: 404 })
})
