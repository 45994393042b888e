// Requests one behind the other on a connection, with something broken behind them: each is answered once, and in its turn.
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem, type ProblemCode } from '../../support/problem.ts'
import { openSocket, readReplies } from '../../support/raw-http.ts'

let gateway: Gateway
let key: string
let taskId: string
beforeAll(async () => {
  gateway = await startGateway({}, { connectionLimits: { headersTimeoutMs: 500, requestTimeoutMs: 1000, checkEveryMs: 100 } })
  key = (await gateway.team()).key
  taskId = (await gateway.create(key)).json.task_info.id
})
afterAll(() => gateway.stop())

const BODY = '{"prompt":"a"}'
const request = (line: string, more = ''): string => `${line} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n${more}`
const create = (): string => request(`POST ${GENERATION}`, `Content-Length: ${BODY.length}\r\n\r\n${BODY}`)
const CONNECT = 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n'

const broken: { name: string, bytes: () => string, code: ProblemCode }[] = [
  { name: 'bytes that are no HTTP', bytes: () => 'GARBAGE\r\n\r\n', code: 'invalid_request' },
  { name: 'a body that is broken', bytes: () => request(`POST ${GENERATION}`, 'Transfer-Encoding: chunked\r\n\r\nzz\r\n'), code: 'invalid_request' },
  { name: 'CONNECT', bytes: () => CONNECT, code: 'invalid_request' }
]

for (const { name, bytes, code } of broken) {
  test(`creates are answered before ${name} behind them is refused, and nothing after that is read`, async () => {
    const before = gateway.simulator.received.requests.length
    const socket = await openSocket(gateway.origin)
    socket.write(`${create()}${create()}${create()}${bytes()}${create()}`)
    const replies = await readReplies(socket, 10)
    expect(replies.map(({ status }) => status)).toEqual([202, 202, 202, 400])
    expect(new Set(replies.slice(0, 3).map(({ json }) => json.task_info.id)).size).toBe(3)
    for (const refused of replies.slice(3)) expectProblem(refused, code, { instance: '/', detail: /HTTP|proxy/ })
    expect(gateway.simulator.received.requests.length - before).toBe(3)
  })
}

test('who waits for a task is answered before a request behind it that never ends is refused', async () => {
  const socket = await openSocket(gateway.origin)
  socket.write(`${request(`GET ${GENERATION}/${taskId}`, 'Prefer: wait=3\r\n')}\r\nGET /liv`)
  expect((await readReplies(socket, 10)).map(({ status }) => status)).toEqual([200, 408])
})

test('nothing is written into an answer that has begun: a body that never comes ends a stream of events', async () => {
  const socket = await openSocket(gateway.origin)
  socket.write(request(`GET ${GENERATION}/${taskId}/events`, 'Content-Length: 10\r\n\r\n'))
  let text = ''
  socket.on('error', () => {}).on('data', data => { text += String(data) })
  await once(socket, 'close')
  expect(text).toContain('event: task')
  expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1)
})

test('of many requests at once only one is begun at a time', async () => {
  const socket = await openSocket(gateway.origin)
  socket.write(`${request(`GET ${GENERATION}/${taskId}`, 'Prefer: wait=1\r\n')}\r\n`.repeat(3))
  const seen: number[] = []
  const watching = setInterval(() => seen.push(gateway.watching()), 10)
  const replies = await readReplies(socket, 3)
  clearInterval(watching)
  socket.destroy()
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(Math.max(...seen)).toBe(1)
})

test('an answer that ends the connection ends what is behind it unbegun', async () => {
  const before = gateway.simulator.received.requests.length
  const socket = await openSocket(gateway.origin)
  socket.write(`${request('GET /v1/usage', 'Host: other\r\n\r\n')}${create()}`)
  expect((await readReplies(socket, 10)).map(({ status }) => status)).toEqual([400])
  expect((await gateway.create(key)).status).toBe(202)
  expect(gateway.simulator.received.requests.length - before).toBe(1)
})

test('callers that leave are noticed, also behind CONNECT', async () => {
  const socket = await openSocket(gateway.origin)
  socket.write(`${request(`GET ${GENERATION}/${taskId}/events`)}\r\n${create()}${CONNECT}`)
  await eventually(() => gateway.watching() === 1, 'somebody waits')
  const before = gateway.simulator.received.requests.length
  socket.destroy()
  await eventually(() => gateway.watching() === 0, 'nobody waits any more')
  expect((await gateway.create(key)).status).toBe(202)
  expect(gateway.simulator.received.requests.length - before).toBe(1)
})
