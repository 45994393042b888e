// MuleRouter as the stories see it: what happened on the wire, and what that means.
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import type { SubmitOutcome, TaskAddress } from '../../src/flows/upstream.ts'
import type { TaskId } from '../../src/kernel/ids.ts'
import { constant, type Live } from '../../src/kernel/live.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { muleRouter, type MuleRouter, type MuleRouterOptions } from '../../src/upstream/mulerouter.ts'
import { manualClock } from '../support/manual-clock.ts'
import { silentLog } from '../support/silent-log.ts'
import { httpAnswer, rawServer, refusedPort, type RawServer } from './raw-server.ts'

const PATH = '/vendors/alibaba/v1/wan2.2-t2v-plus/generation'
const TOKEN = new Secret('upstream-token-canary-1d77')
const OTHER_TOKEN = new Secret('upstream-token-canary-2e88')
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const ID = '3c90c3cc-0d44-4b50-8888-8dd25736052a' as TaskId
const OWN_ERROR = JSON.stringify({ status: 0, title: 'No', detail: 'because', error_code: 4002 })
const SUBMISSION = { path: PATH, mode: 'live' as const, body: { prompt: 'a cat', duration: 5 }, traceparent: TRACEPARENT, notAfterMs: Infinity }

function routerTo (origin: string, options: Partial<MuleRouterOptions> = {}): MuleRouter {
  return muleRouter({
    baseUrl: new URL(origin), tokens: constant([TOKEN, OTHER_TOKEN]), proxyUrl: undefined, timeoutMs: 20_000, connections: 8, on5xx: 'refused', clock: manualClock(), log: silentLog, ...options
  })
}

/** A router that is closed when the test ends. */
function openRouter (origin: string, options?: Partial<MuleRouterOptions>): MuleRouter {
  const router = routerTo(origin, options)
  onTestFinished(() => router.close())
  return router
}

function taskText (status: string, id: string = ID): string { return JSON.stringify({ task_info: { id, status } }) }

/** An upstream that gives everybody one answer. */
function answering (status: number, body: string, headers: Record<string, string> = {}): Promise<RawServer> {
  return rawServer(({ socket }) => socket.write(httpAnswer(status, body, headers)))
}

function addressOf (credential: string | null = TOKEN.fingerprint()): TaskAddress {
  return { path: PATH, mode: 'live', taskId: ID, credential, traceparent: TRACEPARENT, begunBy: null }
}

/** Every request as its method and its token. */
function calls (server: RawServer): string[] {
  return server.requests.map(({ head }) => `${/^[A-Z]+/.exec(head)?.[0]} ${/authorization: Bearer (.*)/i.exec(head)?.[1]}`)
}

/** Demands that nothing in an outcome names a token. */
function expectNoToken (outcome: object): void {
  const printed = inspect(outcome, { depth: null, showHidden: true })
  for (const token of [TOKEN, OTHER_TOKEN]) expect(printed).not.toContain(token.reveal())
}

test('an accepted create gives the id, upstream\'s body, status and trace, and the credential that made it', async () => {
  const server = await answering(202, taskText('queued'), { traceparent: '00-up-stream-01' })
  const outcome = await openRouter(server.origin).submit(SUBMISSION)
  expect(outcome).toEqual({
    kind: 'accepted', status: 202, taskId: ID, credential: TOKEN.fingerprint(), traceparent: '00-up-stream-01', body: { task_info: { id: ID, status: 'pending' } }
  })
  expectNoToken(outcome)
})

test('a create is sent once, with the gateway\'s own token, trace and name, and the body to the letter', async () => {
  const server = await answering(202, taskText('pending'))
  await openRouter(server.origin).submit(SUBMISSION)
  expect(server.requests).toHaveLength(1)
  const [{ head = '', body = '' } = {}] = server.requests
  const headers = head.toLowerCase().split('\r\n')
  expect(headers[0]).toBe(`post ${PATH} http/1.1`)
  for (const line of [`authorization: bearer ${TOKEN.reveal()}`, `traceparent: ${TRACEPARENT}`, 'user-agent: mulegate', 'content-type: application/json', 'accept: application/json']) {
    expect(headers).toContain(line)
  }
  expect(body).toBe('{"prompt":"a cat","duration":5}')
})

test('a base URL with a trailing slash names the same upstream', async () => {
  const server = await answering(202, taskText('pending'))
  expect((await openRouter(`${server.origin}/`).submit(SUBMISSION)).kind).toBe('accepted')
  expect(server.requests[0]?.head).toContain(`POST ${PATH} `)
})

