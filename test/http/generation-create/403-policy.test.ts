// CONTRACT §4, policy: what team and key both permit, and what becomes of a field that the caller does not give.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf, COUNTED, UNTOUCHED } from '../../support/account.ts'
import { GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

const MODEL = 'alibaba/wan2.2-t2v-plus'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

type Case = { name: string, team?: object, key?: object, body?: object }

const permitted: (Case & { sends: object })[] = [
  { name: 'an empty policy permits everything', team: {}, key: {}, body: { size: '832*480' }, sends: { size: '832*480' } },
  { name: 'a model that is listed', team: { models: [MODEL] }, sends: {} },
  { name: 'a model that team and key list', team: { models: [MODEL] }, key: { models: [MODEL] }, sends: {} },
  { name: 'a value that the team lists', team: { fields: { size: ['832*480', '480*832'] } }, body: { size: '480*832' }, sends: { size: '480*832' } },
  { name: 'a value that the key lists', key: { fields: { size: ['832*480', '480*832'] } }, body: { size: '480*832' }, sends: { size: '480*832' } },
  { name: 'a value that both list', team: { fields: { size: ['832*480', '480*832'] } }, key: { fields: { size: ['480*832', '624*624'] } }, body: { size: '480*832' }, sends: { size: '480*832' } },
  { name: 'a value written in another form than the policy\'s', team: { fields: { size: ['832*480', '480*832'] } }, body: { size: ' 480 x 832 ' }, sends: { size: '480*832' } },
  { name: 'a policy written in another form than the value', team: { fields: { size: ['832x480', '480 × 832'], duration: ['5'], seed: ['7', '8'] } }, body: { size: '480*832', seed: 7 }, sends: { size: '480*832', seed: 7 } },

  { name: 'a field that is not given gets the only permitted value', team: { fields: { size: ['832*480'] } }, sends: { size: '832*480' } },
  { name: 'a field that is not given gets the only value that team and key both permit', team: { fields: { size: ['832*480', '480*832'] } }, key: { fields: { size: ['480*832', '624*624'] } }, sends: { size: '480*832' } },
  { name: 'a list that names one value twice has only one', team: { fields: { size: ['832*480', '832x480'] } }, sends: { size: '832*480' } },
  { name: 'a field without a default gets the only permitted value', team: { fields: { seed: [42] } }, sends: { seed: 42 } },
  { name: 'safety_filter gets the only permitted value', team: { fields: { safety_filter: [true] } }, sends: { safety_filter: true } },
  { name: 'safety_filter gets the only permitted value, when it is false too', key: { fields: { safety_filter: [false] } }, sends: { safety_filter: false } },
  { name: 'prompt_extend gets the only permitted value instead of its default', team: { fields: { prompt_extend: [false] } }, sends: { prompt_extend: false } },

  { name: 'a field that is not given keeps its default when that is one of the permitted values', team: { fields: { size: ['832*480', '1920*1080'] } }, sends: { size: '1920*1080' } },
  { name: 'safety_filter keeps what MuleRouter assumes when that is permitted, and is not sent', team: { fields: { safety_filter: [true, false] } }, sends: {} },
  { name: 'the default must be permitted by team and key', team: { fields: { size: ['832*480', '1920*1080', '624*624'] } }, key: { fields: { size: ['1920*1080', '624*624'] } }, sends: { size: '1920*1080' } },
  { name: 'rules about several fields hold together', team: { fields: { size: ['624*624'], safety_filter: [true] } }, key: { fields: { prompt_extend: [true, false] } }, body: { prompt_extend: false }, sends: { size: '624*624', safety_filter: true, prompt_extend: false } }
]

for (const { name, team = {}, key = {}, body = {}, sends } of permitted) {
  test(`permitted: ${name}`, async () => {
    const caller = await gateway.team({ policy: team }, { policy: key })
    const reply = await gateway.create(caller.key, { prompt: 'a cat', ...body })
    expect(reply.status, reply.text).toBe(202)
    expect(gateway.simulator.received.requests.at(-1)?.body).toEqual({ prompt: 'a cat', size: '1920*1080', duration: 5, prompt_extend: true, ...sends })
  })
}

const forbidden: (Case & { says: RegExp })[] = [
  { name: 'a list of no models', team: { models: [] }, says: /models.*alibaba\/wan2\.2-t2v-plus/ },
  { name: 'a list of no models on the key', key: { models: [] }, says: /models.*alibaba\/wan2\.2-t2v-plus/ },
  { name: 'a value that the team does not list', team: { fields: { size: ['832*480', '480*832'] } }, body: { size: '624*624' }, says: /size.*832\*480, 480\*832.*624\*624/ },
  { name: 'a value that the key does not list', key: { fields: { size: ['832*480'] } }, body: { size: '480*832' }, says: /size.*832\*480.*480\*832/ },
  { name: 'a value that only the team lists', team: { fields: { size: ['832*480', '480*832'] } }, key: { fields: { size: ['480*832'] } }, body: { size: '832*480' }, says: /size.*480\*832.*832\*480/ },
  { name: 'a value that only the key lists', team: { fields: { size: ['480*832'] } }, key: { fields: { size: ['832*480', '480*832'] } }, body: { size: '832*480' }, says: /size.*480\*832.*832\*480/ },
  { name: 'the default, given explicitly, that is not listed', team: { fields: { size: ['832*480'] } }, body: { size: '1920*1080' }, says: /size.*832\*480.*1920\*1080/ },
  { name: 'team and key that have no value in common', team: { fields: { size: ['832*480'] } }, key: { fields: { size: ['480*832'] } }, says: /size/ },
  { name: 'an empty list of values', team: { fields: { size: [] } }, says: /size/ },
  { name: 'an empty list of values, and one is given', team: { fields: { seed: [] } }, body: { seed: 1 }, says: /seed/ },
  { name: 'no value given, several permitted, the default not among them', team: { fields: { size: ['832*480', '480*832'] } }, says: /size.*832\*480, 480\*832/ },
  { name: 'no value given, several permitted, no default at all', team: { fields: { seed: [1, 2] } }, says: /seed.*1, 2/ },
  { name: 'safety_filter false where only true is permitted', team: { fields: { safety_filter: [true] } }, body: { safety_filter: false }, says: /safety_filter.*true.*false/ },
  { name: 'one forbidden field among permitted ones', team: { fields: { size: ['832*480'], prompt_extend: [true] } }, body: { size: '832*480', prompt_extend: false }, says: /prompt_extend/ }
]

for (const { name, team = {}, key = {}, body = {}, says } of forbidden) {
  test(`not_allowed, sent nowhere and not counted: ${name}`, async () => {
    const caller = await gateway.team({ policy: team, limits: COUNTED }, { policy: key })
    const creates = gateway.simulator.received.creates
    const reply = await gateway.create(caller.key, { prompt: 'a cat', ...body })
    expectProblem(reply, 'not_allowed', { instance: GENERATION, detail: says })
    expect(gateway.simulator.received.creates).toBe(creates)
    expect(await accountOf(gateway, caller.key)).toEqual(UNTOUCHED)
  })
}

test('a policy decides the price too: the only permitted size is charged, not the default', async () => {
  const { key } = await gateway.team({ policy: { fields: { size: ['832*480'] } } })
  expect((await gateway.create(key)).headers['mulegate-price-usd']).toBe('0.10')
})

test('a wrong body is invalid_body before any policy is asked', async () => {
  const { key } = await gateway.team({ policy: { models: [] } })
  expectProblem(await gateway.create(key, { prompt: '' }), 'invalid_body', { instance: GENERATION, detail: /prompt/, more: { errors: expect.anything() } })
})

test('a changed policy of the team holds for the next request', async () => {
  const { team, key } = await gateway.team({ policy: { models: [] } })
  expect((await gateway.create(key)).status).toBe(403)
  await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { policy: { models: null } })
  expect((await gateway.create(key)).status).toBe(202)
  await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { policy: { fields: { size: ['832*480', '480*832'] } } })
  expect((await gateway.create(key)).status).toBe(403)
})

test('a changed policy of the key holds for the next request', async () => {
  const { keyId, key } = await gateway.team()
  expect((await gateway.create(key)).status).toBe(202)
  await gateway.admin('PATCH', `/admin/v1/keys/${keyId}`, { policy: { models: [] } })
  expect((await gateway.create(key)).status).toBe(403)
})

test('a policy forbids creates only: tasks from before can still be read and deleted', async () => {
  const { team, key } = await gateway.team()
  const { json } = await gateway.create(key)
  await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { policy: { models: [] } })
  expect((await gateway.read(key, json.task_info.id)).status).toBe(200)
  expect((await gateway.call('DELETE', `${GENERATION}/${json.task_info.id}`, { key })).status).toBe(200)
})
