// What is no proper HTTP is refused in the same shape as everything else.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem, type ProblemCode } from '../../support/problem.ts'
import { openSocket, rawCall, readReplies } from '../../support/raw-http.ts'

let gateway: Gateway
let key: string
beforeAll(async () => {
  gateway = await startGateway()
  key = (await gateway.team()).key
})
afterAll(() => gateway.stop())

const BODY = '{"prompt":"a"}'
const CHUNKS = `e\r\n${BODY}\r\n0\r\n\r\n`
const get = (): string => `GET /v1/usage HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\n`
const post = (): string => `POST ${GENERATION} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n`

// What is not even a request has no path that `instance` could name.
const broken: { name: string, bytes: () => string, code: ProblemCode, detail: RegExp, instance?: string }[] = [
  { name: 'bytes that are no HTTP', bytes: () => 'GARBAGE\r\n\r\n', code: 'invalid_request', detail: /HTTP/ },
  { name: 'a method that does not exist', bytes: () => 'BUY /livez HTTP/1.1\r\nHost: gateway\r\n\r\n', code: 'invalid_request', detail: /HTTP/ },
  { name: 'TLS spoken to a plain port', bytes: () => '\u0016\u0003\u0001\u0002\u0000', code: 'invalid_request', detail: /HTTP/ },
  { name: 'a header without a name', bytes: () => `GET /v1/usage HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\n: x\r\n\r\n`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'two different Content-Lengths', bytes: () => `POST ${GENERATION} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'Content-Length beside Transfer-Encoding', bytes: () => `POST ${GENERATION} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'a header of 20 kB', bytes: () => `GET /v1/usage HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, code: 'headers_too_large', detail: /header/ },
  { name: 'two Content-Lengths that are the same', bytes: () => `${post()}Content-Length: 14\r\nContent-Length: 14\r\n\r\n${BODY}`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'a list of Content-Lengths', bytes: () => `${post()}Content-Length: 14, 14\r\n\r\n${BODY}`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'a Content-Length with a sign', bytes: () => `${post()}Content-Length: +14\r\n\r\n${BODY}`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'a Content-Length beyond all numbers', bytes: () => `${post()}Content-Length: 99999999999999999999\r\n\r\n${BODY}`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'Transfer-Encoding before Content-Length, with a whole body', bytes: () => `${post()}Transfer-Encoding: chunked\r\nContent-Length: 14\r\n\r\n${CHUNKS}`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'a Transfer-Encoding that nobody knows', bytes: () => `${post()}Transfer-Encoding: xchunked\r\n\r\n${CHUNKS}`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'two Transfer-Encodings', bytes: () => `${post()}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${CHUNKS}`, code: 'invalid_request', detail: /HTTP/ },
  ...['gzip, chunked', 'identity, chunked', ',chunked', 'x\r\nTransfer-Encoding: chunked'].map(codings => ({
    name: `${JSON.stringify(codings)} as Transfer-Encoding`, bytes: () => `${post()}Transfer-Encoding: ${codings}\r\n\r\n${CHUNKS}`, code: 'invalid_request' as const, detail: /Transfer-Encoding/, instance: GENERATION
  })),
  { name: 'a space before the colon', bytes: () => `${post()}Transfer-Encoding : chunked\r\n\r\n${CHUNKS}`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'a folded header line', bytes: () => `${get()}X-Folded: one\r\n two\r\n\r\n`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'lines that end with LF alone', bytes: () => get().replaceAll('\r\n', '\n') + '\n', code: 'invalid_request', detail: /HTTP/ },
  { name: 'CR alone in a header', bytes: () => `${get()}X-Odd: one\rtwo\r\n\r\n`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'NUL in a header', bytes: () => `${get()}X-Odd: one\0two\r\n\r\n`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'a chunk size that is no number', bytes: () => `${post()}Transfer-Encoding: chunked\r\n\r\nzz\r\n${BODY}\r\n0\r\n\r\n`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'a chunk size below nothing', bytes: () => `${post()}Transfer-Encoding: chunked\r\n\r\n-e\r\n${BODY}\r\n0\r\n\r\n`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'a chunk size beyond all numbers', bytes: () => `${post()}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${BODY}\r\n0\r\n\r\n`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'a chunk line that ends with LF alone', bytes: () => `${post()}Transfer-Encoding: chunked\r\n\r\n${CHUNKS.replaceAll('\r\n', '\n')}`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'an endless chunk extension', bytes: () => `${post()}Transfer-Encoding: chunked\r\n\r\ne;a=${'b'.repeat(20_000)}\r\n${BODY}\r\n0\r\n\r\n`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'CONNECT', bytes: () => 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n', code: 'invalid_request', detail: /proxy/ },
  { name: 'a target that is an authority', bytes: () => get().replace('/v1/usage', 'gateway:80') + '\r\n', code: 'invalid_request', detail: /HTTP/ },
  { name: 'the preface of HTTP/2', bytes: () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', code: 'invalid_request', detail: /HTTP/ },
  { name: 'another version of HTTP', bytes: () => get().replace('HTTP/1.1', 'HTTP/2.0') + '\r\n', code: 'invalid_request', detail: /HTTP\/1\.1/, instance: '/v1/usage' },
  { name: 'no version of HTTP', bytes: () => 'GET /v1/usage\r\n\r\n', code: 'invalid_request', detail: /HTTP\/1\.1/, instance: '/v1/usage' },
  { name: 'chunks in HTTP/1.0', bytes: () => `${post().replace('HTTP/1.1', 'HTTP/1.0')}Transfer-Encoding: chunked\r\n\r\n${CHUNKS}`, code: 'invalid_request', detail: /Transfer-Encoding/, instance: GENERATION },
  { name: 'two Hosts', bytes: () => `${get()}Host: other\r\n\r\n`, code: 'invalid_request', detail: /Host/, instance: '/v1/usage' },
  { name: '10,000 headers', bytes: () => `${get()}${'a: b\r\n'.repeat(10_000)}\r\n`, code: 'headers_too_large', detail: /header/ },
  { name: '250 short headers before the key', bytes: () => `${get().replace('Host:', `${'a:\r\n'.repeat(250)}Host:`)}\r\n`, code: 'headers_too_large', detail: /200 headers/, instance: '/v1/usage' },
  { name: 'a megabyte of headers', bytes: () => `${get()}${`x-a: ${'y'.repeat(1000)}\r\n`.repeat(1000)}\r\n`, code: 'headers_too_large', detail: /header/ },
  { name: 'a target of 20 kB', bytes: () => `${get().replace('/v1/usage', `/${'x'.repeat(20_000)}`)}\r\n`, code: 'headers_too_large', detail: /header/ },
  { name: 'no Host', bytes: () => `GET /v1/usage HTTP/1.1\r\nAuthorization: Bearer ${key}\r\n\r\n`, code: 'invalid_request', detail: /Host/, instance: '/v1/usage' }
]

for (const { name, bytes, code, detail, instance = '/' } of broken) {
  test(`${name}: ${code}, in the shape of all refusals`, async () => {
    const reply = await rawCall(gateway.origin, bytes())
    expectProblem(reply, code, { instance, detail })
    expect(gateway.simulator.received.requests).toEqual([])
  })
}

for (const { name, bytes } of broken) {
  test(`nothing that follows ${name} on the connection is taken for a request`, async () => {
    const socket = await openSocket(gateway.origin)
    socket.on('error', () => {})
    socket.write(`${bytes()}GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n`)
    const replies = await readReplies(socket, 2).catch(() => [])
    if (name !== 'no Host') expect(replies.map(({ status }) => status)).not.toContain(200)
    socket.destroy()
  })
}

const sound: { name: string, bytes: () => string, json: object, status?: number }[] = [
  { name: 'a target that is a whole URL', bytes: () => `${get().replace('/v1/usage', 'http://gateway/v1/usage')}\r\n`, json: { key_id: expect.any(String) } },
  { name: 'an upgrade to WebSocket', bytes: () => `${get()}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, json: { key_id: expect.any(String) } },
  { name: 'an upgrade to HTTP/2', bytes: () => `${get()}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`, json: { key_id: expect.any(String) } },
  { name: 'headers named like parts of objects', bytes: () => `${get()}__proto__: x\r\nconstructor: y\r\nprototype: z\r\n\r\n`, json: { key_id: expect.any(String) } },
  { name: 'a whole URL of nothing', bytes: () => `${get().replace('/v1/usage', 'http://gateway')}\r\n`, json: { code: 'not_found', instance: '/' }, status: 404 },
  { name: 'OPTIONS of everything', bytes: () => `${get().replace('GET /v1/usage', 'OPTIONS *')}\r\n`, json: { code: 'not_found' }, status: 404 },
  { name: 'a query named like parts of objects', bytes: () => `${get().replace('usage', 'tasks?__proto__=x&constructor=y&__proto__[a]=b')}\r\n`, json: { code: 'invalid_query' }, status: 400 }
]

