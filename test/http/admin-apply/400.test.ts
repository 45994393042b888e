// A wrong file changes nothing, and everything that is wrong with it is said at once, with its place.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

let gateway: Gateway

beforeAll(async () => { gateway = await startGateway({ ADMIN_TOKEN: 'reader=test-admin-token-of-a-reader:read\nadmin=test-admin-token-canary-93ab' }) })
afterAll(() => gateway.stop())

async function refused (body: object | string): Promise<Reply['json']> {
  const reply = await gateway.admin('POST', '/admin/v1/apply', body)
  expectProblem(reply, 'invalid_body', { instance: '/admin/v1/apply', detail: /^The body is not valid: /, more: { errors: expect.any(Array) } })
  return reply.json.errors
}

test('everything that is wrong is said at once, and nothing is changed', async () => {
  const errors = await refused({
    teams: [
      { id: 'good' },
      { id: 'Bad Id', timzone: 'UTC', limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 20 }, { per: 'year', unit: 'usd', limit: 5 }] } },
      { id: 'good', policy: { models: ['alibaba/wan2.2'], fields: { size: ['832*480', '1280*720'] } } },
      { id: 'keys', keys: [{}, { label: '' }, { label: 'a', mod: 'test' }] },
      { id: 'more-keys', keys: [{ label: 'a' }, { label: 'b', policy: { fields: { sise: [] } } }, { label: 'a', expires_at: '2026-11-22T12:00:00Z' }] }
    ],
    prume: true
  })
  expect(errors).toEqual([
    { pointer: '/teams/1/id', detail: 'must be 1 to 40 of a-z, 0-9 and -' },
    { pointer: '/teams/1/limits/quotas/1/per', detail: 'must be one of hour, day, week, month, total' },
    { pointer: '/teams/1/timzone', detail: 'is unknown (did you mean timezone?)' },
    { pointer: '/teams/3/keys/0/label', detail: 'is required: it is how the file knows the key again' },
    { pointer: '/teams/3/keys/1/label', detail: 'must not be empty: it is how the file knows the key again' },
    { pointer: '/teams/3/keys/2/mod', detail: 'is unknown (did you mean mode?)' },
    { pointer: '/prume', detail: 'is unknown (did you mean prune?)' },
    { pointer: '/teams/2/policy/models/0', detail: 'is unknown (there are alibaba/wan2.2-t2v-plus)' },
    { pointer: '/teams/2/policy/fields/size/1', detail: 'is not a value that size can have' },
    { pointer: '/teams/4/keys/1/policy/fields/sise', detail: 'is unknown (did you mean size?)' },
    { pointer: '/teams/2/id', detail: 'must not be listed twice: good stands above already' },
    { pointer: '/teams/4/keys/2/label', detail: 'must not be listed twice: a stands above already' },
    { pointer: '/teams/4/keys/2/expires_at', detail: 'must be in the future; a key that has ended is taken out of the file' }
  ])
  expect((await gateway.admin('GET', '/admin/v1/teams')).json.data).toEqual([])
})

test.each([
  ['{}', [{ pointer: '/teams', detail: 'is required' }]],
  ['[]', [{ pointer: '', detail: 'must be a JSON object' }]],
  ['', [{ pointer: '', detail: 'must be a JSON object' }]],
  ['{"teams":{}}', [{ pointer: '/teams', detail: 'must be a list of teams' }]],
  ['{"teams":[7]}', [{ pointer: '/teams/0', detail: 'must be a JSON object' }]],
  ['{"teams":[{"id":"a","keys":{}}]}', [{ pointer: '/teams/0/keys', detail: 'must be a list of keys' }]],
  ['{"teams":[{"id":"a","keys":[7]}]}', [{ pointer: '/teams/0/keys/0', detail: 'must be a JSON object' }]],
  ['{"teams":[],"dry_run":"yes"}', [{ pointer: '/dry_run', detail: 'must be true or false' }]]
])('%s is refused with its place', async (body, errors) => {
  expect(await refused(body)).toEqual(errors)
})

test('a key cannot change its mode, and a label must mean one key', async () => {
  const { team, keyId } = await gateway.team({}, { label: 'trial', mode: 'test' })
  const twins = [await gateway.mint(team, { label: 'twin' }), await gateway.mint(team, { label: 'twin' })]
  const errors = await refused({ teams: [{ id: 'fresh' }, { id: team, name: 'changed', keys: [{ label: 'twin' }, { label: 'trial' }] }] })
  expect(errors).toEqual([
    { pointer: '/teams/1/keys/0/label', detail: expect.stringMatching(/^is the label of 2 keys \(key_\w+, key_\w+\): give all but one another label, or revoke them$/) },
    { pointer: '/teams/1/keys/1/mode', detail: `cannot become live: ${keyId} is a test key; a new label makes a new key` }
  ])
  for (const twin of twins) expect(errors[0].detail).toContain(twin.keyId)
  expect((await gateway.admin('GET', '/admin/v1/teams/fresh')).status).toBe(404)
  expect((await gateway.admin('GET', `/admin/v1/teams/${team}`)).json.name).toBe('')
})

test('a token that may only read applies nothing, not even dry', async () => {
  const reply = await gateway.call('POST', '/admin/v1/apply', { key: 'test-admin-token-of-a-reader', body: { teams: [], dry_run: true } })
  expect(reply).toMatchObject({ status: 403, json: { code: 'not_allowed' } })
})

test('a body of more than five megabytes is too large, and one of four is read', async () => {
  const team = (index: number): object => ({ id: 'same', name: `${index}`.padStart(190) })
  const body = (bytes: number): object => ({ teams: Array.from({ length: bytes / 220 }, (_, index) => team(index)), dry_run: true })
  expect((await gateway.admin('POST', '/admin/v1/apply', body(5_200_000))).json.code).toBe('payload_too_large')
  expect((await gateway.admin('POST', '/admin/v1/apply', body(4_000_000))).json.code).toBe('invalid_body')
})
