// The request left and no answer that can be trusted came back: the hold stays, and clients must not send again.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { accountOf, COUNTED, IN_DOUBT, newestTask, UNTOUCHED } from '../../support/account.ts'
import { GENERATION, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'
import { answer, pointingAt, providerError, startUpstream, taskAnswer, type Script, type ScriptedUpstream } from '../../support/scripted-upstream.ts'

let upstream: ScriptedUpstream
let gateway: Gateway
let cautious: Gateway
let impatient: Gateway
beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await startGateway(pointingAt(upstream.origin))
  cautious = await startGateway(pointingAt(upstream.origin, { UPSTREAM_5XX: 'unknown' }))
  impatient = await startGateway(pointingAt(upstream.origin, { UPSTREAM_TIMEOUT_MS: '200' }))
})
beforeEach(() => { upstream.requests.length = 0 })
afterAll(async () => {
  await Promise.all([gateway, cautious, impatient].map(each => each.stop()))
  await upstream.close()
})

async function expectUnknown (asked: Gateway, key: string, reply: Reply): Promise<void> {
  expect(upstream.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([`POST ${GENERATION}`])
  const task = await newestTask(asked, key)
  expect(task).toMatchObject({ task_id: null, status: 'unknown', money: 'held', price_usd: '0.50' })
  expectProblem(reply, 'outcome_unknown', { instance: GENERATION, detail: new RegExp(`may be billed.*${task.task_ref}`), more: { task_ref: task.task_ref } })
  expect(task.task_ref).toMatch(/^tsk_[0-9A-Za-z]+$/)
  expect(reply.headers).not.toHaveProperty('retry-after')
  expect(await accountOf(asked, key)).toEqual(IN_DOUBT)
  expect(asked.log()).toContainEqual(expect.objectContaining({ msg: 'task unknown', task_ref: task.task_ref, money: 'held' }))
}

const unreadable: { name: string, script: Script }[] = [
  { name: '500 as HTML', script: answer(500, '<html>Internal Server Error</html>') },
  { name: '500 without a body', script: answer(500, '') },
  { name: '502 as HTML', script: answer(502, '<html>Bad Gateway</html>') },
  { name: '503 with JSON of another kind', script: answer(503, { message: 'no healthy upstream' }) },
  { name: '504 in the provider\'s own shape', script: providerError(504, 4002) },
  { name: '504 as HTML', script: answer(504, '<html>Gateway Time-out</html>') },
  { name: '501 in the provider\'s own shape', script: providerError(501, 4002) },
  { name: '520 in the provider\'s own shape', script: providerError(520, 4002) },
  { name: '408', script: providerError(408, 2001) },
  { name: '202 without an id', script: answer(202, { task_info: { status: 'pending' } }) },
  { name: '202 with an id that is no text', script: answer(202, { task_info: { id: 7, status: 'pending' } }) },
  { name: '202 with an empty id', script: taskAnswer(202, '') },
  { name: '202 with an id that fits into no path', script: taskAnswer(202, '../../admin') },
  { name: '202 with an id of 129 characters', script: taskAnswer(202, 'a'.repeat(129)) },
  { name: '202 with another JSON', script: answer(202, { id: 'task-1' }) },
  { name: '202 with a JSON that is no object', script: answer(202, '[]') },
  { name: '202 that is no JSON', script: answer(202, '<html>Accepted</html>') },
  { name: '202 without a body', script: answer(202, '') },
  { name: '204', script: response => response.writeHead(204).end() },
  {
    name: '202 that is cut off',
    script: response => {
      response.writeHead(202, { 'content-type': 'application/json', 'content-length': 100 })
      response.write('{"task_info":{"id":"task-1",', () => response.destroy())
    }
  },
  { name: '202 with a body of more than a megabyte', script: taskAnswer(202, 'task-1', 'pending', { more: 'x'.repeat(1_100_000) }) },
  { name: 'a reset after the request was read', script: response => response.socket?.resetAndDestroy() },
  { name: 'a connection closed without an answer', script: response => response.socket?.destroy() },
  { name: 'bytes that are no HTTP', script: response => response.socket?.end('garbage\r\n\r\n') }
]

for (const { name, script } of unreadable) {
  test(`outcome_unknown, held, and sent once: ${name}`, async () => {
    const { key } = await gateway.team({ limits: COUNTED })
    upstream.script = script
    await expectUnknown(gateway, key, await gateway.create(key))
  })
}

test('outcome_unknown, held, and sent once: no answer within UPSTREAM_TIMEOUT_MS', async () => {
  const { key } = await impatient.team({ limits: COUNTED })
  upstream.script = () => {}
  await expectUnknown(impatient, key, await impatient.create(key))
})

test('outcome_unknown, held, and sent once: headers in time, but the body never ends', async () => {
  const { key } = await impatient.team({ limits: COUNTED })
  upstream.script = response => response.writeHead(202, { 'content-type': 'application/json' }).write('{"task_info":{"id":"task-1"')
  await expectUnknown(impatient, key, await impatient.create(key))
})

for (const status of [500, 502, 503]) {
  test(`with UPSTREAM_5XX=unknown a ${status} in the provider's own shape is outcome_unknown, held`, async () => {
    const { key } = await cautious.team({ limits: COUNTED })
    upstream.script = providerError(status, 4002)
    await expectUnknown(cautious, key, await cautious.create(key))
  })
}

test('with UPSTREAM_5XX=unknown a 4xx is still a refusal, refunded', async () => {
  const { key } = await cautious.team({ limits: COUNTED })
  upstream.script = providerError(400)
  expect((await cautious.create(key)).json.code).toBe('upstream_refused')
  expect(await accountOf(cautious, key)).toEqual(UNTOUCHED)
})

test('an unknown outcome occupies its money, but no place in flight', async () => {
  const { key } = await gateway.team({ limits: { tasks_in_flight: 1, quotas: [{ per: 'day', unit: 'tasks', limit: 2 }] } })
  upstream.script = answer(504, '')
  expect((await gateway.create(key)).json.code).toBe('outcome_unknown')
  expect((await gateway.create(key)).json.code).toBe('outcome_unknown')
  expect((await gateway.create(key)).json.code).toBe('quota_exhausted')
  expect((await gateway.usage(key)).json).toMatchObject({ in_flight: { used: 0 }, quotas: [{ used: 2, held: 2, remaining: 0 }] })
})
