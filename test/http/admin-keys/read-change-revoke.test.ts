// Keys after they were minted: read, listed, changed (RFC 7396), revoked.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PENDING_MS, PROCESSING_MS, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

const KEYS = '/admin/v1/keys'
const HOUR = { per: 'hour', unit: 'usd', limit: '5.00' }

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

const full = {
  label: 'the build server',
  expires_at: '2026-12-31T23:59:59.000Z',
  limits: { requests_per_minute: 10, tasks_in_flight: 2, quotas: [HOUR] },
  policy: { fields: { size: ['832*480', '480*832'], seed: [1, 2] } },
  webhooks: true
}

const changes: { name: string, patch: object, becomes: object }[] = [
  { name: 'nothing', patch: {}, becomes: { updated_at: '2026-11-22T12:00:00.000Z' } },
  { name: 'a label', patch: { label: 'another' }, becomes: { label: 'another' } },
  { name: 'null removes a label', patch: { label: null }, becomes: { label: '' } },
  { name: 'a later end', patch: { expires_at: '2027-06-30T00:00:00+02:00' }, becomes: { expires_at: '2027-06-29T22:00:00.000Z' } },
  { name: 'null removes the end', patch: { expires_at: null }, becomes: { expires_at: null } },
  { name: 'webhooks', patch: { webhooks: false }, becomes: { webhooks: false } },
  { name: 'null removes webhooks', patch: { webhooks: null }, becomes: { webhooks: false } },
  { name: 'one limit, the others stay', patch: { limits: { tasks_in_flight: 9 } }, becomes: { limits: { requests_per_minute: 10, tasks_in_flight: 9, quotas: [HOUR] } } },
  { name: 'null removes one limit', patch: { limits: { requests_per_minute: null } }, becomes: { limits: { tasks_in_flight: 2, quotas: [HOUR] } } },
  { name: 'a list of quotas replaces the whole list', patch: { limits: { quotas: [{ per: 'total', unit: 'tasks', limit: 7 }] } }, becomes: { limits: { requests_per_minute: 10, tasks_in_flight: 2, quotas: [{ per: 'total', unit: 'tasks', limit: 7 }] } } },
  { name: 'null removes all limits', patch: { limits: null }, becomes: { limits: { quotas: [] } } },
  { name: 'one field of the policy, the others stay', patch: { policy: { fields: { size: ['624x624'] } } }, becomes: { policy: { fields: { size: ['624*624'], seed: [1, 2] } } } },
  { name: 'null removes one field of the policy', patch: { policy: { fields: { seed: null } } }, becomes: { policy: { fields: { size: ['832*480', '480*832'] } } } },
  { name: 'null removes the policy', patch: { policy: null }, becomes: { policy: {} } }
]

for (const { name, patch, becomes } of changes) {
  test(`a change names only what it changes: ${name}`, async () => {
    gateway.clock.set('2026-11-22T12:00:00Z')
    const { team, keyId } = await gateway.team({}, full)
    gateway.clock.advance(1500)
    const reply = await gateway.admin('PATCH', `${KEYS}/${keyId}`, patch)
    expect(reply.status, reply.text).toBe(200)
    expect(reply.json).toEqual({
      id: keyId, team, lineage: keyId, mode: 'live', ...full, replaced_by: null, revoked_at: null, created_at: '2026-11-22T12:00:00.000Z', updated_at: '2026-11-22T12:00:01.500Z', ...becomes
    })
    expect((await gateway.admin('GET', `${KEYS}/${keyId}`)).json).toEqual(reply.json)
  })
}

