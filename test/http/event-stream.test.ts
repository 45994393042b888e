// The writing of events: to readers who read, who do not, and who have gone.
import { setImmediate as turn } from 'node:timers/promises'
import { fastify, type FastifyReply } from 'fastify'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { EventStream } from '../../src/http/event-stream.ts'
import { eventually } from '../support/eventually.ts'
import { openSocket } from '../support/raw-http.ts'

const UNREAD_BYTES_MAX = 65_536
const HEARTBEAT_MS = 15_000
const EVENT = { id: '1', event: 'task', data: 'x'.repeat(1000) }

afterEach(() => { vi.useRealTimers() })

/** A server whose one route is told of by its replies, and a client that has asked for it and not read yet. */
async function connect () {
  const server = fastify()
  onTestFinished(() => server.close())
  const replies: FastifyReply[] = []
  server.get('/events', async (_request, reply) => { replies.push(reply.hijack()) })
  const socket = await openSocket(await server.listen({ host: '127.0.0.1', port: 0 }))
  onTestFinished(() => { socket.destroy() })
  socket.write('GET /events HTTP/1.1\r\nHost: gateway\r\n\r\n')
  await eventually(() => replies.length === 1, 'the request is there')
  const [reply] = replies
  if (reply === undefined) throw new Error('there is a reply')
  return { socket, reply }
}

test('a reader who does not read is let go, and nothing grows for him until then', async () => {
  const { reply: { raw: response }, reply } = await connect()
  const stream = new EventStream(reply)
  response.on('close', () => stream.end())
  let unreadMax = 0
  while (!response.closed) {
    stream.send(EVENT)
    unreadMax = Math.max(unreadMax, response.writableLength)
    await turn()
  }
  expect(response.writableFinished).toBe(false)
  expect(unreadMax).toBeGreaterThan(UNREAD_BYTES_MAX)
  expect(unreadMax).toBeLessThan(UNREAD_BYTES_MAX + 2 * EVENT.data.length)
})

test('a reader who reads now and then is sent everything, also much more than may be unread', async () => {
  const { socket, reply } = await connect()
  const stream = new EventStream(reply)
  let text = ''
  socket.on('data', data => { text += String(data) })
  const count = UNREAD_BYTES_MAX / 100
  for (let sent = 0; sent < count; sent++) {
    stream.send({ ...EVENT, id: String(sent) })
    const last = `id: ${sent}\n`
    if (sent % 50 === 0) await eventually(() => text.includes(last), 'what was sent has arrived')
  }
  stream.end()
  await eventually(() => socket.readableEnded, 'the answer is whole')
  expect([...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))).toEqual(Array.from({ length: Math.ceil(count) }, (_, place) => place))
  expect(text.endsWith('\r\n0\r\n\r\n')).toBe(true)
})

test('a stream on which nothing happens is sent a comment every 15 seconds, until it has ended', async () => {
  const { socket, reply } = await connect()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const stream = new EventStream(reply)
  let text = ''
  socket.on('data', data => { text += String(data) })
  const comments = (): number => text.split(': still here\n\n').length - 1
  await eventually(() => text.includes('retry: 3000\n\n'), 'the first line')
  vi.advanceTimersByTime(HEARTBEAT_MS - 1)
  vi.advanceTimersByTime(1)
  await eventually(() => comments() === 1, 'the first comment')
  vi.advanceTimersByTime(2 * HEARTBEAT_MS)
  await eventually(() => comments() === 3, 'two more')
  stream.end()
  expect(vi.getTimerCount()).toBe(0)
  await eventually(() => socket.readableEnded, 'the answer is whole')
})

test('to a reader who has gone nothing is written, and the end is none', async () => {
  const { socket, reply } = await connect()
  const stream = new EventStream(reply)
  socket.resetAndDestroy()
  await eventually(() => reply.raw.closed, 'he has gone')
  stream.send(EVENT)
  stream.end()
  expect([reply.raw.writableFinished, reply.raw.writableLength]).toEqual([false, 0])
})
