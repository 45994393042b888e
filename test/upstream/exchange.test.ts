// One exchange over real sockets: what is certain about it afterwards decides about money.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { inspect } from 'node:util'
import { Agent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { exchange, headerOf, type Answer, type Exchange, type ExchangeRequest } from '../../src/upstream/exchange.ts'
import { httpAnswer, portOf, rawServer, refusedPort } from './raw-server.ts'

const TOKEN = 'upstream-token-canary-0f3a'
const LONG_MS = 20_000
// Long enough for a busy machine to connect and send, short enough to wait for.
const SHORT_MS = 500
const ANSWER_BYTES_MAX = 1_048_576

function agent (connections = 4): Agent {
  const dispatcher = new Agent({ connections, pipelining: 1, keepAliveTimeout: 4000, connect: { timeout: 5000 } })
  onTestFinished(() => dispatcher.destroy())
  return dispatcher
}

function create (origin: string, more: Partial<ExchangeRequest> = {}): ExchangeRequest {
  return {
    origin, path: '/generation', method: 'POST', headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }, body: '{"prompt":"a cat"}', ...more
  }
}

function answerOf (result: Exchange): Answer {
  if (result.kind !== 'answered') throw result.cause
  return result.answer
}

/** The cause of an exchange of this kind; no part of it may name the token. */
function causeOf (result: Exchange, kind: 'unsent' | 'unknown'): Error {
  expect(result.kind).toBe(kind)
  if (result.kind === 'answered') throw new Error('it was answered')
  const printed = inspect(result.cause, { depth: null, showHidden: true, getters: true })
  expect(printed).not.toContain(TOKEN)
  expect(JSON.stringify(result.cause)).not.toContain(TOKEN)
  return result.cause
}

function codeOf (error: Error): unknown { return 'code' in error ? error.code : undefined }

test('an answer is given with its status, its headers and its text, and the request went out once, as it was', async () => {
  const server = await rawServer(({ socket }) => socket.write(httpAnswer(202, '{"note":"猫🎬"}', { traceparent: 'abc' })))
  const answer = answerOf(await exchange(agent(), create(server.origin), LONG_MS))
  expect(answer).toMatchObject({ status: 202, text: '{"note":"猫🎬"}' })
  expect(headerOf(answer, 'traceparent')).toBe('abc')
  expect(headerOf(answer, 'retry-after')).toBe(undefined)
  const [request] = server.requests
  expect(request?.head).toMatch(/^POST \/generation HTTP\/1\.1\r\n/)
  expect(request?.head.toLowerCase()).toContain(`authorization: bearer ${TOKEN}`)
  expect(request?.body).toBe('{"prompt":"a cat"}')
  expect(server.requests).toHaveLength(1)
})

test('a request without a body has none', async () => {
  const server = await rawServer(({ socket }) => socket.write(httpAnswer(200, '{}')))
  expect(answerOf(await exchange(agent(), create(server.origin, { method: 'GET', body: null }), LONG_MS)).status).toBe(200)
  expect(server.received()).toMatch(/^GET \/generation HTTP\/1\.1\r\n(.*\r\n)*\r\n$/)
})

test('a text that arrives in pieces, cut within a character, is put together', async () => {
  // Far more than one read of a socket; of the four beginnings, three at least put a cut within a character.
  for (const beginning of ['', 'x', 'xx', 'xxx']) {
    const text = beginning + '🎬'.repeat(60_000)
    const server = await rawServer(({ socket }) => socket.write(httpAnswer(200, text)))
    expect(answerOf(await exchange(agent(), create(server.origin), LONG_MS)).text === text).toBe(true)
  }
})

test.each([301, 302, 303, 307, 308])('a redirect by %d is an answer, and nobody follows it', async status => {
  const server = await rawServer(({ socket }) => socket.write(httpAnswer(status, '', { location: '/elsewhere' })))
  expect(answerOf(await exchange(agent(), create(server.origin), LONG_MS)).status).toBe(status)
  expect(server.requests).toHaveLength(1)
})

