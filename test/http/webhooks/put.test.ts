// `PUT /v1/webhooks/{id}`: a webhook is made with a secret that is shown once, or changed without one.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

let gateway: Gateway
let team: { team: string, key: string, keyId: string }
beforeAll(async () => {
  gateway = await startGateway()
  team = await gateway.team({}, { webhooks: true })
})
afterAll(() => gateway.stop())

const BODY = { url: 'https://receiver.example/hooks?token=abc', events: ['task.completed', 'quota.threshold'], enabled: true }

/** Changes show nothing new: only what is made does. */
function put (id: string, body: unknown, { key = team.key, reveals = true } = {}): Promise<Reply> {
  return gateway.call('PUT', `/v1/webhooks/${id}`, { key, body: JSON.stringify(body), reveals })
}

test('201: a webhook is made, and its secret shown this once', async () => {
  const made = await put('made', BODY)
  expect(made.status, made.text).toBe(201)
  const { secret, ...shown } = made.json
  expect(shown).toEqual({ id: 'made', ...BODY, previous_secret_ends_at: null, created_at: '2026-11-22T12:00:00.000Z', updated_at: '2026-11-22T12:00:00.000Z' })
  expect(made.headers['location']).toBe('/v1/webhooks/made')
  expect(made.headers['cache-control']).toBe('private, no-store')
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  const again = [await gateway.call('GET', '/v1/webhooks/made', { key: team.key }), await gateway.call('GET', '/v1/webhooks', { key: team.key }), await put('made', BODY, { reveals: false })]
  for (const { text } of again) expect(text).not.toMatch(/"secret"|whsec_/)
  expect(again[0]?.json).toEqual(shown)
})

test('200: a webhook is changed as a whole, what is not given has its default', async () => {
  await put('changed', { ...BODY, enabled: false })
  const changed = await put('changed', { url: 'https://other.example/', events: ['task.failed', 'task.failed'] }, { reveals: false })
  expect(changed).toMatchObject({ status: 200, json: { id: 'changed', url: 'https://other.example/', events: ['task.failed'], enabled: true } })
  expect(changed.headers).not.toHaveProperty('location')
  expect((await gateway.call('GET', '/v1/webhooks/changed', { key: team.key })).json).toEqual(changed.json)
})

test('two webhooks have two secrets', async () => {
  const secrets = [await put('one', BODY), await put('two', BODY)].map(({ json }) => json.secret)
  expect(new Set(secrets).size).toBe(2)
})

const wrong: { name: string, body: unknown, errors: [pointer: string, detail: RegExp][] }[] = [
  { name: 'no url', body: { events: ['task.failed'] }, errors: [['/url', /is required/]] },
  { name: 'no events', body: { url: BODY.url }, errors: [['/events', /is required/]] },
  { name: 'an empty list of events', body: { ...BODY, events: [] }, errors: [['/events', /at least one of task\.completed/]] },
  { name: 'a misspelt event', body: { ...BODY, events: ['task.complete', 'task.failed'] }, errors: [['/events/0', /did you mean task\.completed\?/]] },
  { name: 'an event that nobody sends', body: { ...BODY, events: ['nothing.like.it'] }, errors: [['/events/0', /there are task\.completed/]] },
  { name: 'events that are no list', body: { ...BODY, events: 'task.failed' }, errors: [['/events', /list/]] },
  { name: 'an unknown member', body: { ...BODY, event: [] }, errors: [['/event', /did you mean events\?/]] },
  { name: 'a secret of the caller\'s own', body: { ...BODY, secret: 'whsec_MTIz' }, errors: [['/secret', /unknown/]] },
  { name: 'enabled that is no boolean', body: { ...BODY, enabled: 'true' }, errors: [['/enabled', /true or false/]] },
  { name: 'everything at once', body: { url: 7, events: 7, enabled: 7, foo: 7 }, errors: [['/url', /https URL/], ['/events', /list/], ['/enabled', /true or false/], ['/foo', /unknown/]] },
  { name: 'a list', body: [], errors: [['', /object/]] },
  ...['receiver.example', 'ftp://receiver.example/', '//receiver.example/', 'https://', 'javascript:alert(1)'].map(url => ({ name: url, body: { ...BODY, url }, errors: [['/url', /https URL/]] as [string, RegExp][] })),
  ...['https://user@receiver.example/', 'https://user:pass@receiver.example/', 'https://receiver.example/#part'].map(url => ({ name: url, body: { ...BODY, url }, errors: [['/url', /user, a password or a fragment/]] as [string, RegExp][] })),
  { name: 'a url that is too long', body: { ...BODY, url: `https://receiver.example/${'x'.repeat(2000)}` }, errors: [['/url', /2000/]] },
  { name: 'a url without TLS', body: { ...BODY, url: 'http://receiver.example/' }, errors: [['/url', /nothing unencrypted/]] },
  ...['https://169.254.169.254/', 'https://127.0.0.1/', 'https://2130706433/', 'https://0x7f.1/', 'https://[::1]/', 'https://[::ffff:127.0.0.1]/', 'https://10.0.0.1:8443/'].map(url => ({ name: url, body: { ...BODY, url }, errors: [['/url', /public address/]] as [string, RegExp][] }))
]

