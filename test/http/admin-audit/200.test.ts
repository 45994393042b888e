// The audit trail: every change of the admin API and of webhooks, by whom, from where, what, and when.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

const ALICE = 'alice-token-of-a-test'
const READER = 'reader-token-of-a-test'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway({ ADMIN_TOKEN: `alice=${ALICE}\nadmin=${ADMIN_TOKEN}\nreader=${READER}:read`, WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' }) })
afterAll(() => gateway.stop())

function audit (query = ''): Promise<Reply> { return gateway.call('GET', `/admin/v1/audit${query}`, { key: READER }) }

/** The newest entries, as many as are asked for, oldest first. */
async function newest (count: number): Promise<Record<string, unknown>[]> {
  const { json, text } = await audit(`?limit=${count}`)
  expect(json.data, text).toHaveLength(count)
  return json.data.toReversed()
}

test('a change is written down with who, from where, what, when, and by which request', async () => {
  gateway.clock.set('2026-11-22T12:00:00Z')
  const reply = await gateway.call('POST', '/admin/v1/teams', { key: ALICE, body: { id: 'audited', name: 'Audited' } })
  expect(await newest(1)).toEqual([{
    id: expect.any(String),
    at: '2026-11-22T12:00:00.000Z',
    actor: 'alice',
    address: '127.0.0.1',
    action: 'team.created',
    team: 'audited',
    key_id: null,
    task_ref: null,
    webhook: null,
    changes: { name: { after: 'Audited' }, timezone: { after: 'UTC' }, limits: { after: { quotas: [] } }, policy: { after: {} }, disabled: { after: false } },
    reason: null,
    request_id: reply.headers['x-request-id'],
    outcome: 'made'
  }])
})

test('of a changed team the fields are named that changed, as they were and as they are', async () => {
  const { team } = await gateway.team({ name: 'Before', limits: { tasks_in_flight: 1 } })
  await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { name: 'After', limits: { tasks_in_flight: 2 } })
  await gateway.admin('DELETE', `/admin/v1/teams/${team}`)
  expect(await newest(2)).toMatchObject([
    { action: 'team.changed', team, actor: 'admin', changes: { name: { before: 'Before', after: 'After' }, limits: { before: { tasks_in_flight: 1 }, after: { tasks_in_flight: 2 } } } },
    { action: 'team.disabled', team, changes: { disabled: { before: false, after: true } } }
  ])
})

test('the life of a key is written down, and never its secret', async () => {
  const { team, keyId, key } = await gateway.team()
  await gateway.admin('PATCH', `/admin/v1/keys/${keyId}`, { label: 'renamed' })
  const rotated = await gateway.call('POST', `/admin/v1/keys/${keyId}/rotate`, { key: ADMIN_TOKEN, reveals: true })
  await gateway.admin('DELETE', `/admin/v1/keys/${keyId}`)
  const entries = await newest(4)
  expect(entries).toMatchObject([
    { action: 'key.minted', team, key_id: keyId },
    { action: 'key.changed', team, key_id: keyId, changes: { label: { before: '', after: 'renamed' } } },
    { action: 'key.rotated', team, key_id: keyId, changes: { replaced_by: { before: null, after: rotated.json.id } } },
    { action: 'key.revoked', team, key_id: keyId, changes: { revoked: { before: false, after: true } } }
  ])
  for (const secret of [key, rotated.json.key]) expect(JSON.stringify(entries)).not.toContain(secret)
})

test('a decision about an unknown outcome is written down with its reason', async () => {
  const { key, team } = await gateway.team()
  const { json: { task_ref: ref } } = await gateway.create(key, { prompt: '[[reset]]' })
  await gateway.admin('POST', `/admin/v1/tasks/${ref}/resolve`, { as: 'spent', reason: 'on the invoice' })
  expect(await newest(1)).toMatchObject([{ action: 'task.resolved', team, task_ref: ref, reason: 'on the invoice', changes: { as: { after: 'spent' } } }])
})

test('a change of webhooks is written down with the key that made it, without the query of the address', async () => {
  const { team, keyId, key } = await gateway.team({}, { webhooks: true })
  const body = { url: 'http://127.0.0.1:9/hook?token=hidden', events: ['task.completed'] }
  await gateway.call('PUT', '/v1/webhooks/hook', { key, body, reveals: true })
  await gateway.call('PUT', '/v1/webhooks/hook', { key, body: { ...body, events: ['task.failed'] } })
  await gateway.call('POST', '/v1/webhooks/hook/rotate', { key, reveals: true })
  await gateway.call('DELETE', '/v1/webhooks/hook', { key })
  const entries = await newest(4)
  expect(entries).toMatchObject([
    { action: 'webhook.made', actor: keyId, team, key_id: keyId, webhook: 'hook', changes: { url: { after: 'http://127.0.0.1:9/hook' } } },
    { action: 'webhook.changed', changes: { events: { before: ['task.completed'], after: ['task.failed'] } } },
    { action: 'webhook.rotated', changes: {} },
    { action: 'webhook.removed', changes: { enabled: { before: true } } }
  ])
  expect(JSON.stringify(entries)).not.toMatch(/hidden|whsec/)
})

test('what changes nothing is not written down: refused changes, changes to what already is, second revocations', async () => {
  const { team, keyId } = await gateway.team()
  await gateway.admin('DELETE', `/admin/v1/keys/${keyId}`)
  const before = await newest(1)
  await gateway.admin('DELETE', `/admin/v1/keys/${keyId}`)
  await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { disabled: false })
  await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { timezone: 'Nowhere' })
  await gateway.admin('POST', '/admin/v1/teams', { id: team })
  await gateway.call('DELETE', `/admin/v1/teams/${team}`, { key: READER })
  expect(await newest(1)).toEqual(before)
})

test('an entry names a change that lost a race as not made', async () => {
  const { team } = await gateway.team()
  await Promise.all(Array.from({ length: 10 }, (_, number) => gateway.admin('PATCH', `/admin/v1/teams/${team}`, { name: `name ${number}` })))
  const { json: { name } } = await gateway.admin('GET', `/admin/v1/teams/${team}`)
  const { data } = (await audit('?limit=100')).json
  const ours = data.filter((entry: { team: string, action: string }) => entry.team === team && entry.action === 'team.changed')
  const made = ours.filter(({ outcome }: { outcome: string }) => outcome === 'made').length - ours.filter(({ outcome }: { outcome: string }) => outcome === 'not_made').length
  expect(made).toBe(10)
  expect(ours.some(({ changes }: { changes: { name: { after: string } } }) => changes.name.after === name)).toBe(true)
})

test('every line of the trail is a line of the log', async () => {
  const { team } = await gateway.team()
  await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { name: 'logged' })
  expect(gateway.log()).toContainEqual(expect.objectContaining({ msg: 'team changed', team, actor: 'admin', address: '127.0.0.1', changes: { name: { before: '', after: 'logged' } } }))
})

test('pages follow each other', async () => {
  for (let count = 1; count <= 3; count++) await gateway.team()
  const whole = (await audit('?limit=6')).json.data
  const first = (await audit('?limit=4')).json
  const second = (await audit(`?limit=2&cursor=${encodeURIComponent(first.next_cursor)}`)).json
  expect([...first.data, ...second.data]).toEqual(whole)
})

test.each(['limit=0', 'cursor=nonsense', 'team=x'])('the trail refuses ?%s', async query => {
  expectProblem(await audit(`?${query}`), 'invalid_query', { instance: '/admin/v1/audit', detail: /limit|cursor|team/ })
})
