// MuleRouter's own no: passed on in its own words, the money given back, and asked once only.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { accountOf, COUNTED, newestTask, UNTOUCHED } from '../../support/account.ts'
import { GENERATION, startGateway, UPSTREAM_TOKEN, type Gateway } from '../../support/gateway.ts'
import { expectProblem, expectProblemShape, sentenceOf } from '../../support/problem.ts'
import { answer, pointingAt, providerError, providerErrorBody, startUpstream, type Script, type ScriptedUpstream } from '../../support/scripted-upstream.ts'

let upstream: ScriptedUpstream
let gateway: Gateway
let key: string
beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await startGateway(pointingAt(upstream.origin))
})
beforeEach(async () => {
  upstream.requests.length = 0
  key = (await gateway.team({ limits: COUNTED })).key
})
afterAll(async () => {
  await gateway.stop()
  await upstream.close()
})

async function expectRefunded (): Promise<void> {
  expect(upstream.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([`POST ${GENERATION}`])
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
  expect(await newestTask(gateway, key)).toMatchObject({ task_id: null, status: 'refused', money: 'refunded', price_usd: '0.50' })
}

const UPSTREAM_REFUSED = { type: 'urn:mulegate:problem:upstream_refused', instance: GENERATION, code: 'upstream_refused' }

for (const status of [400, 404, 405, 409, 413, 418, 422, 423, 429, 451]) {
  test(`MuleRouter's ${status} is passed on with its title, detail and error_code, and refunded`, async () => {
    upstream.script = providerError(status, 2000 + status)
    const reply = await gateway.create(key)
    expectProblemShape(reply, {
      ...UPSTREAM_REFUSED, status, title: `Provider title ${status}`, detail: `Provider detail ${status} (request_id: 7b0c)`, error_code: 2000 + status
    })
    await expectRefunded()
  })
}

test('the figures beside a refusal are those after the task was given back', async () => {
  const limited = await gateway.team({ limits: { requests_per_minute: 10, quotas: [{ per: 'day', unit: 'tasks', limit: 5 }] } })
  upstream.script = providerError(400, 2400)
  const { headers } = await gateway.create(limited.key)
  expect(headers['ratelimit']).toMatch(/^"team-day";r=5;t=\d+$/)
})

test('the shape with a task envelope is read too: the words of task_info.error are kept', async () => {
  upstream.script = answer(400, { task_info: { id: '', status: 'failed', error: { code: 2001, title: 'Invalid Request', detail: 'Invalid parameters: no such size' } } })
  const reply = await gateway.create(key)
  expectProblemShape(reply, { ...UPSTREAM_REFUSED, status: 400, title: 'Invalid Request', detail: 'Invalid parameters: no such size', error_code: 2001 })
  await expectRefunded()
})

test('the shape with a top-level error is read too', async () => {
  upstream.script = answer(400, { error: { error_code: 2001, title: 'Invalid Request', detail: 'Invalid parameters: no such size' } })
  const reply = await gateway.create(key)
  expectProblemShape(reply, { ...UPSTREAM_REFUSED, status: 400, title: 'Invalid Request', detail: 'Invalid parameters: no such size', error_code: 2001 })
  await expectRefunded()
})

test('a refusal that quotes the gateway\'s own token is passed on without it', async () => {
  upstream.script = answer(400, { status: 400, title: `Bad ${UPSTREAM_TOKEN}`, detail: `The key ${UPSTREAM_TOKEN} may not do that`, error_code: 2001 })
  expect((await gateway.create(key)).json).toMatchObject({ title: 'Bad [secret]', detail: 'The key [secret] may not do that' })
})

test('402 says that the gateway\'s account is out of funds, without its figures', async () => {
  upstream.script = answer(402, { ...providerErrorBody(402, 4020), detail: 'Insufficient balance: 0.1337 USD left on account acct-77, 0.50 needed (request_id: 7b0c)' })
  const reply = await gateway.create(key)
  expectProblemShape(reply, { ...UPSTREAM_REFUSED, status: 402, error_code: 4020 })
  expect(reply.text).not.toMatch(/0\.1337|acct-77/)
  expect(reply.json.detail).toMatch(/gateway.*out of funds/)
  expect(sentenceOf(reply)).toMatch(/\.$/)
  await expectRefunded()
})

for (const [given, passedOn] of [['7', '7'], ['0', '0'], ['3600', '3600'], ['Sun, 22 Nov 2026 12:00:40 GMT', '40'], ['Sun, 22 Nov 2026 11:00:00 GMT', '0']] as const) {
  test(`the Retry-After of MuleRouter's 429 is passed on in seconds: ${given}`, async () => {
    upstream.script = providerError(429, 4290, { date: 'Sun, 22 Nov 2026 12:00:00 GMT', 'retry-after': given })
    const reply = await gateway.create(key)
    expect(reply).toMatchObject({ status: 429, headers: { 'retry-after': passedOn }, json: { code: 'upstream_refused' } })
    await expectRefunded()
  })
}

for (const [name, headers] of [['no Retry-After', {}], ['a date of the distant future as Retry-After', { 'retry-after': 'Sun, 22 Nov 2065 12:00:30 GMT' }], ['nonsense as Retry-After', { 'retry-after': 'soon' }]] as const) {
  test(`a 429 of MuleRouter with ${name} is passed on with whole seconds all the same`, async () => {
    upstream.script = providerError(429, 4290, headers)
    const reply = await gateway.create(key)
    expect(reply.status).toBe(429)
    expect(reply.headers['retry-after']).toMatch(/^[1-9]\d*$/)
    await expectRefunded()
  })
}

const notTheProviders: { name: string, status: number, script: Script }[] = [
  { name: 'a page of a proxy', status: 418, script: answer(418, '<html>I am a teapot</html>') },
  { name: 'an empty answer', status: 404, script: answer(404, '') },
  { name: 'JSON of another kind', status: 400, script: answer(400, { message: 'secret of a proxy' }) },
  { name: 'a 403 that is not in the provider\'s shape', status: 403, script: answer(403, '<html>blocked by a firewall</html>') }
]

for (const { name, status, script } of notTheProviders) {
  test(`a refusal without the provider's words keeps its status and gets a sentence of the gateway's: ${name}`, async () => {
    upstream.script = script
    const reply = await gateway.create(key)
    expectProblemShape(reply, { ...UPSTREAM_REFUSED, status, error_code: expect.any(Number) })
    expect(reply.text).not.toMatch(/teapot|firewall|secret/)
    expect(reply.json.detail).toMatch(new RegExp(`MuleRouter.*${status}`))
    expect(sentenceOf(reply)).toMatch(/\.$/)
    await expectRefunded()
  })
}

for (const status of [401, 403]) {
  test(`MuleRouter's ${status} in its own shape is the gateway's fault: 502 upstream_credentials, refunded, and logged as an error`, async () => {
    upstream.script = answer(status, { ...providerErrorBody(status, 1001), detail: 'None of your keys: acct-77 (request_id: 7b0c)' })
    const reply = await gateway.create(key)
    expectProblem(reply, 'upstream_credentials', { instance: GENERATION, detail: /gateway's own token/ })
    expect(reply.text).not.toContain('acct-77')
    expect(reply.headers).not.toHaveProperty('www-authenticate')
    expect(gateway.log()).toContainEqual(expect.objectContaining({ level: 'error', request_id: reply.json.request_id, code: 'upstream_credentials' }))
    await expectRefunded()
  })
}

for (const status of [500, 502, 503]) {
  test(`MuleRouter's ${status} in its own shape is 502 upstream_error, refunded`, async () => {
    upstream.script = providerError(status, 4002)
    const reply = await gateway.create(key)
    expectProblem(reply, 'upstream_error', { instance: GENERATION, detail: new RegExp(`${status}`) })
    await expectRefunded()
  })
}

for (const status of [300, 301, 302, 303, 304, 307, 308]) {
  test(`a ${status} is never followed: 502 upstream_error, refunded`, async () => {
    upstream.script = (response, { path }) => response.writeHead(status, { location: `${path}/elsewhere` }).end()
    const reply = await gateway.create(key)
    expectProblem(reply, 'upstream_error', { instance: GENERATION, detail: new RegExp(`${status}`) })
    await expectRefunded()
  })
}

test('a refused task was not admitted for nothing: the window has room for exactly as many as before', async () => {
  const careful = await gateway.team({ limits: { tasks_in_flight: 1, quotas: [{ per: 'day', unit: 'tasks', limit: 1 }, { per: 'total', unit: 'usd', limit: '0.50' }] } })
  for (let i = 0; i < 3; i++) {
    upstream.script = providerError(400)
    expect((await gateway.create(careful.key)).status).toBe(400)
  }
  upstream.script = answer(202, { task_info: { id: `after-${careful.team}`, status: 'pending' } })
  expect((await gateway.create(careful.key)).status).toBe(202)
  expect((await gateway.create(careful.key)).status).toBe(429)
})
