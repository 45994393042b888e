// Teams and keys become what a file wants: what is done, what is left alone, and that it is done once.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ADMIN_TOKEN, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'

let gateway: Gateway

beforeEach(async () => { gateway = await startGateway() })
afterEach(() => gateway.stop())

const ADS = {
  id: 'ads',
  name: 'Advertising',
  timezone: 'Europe/Berlin',
  limits: { tasks_in_flight: 4, requests_per_minute: 120, quotas: [{ per: 'day', unit: 'tasks', limit: 20 }, { per: 'month', unit: 'usd', limit: '150.00' }] },
  policy: { fields: { size: ['832*480', '480*832'] } },
  keys: [{ label: 'render farm', webhooks: true }, { label: 'trial', mode: 'test', expires_at: '2027-01-01T00:00:00Z' }]
}

function apply (body: object): Promise<Reply> { return gateway.call('POST', '/admin/v1/apply', { key: ADMIN_TOKEN, body, reveals: true }) }
async function applied (body: object): Promise<Reply['json']> {
  const { status, text, json } = await apply(body)
  expect(status, text).toBe(200)
  return json
}
const keysOf = async (team: string): Promise<Reply['json'][]> => (await gateway.admin('GET', `/admin/v1/teams/${team}/keys?limit=100`)).json.data

test('a new team comes into being with its keys, and a second time nothing is done', async () => {
  const first = await applied({ teams: [ADS] })
  expect(first).toEqual({
    dry_run: false,
    changes: [
      {
        action: 'create',
        team: 'ads',
        key_id: null,
        label: null,
        changes: {
          name: { before: null, after: 'Advertising' },
          timezone: { before: null, after: 'Europe/Berlin' },
          limits: { before: null, after: ADS.limits },
          policy: { before: null, after: ADS.policy }
        }
      },
      {
        action: 'mint', team: 'ads', key_id: expect.stringMatching(/^key_/), label: 'render farm', key: expect.stringMatching(/^mg_live_/), changes: { webhooks: { before: null, after: true } }
      },
      {
        action: 'mint', team: 'ads', key_id: expect.stringMatching(/^key_/), label: 'trial', key: expect.stringMatching(/^mg_test_/), changes: { mode: { before: null, after: 'test' }, expires_at: { before: null, after: '2027-01-01T00:00:00.000Z' } }
      }
    ],
    unlisted: []
  })
  expect((await gateway.admin('GET', '/admin/v1/teams/ads')).json).toMatchObject({ name: 'Advertising', timezone: 'Europe/Berlin', limits: ADS.limits, policy: ADS.policy, disabled: false })
  expect((await gateway.usage(first.changes[1].key)).status).toBe(200)
  expect(await applied({ teams: [ADS] })).toEqual({ dry_run: false, changes: [], unlisted: [] })
})

test('a dry run says the same and does nothing', async () => {
  const { changes } = await applied({ teams: [ADS], dry_run: true })
  expect(changes.map(({ action, key_id: keyId, key }: Reply['json']) => [action, keyId, key])).toEqual([['create', null, undefined], ['mint', null, undefined], ['mint', null, undefined]])
  expect((await gateway.admin('GET', '/admin/v1/teams/ads')).status).toBe(404)
})

test('what the file no longer says has its default again', async () => {
  await applied({ teams: [ADS] })
  const { changes } = await applied({ teams: [{ id: 'ads', limits: { tasks_in_flight: 4 }, keys: [{ label: 'render farm' }, { label: 'trial', mode: 'test' }] }] })
  expect(changes.map(({ action, changes }: Reply['json']) => [action, changes])).toEqual([
    ['change', {
      name: { before: 'Advertising', after: '' },
      timezone: { before: 'Europe/Berlin', after: 'UTC' },
      limits: { before: ADS.limits, after: { tasks_in_flight: 4, quotas: [] } },
      policy: { before: ADS.policy, after: {} }
    }],
    ['change_key', { webhooks: { before: true, after: false } }],
    ['change_key', { expires_at: { before: '2027-01-01T00:00:00.000Z', after: null } }]
  ])
  expect((await gateway.admin('GET', '/admin/v1/teams/ads')).json).toMatchObject({ name: '', timezone: 'UTC', limits: { tasks_in_flight: 4, quotas: [] }, policy: {} })
  expect(await keysOf('ads')).toMatchObject([{ webhooks: false, expires_at: null }, { webhooks: false, expires_at: null }])
})

