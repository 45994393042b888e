// What is no proper HTTP is refused in the same shape as everything else.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem, type ProblemCode } from '../../support/problem.ts'
import { rawCall } from '../../support/raw-http.ts'

let gateway: Gateway
let key: string
beforeAll(async () => {
  gateway = await startGateway()
  key = (await gateway.team()).key
})
afterAll(() => gateway.stop())

// What is not even a request has no path that `instance` could name.
const broken: { name: string, bytes: () => string, code: ProblemCode, detail: RegExp, instance?: string }[] = [
  { name: 'bytes that are no HTTP', bytes: () => 'GARBAGE\r\n\r\n', code: 'invalid_request', detail: /HTTP/ },
  { name: 'a method that does not exist', bytes: () => 'BUY /livez HTTP/1.1\r\nHost: gateway\r\n\r\n', code: 'invalid_request', detail: /HTTP/ },
  { name: 'TLS spoken to a plain port', bytes: () => '\u0016\u0003\u0001\u0002\u0000', code: 'invalid_request', detail: /HTTP/ },
  { name: 'a header without a name', bytes: () => `GET /v1/usage HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\n: x\r\n\r\n`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'two different Content-Lengths', bytes: () => `POST ${GENERATION} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'Content-Length beside Transfer-Encoding', bytes: () => `POST ${GENERATION} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`, code: 'invalid_request', detail: /HTTP/ },
  { name: 'a header of 20 kB', bytes: () => `GET /v1/usage HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, code: 'headers_too_large', detail: /header/ },
  { name: 'no Host', bytes: () => `GET /v1/usage HTTP/1.1\r\nAuthorization: Bearer ${key}\r\n\r\n`, code: 'invalid_request', detail: /Host/, instance: '/v1/usage' }
]

for (const { name, bytes, code, detail, instance = '/' } of broken) {
  test(`${name}: ${code}, in the shape of all refusals`, async () => {
    const reply = await rawCall(gateway.origin, bytes())
    expectProblem(reply, code, { instance, detail })
    expect(gateway.simulator.received.requests).toEqual([])
  })
}

test('an expectation that nobody knows is ignored', async () => {
  const reply = await rawCall(gateway.origin, `GET /v1/usage HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nExpect: a-miracle\r\n\r\n`)
  expect(reply).toMatchObject({ status: 200, json: { key_id: expect.any(String) } })
})

test('after all that the gateway serves on', async () => {
  expect((await gateway.usage(key)).status).toBe(200)
})
