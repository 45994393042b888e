// Bodies that are made to do harm: refused in the usual shape, nothing is bought, nothing of the gateway's own changes.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf, COUNTED, UNTOUCHED } from '../../support/account.ts'
import { ADMIN_TOKEN, GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblemShape } from '../../support/problem.ts'
import { openSocket, readReplies } from '../../support/raw-http.ts'

let gateway: Gateway
let key: string
let team: string
beforeAll(async () => {
  gateway = await startGateway();
  ({ key, team } = await gateway.team({ limits: COUNTED }))
})
afterAll(() => gateway.stop())

const LEVELS = 100_000
const nested = (open: string, close: string): string => open.repeat(LEVELS) + close.repeat(LEVELS)
const TEN_MB = 10_000_000

const bodies: { name: string, body: string | Buffer, code: 'payload_too_large' | 'invalid_body', status: number }[] = [
  { name: 'of 10 MB', body: Buffer.alloc(TEN_MB, 'x'), code: 'payload_too_large', status: 413 },
  { name: 'nested 100,000 levels deep, which is larger than a create may be', body: nested('[', ']'), code: 'payload_too_large', status: 413 },
  { name: 'nested as deep as the limit lets it', body: '['.repeat(32_000) + ']'.repeat(32_000), code: 'invalid_body', status: 400 },
  { name: 'with a prompt nested deep', body: `{"prompt":${'['.repeat(32_000)}${']'.repeat(32_000)}}`, code: 'invalid_body', status: 400 },
  { name: 'that is not UTF-8', body: Buffer.from([...Buffer.from('{"prompt":"'), 0xc3, 0x28, ...Buffer.from('"}')]), code: 'invalid_body', status: 400 },
  { name: 'with __proto__', body: '{"prompt":"a cat","__proto__":{"size":"832*480"}}', code: 'invalid_body', status: 400 },
  { name: 'with an escaped __proto__', body: '{"prompt":"a cat","\\u005f_proto__":{"size":"832*480"}}', code: 'invalid_body', status: 400 },
  { name: 'with constructor.prototype', body: '{"prompt":"a cat","constructor":{"prototype":{"size":"832*480"}}}', code: 'invalid_body', status: 400 },
  { name: 'with a field called constructor', body: '{"prompt":"a cat","constructor":1}', code: 'invalid_body', status: 400 }
]

for (const { name, body, code, status } of bodies) {
  test(`a body ${name} is ${code}, costs nothing, and leaves objects as they are`, async () => {
    const reply = await gateway.call('POST', GENERATION, { key, body })
    expect(reply).toMatchObject({ status, json: { code } })
    expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
    expect(gateway.simulator.received.creates).toBe(0)
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(Object.hasOwn(Object.prototype, 'size')).toBe(false)
  })
}

test('10 MB in chunks, without a length, are refused when they have passed the limit, and the connection is closed', async () => {
  const socket = await openSocket(gateway.origin)
  socket.on('error', () => {})
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  socket.write(`POST ${GENERATION} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`)
  for (let sent = 0; sent < TEN_MB; sent += 65_536) socket.write(chunk)
  const [reply] = await readReplies(socket, 1)
  expect(reply).toMatchObject({ status: 413, headers: { connection: 'close' }, json: { code: 'payload_too_large' } })
  socket.destroy()
})

test('the admin API refuses the same: prototypes, and changes nested as deep as its limit lets them', async () => {
  const path = `/admin/v1/teams/${team}`
  const before = (await gateway.admin('GET', path)).json
  for (const body of ['{"__proto__":{"name":"x"}}', '{"limits":{"__proto__":{"tasks_in_flight":1}}}', `{"policy":${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}}`, nested('[', ']')]) {
    const reply = await gateway.call('PATCH', path, { key: ADMIN_TOKEN, body })
    expect(reply.status, body.slice(0, 50)).toBe(400)
    expectProblemShape(reply, { type: 'urn:mulegate:problem:invalid_body', status: 400, instance: path, error_code: 2001, code: 'invalid_body', errors: expect.any(Array) })
  }
  expect((await gateway.admin('GET', path)).json).toEqual(before)
  expect((await gateway.call('GET', '/livez')).status).toBe(200)
})
