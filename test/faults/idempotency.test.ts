// Idempotency-Key: however often a create is repeated, one task is bought.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { accountOf, COUNTED, IN_DOUBT, UNDER_WAY } from '../support/account.ts'
import { eventually } from '../support/eventually.ts'
import { GENERATION, startGateway, type Gateway, type Reply } from '../support/gateway.ts'

let gateway: Gateway
let key: string
let team: string

beforeEach(async () => {
  gateway = await startGateway();
  ({ key, team } = await gateway.team({ limits: COUNTED }))
})
afterEach(() => gateway.stop())

function create (idempotencyKey: string, body: object = { prompt: 'a cat' }, withKey = key): Promise<Reply> {
  return gateway.call('POST', GENERATION, { key: withKey, body, headers: { 'idempotency-key': idempotencyKey } })
}

test('fifty parallel creates with one key buy one task: the others are replays, or told that the first still runs', async () => {
  const replies = await Promise.all(Array.from({ length: 50 }, () => create('fifty')))

  expect(gateway.simulator.received.creates).toBe(1)
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202, 409]))
  const first = replies.filter(({ status, headers }) => status === 202 && headers['idempotency-replayed'] === undefined)
  expect(first).toHaveLength(1)
  for (const { status, json, text, headers } of replies) {
    if (status === 202) expect(text).toBe(first[0]?.text)
    else expect({ code: json.code, retry: headers['retry-after'] }).toEqual({ code: 'idempotency_in_progress', retry: '2' })
  }
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)

  const late = await create('fifty')
  expect(late).toMatchObject({ status: 202, text: first[0]?.text, headers: { 'idempotency-replayed': 'true', 'mulegate-price-usd': '0.50', location: first[0]?.headers['location'] } })
})

test('a replay is the same answer after the task has moved on', async () => {
  const first = await create('moves')
  gateway.clock.advance(3_600_000)
  expect((await gateway.read(key, first.json.task_info.id)).json.task_info.status).toBe('completed')
  expect((await create('moves')).text).toBe(first.text)
})

test('while the first call runs, a second one is told so and nothing is sent', async () => {
  const first = create('held', { prompt: '[[hold]]' })
  await eventually(() => gateway.simulator.held === 1, 'the first call arrived')
  expect(await create('held', { prompt: '[[hold]]' })).toMatchObject({ status: 409, json: { code: 'idempotency_in_progress', error_code: 4091 }, headers: { 'retry-after': '2' } })
  gateway.simulator.release()
  expect((await first).status).toBe(202)
  expect(gateway.simulator.received.creates).toBe(1)
})

test.each<[what: string, fields: object, body: { prompt: string, size?: string }]>([
  ['decides another size', { size: ['832*480'] }, { prompt: 'a cat' }],
  ['forbids the size', { size: ['832*480'] }, { prompt: 'a cat', size: '1920*1080' }],
  ['decides what was left open', { safety_filter: [true] }, { prompt: 'a cat' }]
])('a policy that %s since then changes no answer of what was bought before', async (_what, fields, body) => {
  const first = await create('policy', body)
  const unknown = await create('unknown', { ...body, prompt: '[[reset]]' })
  expect(unknown.json.code).toBe('outcome_unknown')
  expect((await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { policy: { fields } })).status).toBe(200)
  expect(await create('policy', body)).toMatchObject({ status: 202, text: first.text, headers: { 'idempotency-replayed': 'true', 'mulegate-price-usd': '0.50' } })
  expect(await create('unknown', { ...body, prompt: '[[reset]]' })).toMatchObject({ status: 409, json: { code: 'outcome_unknown', task_ref: unknown.json.task_ref } })
  expect(gateway.simulator.received.creates).toBe(2)

  expect(await gateway.call('POST', `${GENERATION}?dry_run=true`, { key, body, headers: { 'idempotency-key': 'policy' } })).toMatchObject({ status: 200 })
  if (body.size !== undefined) expect(await create('new', body)).toMatchObject({ status: 403, json: { code: 'not_allowed' } })
})

test('the same key with another body is refused with 422, and with the same body written otherwise is a replay', async () => {
  await create('body', { prompt: 'a cat', size: '832*480' })
  expect(await create('body', { prompt: 'a dog', size: '832*480' })).toMatchObject({ status: 422, json: { code: 'idempotency_mismatch', error_code: 4221 } })
  expect(await create('body', { size: ' 832x480 ', prompt: ' a cat ', duration: '5', negative_prompt: null })).toMatchObject({ status: 202, headers: { 'idempotency-replayed': 'true' } })
  expect(gateway.simulator.received.creates).toBe(1)
})

test('a key holds for its team: another key of the team repeats, another team begins', async () => {
  const first = await create('shared')
  const sibling = await gateway.mint(team)
  expect((await create('shared', { prompt: 'a cat' }, sibling.key)).text).toBe(first.text)

  const other = await gateway.team()
  const separate = await create('shared', { prompt: 'a cat' }, other.key)
  expect(separate.status).toBe(202)
  expect(separate.json.task_info.id).not.toBe(first.json.task_info.id)
  expect(gateway.simulator.received.creates).toBe(2)
})

test('a refused call forgets its key', async () => {
  gateway.simulator.inject({ on: 'create', fault: 'status=400', times: 1 })
  expect((await create('again')).status).toBe(400)
  const second = await create('again')
  expect(second.status).toBe(202)
  expect(second.headers['idempotency-replayed']).toBeUndefined()
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})