type Verdict = [status: number, body: string, kind: SubmitOutcome['kind']]
const VERDICTS: readonly Verdict[] = [
  [200, taskText('pending'), 'accepted'],
  [201, taskText('completed'), 'accepted'],
  [202, 'not a task', 'unknown'],
  [200, '{"ok":true}', 'unknown'],
  [202, taskText('pending', '../x'), 'unknown'],
  [204, '', 'unknown'],
  [301, '', 'refused'],
  [307, taskText('pending'), 'refused'],
  ...[400, 401, 402, 403, 404, 405, 409, 418, 422, 423, 429, 451].map((status): Verdict => [status, OWN_ERROR, 'refused']),
  ...[400, 404, 413, 429].map((status): Verdict => [status, '<html>no</html>', 'refused']),
  [408, OWN_ERROR, 'unknown'],
  ...[500, 502, 503].map((status): Verdict => [status, OWN_ERROR, 'refused']),
  ...[500, 502, 503].map((status): Verdict => [status, '<html>no</html>', 'unknown']),
  ...[501, 504, 505, 520, 599].map((status): Verdict => [status, OWN_ERROR, 'unknown'])
]

test.each(VERDICTS)('a create that upstream answers with status %d and %s is %s', async (status, body, kind) => {
  const server = await answering(status, status === 204 ? '' : body)
  const outcome = await openRouter(server.origin, { tokens: constant([TOKEN]) }).submit(SUBMISSION)
  expect(outcome.kind).toBe(kind)
  expect(server.requests).toHaveLength(1)
  expectNoToken(outcome)
})

test.each([500, 502, 503])('where a 5xx decides nothing about money, a create answered %d in the provider\'s own shape is unknown', async status => {
  const server = await answering(status, OWN_ERROR)
  expect((await openRouter(server.origin, { on5xx: 'unknown' }).submit(SUBMISSION)).kind).toBe('unknown')
})

test('a refusal keeps the provider\'s words', async () => {
  const server = await answering(429, JSON.stringify({ title: 'Too many', detail: 'Slow down', error_code: 4029 }), { 'retry-after': '7' })
  expect(await openRouter(server.origin).submit(SUBMISSION)).toEqual({
    kind: 'refused', refusal: { status: 429, ownShape: true, title: 'Too many', detail: 'Slow down', errorCode: 4029, retryAfterS: 7 }
  })
})

test.each([
  ['reset after it was read', (server: RawServer) => server.requests.at(-1)?.socket.resetAndDestroy()],
  ['closed after it was read', (server: RawServer) => server.requests.at(-1)?.socket.end()]
])('a create whose connection is %s is unknown, and is not sent again', async (_what, end) => {
  const server: RawServer = await rawServer(() => end(server))
  const outcome = await openRouter(server.origin).submit(SUBMISSION)
  expect(outcome.kind).toBe('unknown')
  expect(server.requests).toHaveLength(1)
  expectNoToken(outcome)
})

test('a create without an answer by the deadline is unknown, and is not sent again', async () => {
  const server = await rawServer()
  const outcome = await openRouter(server.origin, { timeoutMs: 500 }).submit(SUBMISSION)
  expect(outcome.kind).toBe('unknown')
  await server.closed(1)
  expect(server.requests).toHaveLength(1)
  expectNoToken(outcome)
})

test('every call to a port on which nobody listens is provably unsent', async () => {
  const router = openRouter(`http://127.0.0.1:${await refusedPort()}`)
  const outcomes = [await router.submit(SUBMISSION), await router.remove(addressOf()), await router.look(addressOf())]
  expect(outcomes.map(({ kind }) => kind)).toEqual(['unsent', 'unsent', 'failed'])
  for (const outcome of outcomes) expectNoToken(outcome)
})

test('a call that finds no free place within two seconds is unsent, is never written, and the places stay as many as they were', async () => {
  const held: Array<() => void> = []
  const server = await rawServer(({ socket }) => { held.push(() => socket.write(httpAnswer(202, taskText('pending')))) })
  const router = openRouter(server.origin, { connections: 1 })
  const first = router.submit(SUBMISSION)
  const begunMs = performance.now()
  const second = await router.submit({ ...SUBMISSION, body: { prompt: 'never written' } })
  const tookMs = performance.now() - begunMs
  expect(second).toMatchObject({ kind: 'unsent', cause: { message: 'no free place within 2000 ms' } })
  expect(tookMs).toBeGreaterThan(1900)
  expect(tookMs).toBeLessThan(10_000)

  for (const answer of held) answer()
  expect((await first).kind).toBe('accepted')
  const third = router.submit(SUBMISSION)
  await server.arrived(2)
  held[1]?.()
  expect((await third).kind).toBe('accepted')
  expect(server.received()).not.toContain('never written')
})

