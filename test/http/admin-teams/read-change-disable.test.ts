// `GET`, `PATCH` (RFC 7396) and `DELETE` of teams.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, GENERATION, PENDING_MS, PROCESSING_MS, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

const TEAMS = '/admin/v1/teams'
const DAY = { per: 'day', unit: 'tasks', limit: 20 }
const MONTH = { per: 'month', unit: 'usd', limit: '150.00' }

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

const full = {
  name: 'Advertising',
  timezone: 'Europe/Berlin',
  limits: { requests_per_minute: 120, tasks_in_flight: 4, quotas: [DAY, MONTH] },
  policy: { models: ['alibaba/wan2.2-t2v-plus'], fields: { size: ['832*480', '480*832'], safety_filter: [true] } }
}

const changes: { name: string, patch: object, becomes: object }[] = [
  { name: 'nothing', patch: {}, becomes: { updated_at: '2026-11-22T12:00:00.000Z' } },
  { name: 'a name', patch: { name: 'Sales' }, becomes: { name: 'Sales' } },
  { name: 'null removes a name', patch: { name: null }, becomes: { name: '' } },
  { name: 'null removes a time zone, which is UTC then', patch: { timezone: null }, becomes: { timezone: 'UTC' } },
  { name: 'one limit, the others stay', patch: { limits: { tasks_in_flight: 9 } }, becomes: { limits: { requests_per_minute: 120, tasks_in_flight: 9, quotas: [DAY, MONTH] } } },
  { name: 'null removes one limit', patch: { limits: { tasks_in_flight: null } }, becomes: { limits: { requests_per_minute: 120, quotas: [DAY, MONTH] } } },
  { name: 'null removes all limits', patch: { limits: null }, becomes: { limits: { quotas: [] } } },
  { name: 'a list of quotas replaces the whole list', patch: { limits: { quotas: [{ per: 'week', unit: 'tasks', limit: 7 }] } }, becomes: { limits: { requests_per_minute: 120, tasks_in_flight: 4, quotas: [{ per: 'week', unit: 'tasks', limit: 7 }] } } },
  { name: 'null removes the quotas', patch: { limits: { quotas: null } }, becomes: { limits: { requests_per_minute: 120, tasks_in_flight: 4, quotas: [] } } },
  { name: 'one field of the policy, the others stay', patch: { policy: { fields: { size: ['624x624'] } } }, becomes: { policy: { models: full.policy.models, fields: { size: ['624*624'], safety_filter: [true] } } } },
  { name: 'a new field of the policy', patch: { policy: { fields: { prompt_extend: [false] } } }, becomes: { policy: { models: full.policy.models, fields: { ...full.policy.fields, prompt_extend: [false] } } } },
  { name: 'null removes one field of the policy', patch: { policy: { fields: { size: null } } }, becomes: { policy: { models: full.policy.models, fields: { safety_filter: [true] } } } },
  { name: 'null removes the models of the policy', patch: { policy: { models: null } }, becomes: { policy: { fields: full.policy.fields } } },
  { name: 'null removes the policy', patch: { policy: null }, becomes: { policy: {} } },
  { name: 'null for what is not there', patch: { limits: { requests_per_minute: null }, policy: { fields: { seed: null } } }, becomes: { limits: { tasks_in_flight: 4, quotas: [DAY, MONTH] } } },
  { name: 'disabled', patch: { disabled: true }, becomes: { disabled: true } },
  { name: 'several things at once', patch: { name: 'Both', limits: { tasks_in_flight: 1 }, timezone: 'Asia/Tokyo' }, becomes: { name: 'Both', limits: { ...full.limits, tasks_in_flight: 1 }, timezone: 'Asia/Tokyo' } }
]

for (const { name, patch, becomes } of changes) {
  test(`a change names only what it changes: ${name}`, async () => {
    gateway.clock.set('2026-11-22T12:00:00Z')
    const { team } = await gateway.team(full)
    gateway.clock.advance(1500)
    const reply = await gateway.admin('PATCH', `${TEAMS}/${team}`, patch)
    expect(reply.status, reply.text).toBe(200)
    expect(reply.json).toEqual({ id: team, ...full, disabled: false, created_at: '2026-11-22T12:00:00.000Z', updated_at: '2026-11-22T12:00:01.500Z', ...becomes })
    expect((await gateway.admin('GET', `${TEAMS}/${team}`)).json).toEqual(reply.json)
  })
}

test('a change may be sent as application/merge-patch+json', async () => {
  const { team } = await gateway.team(full)
  const reply = await gateway.call('PATCH', `${TEAMS}/${team}`, { key: ADMIN_TOKEN, body: '{"name":"Merged"}', headers: { 'content-type': 'application/merge-patch+json' } })
  expect(reply).toMatchObject({ status: 200, json: { name: 'Merged' } })
})

const wrong: { name: string, patch: unknown, errors: [pointer: string, detail: RegExp][] }[] = [
  { name: 'an unknown member', patch: { timezon: 'UTC' }, errors: [['/timezon', /did you mean timezone\?/]] },
  { name: 'the id', patch: { id: 'other' }, errors: [['/id', /unknown/]] },
  { name: 'a wrong time zone', patch: { timezone: 'Mars' }, errors: [['/timezone', /IANA/]] },
  { name: 'a wrong limit', patch: { limits: { tasks_in_flight: -1 } }, errors: [['/limits/tasks_in_flight', /negative/]] },
  { name: 'a wrong policy value', patch: { policy: { fields: { size: ['1280*720'] } } }, errors: [['/policy/fields/size/0', /not a value/]] },
  { name: 'limits that are no object', patch: { limits: 5 }, errors: [['/limits', /object/]] },
  { name: 'a list', patch: [], errors: [['', /object/]] },
  { name: 'a text', patch: 'name', errors: [['', /object/]] },
  { name: 'null', patch: null, errors: [['', /object/]] }
]

