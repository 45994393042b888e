// `POST /admin/v1/teams/{id}/keys`: a new key, shown this once.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'
import { withChecksum } from '../../support/written-key.ts'

let gateway: Gateway
let team: string
let keys: string
beforeAll(async () => {
  gateway = await startGateway()
  team = (await gateway.team()).team
  keys = `/admin/v1/teams/${team}/keys`
})
afterAll(() => gateway.stop())

const mint = (body?: object): Promise<Reply> => gateway.call('POST', keys, { key: ADMIN_TOKEN, reveals: true, ...(body && { body }) })

test('a key with every setting is minted, shown with its secret, and from then on without it', async () => {
  const settings = {
    label: 'the build server',
    expires_at: '2026-12-31T23:59:59.000Z',
    limits: { requests_per_minute: 10, tasks_in_flight: 2, quotas: [{ per: 'hour', unit: 'usd', limit: '5.00' }] },
    policy: { models: ['alibaba/wan2.2-t2v-plus'], fields: { size: ['832*480'] } },
    webhooks: true
  }
  const reply = await mint({ ...settings, mode: 'live' })
  expect(reply.status).toBe(201)
  const { key, ...shown } = reply.json
  expect(shown).toEqual({
    id: expect.stringMatching(/^key_[0-9A-Za-z]+$/), team, lineage: shown.id, mode: 'live', ...settings, replaced_by: null, revoked_at: null, created_at: '2026-11-22T12:00:00.000Z', updated_at: '2026-11-22T12:00:00.000Z'
  })
  expect(key).toMatch(/^mg_live_/)
  expect(reply.headers['location']).toBe(`/admin/v1/keys/${shown.id}`)

  const again = await gateway.admin('GET', `/admin/v1/keys/${shown.id}`)
  expect(again.json).toEqual(shown)
  const everything = [again, await gateway.admin('GET', keys), await gateway.admin('PATCH', `/admin/v1/keys/${shown.id}`, { label: 'x' }), await gateway.usage(key)]
  for (const { text, headers } of everything) expect(`${text}${JSON.stringify(headers)}`).not.toContain(key.slice('mg_live_'.length, -6))
})

for (const [name, body] of [['an empty object', {}], ['no body at all', undefined]] as const) {
  test(`a key is minted from ${name}: live, without limits, without end, without webhooks`, async () => {
    const reply = await mint(body)
    expect(reply.status, reply.text).toBe(201)
    expect(reply.json).toMatchObject({ mode: 'live', label: '', expires_at: null, limits: { quotas: [] }, policy: {}, webhooks: false, revoked_at: null })
  })
}

test('a hundred keys are all different, and all have the format and the checksum of the contract', async () => {
  const minted = await Promise.all(Array.from({ length: 100 }, () => mint({})))
  const texts: string[] = minted.map(({ json }) => json.key)
  expect(new Set(texts).size).toBe(100)
  expect(new Set(minted.map(({ json }) => json.id)).size).toBe(100)
  for (const text of texts) {
    expect(text).toMatch(/^mg_live_[0-9A-Za-z]{36}$/)
    expect(text).toBe(withChecksum(text.slice(0, -6)))
  }
})

test('the random part of keys uses all of base62', async () => {
  const texts: string[] = (await Promise.all(Array.from({ length: 100 }, () => mint({})))).map(({ json }) => json.key)
  const used = new Set(texts.flatMap(text => Array.from(text.slice('mg_live_'.length, -6))))
  expect([...used].toSorted().join('')).toBe('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')
})

test('the answer that shows a key may be kept by nobody', async () => {
  expect((await mint({})).headers['cache-control']).toBe('private, no-store')
})

test('a key that is minted works at once', async () => {
  const { json } = await mint({})
  expect(await gateway.usage(json.key)).toMatchObject({ status: 200, json: { team, key_id: json.id } })
})

const moments: [given: string, kept: string][] = [
  ['2026-12-31T23:59:59Z', '2026-12-31T23:59:59.000Z'],
  ['2027-01-01T00:59:59+01:00', '2026-12-31T23:59:59.000Z'],
  ['2026-12-31T23:59:59.25Z', '2026-12-31T23:59:59.250Z']
]

for (const [given, kept] of moments) {
  test(`expires_at ${given} is kept as ${kept}`, async () => {
    expect((await mint({ expires_at: given })).json.expires_at).toBe(kept)
  })
}

const wrong: { name: string, body: unknown, errors: [pointer: string, detail: RegExp][] }[] = [
  { name: 'another mode', body: { mode: 'prod' }, errors: [['/mode', /live/]] },
  { name: 'a label that is no text', body: { label: 7 }, errors: [['/label', /string/]] },
  { name: 'a label of 201 characters', body: { label: 'x'.repeat(201) }, errors: [['/label', /200/]] },
  ...['2026-12-31', 'tomorrow', '2026-12-31T23:59:59', '2026-02-30T00:00:00Z', 1798761599, ''].map(moment => ({ name: `expires_at ${JSON.stringify(moment)}`, body: { expires_at: moment }, errors: [['/expires_at', /RFC 3339/]] as [string, RegExp][] })),
  { name: 'webhooks that are no boolean', body: { webhooks: 'true' }, errors: [['/webhooks', /true or false/]] },
  { name: 'an unknown member', body: { expire_at: null }, errors: [['/expire_at', /did you mean expires_at\?/]] },
  { name: 'a key of the caller\'s own', body: { key: 'mg_live_mine' }, errors: [['/key', /unknown/]] },
  { name: 'a wrong limit', body: { limits: { quotas: [{ per: 'day', unit: 'usd', limit: 5 }] } }, errors: [['/limits/quotas/0/limit', /dollars/]] },
  { name: 'a wrong policy', body: { policy: { models: ['nothing'], fields: { size: ['x'] } } }, errors: [['/policy/models/0', /unknown/], ['/policy/fields/size/0', /not a value/]] },
  { name: 'a list', body: [], errors: [['', /object/]] },
  { name: 'null', body: null, errors: [['', /object/]] },
  { name: 'everything at once', body: { mode: 'prod', label: 1, webhooks: 1, foo: 1 }, errors: [['/label', /string/], ['/webhooks', /true or false/], ['/mode', /live/], ['/foo', /unknown/]] }
]

for (const { name, body, errors } of wrong) {
  test(`refused, and the errors point to it: ${name}`, async () => {
    const fresh = (await gateway.admin('POST', '/admin/v1/teams', { id: `mint-${wrong.findIndex(row => row.name === name)}` })).json.id
    const reply = await gateway.admin('POST', `/admin/v1/teams/${fresh}/keys`, JSON.stringify(body))
    expectProblem(reply, 'invalid_body', {
      instance: `/admin/v1/teams/${fresh}/keys`, detail: /^The body is not valid: /, more: { errors: errors.map(([pointer, detail]) => ({ pointer, detail: expect.stringMatching(detail) })) }
    })
    expect((await gateway.admin('GET', `/admin/v1/teams/${fresh}/keys`)).json.data).toEqual([])
  })
}

for (const id of ['missing', 'Not-An-Id']) {
  test(`a key of a team that is not there is not_found: ${id}`, async () => {
    expectProblem(await gateway.admin('POST', `/admin/v1/teams/${id}/keys`, {}), 'not_found', { instance: `/admin/v1/teams/${id}/keys`, detail: /^There is no (such )?team/ })
  })
}