test('a create that could leave only when nobody expects it any more is unsent, and never written', async () => {
  const held: Array<() => void> = []
  const server = await rawServer(({ socket }) => { held.push(() => socket.write(httpAnswer(202, taskText('pending')))) })
  const clock = manualClock()
  const router = openRouter(server.origin, { connections: 1, clock })
  const notAfterMs = clock.nowMs() + 1000
  const [first, second] = [router.submit({ ...SUBMISSION, notAfterMs }), router.submit({ ...SUBMISSION, notAfterMs })]
  await server.arrived(1)
  clock.advance(1001)
  held[0]?.()
  expect((await first).kind).toBe('accepted')
  expect(await second).toMatchObject({ kind: 'unsent', cause: { message: 'too late to be sent' } })

  const third = router.submit({ ...SUBMISSION, notAfterMs: clock.nowMs() })
  await server.arrived(2)
  held[1]?.()
  expect((await third).kind).toBe('accepted')
})

test('no more calls are under way at once than there are places, and all are answered', async () => {
  let open = 0
  let most = 0
  const server = await rawServer(({ socket }) => {
    most = Math.max(most, ++open)
    setImmediate(() => {
      open--
      socket.write(httpAnswer(202, taskText('pending')))
    })
  })
  const router = openRouter(server.origin, { connections: 3 })
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => router.submit(SUBMISSION)))
  expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['accepted']))
  expect(most).toBeLessThanOrEqual(3)
  expect(server.requests).toHaveLength(50)
})

test('a look gives upstream\'s body, with the status in the gateway\'s words', async () => {
  const server = await answering(200, taskText('retrying'))
  expect(await openRouter(server.origin).look(addressOf())).toEqual({ kind: 'seen', body: { task_info: { id: ID, status: 'processing' } } })
  expect(server.requests[0]?.head).toContain(`GET ${PATH}/${ID} `)
})

test.each([
  ['about another task', 200, taskText('completed', 'another')],
  ['that cannot be read', 200, '<html>ok</html>'],
  ['a 404 that is not the provider\'s own', 404, '<html>no</html>'],
  ['401', 401, OWN_ERROR],
  ['500', 500, OWN_ERROR],
  ['a failure with another status', 503, taskText('failed')],
  ['a redirect', 302, taskText('completed')]
])('a look answered with %s is no verdict', async (_what, status, body) => {
  const server = await answering(status, body)
  const outcome = await openRouter(server.origin).look(addressOf())
  expect(outcome.kind).toBe('failed')
  expectNoToken(outcome)
})

test('"no such task", in the provider\'s own words and to the token that made it, means that it is missing', async () => {
  const server = await answering(404, JSON.stringify({ title: 'Not Found', error_code: 2005 }))
  expect(await openRouter(server.origin).look(addressOf())).toEqual({ kind: 'missing' })
})

test('a look and a deletion use the token that made the task', async () => {
  const server = await answering(200, taskText('pending'))
  const router = openRouter(server.origin)
  await router.look(addressOf(OTHER_TOKEN.fingerprint()))
  await router.remove(addressOf(OTHER_TOKEN.fingerprint()))
  await router.look(addressOf(TOKEN.fingerprint()))
  expect(calls(server)).toEqual([`GET ${OTHER_TOKEN.reveal()}`, `DELETE ${OTHER_TOKEN.reveal()}`, `GET ${TOKEN.reveal()}`])
})

test.each(['ffffffff', null])('a task of the token %s, which is not in the pool, is looked at with one after the other until one sees it, and deleted by who sees it', async credential => {
  const server = await rawServer(({ socket, head }) => {
    socket.write(head.includes(OTHER_TOKEN.reveal()) ? httpAnswer(200, taskText('pending')) : httpAnswer(404, OWN_ERROR))
  })
  const router = openRouter(server.origin)
  expect((await router.look(addressOf(credential))).kind).toBe('seen')
  expect((await router.look(addressOf(credential))).kind).toBe('seen')
  expect((await router.remove(addressOf(credential))).kind).toBe('deleted')
  const [one, other] = [TOKEN.reveal(), OTHER_TOKEN.reveal()]
  expect(calls(server)).toEqual([`GET ${one}`, `GET ${other}`, `GET ${other}`, `GET ${other}`, `DELETE ${other}`])
})