test('an informational answer is not the answer', async () => {
  const server = await rawServer(({ socket }) => socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${httpAnswer(202, '{}')}`))
  expect(answerOf(await exchange(agent(), create(server.origin), LONG_MS))).toMatchObject({ status: 202, text: '{}' })
})

test('a connection is used again', async () => {
  const server = await rawServer(({ socket, number }) => socket.write(httpAnswer(200, String(number))))
  const dispatcher = agent(1)
  expect(answerOf(await exchange(dispatcher, create(server.origin), LONG_MS)).text).toBe('1')
  expect(answerOf(await exchange(dispatcher, create(server.origin), LONG_MS)).text).toBe('2')
  expect(server.connections()).toBe(1)
})

test('an idle connection that the other side closed makes no unknown outcome', async () => {
  const server = await rawServer(({ socket }) => socket.end(httpAnswer(200, '{}', { connection: 'keep-alive' })))
  const dispatcher = agent()
  for (let call = 1; call <= 3; call++) {
    expect(answerOf(await exchange(dispatcher, create(server.origin), LONG_MS)).status).toBe(200)
    await server.closed(call)
  }
})

test('a port on which nobody listens: unsent', async () => {
  const result = await exchange(agent(), create(`http://127.0.0.1:${await refusedPort()}`), LONG_MS)
  expect(codeOf(causeOf(result, 'unsent'))).toBe('ECONNREFUSED')
})

test('a name that does not exist: unsent', async () => {
  // The domain that RFC 6761 keeps for names that must not resolve.
  const result = await exchange(agent(), create('http://mulerouter.invalid'), LONG_MS)
  expect(codeOf(causeOf(result, 'unsent'))).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/)
})

test('TLS to a port that speaks plain text: unsent, and nothing of the request arrives there', async () => {
  const server = await greetingServer()
  causeOf(await exchange(agent(), create(server.origin.replace('http:', 'https:')), LONG_MS), 'unsent')
  expect(server.received()).not.toContain('POST')
})

test('a handshake that never ends: unsent at the deadline, and nothing of the request arrives there', async () => {
  const silent = await rawServer()
  const result = await exchange(agent(), create(silent.origin.replace('http:', 'https:')), SHORT_MS)
  expect(causeOf(result, 'unsent').message).toBe(`no answer within ${SHORT_MS} ms`)
  expect(silent.connections()).toBe(1)
  expect(silent.received()).not.toContain(TOKEN)
})

test('a deadline that passes while it waits for a connection: unsent, and it is never written afterwards', async () => {
  let answerFirst = (): void => {}
  const server = await rawServer(({ socket, number }) => {
    const answer = (): void => { socket.write(httpAnswer(200, String(number))) }
    if (number === 1) answerFirst = answer
    else answer()
  })
  const dispatcher = agent(1)
  const first = exchange(dispatcher, create(server.origin, { path: '/first' }), LONG_MS)
  const second = await exchange(dispatcher, create(server.origin, { path: '/second' }), SHORT_MS)
  expect(causeOf(second, 'unsent').message).toBe(`no answer within ${SHORT_MS} ms`)
  expect(server.requests).toHaveLength(1)

  answerFirst()
  expect(answerOf(await first).text).toBe('1')
  expect(answerOf(await exchange(dispatcher, create(server.origin, { path: '/third' }), LONG_MS)).text).toBe('2')
  expect(server.requests.map(({ head }) => head.split(' ')[1])).toEqual(['/first', '/third'])
  expect(server.received()).not.toContain('/second')
})

test('a reset after the request was read: unknown', async () => {
  const server = await rawServer(({ socket }) => socket.resetAndDestroy())
  causeOf(await exchange(agent(), create(server.origin), LONG_MS), 'unknown')
  expect(server.requests).toHaveLength(1)
})

test('a connection that is closed without an answer: unknown', async () => {
  const server = await rawServer(({ socket }) => socket.end())
  causeOf(await exchange(agent(), create(server.origin), LONG_MS), 'unknown')
  expect(server.requests).toHaveLength(1)
})

test('no answer by the deadline, after sending: unknown, and the connection is given up', async () => {
  const server = await rawServer()
  const result = await exchange(agent(), create(server.origin), SHORT_MS)
  expect(causeOf(result, 'unknown').message).toBe(`no answer within ${SHORT_MS} ms`)
  expect(server.requests).toHaveLength(1)
  await server.closed(1)
})

test('an answer that stops in its middle until the deadline: unknown, and the connection is given up', async () => {
  const server = await rawServer(({ socket }) => socket.write('HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\n{"task_info":'))
  const result = await exchange(agent(), create(server.origin), SHORT_MS)
  expect(causeOf(result, 'unknown').message).toBe(`no answer within ${SHORT_MS} ms`)
  await server.closed(1)
})

