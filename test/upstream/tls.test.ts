// MuleRouter over TLS, where client and server choose the version of HTTP when they connect.
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { constants, createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { constant } from '../../src/kernel/live.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { muleRouter, type MuleRouter, type MuleRouterOptions } from '../../src/upstream/mulerouter.ts'
import { manualClock } from '../support/manual-clock.ts'
import { makeCertificates, type Certificates } from '../support/redis/certificates.ts'
import { startRelay } from '../support/relay.ts'
import { silentLog } from '../support/silent-log.ts'
import { portOf } from './raw-server.ts'

const TOKEN = new Secret('upstream-token-canary-4b21')
const SUBMISSION = { path: '/generation', mode: 'live' as const, body: { prompt: 'a cat' }, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', notAfterMs: Infinity }
const ACCEPTED = JSON.stringify({ task_info: { id: '3c90c3cc-0d44-4b50-8888-8dd25736052a', status: 'pending' } })
const LONG_MS = 20_000
// Long enough for a busy machine to connect and send, short enough to wait for.
const SHORT_MS = 1000

const folder = mkdtempSync(join(tmpdir(), 'mulegate-tls-'))
const before = getCACertificates('default')
let certificates: Certificates
beforeAll(async () => {
  certificates = await makeCertificates(folder)
  setDefaultCACertificates([...before, readFileSync(certificates.caFile, 'utf8')])
})
afterAll(() => {
  setDefaultCACertificates(before)
  rmSync(folder, { recursive: true })
})

/** Calls that port under the name that the certificate has. */
function openRouter (port: number, options: Partial<MuleRouterOptions> = {}): MuleRouter {
  const router = muleRouter({
    baseUrl: new URL(`https://localhost:${port}`), tokens: constant([TOKEN]), proxyUrl: undefined, timeoutMs: LONG_MS, connections: 8, on5xx: 'refused', clock: manualClock(), log: silentLog, ...options
  })
  onTestFinished(() => router.close())
  return router
}

/** An upstream that speaks HTTP/2 with whoever does. @returns it, and the version of HTTP of each create that arrived */
async function modernUpstream (answer: (response: Http2ServerResponse, number: number) => void = accept): Promise<{ server: Server, creates: string[] }> {
  const creates: string[] = []
  const sockets = new Set<Socket>()
  const server = createSecureServer({ key: readFileSync(certificates.keyFile), cert: readFileSync(certificates.certFile), allowHTTP1: true })
  server.on('request', (request: Http2ServerRequest, response: Http2ServerResponse) => {
    request.resume().once('end', () => {
      creates.push(request.httpVersion)
      answer(response, creates.length)
    })
  })
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await once(server.listen(0, 'localhost'), 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { server, creates }
}

function accept (response: Http2ServerResponse): void {
  response.writeHead(202, { 'content-type': 'application/json' }).end(ACCEPTED)
}

/** A proxy that leaves its first CONNECT without an answer, and serves the others. */
async function lateProxy (to: Server): Promise<{ origin: string, connects: () => number }> {
  let connects = 0
  const sockets: Socket[] = []
  const server = createServer(socket => {
    sockets.push(socket.on('error', () => {}))
    socket.once('data', () => {
      connects++
      if (connects === 1) return
      const further = connect(portOf(to), 'localhost', () => {
        socket.write('HTTP/1.1 200 Connected\r\n\r\n')
        socket.pipe(further).pipe(socket)
      })
      sockets.push(further.on('error', () => {}))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { origin: `http://127.0.0.1:${portOf(server)}`, connects: () => connects }
}

test('a create is sent once, also to an upstream that offers HTTP/2 and refuses the stream of it', async () => {
  const { server, creates } = await modernUpstream((response, number) => {
    if (number === 1 && 'stream' in response && response.stream !== undefined) response.stream.close(constants.NGHTTP2_REFUSED_STREAM)
    else accept(response)
  })
  expect((await openRouter(portOf(server)).submit(SUBMISSION)).kind).toBe('accepted')
  expect(creates).toEqual(['1.1'])
})

test('a connection that died without a word costs the create that was sent on it, and no other', async () => {
  const { server, creates } = await modernUpstream()
  const path = await startRelay(portOf(server))
  const router = openRouter(path.port, { timeoutMs: SHORT_MS, connections: 1 })
  expect((await router.submit(SUBMISSION)).kind).toBe('accepted')
  path.silence()
  expect((await router.submit(SUBMISSION)).kind).toBe('unknown')
  expect((await router.submit(SUBMISSION)).kind).toBe('accepted')
  expect(creates).toHaveLength(2)
})

test('a certificate that nobody vouches for: unsent, and nothing of the request arrives there', async () => {
  const { server, creates } = await modernUpstream()
  setDefaultCACertificates(before)
  onTestFinished(() => setDefaultCACertificates([...before, readFileSync(certificates.caFile, 'utf8')]))
  expect((await openRouter(portOf(server)).submit(SUBMISSION)).kind).toBe('unsent')
  expect(creates).toEqual([])
})

test('a proxy that does not answer a CONNECT is given up, and holds up no later call', async () => {
  const { server, creates } = await modernUpstream()
  await Promise.all([8, 1].map(async connections => {
    const proxy = await lateProxy(server)
    const router = openRouter(portOf(server), { connections, proxyUrl: new Secret(proxy.origin) })
    expect((await router.submit(SUBMISSION)).kind).toBe('unsent')
    expect((await router.submit(SUBMISSION)).kind).toBe('accepted')
    expect(proxy.connects()).toBe(2)
  }))
  expect(creates).toEqual(['1.1', '1.1'])
})
