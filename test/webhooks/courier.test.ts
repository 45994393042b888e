// The courier at the edge of the network: what is refused when it connects, whatever the URL promised.
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { createSecureServer } from 'node:http2'
import { createServer } from 'node:https'
import type { Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { newDelivery } from '../../src/ledger/delivery.ts'
import { testAnnouncement } from '../../src/ledger/announcement.ts'
import { newWebhookSecret, type Webhook } from '../../src/teams/webhook.ts'
import type { AddressRules } from '../../src/webhooks/address-guard.ts'
import { openCourier } from '../../src/webhooks/courier.ts'
import { manualClock } from '../support/manual-clock.ts'
import { present } from '../support/present.ts'
import { startRelay } from '../support/relay.ts'
import { answer, startReceiver, verified, type Receiver } from '../support/receiver.ts'
import { makeCertificates } from '../support/redis/certificates.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { aCaller } from '../support/teams.ts'
import { aWebhook } from '../support/webhooks.ts'

const LOOPBACK: AddressRules = { allowHttp: true, allowCidrs: ['127.0.0.0/8', '::1'] }
const STRICT: AddressRules = { allowHttp: true, allowCidrs: [] }
const clock = manualClock()

async function receiving (): Promise<Receiver> {
  const receiver = await startReceiver(answer(204, ''))
  onTestFinished(() => receiver.close())
  return receiver
}

/** One attempt. */
async function carry (rules: AddressRules, settings: Partial<Webhook>) {
  const courier = openCourier({ ...rules, clock, deadlineMs: 5000 })
  onTestFinished(() => courier.close())
  const webhook = aWebhook(aCaller(), settings)
  const delivery = newDelivery(testAnnouncement(webhook, clock.nowMs()), { webhook: webhook.id, serial: webhook.serial })
  return { carried: await courier.carry(delivery, webhook), delivery, webhook }
}

test.each(['localhost', '127.0.0.1', '0x7f000001', '2130706433', '127.1', '[::ffff:127.0.0.1]'])('a receiver at %s is never connected to', async host => {
  const receiver = await receiving()
  const { carried } = await carry(STRICT, { url: receiver.origin.replace('127.0.0.1', host) })
  expect(carried).toMatchObject({ kind: 'failed', status: null, error: 'ADDRESS_REFUSED' })
  expect(receiver.requests).toEqual([])
})

test.each(['http://169.254.169.254/latest/meta-data', 'http://[::1]:1/', 'http://10.0.0.1/', 'http://[fd00::1]/'])('%s is never connected to', async url => {
  expect((await carry(STRICT, { url })).carried).toMatchObject({ kind: 'failed', status: null, error: 'ADDRESS_REFUSED' })
})

test.each(['localhost', '127.0.0.1'])('a receiver at %s is reached where that is allowed', async host => {
  const receiver = await receiving()
  expect((await carry(LOOPBACK, { url: receiver.origin.replace('127.0.0.1', host) })).carried).toEqual({ kind: 'delivered', status: 204 })
  expect(receiver.requests).toHaveLength(1)
})

test('a receiver that redirects to the metadata service has failed, and that service is not asked', async () => {
  const receiver = await receiving()
  receiver.script = answer(302, '', { location: 'http://169.254.169.254/latest/meta-data' })
  expect((await carry(LOOPBACK, { url: receiver.origin })).carried).toMatchObject({ kind: 'failed', status: 302, error: 'status 302' })
})

test('nothing goes out unencrypted unless it is allowed', async () => {
  const receiver = await receiving()
  expect((await carry({ ...LOOPBACK, allowHttp: false }, { url: receiver.origin })).carried).toMatchObject({ kind: 'failed', error: 'ADDRESS_REFUSED' })
  expect(receiver.requests).toEqual([])
})

test('a receiver whose certificate nobody vouches for gets nothing', async () => {
  const { certFile, keyFile } = await makeCertificates(tempFolder())
  let requests = 0
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (_request, response) => {
    requests++
    response.writeHead(204).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => { server.close() })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  expect((await carry({ ...LOOPBACK, allowHttp: false }, { url: `https://127.0.0.1:${address.port}/` })).carried).toMatchObject({ kind: 'failed', status: null, error: expect.stringMatching(/CERT|VERIFY|ISSUER/) })
  expect(requests).toBe(0)
})

test('a connection that died without a word costs one attempt at most, also to a receiver that offers HTTP/2', async () => {
  const { caFile, certFile, keyFile } = await makeCertificates(tempFolder())
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, readFileSync(caFile, 'utf8')])
  const sockets = new Set<Socket>()
  const server = createSecureServer({ cert: readFileSync(certFile), key: readFileSync(keyFile), allowHTTP1: true }, (_request, response) => response.writeHead(204).end())
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await once(server.listen(0, 'localhost'), 'listening')
  onTestFinished(() => {
    setDefaultCACertificates(before)
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  const path = await startRelay(address.port)

  const courier = openCourier({ ...LOOPBACK, clock, deadlineMs: 1000 })
  onTestFinished(() => courier.close())
  const webhook = aWebhook(aCaller(), { url: `https://localhost:${path.port}/` })
  const attempt = async () => (await courier.carry(newDelivery(testAnnouncement(webhook, clock.nowMs()), { webhook: webhook.id, serial: webhook.serial }), webhook)).kind
  expect(await attempt()).toBe('delivered')
  path.silence()
  const later = [await attempt(), await attempt(), await attempt()]
  expect(later.filter(kind => kind === 'failed').length).toBeLessThanOrEqual(1)
})

test('no proxy of the environment stands in between', async () => {
  const [receiver, proxy] = [await receiving(), await receiving()]
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'NODE_USE_ENV_PROXY']) {
    const before = process.env[name]
    process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.origin
    onTestFinished(() => {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    })
  }
  expect((await carry(LOOPBACK, { url: receiver.origin })).carried.kind).toBe('delivered')
  expect(proxy.requests).toEqual([])
})