/** A file that shows its new token only to who reads it whatever the system says of it. */
function staleUntilRefreshed (): Live<readonly Secret[]> {
  let tokens = [TOKEN]
  const renewed = [OTHER_TOKEN]
  return {
    current: () => tokens,
    refreshed () {
      tokens = renewed
      return tokens
    }
  }
}

test.each([
  ['a create', 'POST', (router: MuleRouter) => router.submit(SUBMISSION), 'accepted'],
  ['a look', 'GET', (router: MuleRouter) => router.look(addressOf()), 'seen']
])('%s that is answered 401 has the file read again, and is tried with the new token, once', async (_what, method, call, kind) => {
  const server = await rawServer(({ socket, head }) => { socket.write(head.includes(OTHER_TOKEN.reveal()) ? httpAnswer(202, taskText('pending')) : httpAnswer(401, OWN_ERROR)) })
  expect((await call(openRouter(server.origin, { tokens: staleUntilRefreshed() }))).kind).toBe(kind)
  expect(calls(server)).toEqual([`${method} ${TOKEN.reveal()}`, `${method} ${OTHER_TOKEN.reveal()}`])
})

test('a deletion that is answered 401 has the file read again, and is tried with the new token once that has seen the task', async () => {
  const server = await rawServer(({ socket, head }) => { socket.write(head.includes(OTHER_TOKEN.reveal()) ? httpAnswer(200, taskText('pending')) : httpAnswer(401, OWN_ERROR)) })
  expect((await openRouter(server.origin, { tokens: staleUntilRefreshed() }).remove(addressOf())).kind).toBe('deleted')
  expect(calls(server)).toEqual([`DELETE ${TOKEN.reveal()}`, `GET ${OTHER_TOKEN.reveal()}`, `DELETE ${OTHER_TOKEN.reveal()}`])
})

test.each([402, 403, 429])('a create that is answered %i does not have the file read again', async status => {
  const server = await answering(status, OWN_ERROR)
  expect((await openRouter(server.origin, { tokens: staleUntilRefreshed() }).submit(SUBMISSION)).kind).toBe('refused')
  expect(calls(server)).toEqual([`POST ${TOKEN.reveal()}`])
})

test.each([[401, 429], [429, 401], [429, 402], [403, 429]])('of a create that one token is refused with %i and the other with %i, the 429 is said: that one a later try mends', async (first, second) => {
  const server = await rawServer(({ socket, head }) => {
    const status = head.includes(OTHER_TOKEN.reveal()) ? second : first
    socket.write(httpAnswer(status, OWN_ERROR, status === 429 ? { 'retry-after': '7' } : {}))
  })
  expect(await openRouter(server.origin).submit(SUBMISSION)).toMatchObject({ kind: 'refused', refusal: { status: 429, retryAfterS: 7 } })
  expect(calls(server)).toEqual([`POST ${TOKEN.reveal()}`, `POST ${OTHER_TOKEN.reveal()}`])
})

test('the words of a refusal show neither the tokens of now nor one that is given no more', async () => {
  let tokens = [TOKEN]
  const server = await answering(400, JSON.stringify({ title: `not ${TOKEN.reveal()}`, detail: `nor ${OTHER_TOKEN.reveal()}`, error_code: 2001 }))
  const router = openRouter(server.origin, { tokens: { current: () => tokens, refreshed: () => tokens } })
  tokens = [OTHER_TOKEN]
  const outcome = await router.submit(SUBMISSION)
  expect(outcome).toMatchObject({ kind: 'refused', refusal: { title: 'not [secret]', detail: 'nor [secret]' } })
  expectNoToken(outcome)
})

test('nor is one that MuleRouter uses as a status', async () => {
  const words: string[] = []
  const server = await answering(202, taskText(`odd ${TOKEN.reveal()}`))
  await openRouter(server.origin, { noticeUnknownWord: word => words.push(word) }).submit(SUBMISSION)
  expect(words).toEqual(['odd [secret]'])
})

