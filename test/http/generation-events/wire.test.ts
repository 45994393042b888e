// GET …/generation/{task_id}/events, byte by byte: what stands around the events, and what is left of a stream that has ended in one way or another.
import { request } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { GENERATION, PENDING_MS, PROCESSING_MS, startGateway, type Gateway } from '../../support/gateway.ts'
import { openSocket } from '../../support/raw-http.ts'

let gateway: Gateway
let key: string
beforeAll(async () => {
  gateway = await startGateway({ STATUS_MAX_AGE_MS: '200' })
  key = (await gateway.team()).key
})
afterAll(() => gateway.stop())

const begin = async (): Promise<string> => (await gateway.create(key)).json.task_info.id

async function ask (method: string, taskId: string, requestId: string) {
  const socket = await openSocket(gateway.origin)
  let text = ''
  socket.on('error', () => {}).on('data', data => { text += String(data) })
  socket.write(`${method} ${GENERATION}/${taskId}/events HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nX-Request-Id: ${requestId}\r\n\r\n`)
  return { socket, text: () => text }
}

/** Of a request, what the log says when it is over. */
function linesOf (requestId: string) { return gateway.log().filter(({ msg, request_id: id }) => msg === 'request' && id === requestId) }

const HEAD = new RegExp([
  'HTTP/1\\.1 200 OK',
  'x-request-id: (?<requestId>\\S+)',
  'traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00',
  'x-content-type-options: nosniff',
  'cache-control: private, no-store, no-transform',
  'content-type: text/event-stream; charset=utf-8',
  'connection: close',
  'x-accel-buffering: no',
  'Date: [^\\r]+'
].join('\\r\\n'))

test('a stream has the headers of every answer and its own, and begins with when to come again', async () => {
  const taskId = await begin()
  const { socket, text } = await ask('GET', taskId, 'stream-1')
  await eventually(() => text().includes('event: task'), 'the first event')
  expect(text()).toMatch(new RegExp(`^${HEAD.source}\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n[0-9a-f]+\\r\\nretry: 3000\\n\\n`))
  expect(HEAD.exec(text())?.groups).toEqual({ requestId: 'stream-1' })
  expect(linesOf('stream-1')).toEqual([])
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  await eventually(() => socket.readableEnded, 'the stream has ended')
  expect(text().endsWith('\n\n\r\n0\r\n\r\n')).toBe(true)
  await eventually(() => linesOf('stream-1').length === 1, 'the request is over')
  expect(linesOf('stream-1')).toMatchObject([{ method: 'GET', route: `${GENERATION}/:task_id/events`, status: 200 }])
  expect(linesOf('stream-1')[0]).not.toHaveProperty('gone')
})

test('HEAD is answered with the headers alone, and waits for nothing', async () => {
  const { socket, text } = await ask('HEAD', await begin(), 'stream-2')
  await eventually(() => socket.readableEnded, 'the answer is whole')
  expect(text()).toMatch(new RegExp(`^${HEAD.source}\\r\\n\\r\\n$`))
  expect(gateway.watching()).toBe(0)
  await eventually(() => linesOf('stream-2').length === 1, 'the request is over')
  expect(linesOf('stream-2')).toMatchObject([{ method: 'HEAD', status: 200 }])
})

test('a reader whose connection breaks in the middle leaves nobody waiting, one line in the log, and the others undisturbed', async () => {
  const taskId = await begin()
  const leaving = await ask('GET', taskId, 'stream-3')
  const staying = await ask('GET', taskId, 'stream-4')
  await eventually(() => [leaving, staying].every(({ text }) => text().includes('event: task')), 'both have the first event')
  leaving.socket.resetAndDestroy()
  await eventually(() => gateway.watching() === 1, 'one waits')
  await eventually(() => linesOf('stream-3').length === 1, 'the request is over')
  expect(linesOf('stream-3')).toMatchObject([{ gone: true }])
  expect(linesOf('stream-3')[0]).not.toHaveProperty('status')
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  await eventually(() => staying.socket.readableEnded, 'the other stream has ended')
  expect(staying.text()).toContain('"status":"completed"')
  expect(gateway.watching()).toBe(0)
})

test('streams that are open when the gateway stops end whole, each with its line in the log', async () => {
  const stopping = await startGateway({ STATUS_MAX_AGE_MS: '3600000' })
  const caller = (await stopping.team()).key
  const taskId = (await stopping.create(caller)).json.task_info.id
  const streams = await Promise.all(Array.from({ length: 20 }, () => request(`${stopping.origin}${GENERATION}/${taskId}/events`, { headers: { authorization: `Bearer ${caller}` } })))
  await eventually(() => stopping.watching() === streams.length, 'all listen')
  const [texts] = await Promise.all([Promise.all(streams.map(({ body }) => body.text())), stopping.stop()])
  for (const text of texts) expect(text).toMatch(/^retry: 3000\n\nid: \d+\nevent: task\ndata: .+\n\n$/)
  const lines = stopping.log().filter(({ msg, route }) => msg === 'request' && route === `${GENERATION}/:task_id/events`)
  expect(lines.map(({ status, gone }) => [status, gone])).toEqual(streams.map(() => [200, undefined]))
})
