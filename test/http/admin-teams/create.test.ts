// `POST /admin/v1/teams`.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

const TEAMS = '/admin/v1/teams'
const MODEL = 'alibaba/wan2.2-t2v-plus'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

test('a team with every setting is created, shown, and read again as it was shown', async () => {
  const settings = {
    name: 'Advertising ✨',
    timezone: 'Europe/Berlin',
    limits: {
      requests_per_minute: 120,
      tasks_in_flight: 4,
      quotas: [{ per: 'day', unit: 'tasks', limit: 20 }, { per: 'month', unit: 'usd', limit: '150.00' }]
    },
    policy: { models: [MODEL], fields: { size: ['832*480', '480*832', '624*624'], safety_filter: [true] } }
  }
  const reply = await gateway.admin('POST', TEAMS, { id: 'ads', ...settings })
  expect(reply.status).toBe(201)
  expect(reply.headers['location']).toBe(`${TEAMS}/ads`)
  expect(reply.json).toEqual({ id: 'ads', ...settings, disabled: false, created_at: '2026-11-22T12:00:00.000Z', updated_at: '2026-11-22T12:00:00.000Z' })
  expect((await gateway.admin('GET', `${TEAMS}/ads`)).json).toEqual(reply.json)
})

test('a team needs only an id: UTC, no limits, no policy', async () => {
  const reply = await gateway.admin('POST', TEAMS, { id: 'plain' })
  expect(reply.status).toBe(201)
  expect(reply.json).toMatchObject({ id: 'plain', name: '', timezone: 'UTC', limits: { quotas: [] }, policy: {}, disabled: false })
  expect(reply.json.limits).not.toHaveProperty('requests_per_minute')
  expect(reply.json.limits).not.toHaveProperty('tasks_in_flight')
  expect(reply.json.policy).toEqual({})
})

for (const id of ['a', '0', '-', 'a-1', 'x'.repeat(40)]) {
  test(`an id may be ${id.length > 10 ? `${id.length} characters long` : id}`, async () => {
    expect((await gateway.admin('POST', TEAMS, { id })).status).toBe(201)
    expect((await gateway.admin('GET', `${TEAMS}/${id}`)).json.id).toBe(id)
  })
}

test('policy values are kept in the form in which they are sent', async () => {
  const reply = await gateway.admin('POST', TEAMS, {
    id: 'normal', policy: { fields: { size: ['832x480', ' 1920 × 1080 '], duration: ['5'], seed: ['007', 8], prompt: ['  a cat '] } }
  })
  expect(reply.json.policy).toEqual({ fields: { size: ['832*480', '1920*1080'], duration: [5], seed: [7, 8], prompt: ['a cat'] } })
})

test('amounts of money are kept with two digits at least, and up to six', async () => {
  const limitOf = async (id: string, limit: string) => (await gateway.admin('POST', TEAMS, { id, limits: { quotas: [{ per: 'day', unit: 'usd', limit }] } })).json.limits.quotas[0].limit
  expect(await limitOf('money-1', '150')).toBe('150.00')
  expect(await limitOf('money-2', '0.5')).toBe('0.50')
  expect(await limitOf('money-3', '0.000001')).toBe('0.000001')
  expect(await limitOf('money-4', '0')).toBe('0.00')
})

test('a team that exists is 409 already_exists, and stays as it was', async () => {
  await gateway.admin('POST', TEAMS, { id: 'twice', name: 'first' })
  const reply = await gateway.admin('POST', TEAMS, { id: 'twice', name: 'second' })
  expectProblem(reply, 'already_exists', { instance: TEAMS, detail: /team twice/ })
  expect((await gateway.admin('GET', `${TEAMS}/twice`)).json.name).toBe('first')
})

test('a disabled team exists too', async () => {
  await gateway.admin('POST', TEAMS, { id: 'gone' })
  await gateway.admin('DELETE', `${TEAMS}/gone`)
  expect((await gateway.admin('POST', TEAMS, { id: 'gone' })).json.code).toBe('already_exists')
})

test('of twenty creates of one team at once one succeeds', async () => {
  const replies = await Promise.all(Array.from({ length: 20 }, () => gateway.admin('POST', TEAMS, { id: 'raced' })))
  expect(replies.map(({ status }) => status).toSorted()).toEqual([201, ...Array(19).fill(409)])
})