const wrong: { name: string, patch: unknown, errors: [pointer: string, detail: RegExp][] }[] = [
  { name: 'an unknown member', patch: { labels: 'x' }, errors: [['/labels', /did you mean label\?/]] },
  { name: 'the mode', patch: { mode: 'live' }, errors: [['/mode', /unknown/]] },
  { name: 'the id', patch: { id: 'key_other' }, errors: [['/id', /unknown/]] },
  { name: 'the team', patch: { team: 'other' }, errors: [['/team', /unknown/]] },
  { name: 'the end of the revocation', patch: { revoked_at: null, label: 1 }, errors: [['/label', /string/]] },
  { name: 'a wrong end', patch: { expires_at: 'tomorrow' }, errors: [['/expires_at', /RFC 3339/]] },
  { name: 'a wrong limit', patch: { limits: { quotas: [{ per: 'day', unit: 'tasks', limit: -1 }] } }, errors: [['/limits/quotas/0/limit', /negative/]] },
  { name: 'a wrong policy', patch: { policy: { fields: { sise: ['832*480'] } } }, errors: [['/policy/fields/sise', /did you mean size\?/]] },
  { name: 'a list', patch: [], errors: [['', /object/]] },
  { name: 'null', patch: null, errors: [['', /object/]] }
]

for (const { name, patch, errors } of wrong) {
  test(`a wrong change is refused whole, and the errors point to it: ${name}`, async () => {
    const { keyId } = await gateway.team({}, full)
    const reply = await gateway.admin('PATCH', `${KEYS}/${keyId}`, JSON.stringify(patch))
    expectProblem(reply, 'invalid_body', {
      instance: `${KEYS}/${keyId}`, detail: /^The body is not valid: /, more: { errors: errors.map(([pointer, detail]) => ({ pointer, detail: expect.stringMatching(detail) })) }
    })
    expect((await gateway.admin('GET', `${KEYS}/${keyId}`)).json).toMatchObject(full)
  })
}

test('changed limits of a key hold for its next request', async () => {
  const { keyId, key } = await gateway.team()
  expect((await gateway.create(key)).status).toBe(202)
  await gateway.admin('PATCH', `${KEYS}/${keyId}`, { limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 1 }] } })
  expect((await gateway.create(key)).json).toMatchObject({ code: 'quota_exhausted', 'violated-policies': ['key-day'] })
  await gateway.admin('PATCH', `${KEYS}/${keyId}`, { limits: null })
  expect((await gateway.create(key)).status).toBe(202)
})

test('an end that is moved into the past ends the key, and one that is moved into the future revives it', async () => {
  const { keyId, key } = await gateway.team()
  await gateway.admin('PATCH', `${KEYS}/${keyId}`, { expires_at: new Date(gateway.clock.nowMs()).toISOString() })
  expect((await gateway.usage(key)).status).toBe(401)
  await gateway.admin('PATCH', `${KEYS}/${keyId}`, { expires_at: new Date(gateway.clock.nowMs() + 1).toISOString() })
  expect((await gateway.usage(key)).status).toBe(200)
})

test('a revoked key is 401 from the next request on, is still shown, and stays revoked at the first moment', async () => {
  gateway.clock.set('2026-11-22T12:00:00Z')
  const { keyId, key } = await gateway.team()
  const { json } = await gateway.create(key)
  expect(await gateway.admin('DELETE', `${KEYS}/${keyId}`)).toMatchObject({ status: 204, text: '' })
  for (const reply of [await gateway.create(key), await gateway.read(key, json.task_info.id), await gateway.usage(key)]) expect(reply.status).toBe(401)

  gateway.clock.advance(5000)
  expect((await gateway.admin('DELETE', `${KEYS}/${keyId}`)).status).toBe(204)
  await gateway.admin('PATCH', `${KEYS}/${keyId}`, { label: 'still revoked', expires_at: null })
  expect((await gateway.admin('GET', `${KEYS}/${keyId}`)).json).toMatchObject({ id: keyId, label: 'still revoked', revoked_at: '2026-11-22T12:00:00.000Z' })
  expect((await gateway.usage(key)).status).toBe(401)
})

test('of creates that race with the revocation of their key none is admitted after it was answered', async () => {
  const { keyId, key } = await gateway.team()
  const racing = Array.from({ length: 20 }, () => gateway.create(key))
  expect((await gateway.admin('DELETE', `${KEYS}/${keyId}`)).status).toBe(204)
  const { creates } = gateway.simulator.received
  const late = await Promise.all(Array.from({ length: 20 }, () => gateway.create(key)))
  for (const { status } of late) expect(status).toBe(401)
  for (const { status } of await Promise.all(racing)) expect([202, 401]).toContain(status)
  expect(gateway.simulator.received.creates - creates).toBeLessThanOrEqual(20)
})

