// A key is rotated: the same rights and the same budgets under a new secret, beside the old one for a while.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ADMIN_TOKEN, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

const LIMITS = { tasks_in_flight: 3, requests_per_minute: 3, quotas: [{ per: 'day', unit: 'tasks', limit: 3 }, { per: 'total', unit: 'usd', limit: '1.50' }] }
const SETTINGS = { label: 'render farm', limits: LIMITS, policy: { fields: { size: ['832*480', '1920*1080'] } }, webhooks: true }

let gateway: Gateway
let old: { team: string, keyId: string, key: string }
beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())
beforeEach(async () => {
  gateway.clock.set('2026-11-22T12:00:00Z')
  old = await gateway.team({}, SETTINGS)
})

function rotate (body?: object, id = old.keyId): Promise<Reply> {
  return gateway.call('POST', `/admin/v1/keys/${id}/rotate`, { key: ADMIN_TOKEN, reveals: true, ...body && { body } })
}

test('the new key has the rights of the old one, and says which one it replaces and until when', async () => {
  const reply = await rotate({ overlap_seconds: 600 })
  expect(reply.status, reply.text).toBe(201)
  const { key, replaces, ...shown } = reply.json
  expect(key).toMatch(/^mg_live_[0-9A-Za-z]{36}$/)
  expect(reply.headers['location']).toBe(`/admin/v1/keys/${shown.id}`)
  expect(replaces).toEqual({ id: old.keyId, expires_at: '2026-11-22T12:10:00.000Z' })
  expect(shown).toMatchObject({ team: old.team, lineage: old.keyId, mode: 'live', ...SETTINGS, expires_at: null, replaced_by: null })
  expect((await gateway.admin('GET', `/admin/v1/keys/${shown.id}`)).json).toEqual(shown)
  expect((await gateway.admin('GET', `/admin/v1/keys/${old.keyId}`)).json).toMatchObject({ expires_at: '2026-11-22T12:10:00.000Z', replaced_by: shown.id })
})

test('both keys work during the overlap, and the old one not a millisecond longer', async () => {
  const { json: { key } } = await rotate({ overlap_seconds: 60 })
  gateway.clock.advance(59_999)
  expect([(await gateway.usage(old.key)).status, (await gateway.usage(key)).status]).toEqual([200, 200])
  gateway.clock.advance(1)
  expect([(await gateway.usage(old.key)).status, (await gateway.usage(key)).status]).toEqual([401, 200])
  expect([(await gateway.create(old.key)).status, (await gateway.create(key)).status]).toEqual([401, 202])
})

test('without an overlap the old key ends at once', async () => {
  const { json: { key } } = await rotate({ overlap_seconds: 0 })
  expect([(await gateway.create(old.key)).status, (await gateway.create(key)).status]).toEqual([401, 202])
})

test('if nothing is said, the overlap is a day', async () => {
  expect((await rotate()).json.replaces.expires_at).toBe('2026-11-23T12:00:00.000Z')
})

test('an end that was set before is not put off', async () => {
  await gateway.admin('PATCH', `/admin/v1/keys/${old.keyId}`, { expires_at: '2026-11-22T13:00:00.000Z' })
  const { json } = await rotate({ overlap_seconds: 86_400 })
  expect(json).toMatchObject({ expires_at: '2026-11-22T13:00:00.000Z', replaces: { expires_at: '2026-11-22T13:00:00.000Z' } })
})

test('a rotation is no fresh budget: windows, unfinished tasks and usage go on', async () => {
  expect((await gateway.create(old.key)).status).toBe(202)
  const { json: { key } } = await rotate({ overlap_seconds: 600 })
  expect((await gateway.create(key)).status).toBe(202)
  expect((await gateway.create(old.key)).status).toBe(202)
  gateway.clock.advance(60_000)
  for (const each of [old.key, key]) {
    const { json } = await gateway.usage(each)
    expect(json).toMatchObject({ in_flight: { limit: 3, used: 3 }, quotas: [{ scope: 'key', per: 'day', used: 3, remaining: 0 }, { scope: 'key', per: 'total', used: '1.50', remaining: '0.00' }] })
    expect((await gateway.create(each)).status).toBe(429)
  }
})

test('of 200 parallel creates with the old and the new key as many begin as the budget has', async () => {
  const { json: { key } } = await rotate({ overlap_seconds: 600 })
  const answers = await Promise.all(Array.from({ length: 200 }, (_, number) => gateway.create(number % 2 === 0 ? old.key : key, { prompt: `cat ${number}` })))
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(3)
})

test('a chain of rotations keeps its first key as lineage', async () => {
  let last = old.keyId
  for (let link = 1; link <= 3; link++) {
    const { json } = await rotate({ overlap_seconds: 0 }, last)
    expect(json).toMatchObject({ lineage: old.keyId, replaces: { id: last } })
    last = json.id
  }
})

test('the tasks of the old key are read and deleted with the new one', async () => {
  const { json } = await gateway.create(old.key)
  const rotated = await rotate({ overlap_seconds: 0 })
  expect((await gateway.read(rotated.json.key, json.task_info.id)).status).toBe(200)
})

test('a test key stays a test key', async () => {
  const { keyId } = await gateway.mint(old.team, { mode: 'test' })
  const { json } = await rotate({}, keyId)
  expect(json.mode).toBe('test')
  expect(json.key).toMatch(/^mg_test_/)
})

test('what was rotated is not rotated again: the key that took its place is named', async () => {
  const { json: { id } } = await rotate()
  const again = await rotate()
  expectProblem(again, 'key_ended', { instance: `/admin/v1/keys/${old.keyId}/rotate`, detail: `Key ${old.keyId} was rotated already; rotate ${id}, which took its place.` })
})

test('of rotations that race one is made', async () => {
  const replies = await Promise.all(Array.from({ length: 20 }, () => rotate()))
  expect(replies.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 19 }, () => 409)])
  expect((await gateway.admin('GET', `/admin/v1/teams/${old.team}/keys`)).json.data).toHaveLength(2)
})

test('a revoked or expired key is not rotated', async () => {
  const path = `/admin/v1/keys/${old.keyId}/rotate`
  await gateway.admin('PATCH', `/admin/v1/keys/${old.keyId}`, { expires_at: '2026-11-22T12:00:01.000Z' })
  gateway.clock.advance(1000)
  expectProblem(await rotate(), 'key_ended', { instance: path, detail: /revoked or has expired/ })
  await gateway.admin('DELETE', `/admin/v1/keys/${old.keyId}`)
  expectProblem(await rotate(), 'key_ended', { instance: path, detail: /revoked or has expired/ })
})

test.each([-1, 2_592_001, 1.5, '60', null])('an overlap of %j is refused, and nothing is rotated', async overlap => {
  expectProblem(await rotate({ overlap_seconds: overlap }), 'invalid_body', {
    instance: `/admin/v1/keys/${old.keyId}/rotate`, detail: /overlap_seconds must be a whole number of seconds/, more: { errors: expect.any(Array) }
  })
  expect((await gateway.admin('GET', `/admin/v1/keys/${old.keyId}`)).json).toMatchObject({ replaced_by: null, expires_at: null })
})

test('an unknown key is not_found', async () => {
  expectProblem(await rotate({}, 'key_missing'), 'not_found', { instance: '/admin/v1/keys/key_missing/rotate', detail: /There is no key/ })
})