test('a message is one POST to the whole URL, with the headers of the specification and the payload to the letter', async () => {
  const receiver = await receiving()
  const { delivery, webhook } = await carry(LOOPBACK, { url: `${receiver.origin}/hooks/a%20b?token=x%2Fy&z` })
  const [message, ...more] = receiver.requests
  expect(more).toEqual([])
  expect(message).toMatchObject({
    method: 'POST',
    path: '/hooks/a%20b?token=x%2Fy&z',
    body: delivery.payload,
    headers: {
      'webhook-id': delivery.id,
      'webhook-timestamp': String(clock.nowMs() / 1000),
      'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
      'content-type': 'application/json',
      'user-agent': 'mulegate'
    }
  })
  expect(verified(present(message), webhook.secret.reveal(), clock.nowMs())).toEqual(JSON.parse(delivery.payload))
})

test('until the overlap ends a message is signed with the old secret too; a third one is refused', async () => {
  const receiver = await receiving()
  const previous = newWebhookSecret()
  const { webhook } = await carry(LOOPBACK, { url: receiver.origin, previous: { secret: previous, endsAtMs: clock.nowMs() + 1 } })
  const during = present(receiver.requests[0])
  for (const secret of [webhook.secret, previous]) expect(verified(during, secret.reveal(), clock.nowMs())).toMatchObject({ type: 'webhook.test' })
  expect(() => verified(during, newWebhookSecret().reveal(), clock.nowMs())).toThrow('No matching signature')

  const ended = await carry(LOOPBACK, { url: receiver.origin, previous: { secret: previous, endsAtMs: clock.nowMs() } })
  const after = present(receiver.requests[1])
  expect(verified(after, ended.webhook.secret.reveal(), clock.nowMs())).toMatchObject({ type: 'webhook.test' })
  expect(() => verified(after, previous.reveal(), clock.nowMs())).toThrow('No matching signature')
})

test('a message that was changed on the way is refused by the verifier', async () => {
  const receiver = await receiving()
  const { webhook } = await carry(LOOPBACK, { url: receiver.origin })
  const message = present(receiver.requests[0])
  expect(() => verified({ ...message, body: `${message.body} ` }, webhook.secret.reveal(), clock.nowMs())).toThrow('No matching signature')
  expect(() => verified(message, webhook.secret.reveal(), clock.nowMs() + 301_000)).toThrow('too old')
})