test('the order of quotas and permitted values means nothing, and neither does the way in which a size is written', async () => {
  await applied({ teams: [ADS] })
  const { quotas } = ADS.limits
  const rewritten = { ...ADS, limits: { ...ADS.limits, quotas: quotas.toReversed() }, policy: { fields: { size: ['480x832', '832x480'] } } }
  expect((await applied({ teams: [rewritten] })).changes).toEqual([])
})

test('what the file does not name is listed and left alone; to prune is to disable and revoke it', async () => {
  await applied({ teams: [ADS, { id: 'video', keys: [{ label: 'nightly' }] }] })
  const [trial] = (await keysOf('ads')).filter(({ label }) => label === 'trial')
  const less = { teams: [{ ...ADS, keys: [ADS.keys[0]] }] }
  const unlisted = [{ team: 'video', key_id: null, label: null }, { team: 'ads', key_id: trial.id, label: 'trial' }]
  expect(await applied(less)).toEqual({ dry_run: false, changes: [], unlisted })
  expect(await applied({ ...less, prune: true })).toEqual({
    dry_run: false,
    changes: [
      { action: 'revoke', team: 'ads', key_id: trial.id, label: 'trial', changes: {} },
      { action: 'disable', team: 'video', key_id: null, label: null, changes: {} }
    ],
    unlisted: []
  })
  expect((await gateway.admin('GET', `/admin/v1/keys/${trial.id}`)).json.revoked_at).not.toBeNull()
  expect((await gateway.admin('GET', '/admin/v1/teams/video')).json.disabled).toBe(true)
  expect(await applied({ ...less, prune: true })).toEqual({ dry_run: false, changes: [], unlisted: [] })
})

test('a team that was disabled is enabled again with the keys that it had', async () => {
  const { changes: [, minted] } = await applied({ teams: [ADS] })
  await gateway.admin('DELETE', '/admin/v1/teams/ads')
  expect((await gateway.usage(minted.key)).status).toBe(401)
  expect((await applied({ teams: [ADS] })).changes).toEqual([{ action: 'enable', team: 'ads', key_id: null, label: null, changes: { disabled: { before: true, after: false } } }])
  expect((await gateway.usage(minted.key)).status).toBe(200)
})

test('a listed team without keys keeps those that it has, unmentioned', async () => {
  await applied({ teams: [ADS] })
  const { keys, ...team } = ADS
  expect(await applied({ teams: [team], prune: true })).toEqual({ dry_run: false, changes: [], unlisted: [] })
  expect(await keysOf('ads')).toHaveLength(keys.length)
})

test('a key whose namesake was revoked or has expired is made anew', async () => {
  await applied({ teams: [ADS] })
  for (const { id } of await keysOf('ads')) await gateway.admin('DELETE', `/admin/v1/keys/${id}`)
  expect((await applied({ teams: [ADS] })).changes.map(({ action, label }: Reply['json']) => [action, label])).toEqual([['mint', 'render farm'], ['mint', 'trial']])
  gateway.clock.set('2027-02-01T00:00:00Z')
  const later = { ...ADS, keys: [ADS.keys[0], { ...ADS.keys[1], expires_at: '2028-01-01T00:00:00Z' }] }
  expect((await applied({ teams: [later] })).changes.map(({ action, label }: Reply['json']) => [action, label])).toEqual([['mint', 'trial']])
})

test('three hundred teams are read and compared', async () => {
  const teams = Array.from({ length: 300 }, (_, index) => ({ id: `team-${index}` }))
  expect((await applied({ teams })).changes).toHaveLength(300)
  expect(await applied({ teams: teams.slice(1) })).toEqual({ dry_run: false, changes: [], unlisted: [{ team: 'team-0', key_id: null, label: null }] })
})
