// Bodies that are not even looked at.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf, COUNTED, UNDER_WAY, UNTOUCHED } from '../../support/account.ts'
import { GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
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