for (const { name, body, errors } of wrong) {
  test(`400, and the errors point to it: ${name}`, async () => {
    expectProblem(await put('wrong', body, { reveals: false }), 'invalid_body', {
      instance: '/v1/webhooks/wrong', detail: /^The body is not valid: /, more: { errors: errors.map(([pointer, detail]) => ({ pointer, detail: expect.stringMatching(detail) })) }
    })
    expectProblem(await gateway.call('GET', '/v1/webhooks/wrong', { key: team.key }), 'not_found', { instance: '/v1/webhooks/wrong', detail: 'There is no webhook wrong.' })
  })
}

for (const id of ['Upper', 'under_score', 'x'.repeat(41), 'a.b']) {
  test(`400: ${id.slice(0, 12)} is no id of a webhook`, async () => {
    expectProblem(await put(id, BODY, { reveals: false }), 'invalid_request', { instance: `/v1/webhooks/${id}`, detail: /1 to 40 of a-z/ })
  })
}

test('403: a key without the right changes nothing, and is told what it needs', async () => {
  const plain = await gateway.mint(team.team)
  await put('kept', BODY)
  const before = await gateway.call('GET', '/v1/webhooks/kept', { key: plain.key })
  const calls: [method: string, path: string, body?: object][] = [
    ['PUT', '/v1/webhooks/kept', { url: 'https://other.example/', events: ['task.failed'] }],
    ['PUT', '/v1/webhooks/new', BODY],
    ['DELETE', '/v1/webhooks/kept'],
    ['POST', '/v1/webhooks/kept/rotate'],
    ['POST', '/v1/webhooks/kept/test'],
    ['POST', '/v1/webhooks/kept/deliveries/msg_1/redeliver'],
    ['DELETE', '/v1/webhooks/missing']
  ]
  for (const [method, path, body] of calls) {
    const reply = await gateway.call(method, path, { key: plain.key, ...body === undefined ? {} : { body } })
    expectProblem(reply, 'not_allowed', { instance: path, detail: `Key ${plain.keyId} may read webhooks and not change them; that needs a key with "webhooks": true.` })
  }
  expect(await gateway.call('GET', '/v1/webhooks/kept', { key: plain.key })).toMatchObject({ status: 200, json: before.json })
})

test('403: a team has twenty webhooks and no more', async () => {
  const { key } = await gateway.team({}, { webhooks: true })
  for (let number = 1; number <= 20; number++) expect((await put(`hook-${number}`, BODY, { key })).status).toBe(201)
  expectProblem(await put('hook-21', BODY, { key, reveals: false }), 'not_allowed', { instance: '/v1/webhooks/hook-21', detail: /20 webhooks already/ })
  expect((await put('hook-20', BODY, { key, reveals: false })).status).toBe(200)
})