for (const { name, bytes, json, status = 200 } of sound) {
  test(`${name} is answered with ${status}`, async () => {
    expect(await rawCall(gateway.origin, bytes())).toMatchObject({ status, json })
    expect(Object.keys(Object.prototype)).toEqual([])
  })
}

test('chunks with short extensions are read', async () => {
  const reply = await rawCall(gateway.origin, `${post().replace(GENERATION, `${GENERATION}?dry_run=true`)}Transfer-Encoding: chunked\r\n\r\n${CHUNKS.replace('e\r', 'e;a=b\r')}`)
  expect(reply).toMatchObject({ status: 200, json: { dry_run: true } })
})

test('who asks whether to go on is told to', async () => {
  const socket = await openSocket(gateway.origin)
  socket.write(`${post().replace(GENERATION, `${GENERATION}?dry_run=true`)}Expect: 100-continue\r\nContent-Length: ${BODY.length}\r\n\r\n`)
  expect(await readReplies(socket, 1)).toMatchObject([{ status: 100 }])
  socket.write(BODY)
  expect(await readReplies(socket, 1)).toMatchObject([{ status: 200 }])
  socket.destroy()
})

test('an expectation that nobody knows is ignored', async () => {
  const reply = await rawCall(gateway.origin, `GET /v1/usage HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nExpect: a-miracle\r\n\r\n`)
  expect(reply).toMatchObject({ status: 200, json: { key_id: expect.any(String) } })
})

test('after all that the gateway serves on', async () => {
  expect((await gateway.usage(key)).status).toBe(200)
})