const wrong: { name: string, body: unknown, errors: [pointer: string, detail: RegExp][] }[] = [
  { name: 'no id', body: {}, errors: [['/id', /required/]] },
  ...['', 'Ads', 'a_b', 'a b', 'ä', 'a/b', 'x'.repeat(41)].map(id => ({ name: `id ${JSON.stringify(id).slice(0, 12)}`, body: { id }, errors: [['/id', /1 to 40/]] as [string, RegExp][] })),
  { name: 'an id that is no text', body: { id: 7 }, errors: [['/id', /string/]] },
  { name: 'a name that is no text', body: { id: 'wrong', name: 7 }, errors: [['/name', /string/]] },
  { name: 'a name of 201 characters', body: { id: 'wrong', name: 'x'.repeat(201) }, errors: [['/name', /200/]] },
  ...['Berlin', 'Europe/Atlantis', '+01:00', '', 'UTC+1', 7, null].map(timezone => ({ name: `timezone ${JSON.stringify(timezone)}`, body: { id: 'wrong', timezone }, errors: [['/timezone', /Europe\/Berlin/]] as [string, RegExp][] })),
  { name: 'an unknown member', body: { id: 'wrong', time_zone: 'UTC' }, errors: [['/time_zone', /did you mean timezone\?/]] },
  { name: 'disabled, which only a change may say', body: { id: 'wrong', disabled: true }, errors: [['/disabled', /unknown/]] },

  { name: 'limits that are no object', body: { id: 'wrong', limits: [] }, errors: [['/limits', /object/]] },
  { name: 'an unknown limit', body: { id: 'wrong', limits: { tasks_inflight: 1 } }, errors: [['/limits/tasks_inflight', /did you mean tasks_in_flight\?/]] },
  { name: 'negative requests_per_minute', body: { id: 'wrong', limits: { requests_per_minute: -1 } }, errors: [['/limits/requests_per_minute', /negative/]] },
  { name: 'half a task in flight', body: { id: 'wrong', limits: { tasks_in_flight: 0.5 } }, errors: [['/limits/tasks_in_flight', /whole number/]] },
  { name: 'a limit as text', body: { id: 'wrong', limits: { tasks_in_flight: '4' } }, errors: [['/limits/tasks_in_flight', /whole number/]] },
  { name: 'quotas that are no list', body: { id: 'wrong', limits: { quotas: {} } }, errors: [['/limits/quotas', /list/]] },
  { name: 'a quota that is no object', body: { id: 'wrong', limits: { quotas: ['20 a day'] } }, errors: [['/limits/quotas/0', /object/]] },
  { name: 'a quota per fortnight', body: { id: 'wrong', limits: { quotas: [{ per: 'fortnight', unit: 'tasks', limit: 1 }] } }, errors: [['/limits/quotas/0/per', /hour, day, week, month, total/]] },
  { name: 'a quota in euros', body: { id: 'wrong', limits: { quotas: [{ per: 'day', unit: 'eur', limit: '1.00' }] } }, errors: [['/limits/quotas/0/unit', /tasks or usd/]] },
  { name: 'tasks as text', body: { id: 'wrong', limits: { quotas: [{ per: 'day', unit: 'tasks', limit: '20' }] } }, errors: [['/limits/quotas/0/limit', /whole number/]] },
  { name: 'dollars as a number', body: { id: 'wrong', limits: { quotas: [{ per: 'day', unit: 'usd', limit: 1.5 }] } }, errors: [['/limits/quotas/0/limit', /"150\.00"/]] },
  { name: 'dollars with a sign', body: { id: 'wrong', limits: { quotas: [{ per: 'day', unit: 'usd', limit: '-1.50' }] } }, errors: [['/limits/quotas/0/limit', /"150\.00"/]] },
  { name: 'dollars with a currency', body: { id: 'wrong', limits: { quotas: [{ per: 'day', unit: 'usd', limit: '$1.50' }] } }, errors: [['/limits/quotas/0/limit', /"150\.00"/]] },
  { name: 'seven digits behind the point', body: { id: 'wrong', limits: { quotas: [{ per: 'day', unit: 'usd', limit: '0.0000001' }] } }, errors: [['/limits/quotas/0/limit', /"150\.00"/]] },
  { name: 'a quota without a limit', body: { id: 'wrong', limits: { quotas: [{ per: 'day', unit: 'tasks' }] } }, errors: [['/limits/quotas/0/limit', /whole number/]] },
  { name: 'a quota with an unknown member', body: { id: 'wrong', limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 1, limits: 2 }] } }, errors: [['/limits/quotas/0/limits', /did you mean limit\?/]] },
  { name: 'two quotas of the same kind', body: { id: 'wrong', limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 1 }, { per: 'day', unit: 'tasks', limit: 2 }] } }, errors: [['/limits/quotas', /twice/]] },

  { name: 'a policy that is no object', body: { id: 'wrong', policy: 'all' }, errors: [['/policy', /object/]] },
  { name: 'an unknown member of the policy', body: { id: 'wrong', policy: { model: [MODEL] } }, errors: [['/policy/model', /did you mean models\?/]] },
  { name: 'a model that does not exist', body: { id: 'wrong', policy: { models: [MODEL, 'alibaba/wan2.2-t2v-plu'] } }, errors: [['/policy/models/1', /did you mean alibaba\/wan2\.2-t2v-plus\?/]] },
  { name: 'a model without its vendor', body: { id: 'wrong', policy: { models: ['wan2.2-t2v-plus'] } }, errors: [['/policy/models/0', /alibaba\/wan2\.2-t2v-plus/]] },
  { name: 'a model that is no name', body: { id: 'wrong', policy: { models: [MODEL, 5] } }, errors: [['/policy/models/1', /^must be a vendor\/model name$/]] },
  { name: 'models that are no list', body: { id: 'wrong', policy: { models: MODEL } }, errors: [['/policy/models', /list/]] },
  { name: 'a field that does not exist', body: { id: 'wrong', policy: { fields: { sizes: ['832*480'] } } }, errors: [['/policy/fields/sizes', /did you mean size\?/]] },
  { name: 'values that are no list', body: { id: 'wrong', policy: { fields: { size: '832*480' } } }, errors: [['/policy/fields/size', /list/]] },
  { name: 'a value that the field cannot have', body: { id: 'wrong', policy: { fields: { size: ['832*480', '1280*720'] } } }, errors: [['/policy/fields/size/1', /not a value/]] },
  { name: 'a value of another kind', body: { id: 'wrong', policy: { fields: { safety_filter: ['true'] } } }, errors: [['/policy/fields/safety_filter/0', /not a value/]] },
  { name: 'a value that is an object', body: { id: 'wrong', policy: { fields: { size: [{ w: 832 }] } } }, errors: [['/policy/fields/size/0', /string/]] },

  { name: 'everything at once', body: { id: 'Wrong', name: 7, timezone: 'Mars', limits: { tasks_in_flight: -1, foo: 1 }, extra: 1 }, errors: [['/id', /1 to 40/], ['/name', /string/], ['/timezone', /IANA/], ['/limits/tasks_in_flight', /negative/], ['/limits/foo', /unknown/], ['/extra', /unknown/]] },
  { name: 'all of a policy at once', body: { id: 'wrong', policy: { models: ['x'], fields: { foo: [1], size: ['x'], seed: [-1, 'y'] } } }, errors: [['/policy/models/0', /unknown/], ['/policy/fields/foo', /unknown/], ['/policy/fields/size/0', /not a value/], ['/policy/fields/seed/0', /not a value/], ['/policy/fields/seed/1', /not a value/]] },

  { name: 'a list', body: [], errors: [['', /object/]] },
  { name: 'null', body: null, errors: [['', /object/]] }
]

for (const { name, body, errors } of wrong) {
  test(`refused, and the errors point to it: ${name}`, async () => {
    const reply = await gateway.admin('POST', TEAMS, JSON.stringify(body))
    expectProblem(reply, 'invalid_body', { instance: TEAMS, detail: /^The body is not valid: /, more: { errors: expect.anything() } })
    const byPointer = (a: { pointer: string }, b: { pointer: string }): number => a.pointer < b.pointer ? -1 : 1
    expect(reply.json.errors.toSorted(byPointer)).toEqual(errors.map(([pointer, detail]) => ({ pointer, detail: expect.stringMatching(detail) })).toSorted(byPointer))
    expect((await gateway.admin('GET', `${TEAMS}/wrong`)).status).toBe(404)
  })
}

for (const body of ['', '{', '{"id":"wrong","__proto__":{}}']) {
  test(`refused, because it is no proper JSON: ${body === '' ? 'an empty body' : body}`, async () => {
    expectProblem(await gateway.admin('POST', TEAMS, body), 'invalid_body', { instance: TEAMS, detail: /^The body is not /, more: { errors: [{ pointer: '', detail: expect.any(String) }] } })
  })
}