test('a revoked key leaves the team\'s other keys and the task as they are', async () => {
  const first = await gateway.team({ limits: { quotas: [{ per: 'total', unit: 'tasks', limit: 10 }] } })
  const second = await gateway.mint(first.team)
  const { json } = await gateway.create(first.key)
  await gateway.admin('DELETE', `${KEYS}/${first.keyId}`)
  expect((await gateway.usage(second.key)).json.quotas).toMatchObject([{ used: 1, held: 1 }])
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  expect((await gateway.read(second.key, json.task_info.id)).json.task_info.status).toBe('completed')
})

test('the keys of a team are listed newest first, a page at a time, revoked ones too, and those of no other team', async () => {
  const first = await gateway.team()
  await gateway.team()
  const ids = [first.keyId]
  for (let i = 0; i < 4; i++) ids.unshift((await gateway.mint(first.team, { label: `key ${i}` })).keyId)
  await gateway.admin('DELETE', `${KEYS}/${ids[2]}`)
  const path = `/admin/v1/teams/${first.team}/keys`
  const idsOf = ({ json }: Reply): string[] => json.data.map(({ id }: { id: string }) => id)

  expect(idsOf(await gateway.admin('GET', path))).toEqual(ids)
  const page = await gateway.admin('GET', `${path}?limit=2`)
  expect(idsOf(page)).toEqual(ids.slice(0, 2))
  const next = await gateway.admin('GET', `${path}?limit=2&cursor=${encodeURIComponent(page.json.next_cursor)}`)
  expect(idsOf(next)).toEqual(ids.slice(2, 4))
  const last = await gateway.admin('GET', `${path}?limit=2&cursor=${encodeURIComponent(next.json.next_cursor)}`)
  expect(last.json).toEqual({ data: [(await gateway.admin('GET', `${KEYS}/${first.keyId}`)).json], next_cursor: null })
})

for (const query of ['limit=0', 'limit=101', 'cursor=nonsense', 'label=x']) {
  test(`the list of keys refuses ?${query} as invalid_query`, async () => {
    const { team } = await gateway.team()
    const path = `/admin/v1/teams/${team}/keys`
    expectProblem(await gateway.admin('GET', `${path}?${query}`), 'invalid_query', { instance: path, detail: /limit|cursor|label/ })
  })
}

test('the keys of a team that is not there are not_found', async () => {
  expectProblem(await gateway.admin('GET', '/admin/v1/teams/missing/keys'), 'not_found', { instance: '/admin/v1/teams/missing/keys', detail: /^There is no team missing\.$/ })
})

for (const id of ['key_missing', 'missing', 'key_', 'key_a-b', `key_${'x'.repeat(41)}`]) {
  for (const [method, body] of [['GET', undefined], ['PATCH', { label: 'x' }], ['DELETE', undefined]] as const) {
    test(`${method} of a key that is not there is not_found: ${id.slice(0, 12)}`, async () => {
      expectProblem(await gateway.admin(method, `${KEYS}/${id}`, body), 'not_found', { instance: `${KEYS}/${id}`, detail: /^There is no (such )?key/ })
    })
  }
}

test('every change is in the log with the name of the token and the key\'s id, never with the key', async () => {
  const { team, keyId } = await gateway.team()
  await gateway.admin('PATCH', `${KEYS}/${keyId}`, { label: 'logged' })
  await gateway.admin('DELETE', `${KEYS}/${keyId}`)
  const lines = gateway.log().filter(line => line['key_id'] === keyId && line['actor'] !== undefined)
  expect(lines.map(({ msg, actor, team }) => ({ msg, actor, team }))).toEqual(['key minted', 'key changed', 'key revoked'].map(msg => ({ msg, actor: 'admin', team })))
})
