// Bodies that are not even looked at.
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf, COUNTED, UNDER_WAY, UNTOUCHED } from '../../support/account.ts'
import { ADMIN_TOKEN, GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'
import { rawCall } from '../../support/raw-http.ts'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway({ BODY_LIMIT_BYTES: '1024' }) })
afterAll(() => gateway.stop())

/** A body of so many bytes that is accepted if its length is. */
function bodyOf (bytes: number): string {
  const body = JSON.stringify({ prompt: 'a cat' })
  return body + ' '.repeat(bytes - body.length)
}

test('a body of exactly BODY_LIMIT_BYTES is accepted', async () => {
  const { key } = await gateway.team({ limits: COUNTED })
  expect((await gateway.call('POST', GENERATION, { key, body: bodyOf(1024) })).status).toBe(202)
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})

test('a body of one byte more than BODY_LIMIT_BYTES is payload_too_large, and counts nothing', async () => {
  const { key } = await gateway.team({ limits: COUNTED })
  const creates = gateway.simulator.received.creates
  const reply = await gateway.call('POST', GENERATION, { key, body: bodyOf(1025) })
  expectProblem(reply, 'payload_too_large', { instance: GENERATION, detail: /larger/ })
  expect(gateway.simulator.received.creates).toBe(creates)
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
})

test('a body in chunks that grows past BODY_LIMIT_BYTES is payload_too_large', async () => {
  const { key } = await gateway.team()
  const chunk = '{"prompt":"' + 'x'.repeat(2000)
  const reply = await rawCall(gateway.origin, [
    `POST ${GENERATION} HTTP/1.1`, 'Host: gateway', `Authorization: Bearer ${key}`, 'Content-Type: application/json', 'Transfer-Encoding: chunked', '',
    chunk.length.toString(16), chunk, '0', '', ''
  ].join('\r\n'))
  expectProblem(reply, 'payload_too_large', { instance: GENERATION, detail: /larger/ })
})

test('without BODY_LIMIT_BYTES a body may have 65536 bytes and no more', async () => {
  const other = await startGateway()
  const { key } = await other.team()
  expect((await other.call('POST', GENERATION, { key, body: bodyOf(65_536) })).status).toBe(202)
  expectProblem(await other.call('POST', GENERATION, { key, body: bodyOf(65_537) }), 'payload_too_large', { instance: GENERATION, detail: /larger/ })
  await other.stop()
})

const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml', 'application/octet-stream', 'json', 'application/jsonp']

for (const type of types) {
  test(`a body of Content-Type ${type} is unsupported_media_type, and counts nothing`, async () => {
    const { key } = await gateway.team({ limits: COUNTED })
    const creates = gateway.simulator.received.creates
    const reply = await gateway.call('POST', GENERATION, { key, body: '{"prompt":"a cat"}', headers: { 'content-type': type } })
    expectProblem(reply, 'unsupported_media_type', { instance: GENERATION, detail: /application\/json/ })
    expect(reply.headers).not.toHaveProperty('accept-encoding')
    expect(gateway.simulator.received.creates).toBe(creates)
    expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
  })
}

test('a body without Content-Type is unsupported_media_type', async () => {
  const { key } = await gateway.team()
  const body = '{"prompt":"a cat"}'
  const reply = await rawCall(gateway.origin, [
    `POST ${GENERATION} HTTP/1.1`, 'Host: gateway', `Authorization: Bearer ${key}`, `Content-Length: ${body.length}`, '', body
  ].join('\r\n'))
  expectProblem(reply, 'unsupported_media_type', { instance: GENERATION, detail: /application\/json/ })
})

const plain = JSON.stringify({ prompt: 'a cat' })
const codings: { coding: string, body: string | Buffer }[] = [
  { coding: 'gzip', body: gzipSync(plain) },
  { coding: 'gzip', body: plain },
  { coding: 'br', body: plain },
  { coding: 'GZIP', body: plain },
  { coding: 'identity, deflate', body: plain },
  { coding: 'no-such-coding', body: plain }
]

for (const { coding, body } of codings) {
  test(`a body with Content-Encoding ${coding}, ${typeof body === 'string' ? 'which it does not have' : 'which it has'}, is unsupported_media_type, says what is taken, and counts nothing`, async () => {
    const { key } = await gateway.team({ limits: COUNTED })
    const creates = gateway.simulator.received.creates
    const reply = await gateway.call('POST', GENERATION, { key, body, headers: { 'content-encoding': coding } })
    expectProblem(reply, 'unsupported_media_type', { instance: GENERATION, detail: /Content-Encoding/ })
    expect(reply.headers['accept-encoding']).toBe('identity')
    expect(gateway.simulator.received.creates).toBe(creates)
    expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
  })
}

for (const coding of ['identity', 'Identity', '', ', identity']) {
  test(`a body with Content-Encoding ${JSON.stringify(coding)} is one without`, async () => {
    const { key } = await gateway.team()
    expect((await gateway.call('POST', GENERATION, { key, body: plain, headers: { 'content-encoding': coding } })).status).toBe(202)
  })
}

test('a Content-Encoding is refused on every route with a body, and harmless without one', async () => {
  const { team, keyId, key } = await gateway.team({}, { webhooks: true })
  const headers = { 'content-encoding': 'gzip' }
  const calls: { method: string, path: string, token: string }[] = [
    { method: 'POST', path: `${GENERATION}?dry_run=true`, token: key },
    { method: 'PUT', path: '/v1/webhooks/finished', token: key },
    { method: 'POST', path: '/admin/v1/teams', token: ADMIN_TOKEN },
    { method: 'PATCH', path: `/admin/v1/teams/${team}`, token: ADMIN_TOKEN },
    { method: 'POST', path: '/admin/v1/tasks/tsk_some/resolve', token: ADMIN_TOKEN },
    { method: 'POST', path: '/admin/v1/apply', token: ADMIN_TOKEN }
  ]
  for (const { method, path, token } of calls) {
    expectProblem(await gateway.call(method, path, { key: token, body: '{}', headers }), 'unsupported_media_type', { instance: path.replace(/\?.*/, ''), detail: /Content-Encoding/ })
  }
  expect((await gateway.call('GET', '/v1/usage', { key, headers })).status).toBe(200)
  expect((await gateway.call('POST', `/admin/v1/keys/${keyId}/rotate`, { key: ADMIN_TOKEN, headers, reveals: true })).status).toBe(201)
})