test.each([
  ['in its headers', 'HTTP/1.1 202 Accepted\r\ncontent-le'],
  ['in a body of known length', 'HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\n{"task_info":'],
  ['in a chunked body', 'HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"tas\r\n']
])('an answer cut off %s: unknown', async (_where, sent) => {
  const server = await rawServer(({ socket }) => socket.end(sent))
  causeOf(await exchange(agent(), create(server.origin), LONG_MS), 'unknown')
})

test.each([301, 404, 422])('a %d says no by its status, whatever is missing of its text', async status => {
  const head = `HTTP/1.1 ${status} No\r\ncontent-length: 100\r\n\r\n`
  const cut = await rawServer(({ socket }) => socket.end(`${head}{"detail":`))
  expect(answerOf(await exchange(agent(), create(cut.origin), LONG_MS))).toMatchObject({ status, text: '{"detail":' })
  const slow = await rawServer(({ socket }) => socket.write(head))
  expect(answerOf(await exchange(agent(), create(slow.origin), SHORT_MS))).toMatchObject({ status, text: '' })
  await slow.closed(1)
  const long = await rawServer(({ socket }) => socket.write(httpAnswer(status, 'x'.repeat(ANSWER_BYTES_MAX + 1))))
  expect(answerOf(await exchange(agent(), create(long.origin), LONG_MS)).status).toBe(status)
  await long.closed(1)
})

test('an answer that is no HTTP: unknown', async () => {
  const server = await rawServer(({ socket }) => socket.end('220 mail.example ESMTP\r\n'))
  causeOf(await exchange(agent(), create(server.origin), LONG_MS), 'unknown')
})

test('an answer of a mebibyte is read, one of a byte more is unknown and not read to its end', async () => {
  const length = (bytes: number): string => httpAnswer(200, 'x'.repeat(bytes))
  const fitting = await rawServer(({ socket }) => socket.write(length(ANSWER_BYTES_MAX)))
  expect(answerOf(await exchange(agent(), create(fitting.origin), LONG_MS)).text).toHaveLength(ANSWER_BYTES_MAX)
  const long = await rawServer(({ socket }) => socket.write(length(ANSWER_BYTES_MAX + 1)))
  const result = await exchange(agent(), create(long.origin), LONG_MS)
  expect(causeOf(result, 'unknown').message).toBe(`the answer is longer than ${ANSWER_BYTES_MAX} bytes`)
  await long.closed(1)
})

test('an answer without end: unknown as soon as it is too long', async () => {
  const server = await rawServer(({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
    const more = (): void => { if (!socket.destroyed) socket.write(`10000\r\n${'x'.repeat(0x10000)}\r\n`, more) }
    more()
  })
  expect(causeOf(await exchange(agent(), create(server.origin), LONG_MS), 'unknown').message).toContain('longer than')
})

test('a request that cannot be written is unsent, and its cause does not repeat the token', async () => {
  const server = await rawServer()
  for (const headers of [{ authorization: `Bearer ${TOKEN}\r\nx: y` }, { [`${TOKEN} with spaces`]: 'x' }]) {
    causeOf(await exchange(agent(), create(server.origin, { headers }), LONG_MS), 'unsent')
  }
  expect(server.connections()).toBe(0)
})

test('after the dispatcher was closed nothing is sent, and nothing throws', async () => {
  const server = await rawServer()
  const dispatcher = agent()
  await dispatcher.close()
  causeOf(await exchange(dispatcher, create(server.origin), LONG_MS), 'unsent')
  expect(server.connections()).toBe(0)
})

test('a header that came twice is none that occurs once', async () => {
  const server = await rawServer(({ socket }) => socket.write('HTTP/1.1 200 OK\r\nretry-after: 1\r\nretry-after: 2\r\ncontent-length: 0\r\n\r\n'))
  expect(headerOf(answerOf(await exchange(agent(), create(server.origin), LONG_MS)), 'retry-after')).toBe(undefined)
})

/** A server that greets in plain text before anybody spoke, as a mail server does. */
async function greetingServer (): Promise<{ origin: string, received: () => string }> {
  let received = ''
  const server = createServer(socket => {
    socket.on('data', chunk => { received += chunk.toString('latin1') })
    socket.on('error', () => {})
    socket.write('220 mail.example ESMTP\r\n')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => { server.close() })
  return { origin: `http://127.0.0.1:${portOf(server)}`, received: () => received }
}
