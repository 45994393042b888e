// An operator decides an unknown outcome: billed, not billed, or found after all.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { accountOf, COUNTED, IN_DOUBT, SPENT, UNDER_WAY, UNTOUCHED } from '../../support/account.ts'
import { startGateway, type Gateway, type Reply } from '../../support/gateway.ts'

let gateway: Gateway
let key: string
let ref: string
let taskId: string

beforeAll(async () => { gateway = await startGateway({ STATUS_MAX_AGE_MS: '1000' }) })
afterAll(() => gateway.stop())
beforeEach(async () => {
  key = (await gateway.team({ limits: COUNTED })).key
  const lost = await gateway.create(key, { prompt: '[[reset]]' })
  ref = lost.json.task_ref
  // The simulator made it: this is the id that an operator finds in the provider's console.
  taskId = gateway.simulator.received.tasks.at(-1) ?? ''
  expect(await accountOf(gateway, key)).toEqual(IN_DOUBT)
})

function resolve (body: object): Promise<Reply> { return gateway.admin('POST', `/admin/v1/tasks/${ref}/resolve`, body) }

test('an unknown outcome is listed', async () => {
  const { json } = await gateway.admin('GET', '/admin/v1/tasks?status=unknown&limit=1')
  expect(json.data).toMatchObject([{ task_ref: ref, task_id: null, status: 'unknown', money: 'held' }])
})

test('as spent, the price is paid and the task stays unknown', async () => {
  expect(await resolve({ as: 'spent', reason: 'on the invoice' })).toMatchObject({ status: 200, json: { task_ref: ref, status: 'unknown', money: 'spent' } })
  expect(await accountOf(gateway, key)).toEqual(SPENT)
})

test('as refunded, the price goes back', async () => {
  expect(await resolve({ as: 'refunded', reason: 'not on the invoice' })).toMatchObject({ status: 200, json: { status: 'unknown', money: 'refunded' } })
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
})

test('as accepted, the team reads its video and the price is paid when it is completed', async () => {
  expect(await resolve({ as: 'accepted', task_id: taskId, reason: 'found in the console' })).toMatchObject({ status: 200, json: { task_id: taskId, status: 'pending', money: 'held' } })
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
  gateway.clock.advance(3_600_000)
  const { json } = await gateway.read(key, taskId)
  expect(json.task_info.status).toBe('completed')
  expect(json.videos).toHaveLength(1)
  expect(await accountOf(gateway, key)).toMatchObject({ inFlight: 0, usd: '0.50', usdHeld: '0.00' })
})

test('as accepted after it was refunded, it is charged again', async () => {
  await resolve({ as: 'refunded', reason: 'not on the invoice' })
  expect((await resolve({ as: 'accepted', task_id: taskId, reason: 'it was there after all' })).status).toBe(200)
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})

test('a decision is logged with who and why', async () => {
  await resolve({ as: 'spent', reason: 'on the invoice of November' })
  expect(gateway.log()).toContainEqual(expect.objectContaining({ msg: 'task resolved', task_ref: ref, actor: 'admin', as: 'spent', reason: 'on the invoice of November' }))
})

test('what was decided is not decided again, and the audit trail and the log do not say that it was', async () => {
  await resolve({ as: 'spent', reason: 'on the invoice' })
  expect(await resolve({ as: 'refunded', reason: 'or not?' })).toMatchObject({ status: 409, json: { code: 'already_decided' } })
  expect(await accountOf(gateway, key)).toEqual(SPENT)
  const { json } = await gateway.admin('GET', '/admin/v1/audit?limit=3')
  expect(json.data).toMatchObject([{ reason: 'or not?', outcome: 'not_made' }, { reason: 'or not?', outcome: 'made' }, { reason: 'on the invoice', outcome: 'made' }])
  expect(gateway.log().filter(({ msg, task_ref: of }) => msg === 'task resolved' && of === ref)).toMatchObject([{ as: 'spent' }])
})

test('of two decisions at once that give one id to tasks of two teams, one is refused, and one price is held', async () => {
  const other = (await gateway.team({ limits: COUNTED })).key
  const otherRef = (await gateway.create(other, { prompt: '[[reset]]' })).json.task_ref
  const body = { as: 'accepted', task_id: taskId, reason: 'found in the console' }
  const decided = await Promise.all([ref, otherRef].map(async unknown => await gateway.admin('POST', `/admin/v1/tasks/${unknown}/resolve`, body)))
  expect(decided.map(({ status }) => status).sort()).toEqual([200, 409])
  expect(decided.find(({ status }) => status === 409)?.json).toMatchObject({ code: 'already_decided', detail: expect.stringContaining(taskId) })
  expect((await gateway.admin('GET', `/admin/v1/tasks?task_id=${taskId}`)).json.data).toHaveLength(1)
})

test('an id that another task has already is refused, whichever team that belongs to', async () => {
  const other = await gateway.team({ limits: COUNTED })
  const known = (await gateway.create(other.key)).json.task_info.id
  expect(await resolve({ as: 'accepted', task_id: known, reason: 'the wrong line of the console' })).toMatchObject({ status: 409, json: { code: 'already_decided' } })
  expect(await accountOf(gateway, key)).toEqual(IN_DOUBT)
  expect((await gateway.read(key, known)).status).toBe(404)
})

test('a task whose outcome is known is not decided', async () => {
  await gateway.create(key)
  const { json } = await gateway.call('GET', '/v1/tasks?limit=1', { key })
  expect(await gateway.admin('POST', `/admin/v1/tasks/${json.data[0].task_ref}/resolve`, { as: 'refunded', reason: 'please' })).toMatchObject({ status: 409, json: { code: 'already_decided' } })
})

test.each([
  ['no body at all', {}, '/as'],
  ['another word', { as: 'lost', reason: 'x' }, '/as'],
  ['no reason', { as: 'spent' }, '/reason'],
  ['an empty reason', { as: 'spent', reason: ' ' }, '/reason'],
  ['accepted without an id', { as: 'accepted', reason: 'x' }, '/task_id'],
  ['an id that cannot be one', { as: 'accepted', task_id: 'a/b', reason: 'x' }, '/task_id'],
  ['an id where none belongs', { as: 'spent', task_id: 'abc', reason: 'x' }, '/task_id']
])('%s is refused with its pointer, and nothing is decided', async (_name, body, pointer) => {
  const reply = await resolve(body)
  expect(reply, reply.text).toMatchObject({ status: 400, json: { code: 'invalid_body' } })
  expect(reply.json.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer)
  expect(await accountOf(gateway, key)).toEqual(IN_DOUBT)
})

test('an unknown or impossible task_ref is not found', async () => {
  for (const wrong of ['tsk_doesnotexist', 'nonsense']) {
    expect(await gateway.admin('POST', `/admin/v1/tasks/${wrong}/resolve`, { as: 'spent', reason: 'x' })).toMatchObject({ status: 404, json: { code: 'not_found' } })
  }
})

test('a task_id is taken only where a task is accepted, and the refusal says no nonsense', async () => {
  for (const as of ['spent', 'refunded']) {
    const { status, json } = await resolve({ as, task_id: 'some-task', reason: 'x' })
    expect(status).toBe(400)
    expect(json.errors).toEqual([{ pointer: '/task_id', detail: 'does not go with the other fields' }])
    expect(json.detail).toContain('task_id does not go with the other fields')
  }
})