for (const { name, patch, errors } of wrong) {
  test(`a wrong change is refused whole, and the errors point to it: ${name}`, async () => {
    const { team } = await gateway.team(full)
    const body = typeof patch === 'object' && patch !== null && !Array.isArray(patch) ? { ...patch, name: 'changed' } : patch
    const reply = await gateway.admin('PATCH', `${TEAMS}/${team}`, JSON.stringify(body))
    expectProblem(reply, 'invalid_body', {
      instance: `${TEAMS}/${team}`, detail: /^The body is not valid: /, more: { errors: errors.map(([pointer, detail]) => ({ pointer, detail: expect.stringMatching(detail) })) }
    })
    expect((await gateway.admin('GET', `${TEAMS}/${team}`)).json).toMatchObject(full)
  })
}

test.each([
  ['a name that is unknown', (depth: number) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth), /a is unknown/],
  ['a rule', (depth: number) => `{"policy":{"fields":{"size":${'['.repeat(depth)}${']'.repeat(depth)}}}}`, /size/]
])('a change that is nested without end is refused as any other: %s', async (_name, nested, detail) => {
  const { team } = await gateway.team()
  expectProblem(await gateway.admin('PATCH', `${TEAMS}/${team}`, nested(40_000)), 'invalid_body', { instance: `${TEAMS}/${team}`, detail, more: { errors: [expect.any(Object)] } })
})

test('a change without a body is refused', async () => {
  const { team } = await gateway.team()
  expectProblem(await gateway.admin('PATCH', `${TEAMS}/${team}`), 'invalid_body', { instance: `${TEAMS}/${team}`, detail: /object/, more: { errors: [{ pointer: '', detail: 'must be a JSON object' }] } })
})

test('changes at once lose nothing of each other', async () => {
  const { team } = await gateway.team()
  const patches = [{ name: 'New' }, { timezone: 'Asia/Tokyo' }, { limits: { tasks_in_flight: 3 } }, { limits: { requests_per_minute: 5 } }, { policy: { fields: { seed: [1] } } }, { policy: { fields: { size: ['624*624'] } } }]
  const replies = await Promise.all(patches.map(patch => gateway.admin('PATCH', `${TEAMS}/${team}`, patch)))
  expect(replies.map(({ status }) => status)).toEqual(patches.map(() => 200))
  expect((await gateway.admin('GET', `${TEAMS}/${team}`)).json).toMatchObject({
    name: 'New', timezone: 'Asia/Tokyo', limits: { tasks_in_flight: 3, requests_per_minute: 5, quotas: [] }, policy: { fields: { seed: [1], size: ['624*624'] } }
  })
})

test('a changed limit holds for the next request, upwards and downwards', async () => {
  const { team, key } = await gateway.team({ limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 1 }] } })
  expect((await gateway.create(key)).status).toBe(202)
  expect((await gateway.create(key)).status).toBe(429)
  await gateway.admin('PATCH', `${TEAMS}/${team}`, { limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 2 }] } })
  expect((await gateway.create(key)).status).toBe(202)
  await gateway.admin('PATCH', `${TEAMS}/${team}`, { limits: { quotas: null } })
  expect((await gateway.create(key)).status).toBe(202)
  await gateway.admin('PATCH', `${TEAMS}/${team}`, { limits: { tasks_in_flight: 3 } })
  expect((await gateway.create(key)).json.code).toBe('too_many_in_flight')
})

test('a disabled team\'s keys are 401 from the next request on, and its running tasks still settle', async () => {
  const { team, key } = await gateway.team({ limits: { quotas: [DAY] } })
  const { json } = await gateway.create(key, { prompt: 'a cat [[fail]]' })

  const disabled = await gateway.admin('DELETE', `${TEAMS}/${team}`)
  expect(disabled).toMatchObject({ status: 204, text: '' })
  for (const reply of [await gateway.create(key), await gateway.read(key, json.task_info.id), await gateway.usage(key), await gateway.call('DELETE', `${GENERATION}/${json.task_info.id}`, { key })]) {
    expect(reply.status).toBe(401)
  }
  expect((await gateway.admin('GET', `${TEAMS}/${team}`)).json).toMatchObject({ id: team, disabled: true })
  expect((await gateway.admin('DELETE', `${TEAMS}/${team}`)).status).toBe(204)

  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  expect((await gateway.admin('PATCH', `${TEAMS}/${team}`, { disabled: false })).json.disabled).toBe(false)
  expect((await gateway.read(key, json.task_info.id)).json.task_info.status).toBe('failed')
  expect((await gateway.usage(key)).json.quotas).toMatchObject([{ used: 0, held: 0 }])
})

for (const id of ['missing', 'Not-An-Id', 'a_b', 'x'.repeat(41), '%20', '%zz']) {
  for (const [method, body] of [['GET', undefined], ['PATCH', { name: 'x' }], ['DELETE', undefined]] as const) {
    test(`${method} of a team that is not there is not_found: ${id.slice(0, 12)}`, async () => {
      expectProblem(await gateway.admin(method, `${TEAMS}/${id}`, body), 'not_found', { instance: `${TEAMS}/${id}`, detail: /^There is no (such )?(team|route)/ })
    })
  }
}
