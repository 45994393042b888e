// Clients that are slow, or say nothing: they are not in the way of the others, and they do not stay.
import type { Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'
import { openSocket, readReplies } from '../../support/raw-http.ts'

const SLOW = 1000
const IDLE = 1000
/** The usual limits are ten times as long, and looked at as often in proportion. */
const LIMITS = { headersTimeoutMs: 1000, requestTimeoutMs: 3000, keepAliveTimeoutMs: 1500, quietTimeoutMs: 5000, checkEveryMs: 200 }
const BYTE_EVERY_MS = 100

let gateway: Gateway
let key: string
beforeAll(async () => {
  gateway = await startGateway({}, { connectionLimits: LIMITS })
  key = (await gateway.team()).key
})
afterAll(() => gateway.stop())

type Visitor = { socket: Socket, gone: boolean }

async function visit (first: string): Promise<Visitor> {
  const socket = await openSocket(gateway.origin)
  const visitor = { socket, gone: false }
  socket.on('error', () => {}).on('close', () => { visitor.gone = true }).on('end', () => socket.destroy()).resume()
  socket.write(first)
  return visitor
}

/** Opens many connections, some at a time: a listening socket keeps a few hundred waiting. */
async function visitMany (count: number, first: (number: number) => string): Promise<Visitor[]> {
  const visitors: Visitor[] = []
  while (visitors.length < count) visitors.push(...await Promise.all(Array.from({ length: 100 }, (_, number) => visit(first(visitors.length + number)))))
  return visitors
}

const head = (more = ''): string => `POST ${GENERATION} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n${more}`

test('1,000 clients that send a byte now and then and 1,000 that send nothing do not keep a create from being answered, and are gone in time', async () => {
  const [idle, slow] = await Promise.all([
    visitMany(IDLE, number => number % 2 === 0 ? '' : 'GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n'),
    visitMany(SLOW, number => number % 2 === 0 ? head() : head('Content-Length: 500\r\n\r\n{'))
  ])
  const all = [...idle, ...slow]
  const trickle = setInterval(() => { for (const { socket } of slow) if (socket.writable) socket.write('x') }, BYTE_EVERY_MS)
  try {
    let created = 0
    await eventually(async () => {
      expect((await gateway.create(key)).status).toBe(202)
      created++
      return all.every(({ gone }) => gone)
    }, 'all of them are gone')
    expect(created).toBeGreaterThan(0)
  } finally {
    clearInterval(trickle)
    for (const { socket } of all) socket.destroy()
  }
})

for (const [what, bytes] of [['its headers', () => 'POST '], ['its body', () => head('Content-Length: 500\r\n\r\n{')]] as const) {
  test(`a client that never ends ${what} is told so before its connection is closed`, async () => {
    const socket = await openSocket(gateway.origin)
    socket.write(bytes())
    const [reply] = await readReplies(socket, 1)
    if (reply === undefined) throw new Error('the connection ended without an answer')
    expectProblem(reply, 'request_timeout', { instance: '/', detail: /in time/ })
    expect(reply.headers['connection']).toBe('close')
    await eventually(() => socket.readableEnded || socket.destroyed, 'the connection is closed')
  })
}

test('who waits for a task is not slow: the answer comes although it takes longer than any request may', async () => {
  const { json } = await gateway.create(key)
  const waited = await gateway.call('GET', `${GENERATION}/${json.task_info.id}`, { key, headers: { prefer: 'wait=4' } })
  expect(waited).toMatchObject({ status: 200, headers: { 'preference-applied': 'wait=4' } })
})

test('who comes beyond the number of connections is not taken, and there is room again when somebody leaves', async () => {
  const small = await startGateway({}, { connectionLimits: { connectionsMax: 5 } })
  const visitors = await Promise.all(Array.from({ length: 12 }, () => openSocket(small.origin)))
  const gone = new Set<Socket>()
  for (const socket of visitors) socket.on('error', () => {}).on('close', () => gone.add(socket)).resume()
  await eventually(() => gone.size >= 7, 'those beyond the number are let go')
  for (const socket of visitors) socket.destroy()
  await eventually(() => small.call('GET', '/livez').then(({ status }) => status === 200, () => false), 'there is room')
  await small.stop()
})
