// `?dry_run=true`: what a real call would be told, with nothing reserved and nothing sent.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf, COUNTED, UNDER_WAY, UNTOUCHED } from '../../support/account.ts'
import { GENERATION, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem, withoutIds } from '../../support/problem.ts'

const DRY_RUN = `${GENERATION}?dry_run=true`

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

const dryRun = (key: string, body: object = { prompt: 'a small cat' }): Promise<Reply> => gateway.call('POST', DRY_RUN, { key, body })

test('a dry run that would be admitted answers the normalized body and the price, and reserves and sends nothing', async () => {
  const { key } = await gateway.team({ limits: COUNTED })
  const arrived = gateway.simulator.received.requests.length
  const reply = await dryRun(key, { prompt: '  a cat ', size: '832x480', seed: '7', duration: '5', negative_prompt: '', model: 'wan2.2-t2v-plus' })
  expect(reply.status).toBe(200)
  expect(reply.json).toEqual({
    dry_run: true, body: { prompt: 'a cat', size: '832*480', duration: 5, prompt_extend: true, seed: 7 }, price_usd: '0.10', admitted: true
  })
  expect(reply.headers).toMatchObject({ 'mulegate-price-usd': '0.10', 'cache-control': 'private, no-store' })
  expect(reply.headers).not.toHaveProperty('location')
  expect(gateway.simulator.received.requests).toHaveLength(arrived)
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
  expect((await gateway.call('GET', '/v1/tasks', { key })).json.data).toEqual([])
})

test('the body that a dry run shows is the body that a create sends', async () => {
  const { key } = await gateway.team()
  const body = { prompt: ' a cat ', size: ' 480 × 832 ', prompt_extend: false, safety_filter: true }
  const shown = await dryRun(key, body)
  await gateway.create(key, body)
  expect(gateway.simulator.received.requests.at(-1)?.body).toEqual(shown.json.body)
})

test('two hundred dry runs use up nothing of a limit of one', async () => {
  const { key } = await gateway.team({ limits: { requests_per_minute: 1, tasks_in_flight: 1, quotas: [{ per: 'day', unit: 'tasks', limit: 1 }] } })
  const replies = await Promise.all(Array.from({ length: 200 }, () => dryRun(key)))
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
  expect((await gateway.create(key)).status).toBe(202)
})

test('the short name has the dry run too', async () => {
  const { key } = await gateway.team()
  const reply = await gateway.call('POST', '/generation?dry_run=true', { key, body: { prompt: 'a cat' } })
  expect(reply).toMatchObject({ status: 200, json: { dry_run: true, admitted: true, price_usd: '0.50' } })
})

test('dry_run=false is a real create', async () => {
  const { key } = await gateway.team({ limits: COUNTED })
  const reply = await gateway.call('POST', `${GENERATION}?dry_run=false`, { key, body: { prompt: 'a cat' } })
  expect(reply.status).toBe(202)
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})

const full: { name: string, limits: object, body?: object, code: string }[] = [
  { name: 'quota_exhausted', limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 1 }] }, code: 'quota_exhausted' },
  { name: 'quota_exhausted, by money', limits: { quotas: [{ per: 'total', unit: 'usd', limit: '0.99' }] }, code: 'quota_exhausted' },
  { name: 'rate_limited', limits: { requests_per_minute: 1 }, code: 'rate_limited' },
  { name: 'too_many_in_flight', limits: { tasks_in_flight: 1 }, code: 'too_many_in_flight' }
]

for (const { name, limits, code } of full) {
  test(`a dry run gets the refusal that a real call would get: ${name}`, async () => {
    const { key } = await gateway.team({ limits })
    expect((await gateway.create(key)).status).toBe(202)
    const creates = gateway.simulator.received.creates
    const [dry, real] = [await dryRun(key), await gateway.create(key)]
    expect(dry.json.code).toBe(code)
    expect(withoutIds(dry)).toBe(withoutIds(real))
    for (const header of ['retry-after', 'ratelimit', 'ratelimit-policy', 'mulegate-price-usd']) expect(dry.headers[header]).toBe(real.headers[header])
    expect(gateway.simulator.received.creates).toBe(creates)
  })
}

test('a dry run gets the refusal that a real call would get: invalid_body', async () => {
  const { key } = await gateway.team()
  const body = { prompt: '', size: '1280*720' }
  const [dry, real] = [await dryRun(key, body), await gateway.create(key, body)]
  expect(dry.json.code).toBe('invalid_body')
  expect(withoutIds(dry)).toBe(withoutIds(real))
})

test('a dry run gets the refusal that a real call would get: not_allowed', async () => {
  const { key } = await gateway.team({ policy: { fields: { size: ['832*480', '480*832'] } } })
  const [dry, real] = [await dryRun(key), await gateway.create(key)]
  expect(dry.json.code).toBe('not_allowed')
  expect(withoutIds(dry)).toBe(withoutIds(real))
})

const misspelt: { query: string, says: RegExp }[] = [
  { query: 'dryrun=true', says: /dryrun .*dry_run/ },
  { query: 'dry-run=true', says: /dry-run .*dry_run/ },
  { query: 'Dry_Run=true', says: /Dry_Run .*dry_run/ },
  { query: 'dry_run=yes', says: /dry_run must be true or false/ },
  { query: 'dry_run=1', says: /dry_run must be true or false/ },
  { query: 'dry_run=TRUE', says: /dry_run must be true or false/ },
  { query: 'dry_run', says: /dry_run must be true or false/ },
  { query: 'dry_run=true&dry_run=false', says: /dry_run must be true or false/ },
  { query: 'callback=https://example.com', says: /callback .*dry_run/ }
]

for (const { query, says } of misspelt) {
  test(`a query that is not understood is refused and buys no video: ?${query}`, async () => {
    const { key } = await gateway.team({ limits: COUNTED })
    const creates = gateway.simulator.received.creates
    const reply = await gateway.call('POST', `${GENERATION}?${query}`, { key, body: { prompt: 'a cat' } })
    expectProblem(reply, 'invalid_query', { instance: GENERATION, detail: says })
    expect(gateway.simulator.received.creates).toBe(creates)
    expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
  })
}