test('an unsent call forgets its key', async () => {
  await gateway.simulator.stopListening()
  expect((await create('again')).status).toBe(503)
  await gateway.simulator.resumeListening()
  expect((await create('again')).status).toBe(202)
})

test('a call that the gateway itself refused has no claim', async () => {
  expect((await create('again', { prompt: '' })).status).toBe(400)
  expect((await create('again')).status).toBe(202)
})

test('an unknown outcome is answered the same again, and never resent', async () => {
  const first = await create('lost', { prompt: '[[reset]]' })
  expect(first.json.code).toBe('outcome_unknown')
  const second = await create('lost', { prompt: '[[reset]]' })
  expect(second).toMatchObject({ status: 409, json: { code: 'outcome_unknown', task_ref: first.json.task_ref } })
  gateway.clock.advance(10 * 24 * 3_600_000)
  expect((await create('lost', { prompt: '[[reset]]' })).json.task_ref).toBe(first.json.task_ref)
  expect(gateway.simulator.received.creates).toBe(1)
  expect((await accountOf(gateway, key)).usdHeld).toBe(IN_DOUBT.usdHeld)
})

test('a task that an operator found after all is replayed by its key, also after it was deleted', async () => {
  const lost = await create('found', { prompt: '[[reset]]' })
  const [taskId = ''] = gateway.simulator.received.tasks
  await gateway.admin('POST', `/admin/v1/tasks/${lost.json.task_ref}/resolve`, { as: 'accepted', task_id: taskId, reason: 'found in the console' })
  const replay = await create('found', { prompt: '[[reset]]' })
  expect(replay).toMatchObject({ status: 202, json: { task_info: { id: taskId, status: 'pending' } } })
  expect((await gateway.call('DELETE', `${GENERATION}/${taskId}`, { key })).status).toBe(200)
  expect((await create('found', { prompt: '[[reset]]' })).text).toBe(replay.text)
  expect(gateway.simulator.received.creates).toBe(1)
})

test('a dry run with a key gets the refusal that the create would get', async () => {
  const dryRun = (idempotencyKey: string, body: object): Promise<Reply> => gateway.call('POST', `${GENERATION}?dry_run=true`, { key, body, headers: { 'idempotency-key': idempotencyKey } })
  await create('dry', { prompt: 'a cat' })
  expect(await dryRun('dry', { prompt: 'a dog' })).toMatchObject({ status: 422, json: { code: 'idempotency_mismatch' } })
  expect(await dryRun('dry', { prompt: 'a cat' })).toMatchObject({ status: 200, json: { dry_run: true, admitted: true, price_usd: '0.50' } })
  const lost = await create('unknown', { prompt: '[[reset]]' })
  expect(await dryRun('unknown', { prompt: '[[reset]]' })).toMatchObject({ status: 409, json: { code: 'outcome_unknown', task_ref: lost.json.task_ref } })
  expect(gateway.simulator.received.creates).toBe(2)
})

test('a key is free again when its time is over', async () => {
  const first = await create('old')
  gateway.clock.advance(24 * 3_600_000)
  const second = await create('old')
  expect(second.status).toBe(202)
  expect(second.json.task_info.id).not.toBe(first.json.task_info.id)
})

test('a replay is answered even when the quota is used up, and a replay of a revoked key is not', async () => {
  const tight = await gateway.team({ limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 1 }] } })
  const first = await create('tight', { prompt: 'a cat' }, tight.key)
  expect((await create('another', { prompt: 'a cat' }, tight.key)).status).toBe(429)
  expect((await create('tight', { prompt: 'a cat' }, tight.key)).text).toBe(first.text)
  await gateway.admin('DELETE', `/admin/v1/keys/${tight.keyId}`)
  expect((await create('tight', { prompt: 'a cat' }, tight.key)).status).toBe(401)
})

test('a quoted key is the bare one', async () => {
  const first = await create('"quoted-1"')
  expect(await create('quoted-1')).toMatchObject({ text: first.text, headers: { 'idempotency-replayed': 'true' } })
})

test.each([
  ['an empty one', ''],
  ['one with a space', 'a b'],
  ['one of 256 characters', 'x'.repeat(256)],
  ['one beyond ASCII', 'caf\u00e9'],
  ['one whose quotes do not close', '"open']
])('%s is refused with 400 invalid_header', async (_name, value) => {
  expect(await create(value)).toMatchObject({ status: 400, json: { code: 'invalid_header' } })
  expect(gateway.simulator.received.creates).toBe(0)
})

test('two lines of the header are refused with 400 invalid_header', async () => {
  const response = await fetch(`${gateway.origin}${GENERATION}`, { method: 'HEAD' })
  expect(response.status).toBe(401)
  const { request } = await import('undici')
  const reply = await request(`${gateway.origin}${GENERATION}`, {
    method: 'POST',
    headers: ['authorization', `Bearer ${key}`, 'content-type', 'application/json', 'idempotency-key', 'a', 'idempotency-key', 'b'],
    body: JSON.stringify({ prompt: 'a cat' })
  })
  expect(reply.statusCode).toBe(400)
  expect(await reply.body.json()).toMatchObject({ code: 'invalid_header' })
})