test('the tokens say how many calls are under way with each, and which one rests', async () => {
  const server = await rawServer()
  const router = routerTo(server.origin, { timeoutMs: 2000 })
  const calls = [router.submit(SUBMISSION), router.submit(SUBMISSION), router.look(addressOf())]
  expect(router.tokens()).toEqual([{ fingerprint: TOKEN.fingerprint(), resting: false, underWay: 2 }, { fingerprint: OTHER_TOKEN.fingerprint(), resting: false, underWay: 1 }])
  await Promise.all(calls)
  expect(router.tokens().map(({ underWay }) => underWay)).toEqual([0, 0])
  await router.close()
})

test('a task that no token of the pool shows is neither missing nor deleted, and no look makes more than three calls', async () => {
  const tokens = Array.from({ length: 10 }, (_, index) => new Secret(`pool-token-${index}`))
  const server = await answering(404, OWN_ERROR)
  const router = openRouter(server.origin, { tokens: constant(tokens) })
  for (let look = 0; look < 4; look++) {
    expect((await router.look(addressOf('ffffffff'))).kind).toBe('failed')
    expect(server.requests).toHaveLength(3 * (look + 1))
  }
  // Every one of the ten has been asked.
  expect(new Set(calls(server)).size).toBe(10)
  expect(await router.remove(addressOf('ffffffff'))).toMatchObject({ kind: 'refused', refusal: { status: 401 } })
  expect(calls(server).filter(call => call.startsWith('DELETE'))).toEqual([])
})

test('a deletion for an unknown token is unsent when nobody says whether the task is there', async () => {
  const router = openRouter(`http://127.0.0.1:${await refusedPort()}`)
  expect((await router.remove(addressOf('ffffffff'))).kind).toBe('unsent')
  const server = await answering(500, OWN_ERROR)
  expect((await openRouter(server.origin).remove(addressOf('ffffffff'))).kind).toBe('unsent')
  expect(calls(server).filter(call => call.startsWith('DELETE'))).toEqual([])
})

test('a deletion gives upstream\'s answer, and one of its own form when that is empty', async () => {
  const written = { task_id: ID, deleted_at: '2026-11-22T12:00:00Z' }
  const server = await answering(200, JSON.stringify(written))
  expect(await openRouter(server.origin).remove(addressOf())).toEqual({ kind: 'deleted', body: written })
  expect(server.requests[0]?.head).toContain(`DELETE ${PATH}/${ID} `)
  const silent = await answering(200, '')
  expect(await openRouter(silent.origin).remove(addressOf())).toMatchObject({ kind: 'deleted', body: { task_id: ID, deleted_at: expect.stringMatching(/^\d{4}-/) } })
})

test.each([
  [409, OWN_ERROR, 'refused'],
  [404, OWN_ERROR, 'refused'],
  [500, OWN_ERROR, 'refused'],
  [408, OWN_ERROR, 'unknown'],
  [500, '<html>no</html>', 'unknown'],
  [504, OWN_ERROR, 'unknown']
])('a deletion that upstream answers with status %d and %s is %s', async (status, body, kind) => {
  const server = await answering(status, body)
  expect((await openRouter(server.origin).remove(addressOf())).kind).toBe(kind)
})

test('an https upstream is reached through the proxy alone, which never sees the token; a proxy that refuses makes it unsent', async () => {
  const proxy = await rawServer(({ socket }) => socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n'))
  const outcome = await openRouter('https://mulerouter.invalid', { proxyUrl: new Secret(proxy.origin) }).submit(SUBMISSION)
  expect(outcome.kind).toBe('unsent')
  expect(proxy.requests[0]?.head).toMatch(/^CONNECT mulerouter\.invalid:443 /)
  expect(proxy.received()).not.toContain(TOKEN.reveal())
  expectNoToken(outcome)
})

test('a plain upstream is called without the proxy', async () => {
  const proxy = await rawServer()
  const server = await answering(202, taskText('pending'))
  expect((await openRouter(server.origin, { proxyUrl: new Secret(proxy.origin) }).submit(SUBMISSION)).kind).toBe('accepted')
  expect(proxy.connections()).toBe(0)
})

test('closing cuts the calls that are under way, and says what is certain about them: one that was sent may have taken effect', async () => {
  const server = await rawServer(() => {})
  const router = routerTo(server.origin)
  const outcome = router.submit(SUBMISSION)
  await server.arrived(1)
  await router.close()
  expect((await outcome).kind).toBe('unknown')
  expect((await router.submit(SUBMISSION)).kind).toBe('unsent')
})
