// A create that came in before a change and is admitted after it: the change holds.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GENERATION, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { openSocket, readReplies } from '../../support/raw-http.ts'

const BODY = JSON.stringify({ prompt: 'a cat whose body is slow' })

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

type Caller = { team: string, keyId: string, key: string }

/** A create whose key was checked already, and whose body is still on its way. */
async function begin (key: string): Promise<Socket> {
  const socket = await openSocket(gateway.origin)
  socket.write([
    `POST ${GENERATION} HTTP/1.1`, 'Host: gateway', `Authorization: Bearer ${key}`, 'Content-Type: application/json', `Content-Length: ${BODY.length}`, 'Expect: 100-continue', '', ''
  ].join('\r\n'))
  const [answer] = await once(socket, 'data')
  expect(answer).toBe('HTTP/1.1 100 Continue\r\n\r\n')
  return socket
}

async function finish (socket: Socket): Promise<Reply | undefined> {
  socket.write(BODY)
  const [reply] = await readReplies(socket, 1)
  socket.destroy()
  return reply
}

const changes: { name: string, change: (caller: Caller) => Promise<Reply>, becomes: object }[] = [
  { name: 'the key was revoked', change: ({ keyId }) => gateway.admin('DELETE', `/admin/v1/keys/${keyId}`), becomes: { status: 401, json: { code: 'unauthenticated' } } },
  { name: 'the key expired', change: ({ keyId }) => gateway.admin('PATCH', `/admin/v1/keys/${keyId}`, { expires_at: '2026-11-22T12:00:00Z' }), becomes: { status: 401, json: { code: 'unauthenticated' } } },
  { name: 'the team was disabled', change: ({ team }) => gateway.admin('DELETE', `/admin/v1/teams/${team}`), becomes: { status: 401, json: { code: 'unauthenticated' } } },
  { name: 'the team\'s quota was lowered', change: ({ team }) => gateway.admin('PATCH', `/admin/v1/teams/${team}`, { limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 0 }] } }), becomes: { status: 429, json: { code: 'quota_exhausted' } } },
  { name: 'the key\'s places in flight were taken away', change: ({ keyId }) => gateway.admin('PATCH', `/admin/v1/keys/${keyId}`, { limits: { tasks_in_flight: 0 } }), becomes: { status: 429, json: { code: 'too_many_in_flight' } } },
  { name: 'the team\'s policy forbids the model', change: ({ team }) => gateway.admin('PATCH', `/admin/v1/teams/${team}`, { policy: { models: [] } }), becomes: { status: 403, json: { code: 'not_allowed' } } },
  { name: 'the key\'s policy decides the size', change: ({ keyId }) => gateway.admin('PATCH', `/admin/v1/keys/${keyId}`, { policy: { fields: { size: ['832*480'] } } }), becomes: { status: 202, headers: { 'mulegate-price-usd': '0.10' } } },
  { name: 'only a label changed', change: ({ keyId }) => gateway.admin('PATCH', `/admin/v1/keys/${keyId}`, { label: 'new' }), becomes: { status: 202, headers: { 'mulegate-price-usd': '0.50' } } }
]

for (const { name, change, becomes } of changes) {
  test(`between the headers of a create and its body ${name}: that holds for it`, async () => {
    const caller = await gateway.team()
    const { creates } = gateway.simulator.received
    const socket = await begin(caller.key)
    expect((await change(caller)).status).toBeLessThan(300)
    const reply = await finish(socket)
    expect(reply).toMatchObject(becomes)
    expect(gateway.simulator.received.creates - creates).toBe(reply?.status === 202 ? 1 : 0)
  })
}
